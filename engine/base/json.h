#pragma once
// JSON in and out. Reading: simdjson (strict UTF-8, exact 64-bit integers) behind a C shim that
// fills one flat array of nodes; works for a dcp/1 line (2 million a second) and for a whole
// receipt. Writing: straight into a buf. Canonical form: RFC 8785.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INT,
    JSON_REAL,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT
};

// A node of the tree. Children of an array or object follow it directly; a member of an object is
// its key in `key` and the value in the rest. `next` is relative, so that a pointer to a node is
// all a walk needs: `node + node->next` is the first node behind the node's subtree.
struct json_node {
    uint8_t type;
    uint32_t next;   // Size of the subtree in nodes, this one included: 1 for a scalar.
    uint32_t count;  // Children of an array or object.
    uint32_t key_size;
    uint32_t text_size;
    const char *key;   // Not NUL-terminated; NULL outside an object. Valid until the next parse.
    const char *text;  // JSON_TEXT only. Not NUL-terminated.
    union {
        int64_t integer;  // JSON_INT
        double real;      // JSON_REAL; integers beyond int64 come as JSON_REAL too.
    };
};

struct json_reader;  // Reusable: buffers grow to the largest document seen.

#define JSON_DEPTH_MAX 64

struct json_reader *json_reader_new(size_t size_max);  // Refuses documents above size_max bytes.
void json_reader_free(struct json_reader *reader);
// Parses one document. On success *root is node 0. Refuses duplicate keys in an object (in the
// words "field 'x' stands twice") and depth above JSON_DEPTH_MAX. `data` needs no padding. A text
// may contain NUL (from \u0000): check with utf8_valid where that matters.
MUST_USE bool json_parse(struct json_reader *reader, const char *data, size_t size,
                         const struct json_node **root, struct err *e);
// Field of an object, or NULL.
const struct json_node *json_field(const struct json_node *object, const char *name);
bool json_text_is(const struct json_node *node, const char *text);
// for (n = json_child(x); n != json_end(x); n = json_next(n))
const struct json_node *json_child(const struct json_node *parent);
const struct json_node *json_end(const struct json_node *parent);
const struct json_node *json_next(const struct json_node *node);

// Writing. No commas are added: json_key and json_comma do; the `json_put_*` write one value.
// Quoted and escaped; bytes that are no UTF-8 become U+FFFD, so what we write is always JSON.
void json_put_text(struct buf *out, const char *text, size_t size);
void json_put_z(struct buf *out, const char *text);
void json_put_int(struct buf *out, int64_t value);
// The shortest form that reads back the same, as ECMAScript writes it; NaN and infinity as null.
void json_put_real(struct buf *out, double value);
// Object helper: writes `,` unless the last byte is an opening bracket, then "name":
void json_key(struct buf *out, const char *name);
void json_comma(struct buf *out);  // `,` unless the last byte is `[`, `{` or the buffer is empty
// Re-writes a parsed document in canonical form (RFC 8785: keys sorted by UTF-16, no blanks), but
// integers within int64 stay exact where RFC 8785 would round them above 2^53.
void json_canonical(const struct json_node *root, struct buf *out);
