// Walking and writing JSON. Reading is in json_simd.cc.

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json_simd.h"
#include "base/utf8.h"

const struct json_node *json_child(const struct json_node *parent)
{
    return parent + 1;
}

const struct json_node *json_end(const struct json_node *parent)
{
    return parent + parent->next;
}

const struct json_node *json_next(const struct json_node *node)
{
    return node + node->next;
}

const struct json_node *json_field(const struct json_node *object, const char *name)
{
    if (object == NULL || object->type != JSON_OBJECT) {
        return NULL;
    }
    const size_t size = strlen(name);
    const struct json_node *end = json_end(object);
    for (const struct json_node *n = json_child(object); n != end; n = json_next(n)) {
        if (n->key_size == size && memcmp(n->key, name, size) == 0) {
            return n;
        }
    }
    return NULL;
}

bool json_text_is(const struct json_node *node, const char *text)
{
    return node != NULL && node->type == JSON_TEXT && node->text_size == strlen(text) &&
           memcmp(node->text, text, node->text_size) == 0;
}

// What stands behind the backslash for this byte: a letter, 'u' for \u00xx, 0 for no escape.
static char json_escape_of(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return c < 0x20 ? 'u' : 0;
    }
}

// The escapes are those of RFC 8785 3.2.2.2. Bytes that are no UTF-8 become U+FFFD: what we write
// is always JSON.
void json_put_text(struct buf *out, const char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    buf_putc(out, '"');
    size_t plain = 0;  // Start of the stretch that can go out as it is.
    size_t i = 0;
    while (i < size) {
        const unsigned char c = (unsigned char)text[i];
        const size_t step = c < 0x80 ? 1 : utf8_step(text + i, size - i);
        const char escape = step == 0 ? 0 : json_escape_of(c);
        if (step > 0 && escape == 0) {
            i += step;
            continue;
        }
        buf_append(out, text + plain, i - plain);
        if (step == 0) {
            buf_append(out, "\xef\xbf\xbd", 3);
        } else if (escape == 'u') {
            const char escaped[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
            buf_append(out, escaped, sizeof(escaped));
        } else {
            const char escaped[2] = {'\\', escape};
            buf_append(out, escaped, sizeof(escaped));
        }
        i++;
        plain = i;
    }
    buf_append(out, text + plain, size - plain);
    buf_putc(out, '"');
}

void json_put_z(struct buf *out, const char *text)
{
    json_put_text(out, text, strlen(text));
}

void json_put_int(struct buf *out, int64_t value)
{
    char text[20];
    size_t at = sizeof(text);
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        text[--at] = '-';
    }
    buf_append(out, text + at, sizeof(text) - at);
}

static void json_put_zeros(struct buf *out, int count)
{
    for (int i = 0; i < count; i++) {
        buf_putc(out, '0');
    }
}

// ECMAScript 2023, 6.1.6.1.20 Number::toString with radix 10; n is its n, k its k.
void json_put_real(struct buf *out, double value)
{
    if (!isfinite(value)) {
        buf_puts(out, "null");  // As JSON.stringify does: JSON has no such number.
        return;
    }
    if (value == 0) {
        buf_putc(out, '0');  // Minus zero too.
        return;
    }
    char digits[JSON_DIGITS_MAX];
    int n;
    const int k = json_simd_digits(fabs(value), digits, &n);
    if (value < 0) {
        buf_putc(out, '-');
    }
    if (k <= n && n <= 21) {
        buf_append(out, digits, (size_t)k);
        json_put_zeros(out, n - k);
    } else if (0 < n && n <= 21) {
        buf_append(out, digits, (size_t)n);
        buf_putc(out, '.');
        buf_append(out, digits + n, (size_t)(k - n));
    } else if (-6 < n && n <= 0) {
        buf_puts(out, "0.");
        json_put_zeros(out, -n);
        buf_append(out, digits, (size_t)k);
    } else {
        buf_putc(out, digits[0]);
        if (k > 1) {
            buf_putc(out, '.');
            buf_append(out, digits + 1, (size_t)k - 1);
        }
        buf_puts(out, n > 0 ? "e+" : "e-");
        json_put_int(out, abs(n - 1));
    }
}

void json_comma(struct buf *out)
{
    if (out->size > 0) {
        const char last = out->data[out->size - 1];
        if (last != '[' && last != '{') {
            buf_putc(out, ',');
        }
    }
}

void json_key(struct buf *out, const char *name)
{
    json_comma(out);
    json_put_z(out, name);
    buf_putc(out, ':');
}

// UTF-16 puts characters above U+FFFF (lead byte F0 and up) before U+E000..U+FFFF (lead bytes EE
// and EF), because their surrogates begin with D8. Otherwise the order is that of the bytes.
static unsigned json_utf16_rank(char byte)
{
    const unsigned rank = (unsigned char)byte;
    return rank == 0xee || rank == 0xef ? rank + 0x10 : rank;
}

static int json_compare_keys(const void *left, const void *right)
{
    const struct json_node *a = *(const struct json_node *const *)left;
    const struct json_node *b = *(const struct json_node *const *)right;
    const uint32_t size = a->key_size < b->key_size ? a->key_size : b->key_size;
    for (uint32_t i = 0; i < size; i++) {
        if (a->key[i] != b->key[i]) {
            return json_utf16_rank(a->key[i]) < json_utf16_rank(b->key[i]) ? -1 : 1;
        }
    }
    return a->key_size < b->key_size ? -1 : a->key_size > b->key_size;
}

static void json_canonical_object(const struct json_node *object, struct buf *out)
{
    enum { SMALL = 32 };
    const struct json_node *small[SMALL];
    const struct json_node **members =
        object->count <= SMALL ? small : xmalloc(object->count * sizeof(*members));
    const struct json_node *n = json_child(object);
    for (uint32_t i = 0; i < object->count; i++, n = json_next(n)) {
        members[i] = n;
    }
    CHECK(n == json_end(object));
    qsort(members, object->count, sizeof(*members), json_compare_keys);
    buf_putc(out, '{');
    for (uint32_t i = 0; i < object->count; i++) {
        json_comma(out);
        json_put_text(out, members[i]->key, members[i]->key_size);
        buf_putc(out, ':');
        json_canonical(members[i], out);
    }
    buf_putc(out, '}');
    if (members != small) {
        free(members);
    }
}

// Recursion ends at JSON_DEPTH_MAX, which the reader guarantees. Integers are written exactly, also
// above 2^53, where RFC 8785 would round them to a double: an order number must not change.
void json_canonical(const struct json_node *root, struct buf *out)
{
    switch ((enum json_type)root->type) {
    case JSON_NULL:
        buf_puts(out, "null");
        break;
    case JSON_FALSE:
        buf_puts(out, "false");
        break;
    case JSON_TRUE:
        buf_puts(out, "true");
        break;
    case JSON_INT:
        json_put_int(out, root->integer);
        break;
    case JSON_REAL:
        json_put_real(out, root->real);
        break;
    case JSON_TEXT:
        json_put_text(out, root->text, root->text_size);
        break;
    case JSON_ARRAY:
        buf_putc(out, '[');
        for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
            json_comma(out);
            json_canonical(n, out);
        }
        buf_putc(out, ']');
        break;
    case JSON_OBJECT:
        json_canonical_object(root, out);
        break;
    }
}
