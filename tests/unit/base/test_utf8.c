// Text functions with Chinese, emoji, marks and broken bytes.

#include "test_base.h"

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

static void assert_fold(const char *text, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_puts(&out, ">");
    utf8_fold(text, strlen(text), &out);
    assert_string_equal(out.data + 1, wanted);
    buf_deinit(&out);
}

static void test_utf8_valid_is_strict(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "abcdefghijklmnop",
                                       "安妮",
                                       "😀",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "abcdefgh安ijklmnopq"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "abcdefgh\xe5\xae",
                                      "\xe5\xae\x28",
                                      "\xf0\x9f\x98",
                                      "abcdefghijk\xffmnopqrs"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(utf8_valid(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    }
    for (size_t at = 0; at < 20; at++) {
        char text[20];
        memset(text, 'x', sizeof(text));
        text[at] = '\0';
        assert_false(utf8_valid(text, sizeof(text)));
        text[at] = (char)0x80;
        assert_false(utf8_valid(text, sizeof(text)));
    }
}

// Every sequence of up to 4 bytes from a set of edges: utf8_step must agree with a decoder written
// another way, that encodes all code points.
static void test_utf8_step_takes_exactly_the_code_points(void **state)
{
    (void)state;
    size_t valid = 0;
    for (uint32_t lead = 0x80; lead < 0x100; lead++) {
        for (uint32_t second = 0; second < 0x100; second++) {
            const char two[4] = {(char)lead, (char)second, (char)0x80, (char)0xbf};
            const size_t step = utf8_step(two, 4);
            assert_int_equal(utf8_step(two, step == 0 ? 0 : step - 1), 0);
            // How many code points this beginning stands for.
            valid += step == 2 ? 1 : step == 3 ? 64 : step == 4 ? 4096 : 0;
        }
    }
    assert_int_equal(valid, 0x110000 - 0x80 - 0x800);
}

static void test_utf8_counts_and_widths(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("安妮x", 7), 3);
    assert_int_equal(utf8_length("a\xff\xff", 3), 3);
    static const struct {
        const char *text;
        size_t width;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"安妮", 4},
        {"a安b", 4},
        {"e\xcc\x81", 1},  // e and an acute accent
        {"😀", 2},
        {"👩‍👩‍👧", 2},  // joined by ZWJ
        {"👍🏽", 2},            // skin tone
        {"🇨🇳", 2},                  // a flag is two letters
        {"❤\xef\xb8\x8f", 2},       // made wide by the variation selector
        {"Ｖ", 2},                  // full width
        {"\xe2\x80\x8b", 0},        // zero width space
        {"한국", 4},
        {"ｶ", 1},         // half width katakana
        {"\xff\xfe", 2},  // bad bytes are shown as something
        {"￥30", 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const size_t width = utf8_width(cases[i].text, strlen(cases[i].text));
        if (width != cases[i].width) {
            fail_msg("'%s' is %zu cells wide, not %zu", cases[i].text, width, cases[i].width);
        }
    }
}

static void test_utf8_cuts_between(void **state)
{
    (void)state;
    const char *text = "安e\xcc\x81👩‍👩‍👧";  // 3 + 3 + 18 bytes, 2 + 1 + 2 cells
    const size_t size = strlen(text);
    assert_int_equal(size, 24);
    assert_int_equal(utf8_fit(text, size, 0), 0);
    assert_int_equal(utf8_fit(text, size, 1), 0);
    assert_int_equal(utf8_fit(text, size, 2), 3);
    assert_int_equal(utf8_fit(text, size, 3), 6);
    assert_int_equal(utf8_fit(text, size, 4), 6);
    assert_int_equal(utf8_fit(text, size, 5), 24);
    assert_int_equal(utf8_fit(text, size, 99), 24);
    for (size_t max = 0; max <= size + 1; max++) {
        const size_t cut = utf8_cut(text, size, max);
        assert_true(cut <= max);
        assert_true(cut + 4 > max || cut == size);
        assert_true(utf8_valid(text, cut));
    }
    assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);  // Nothing to save.
    assert_int_equal(utf8_cut("ab", 2, 2), 2);
}

static void test_utf8_folds_what_reads_the_same(void **state)
{
    (void)state;
    assert_fold("加Ｖ信：ＷＸ１２３", "加v信:wx123");
    assert_fold("  I Love \t\n BRAND  ", "i love brand");
    assert_fold("\xe3\x80\x80我\xe3\x80\x80\xe3\x80\x80要\xc2\xa0赢\xe3\x80\x80", "我 要 赢");
    assert_fold("w\xe2\x80\x8b"
                "in\xc2\xad!\xef\xbb\xbf",
                "win!");
    assert_fold("\xe2\x80\xae"
                "abc",
                "abc");
    assert_fold("Straße", "strasse");
    assert_fold("CAFÉ", "café");
    assert_fold("CAFE\xcc\x81", "café");
    assert_fold("①Ⅳ㎏ﬁ", "1ivkgfi");
    assert_fold("❤\xef\xb8\x8f", "❤");
    assert_fold("", "");
    assert_fold(" \t ", "");
    assert_fold("a \xe2\x80\x8b b", "a b");
    assert_fold("A\x01\x02"
                "B\x7f",
                "ab");
    assert_fold("Ａ\xff"
                "B",
                "a\xef\xbf\xbd"
                "b");
    assert_fold("ÅÅ", "åå");
    assert_fold("q\xcc\x87\xcc\xa3 ", "q\xcc\xa3\xcc\x87");  // Marks in canonical order.
}

static void test_utf8_fold_survives_the_worst(void **state)
{
    (void)state;
    // The character with the longest decomposition, and long runs of marks in the wrong order.
    struct buf in;
    struct buf out;
    buf_init(&in, 1 << 20);
    buf_init(&out, 1 << 22);
    for (int i = 0; i < 500; i++) {
        buf_puts(&in, "\xef\xb7\xba");
    }
    utf8_fold(in.data, in.size, &out);
    assert_int_equal(utf8_length(out.data, out.size), 500 * 18);
    buf_clear(&out);
    for (int i = 0; i < 20000; i++) {
        buf_puts(&in, i % 2 ? "\xcc\x87" : "\xcc\xa3");
    }
    utf8_fold(in.data, in.size, &out);
    assert_false(out.overflow);
    assert_true(utf8_valid(out.data, out.size));
    // Random bytes: valid out, and folding again changes nothing that matters (still valid).
    uint64_t random = 42;
    for (int round = 0; round < 20000; round++) {
        buf_clear(&in);
        buf_clear(&out);
        const size_t size = test_random(&random) % 40;
        for (size_t i = 0; i < size; i++) {
            const uint64_t r = test_random(&random);
            static const char *const bits[] = {"안", "Ａ", "\xcc\x81", " ", "ß", "\xe2\x80\x8d"};
            if (r % 3 == 0) {
                buf_putc(&in, (char)(r >> 8));
            } else {
                buf_puts(&in, bits[(r >> 8) % 6]);
            }
        }
        utf8_fold(in.data == NULL ? "" : in.data, in.size, &out);
        if (out.size > 0) {
            for (size_t i = 0; i < out.size;) {
                const size_t step = utf8_step(out.data + i, out.size - i);
                assert_int_not_equal(step, 0);
                i += step;
            }
            assert_int_not_equal(out.data[0], ' ');
            assert_int_not_equal(out.data[out.size - 1], ' ');
            assert_null(strstr(out.data, "  "));
        }
    }
    buf_deinit(&in);
    buf_deinit(&out);
}

// Compares with the folding of utf8proc, which leaves blanks and unseen characters alone.
static void assert_fold_by_the_book(uint32_t c, const char *text, const char *folded)
{
    const utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF) {
        assert_string_equal(folded, "");
        return;
    }
    utf8proc_uint8_t *wanted = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
    assert_non_null(wanted);
    if (strchr((const char *)wanted, ' ') == NULL && category != UTF8PROC_CATEGORY_ZS &&
        category != UTF8PROC_CATEGORY_ZL && category != UTF8PROC_CATEGORY_ZP &&
        strcmp((const char *)wanted, folded) != 0) {
        fail_msg("U+%04X folds to '%s', not '%s'", (unsigned)c, folded, (const char *)wanted);
    }
    free(wanted);
}

// Folding twice is folding once, for every character there is.
static void test_utf8_fold_is_final(void **state)
{
    (void)state;
    struct buf once;
    struct buf again;
    buf_init(&once, 1000);
    buf_init(&again, 1000);
    int unstable = 0;
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) {
            continue;
        }
        char text[5];
        size_t size = 0;
        if (c >= 0x10000) {
            text[size++] = (char)(0xf0 | c >> 18);
            text[size++] = (char)(0x80 | (c >> 12 & 0x3f));
        } else if (c >= 0x800) {
            text[size++] = (char)(0xe0 | c >> 12);
        }
        if (c >= 0x800) {
            text[size++] = (char)(0x80 | (c >> 6 & 0x3f));
        } else {
            text[size++] = (char)(0xc0 | c >> 6);
        }
        text[size++] = (char)(0x80 | (c & 0x3f));
        assert_int_equal(utf8_step(text, size), size);
        text[size] = '\0';
        buf_clear(&once);
        buf_clear(&again);
        buf_putc(&once, '>');
        buf_putc(&again, '>');
        utf8_fold(text, size, &once);
        assert_fold_by_the_book(c, text, once.data + 1);
        utf8_fold(once.data + 1, once.size - 1, &again);
        if (strcmp(once.data, again.data) != 0) {
            printf("U+%04X folds differently the second time\n", (unsigned)c);
            unstable++;
        }
    }
    assert_int_equal(unstable, 0);
    buf_deinit(&once);
    buf_deinit(&again);
}

static void test_utf8_escapes(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    const char text[] = "安\n\x1b[31m\xff\xe2\x80\xae\xc2\x85ok\0z";
    utf8_escape(text, sizeof(text) - 1, &out);
    assert_string_equal(out.data, "安\\x0a\\x1b[31m\\xff\\xe2\\x80\\xae\\xc2\\x85ok\\x00z");
    buf_clear(&out);
    const char *page = "<a href=\"x\">'&\xff\x01\n安";
    utf8_escape_html(page, strlen(page), &out);
    assert_string_equal(out.data,
                        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\xef\xbf\xbd\xef\xbf\xbd\n安");
    buf_deinit(&out);
}

static void test_utf8_pads_by_width(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    utf8_pad(&out, "安妮", 6, false);
    buf_putc(&out, '|');
    utf8_pad(&out, "安妮", 6, true);
    buf_putc(&out, '|');
    utf8_pad(&out, "安妮", 3, false);
    buf_putc(&out, '|');
    utf8_pad(&out, "", 2, true);
    buf_putc(&out, '|');
    utf8_pad(&out, "abc", 0, false);
    assert_string_equal(out.data, "安妮  |  安妮|安 |  |");
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_valid_is_strict),
        cmocka_unit_test(test_utf8_step_takes_exactly_the_code_points),
        cmocka_unit_test(test_utf8_counts_and_widths),
        cmocka_unit_test(test_utf8_cuts_between),
        cmocka_unit_test(test_utf8_folds_what_reads_the_same),
        cmocka_unit_test(test_utf8_fold_survives_the_worst),
        cmocka_unit_test(test_utf8_fold_is_final),
        cmocka_unit_test(test_utf8_escapes),
        cmocka_unit_test(test_utf8_pads_by_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
