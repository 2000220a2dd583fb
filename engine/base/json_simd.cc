// simdjson behind C. The only C++ of the engine: it parses into simdjson's tape and copies that
// into json_node's, because a flat array with sizes is all a C caller wants to know. No exceptions
// leave this file, none are used.
//
// The tape (simdjson doc/tape.md): 64-bit words, type in the top 8 bits, payload below. Word 0 is
// the root, its payload the index behind the last word. An opening bracket holds the index behind
// its closing one and the number of children; numbers hold their value in the next word; a text
// holds the place of (size, bytes, NUL) in the string buffer.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include <simdjson.h>

#include "base/json_simd.h"

extern "C" {
#include "base/json.h"
#include "base/utf8.h"
}

static_assert(sizeof(struct json_node) == 48, "a node should stay small");

struct json_reader {
    simdjson::dom::parser parser;
    size_t size_max;
    size_t capacity = 0;    // Documents up to this size need no allocation.
    char *input = nullptr;  // Padded copy of the document.
    struct json_node *nodes = nullptr;
    size_t node_capacity = 0;
    struct json_node **sorted = nullptr;  // Members of a large object, for finding doubles.
    size_t sorted_capacity = 0;

    explicit json_reader(size_t max) : size_max(max)
    {
    }
    json_reader(const json_reader &) = delete;
    json_reader &operator=(const json_reader &) = delete;
    ~json_reader()
    {
        free(input);
        free(nodes);
        free(sorted);
    }
};

namespace
{

constexpr size_t SMALL_OBJECT = 16;  // Up to here comparing all pairs beats sorting.
constexpr uint64_t PAYLOAD = (uint64_t(1) << 56) - 1;

size_t json_grown(size_t have, size_t want)
{
    return std::max(want, have + have / 2);
}

void json_reserve(json_reader *reader, size_t size)
{
    if (size <= reader->capacity) {
        return;
    }
    const size_t capacity = std::max(json_grown(reader->capacity, size), size_t(4096));
    free(reader->input);
    reader->input = static_cast<char *>(xmalloc(capacity + simdjson::SIMDJSON_PADDING));
    memset(reader->input, ' ', capacity + simdjson::SIMDJSON_PADDING);
    CHECK(reader->parser.allocate(capacity) == simdjson::SUCCESS);
    CHECK(reader->parser.doc.allocate(capacity) == simdjson::SUCCESS);
    reader->capacity = capacity;
}

simdjson::error_code json_parse_tape(json_reader *reader, const char *data, size_t size)
{
    json_reserve(reader, size);
    if (size > 0) {
        memcpy(reader->input, data, size);
    }
    return reader->parser.parse(reader->input, size, false).error();
}

bool json_refuse(simdjson::error_code code, struct err *e)
{
    const char *why = "it is not well formed";
    switch (code) {
    case simdjson::EMPTY:
        why = "it is empty";
        break;
    case simdjson::UTF8_ERROR:
        why = "it is not UTF-8";
        break;
    case simdjson::STRING_ERROR:
        why = "a text has a bad escape";
        break;
    case simdjson::UNESCAPED_CHARS:
        why = "a text has a control character that must be escaped";
        break;
    case simdjson::UNCLOSED_STRING:
        why = "a text has no closing quote";
        break;
    case simdjson::NUMBER_ERROR:
        why = "a number is malformed or out of range";
        break;
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
        why = "only true, false and null may stand without quotes";
        break;
    case simdjson::DEPTH_ERROR:
        return err_set(e, ERR_INVALID, "JSON is nested deeper than %d levels", JSON_DEPTH_MAX);
    default:
        break;
    }
    return err_set(e, ERR_INVALID, "not valid JSON: %s", why);
}

bool json_is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Whether the number `text` is an integer that int64 can't hold. It has no leading zeros: with some
// it isn't JSON, and simdjson says so whatever follows.
bool json_is_beyond_int64(const char *text, size_t size)
{
    const bool negative = text[0] == '-';
    const char *digits = text + negative;
    const size_t count = size - negative;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return false;
        }
    }
    const char *limit = negative ? "9223372036854775808" : "9223372036854775807";
    return count > 19 || (count == 19 && memcmp(digits, limit, 19) > 0);
}

// simdjson refuses integers above 64 bits, but reads them as doubles when they have a fraction. So
// write ".0" behind each; the rare document that needs this is parsed twice. Integers that fit stay
// exact. It matters because our own writer puts 10^20 as 100000000000000000000, as ECMAScript does.
void json_widen_integers(const char *data, size_t size, struct buf *out)
{
    bool in_text = false;
    for (size_t i = 0; i < size;) {
        const char c = data[i];
        size_t end = i + 1;
        bool widen = false;
        if (in_text) {
            if (c == '\\' && end < size) {
                end++;
            } else if (c == '"') {
                in_text = false;
            }
        } else if (c == '"') {
            in_text = true;
        } else if (json_is_number_char(c)) {
            while (end < size && json_is_number_char(data[end])) {
                end++;
            }
            widen = json_is_beyond_int64(data + i, end - i);
        }
        buf_append(out, data + i, end - i);
        if (widen) {
            buf_append(out, ".0", 2);
        }
        i = end;
    }
}

bool json_same_key(const json_node *a, const json_node *b)
{
    return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

bool json_refuse_double(const json_node *node, struct err *e)
{
    return err_set(e, ERR_INVALID, "field '%.*s' stands twice",
                   int(utf8_cut(node->key, node->key_size, 200)), node->key);
}

// Large objects are sorted, not hashed: no input makes this slower than n log n.
bool json_check_large(json_reader *reader, json_node *object, struct err *e)
{
    if (object->count > reader->sorted_capacity) {
        reader->sorted_capacity = json_grown(reader->sorted_capacity, object->count);
        free(reader->sorted);
        reader->sorted =
            static_cast<json_node **>(xmalloc(reader->sorted_capacity * sizeof(json_node *)));
    }
    json_node *n = object + 1;
    for (uint32_t i = 0; i < object->count; i++, n += n->next) {
        reader->sorted[i] = n;
    }
    std::sort(reader->sorted, reader->sorted + object->count,
              [](const json_node *a, const json_node *b) {
                  if (a->key_size != b->key_size) {
                      return a->key_size < b->key_size;
                  }
                  return memcmp(a->key, b->key, a->key_size) < 0;
              });
    for (uint32_t i = 1; i < object->count; i++) {
        if (json_same_key(reader->sorted[i - 1], reader->sorted[i])) {
            return json_refuse_double(reader->sorted[i], e);
        }
    }
    return true;
}

bool json_check_object(json_reader *reader, json_node *object, struct err *e)
{
    if (object->count > SMALL_OBJECT) {
        return json_check_large(reader, object, e);
    }
    const json_node *seen[SMALL_OBJECT];
    const json_node *n = object + 1;
    for (uint32_t i = 0; i < object->count; i++, n += n->next) {
        for (uint32_t k = 0; k < i; k++) {
            if (json_same_key(seen[k], n)) {
                return json_refuse_double(n, e);
            }
        }
        seen[i] = n;
    }
    return true;
}

// State of the copy from tape to nodes.
struct json_copy {
    json_reader *reader;
    const uint64_t *tape;
    const uint8_t *strings;
    size_t count = 0;               // Nodes made.
    uint32_t open[JSON_DEPTH_MAX];  // Nodes whose bracket is still open.
    int depth = 0;
    const char *key = nullptr;  // Read, waiting for its value.
    uint32_t key_size = 0;
};

const char *json_copy_text(const json_copy *copy, uint64_t payload, uint32_t *size)
{
    const uint8_t *at = copy->strings + payload;
    memcpy(size, at, sizeof(*size));
    return reinterpret_cast<const char *>(at + sizeof(*size));
}

// Makes the node of one value; returns the number of tape words it took.
size_t json_copy_value(json_copy *copy, char type, size_t at)
{
    json_node *node = &copy->reader->nodes[copy->count++];
    const uint64_t *word = &copy->tape[at];
    node->next = 1;
    node->count = 0;
    node->key = copy->key;
    node->key_size = copy->key_size;
    node->text = nullptr;
    node->text_size = 0;
    node->integer = 0;
    copy->key = nullptr;
    copy->key_size = 0;
    switch (type) {
    case '"':
        node->type = JSON_TEXT;
        node->text = json_copy_text(copy, *word & PAYLOAD, &node->text_size);
        return 1;
    case 'l':
        node->type = JSON_INT;
        memcpy(&node->integer, word + 1, sizeof(node->integer));
        return 2;
    case 'u':  // Only numbers above INT64_MAX have this type.
        node->type = JSON_REAL;
        node->real = double(word[1]);
        return 2;
    case 'd':
        node->type = JSON_REAL;
        memcpy(&node->real, word + 1, sizeof(node->real));
        return 2;
    case 't':
        node->type = JSON_TRUE;
        return 1;
    case 'f':
        node->type = JSON_FALSE;
        return 1;
    case 'n':
        node->type = JSON_NULL;
        return 1;
    default:
        CHECK(type == '{' || type == '[');
        node->type = type == '{' ? JSON_OBJECT : JSON_ARRAY;
        return 1;
    }
}

bool json_copy_close(json_copy *copy, struct err *e)
{
    CHECK(copy->depth > 0);
    const uint32_t index = copy->open[--copy->depth];
    json_node *node = &copy->reader->nodes[index];
    node->next = uint32_t(copy->count - index);
    return node->type != JSON_OBJECT || json_check_object(copy->reader, node, e);
}

bool json_copy_tape(json_copy *copy, struct err *e)
{
    const size_t end = copy->tape[0] & PAYLOAD;
    if (end > copy->reader->node_capacity) {
        json_reader *reader = copy->reader;
        reader->node_capacity = std::max(json_grown(reader->node_capacity, end), size_t(64));
        free(reader->nodes);
        reader->nodes =
            static_cast<json_node *>(xmalloc(reader->node_capacity * sizeof(json_node)));
    }
    for (size_t at = 1; at + 1 < end;) {
        const char type = char(copy->tape[at] >> 56);
        if (type == '}' || type == ']') {
            if (!json_copy_close(copy, e)) {
                return false;
            }
            at++;
            continue;
        }
        json_node *parent =
            copy->depth > 0 ? &copy->reader->nodes[copy->open[copy->depth - 1]] : nullptr;
        if (parent != nullptr && parent->type == JSON_OBJECT && copy->key == nullptr) {
            copy->key = json_copy_text(copy, copy->tape[at] & PAYLOAD, &copy->key_size);
            at++;
            continue;
        }
        if (parent != nullptr) {
            parent->count++;
        }
        const uint32_t index = uint32_t(copy->count);
        at += json_copy_value(copy, type, at);
        if (type == '{' || type == '[') {
            if (copy->depth == JSON_DEPTH_MAX) {
                return json_refuse(simdjson::DEPTH_ERROR, e);
            }
            copy->open[copy->depth++] = index;
        }
    }
    CHECK(copy->depth == 0);
    CHECK(copy->count > 0);
    return true;
}

}  // namespace

extern "C" struct json_reader *json_reader_new(size_t size_max)
{
    CHECK(size_max > 0);
    CHECK(size_max < UINT32_MAX / 2);
    json_reader *reader = new (std::nothrow) json_reader(size_max);
    CHECK(reader != nullptr);
    return reader;
}

extern "C" void json_reader_free(struct json_reader *reader)
{
    delete reader;
}

extern "C" bool json_parse(struct json_reader *reader, const char *data, size_t size,
                           const struct json_node **root, struct err *e)
{
    *root = nullptr;
    if (size > reader->size_max) {
        return err_set(e, ERR_INVALID, "JSON of %zu bytes is larger than the limit of %zu", size,
                       reader->size_max);
    }
    simdjson::error_code code = json_parse_tape(reader, data, size);
    if (code == simdjson::NUMBER_ERROR) {
        struct buf wider;
        buf_init(&wider, size + size / 8 + 2);
        json_widen_integers(data, size, &wider);
        CHECK(!wider.overflow);
        code = json_parse_tape(reader, wider.data, wider.size);
        buf_deinit(&wider);
    }
    if (code != simdjson::SUCCESS) {
        return json_refuse(code, e);
    }
    json_copy copy{};
    copy.reader = reader;
    copy.tape = reader->parser.doc.tape.get();
    copy.strings = reader->parser.doc.string_buf.get();
    if (!json_copy_tape(&copy, e)) {
        return false;
    }
    *root = reader->nodes;
    return true;
}

extern "C" int json_simd_digits(double value, char *digits, int *exponent)
{
    CHECK(std::isfinite(value));
    CHECK(value > 0);
    // d.ddde[+-]xx: the shortest digits that read back, nearest to the value among those.
    char text[64];
    const auto made =
        std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
    CHECK(made.ec == std::errc());
    int count = 0;
    const char *p = text;
    for (; p != made.ptr && *p != 'e'; p++) {
        if (*p != '.') {
            CHECK(count < JSON_DIGITS_MAX - 1);
            digits[count++] = *p;
        }
    }
    CHECK(p != made.ptr);
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    p++;
    const bool negative = *p == '-';
    int power = 0;
    for (p++; p != made.ptr; p++) {
        power = power * 10 + (*p - '0');
    }
    *exponent = (negative ? -power : power) + 1;
    return count;
}
