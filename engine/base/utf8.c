// Text as people read it. Bytes come from anywhere: every function here takes invalid UTF-8 and
// treats each bad byte as one thing of its own. utf8proc knows Unicode; nothing else calls it.

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/check.h"

#define UTF8_REPLACEMENT 0xfffd

size_t utf8_step(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    if (size == 0) {
        return 0;
    }
    if (p[0] < 0x80) {
        return 1;
    }
    // Table 3-7 of the Unicode standard: the range of the second byte keeps out overlong forms,
    // surrogates and everything above U+10FFFF.
    unsigned low = 0x80;
    unsigned high = 0xbf;
    size_t step;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        step = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        step = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        step = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (size < step || p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < step; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return step;
}

// Decodes what stands at `text`; a bad byte gives -1 and a step of 1. `size` > 0.
static int32_t utf8_decode(const char *text, size_t size, size_t *step)
{
    const unsigned char *p = (const unsigned char *)text;
    *step = utf8_step(text, size);
    switch (*step) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3:
        return (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    case 4:
        return (p[0] & 0x07) << 18 | (p[1] & 0x3f) << 12 | (p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    default:
        *step = 1;
        return -1;
    }
}

// Bytes at the start that are ASCII and not NUL, looked at eight at a time.
static size_t utf8_ascii_run(const char *text, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = UINT64_C(0x8080808080808080);
    size_t i = 0;
    while (size - i >= 8) {
        uint64_t word;
        memcpy(&word, text + i, sizeof(word));
        // Subtracting one from each byte borrows into the top bit of a byte that was zero.
        if (((word | (word - ones)) & highs) != 0) {
            break;
        }
        i += 8;
    }
    while (i < size && (signed char)text[i] > 0) {
        i++;
    }
    return i;
}

bool utf8_valid(const char *text, size_t size)
{
    size_t i = 0;
    if (size == 0) {
        return true;  // Perhaps of no text: NULL.
    }
    for (;;) {
        i += utf8_ascii_run(text + i, size - i);
        if (i == size) {
            return true;
        }
        const size_t step = utf8_step(text + i, size - i);
        if (step < 2) {  // A bad byte or NUL.
            return false;
        }
        i += step;
    }
}

size_t utf8_length(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; count++) {
        const size_t step = utf8_step(text + i, size - i);
        i += step == 0 ? 1 : step;
    }
    return count;
}

struct utf8_grapheme {
    size_t size;   // Bytes.
    size_t width;  // Cells, 0..2.
};

// The grapheme at the start of the text; `size` > 0. Its width is that of its characters together,
// but never above 2 (a family of emoji is one picture), and a variation selector 16 asks for the
// wide picture of a character that is narrow as text.
static struct utf8_grapheme utf8_grapheme_at(const char *text, size_t size)
{
    size_t step;
    int32_t last = utf8_decode(text, size, &step);
    struct utf8_grapheme found = {.size = step};
    if (last < 0) {
        found.width = 1;
        return found;
    }
    found.width = (size_t)utf8proc_charwidth(last);
    utf8proc_int32_t state = 0;
    while (found.size < size) {
        const int32_t next = utf8_decode(text + found.size, size - found.size, &step);
        if (next < 0 || utf8proc_grapheme_break_stateful(last, next, &state)) {
            break;
        }
        found.width += next == 0xfe0f ? 2 : (size_t)utf8proc_charwidth(next);
        if (found.width > 2) {
            found.width = 2;
        }
        found.size += step;
        last = next;
    }
    return found;
}

// Walks graphemes while they fit into `limit` cells; returns bytes taken and sets the cells used.
static size_t utf8_walk(const char *text, size_t size, size_t limit, size_t *used)
{
    size_t width = 0;
    size_t i = 0;
    while (i < size) {
        // A printable ASCII character followed by another is a grapheme: most text needs no tables.
        const unsigned char here = (unsigned char)text[i];
        const unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : ' ';
        struct utf8_grapheme grapheme = {1, 1};
        if (here < 0x20 || here >= 0x7f || next >= 0x80) {
            grapheme = utf8_grapheme_at(text + i, size - i);
        }
        if (grapheme.width > limit - width) {
            break;
        }
        width += grapheme.width;
        i += grapheme.size;
    }
    *used = width;
    return i;
}

size_t utf8_width(const char *text, size_t size)
{
    size_t width;
    utf8_walk(text, size, SIZE_MAX, &width);
    return width;
}

size_t utf8_fit(const char *text, size_t size, size_t width)
{
    size_t used;
    return utf8_walk(text, size, width, &used);
}

size_t utf8_cut(const char *text, size_t size, size_t max)
{
    size_t cut = size < max ? size : max;
    // Step back over the continuation bytes of a character that the cut may have split.
    size_t start = cut;
    while (start > 0 && cut - start < 4) {
        start--;
        const unsigned char byte = (unsigned char)text[start];
        if ((byte & 0xc0) == 0x80) {
            continue;
        }
        const size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return cut - start < whole ? start : cut;
    }
    return cut;
}

static bool utf8_is_space(int32_t c)
{
    if (c < 0x80) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
    if (c > 0x3000) {
        return false;  // The ideographic space is the last there is.
    }
    if (c == 0x85) {
        return true;
    }
    const utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

// Control and format characters: nothing a reader sees, so nothing that tells two texts apart.
static bool utf8_is_unseen(int32_t c)
{
    if (c < 0x80) {
        return c < 0x20 || c == 0x7f;
    }
    if (c >= 0x3000 && c < 0xe000) {
        return false;  // Chinese, Japanese, Korean: no such characters there.
    }
    const utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

static void utf8_fold_ascii(const char *text, size_t size, struct buf *out)
{
    bool blank = false;
    bool any = false;
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        if (utf8_is_space(c)) {
            blank = any;
        } else if (!utf8_is_unseen(c)) {
            if (blank) {
                buf_putc(out, ' ');
                blank = false;
            }
            buf_putc(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
            any = true;
        }
    }
}

// What most chat is made of folds to one character without any table: ASCII, its full width form,
// Chinese characters and emoji. None of these takes part in composition. Returns -1 for the rest.
static int32_t utf8_fold_common(int32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xff01 - '!';
    }
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    }
    if ((c >= 0x4e00 && c <= 0x9fff) || c == 0x3001 || c == 0x3002 ||
        (c >= 0x1f300 && c <= 0x1f6ff)) {
        return c;
    }
    return -1;
}

struct utf8_points {
    int32_t *at;
    size_t count;
    size_t room;
    bool ordered;  // Nothing but common characters: no marks to sort, nothing to compose.
};

// Appends the folded and decomposed form of the text, white space already as single blanks.
static void utf8_fold_points(const char *text, size_t size, struct utf8_points *points)
{
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    bool blank = false;
    for (size_t i = 0; i < size;) {
        size_t step;
        int32_t c = utf8_decode(text + i, size - i, &step);
        i += step;
        if (c < 0) {
            c = UTF8_REPLACEMENT;
        }
        if (utf8_is_space(c)) {
            blank = points->count > 0;
            continue;
        }
        if (utf8_is_unseen(c)) {
            continue;
        }
        if (blank) {
            points->at[points->count++] = ' ';
        }
        const int32_t common = utf8_fold_common(c);
        if (common >= 0) {
            points->at[points->count++] = common;
            blank = false;
            continue;
        }
        points->ordered = false;
        int boundary = 0;
        const size_t room = points->room - points->count;
        const utf8proc_ssize_t made = utf8proc_decompose_char(
            c, points->at + points->count, (utf8proc_ssize_t)room, options, &boundary);
        CHECK(made >= 0);
        CHECK((size_t)made <= room);
        points->count += (size_t)made;
        if (made == 0 && blank) {
            points->count--;  // It was ignorable: the blank waits for something visible.
        } else {
            blank = false;
        }
    }
}

// Sorts combining marks by their class (the canonical order), stable: utf8proc does it only inside
// utf8proc_decompose. Runs of marks are short unless somebody means harm, hence the cap.
static void utf8_sort_marks(int32_t *points, size_t count)
{
    enum { MARKS_MAX = 32 };
    size_t run = 0;
    for (size_t i = 0; i < count; i++) {
        const int mark = utf8proc_get_property(points[i])->combining_class;
        run = mark == 0 ? 0 : run + 1;
        const size_t first = run > MARKS_MAX ? i - MARKS_MAX : i - run;
        size_t j = i;
        const int32_t point = points[i];
        while (mark != 0 && j > first + 1 &&
               utf8proc_get_property(points[j - 1])->combining_class > mark) {
            points[j] = points[j - 1];
            j--;
        }
        points[j] = point;
    }
}

// Some compatibility characters contain blanks (U+00A8 is blank plus mark): squeeze once more.
static void utf8_fold_write(const int32_t *points, size_t count, struct buf *out)
{
    bool blank = false;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (points[i] == ' ') {
            blank = any;
            continue;
        }
        if (blank) {
            buf_putc(out, ' ');
            blank = false;
        }
        uint8_t bytes[4];
        const utf8proc_ssize_t size = utf8proc_encode_char(points[i], bytes);
        CHECK(size > 0);
        buf_append(out, bytes, (size_t)size);
        any = true;
    }
}

void utf8_fold(const char *text, size_t size, struct buf *out)
{
    if (utf8_ascii_run(text, size) == size) {
        utf8_fold_ascii(text, size, out);
        return;
    }
    // The longest decomposition is 18 characters (U+FDFA, 3 bytes) and a 2-byte character makes at
    // most 4: 7 for each byte covers all of them and the blank in front.
    int32_t small[1024];
    CHECK(size < SIZE_MAX / 64);
    struct utf8_points points = {.at = small, .room = size * 7 + 18, .ordered = true};
    if (points.room > 1024) {
        points.at = xmalloc(points.room * sizeof(*points.at));
    }
    utf8_fold_points(text, size, &points);
    if (!points.ordered) {
        utf8_sort_marks(points.at, points.count);
        const utf8proc_ssize_t composed = utf8proc_normalize_utf32(
            points.at, (utf8proc_ssize_t)points.count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
        CHECK(composed >= 0);
        points.count = (size_t)composed;
    }
    utf8_fold_write(points.at, points.count, out);
    if (points.at != small) {
        free(points.at);
    }
}

static bool utf8_is_hidden(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200b || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0xfeff || (c >= 0xe0000 && c <= 0xe001f);
}

void utf8_escape(const char *text, size_t size, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size;) {
        size_t step;
        const int32_t c = utf8_decode(text + i, size - i, &step);
        if (!utf8_is_hidden(c)) {  // A bad byte is -1, below 0x20.
            buf_append(out, text + i, step);
        } else {
            for (size_t k = 0; k < step; k++) {
                const unsigned char byte = (unsigned char)text[i + k];
                const char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
                buf_append(out, escaped, sizeof(escaped));
            }
        }
        i += step;
    }
}

void utf8_escape_html(const char *text, size_t size, struct buf *out)
{
    for (size_t i = 0; i < size;) {
        size_t step;
        const int32_t c = utf8_decode(text + i, size - i, &step);
        if (c == '&') {
            buf_puts(out, "&amp;");
        } else if (c == '<') {
            buf_puts(out, "&lt;");
        } else if (c == '>') {
            buf_puts(out, "&gt;");
        } else if (c == '"') {
            buf_puts(out, "&quot;");
        } else if (c == '\'') {
            buf_puts(out, "&#39;");
        } else if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
            buf_puts(out, "\xef\xbf\xbd");  // Bad bytes and controls: U+FFFD.
        } else {
            buf_append(out, text + i, step);
        }
        i += step;
    }
}

void utf8_pad(struct buf *out, const char *text, size_t width, bool right)
{
    size_t used;
    const size_t size = utf8_walk(text, strlen(text), width, &used);
    if (!right) {
        buf_append(out, text, size);
    }
    for (; used < width; used++) {
        buf_putc(out, ' ');
    }
    if (right) {
        buf_append(out, text, size);
    }
}
