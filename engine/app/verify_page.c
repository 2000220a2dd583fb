// Puts the page together from its embedded parts (engine/embed.cmake). Knows nothing of receipts:
// what they mean is written once more in the scripts, from the documented format alone.

#include "app/verify_page.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"

#define PAGE_MAX ((size_t)1 << 20)

#define PART(name) extern const char verify_page_##name##_text[], verify_page_##name##_end[]
PART(html);
PART(json);
PART(draw);
PART(read);
PART(write);
PART(judge);
PART(words);
PART(main);
#undef PART

static void put_base64(struct buf *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t group = (uint32_t)bytes[i] << 16 |
                               (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        buf_putc(out, digits[group >> 18]);
        buf_putc(out, digits[group >> 12 & 63]);
        buf_putc(out, left > 1 ? digits[group >> 6 & 63] : '=');
        buf_putc(out, left > 2 ? digits[group & 63] : '=');
    }
}

// The hash of what stands between two tags, as a policy names it: 'sha256-...'.
static void put_hash_between(struct buf *out, const char *page, const char *open, const char *close)
{
    const char *from = strstr(page, open);
    CHECK(from != NULL);
    from += strlen(open);
    const char *to = strstr(from, close);
    CHECK(to != NULL);
    const struct sha256 hash = sha256_of(from, (size_t)(to - from));
    buf_puts(out, "'sha256-");
    put_base64(out, hash.bytes, sizeof(hash.bytes));
    buf_putc(out, '\'');
}

// Everything up to a mark goes out; what follows it is returned.
static const char *put_until(struct buf *out, const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    CHECK(at != NULL);
    buf_append(out, text, (size_t)(at - text));
    return at + strlen(mark);
}

static void put_script(struct buf *out)
{
    const char *const parts[][2] = {
        {verify_page_json_text, verify_page_json_end},
        {verify_page_draw_text, verify_page_draw_end},
        {verify_page_read_text, verify_page_read_end},
        {verify_page_write_text, verify_page_write_end},
        {verify_page_judge_text, verify_page_judge_end},
        {verify_page_words_text, verify_page_words_end},
        {verify_page_main_text, verify_page_main_end},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_append(out, parts[i][0], (size_t)(parts[i][1] - parts[i][0]));
    }
}

void verify_page_write(struct buf *out)
{
    struct buf page;
    buf_init(&page, PAGE_MAX);
    const char *rest = put_until(&page, verify_page_html_text, "{{script}}");
    put_script(&page);
    buf_puts(&page, rest);
    CHECK(!page.overflow);

    rest = put_until(out, page.data, "{{csp}}");
    buf_puts(out, "default-src 'none'; script-src ");
    put_hash_between(out, page.data, "<script>", "</script>");
    buf_puts(out, "; style-src ");
    put_hash_between(out, page.data, "<style>", "</style>");
    buf_puts(out, "; base-uri 'none'; form-action 'none'");
    buf_puts(out, rest);
    buf_deinit(&page);
}
