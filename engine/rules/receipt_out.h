#pragma once
// The pen of receipts: puts values into the sink's buffer, marks and hashes them on the way, and
// hands full pieces on. Internal to rules/receipt*.c.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/mem.h"
#include "rules/receipt.h"

struct receipt_out {
    const struct receipt_sink *sink;
    struct buf *out;
    size_t hashed;     // Bytes of out that have been hashed (and, with a flush, handed on).
    size_t value;      // Where the value being written begins.
    struct buf marks;  // The marks object, written along.
    bool in_body, in_draw, stopped;
    struct sha256_state body_state, draw_state;
};

void receipt_out_init(struct receipt_out *o, const struct receipt_sink *sink);
void receipt_out_deinit(struct receipt_out *o);

void receipt_out_body_begin(struct receipt_out *o);
struct sha256 receipt_out_body_end(struct receipt_out *o);
void receipt_out_draw_begin(struct receipt_out *o);
struct sha256 receipt_out_draw_end(struct receipt_out *o);

// A field whose value follows as one scalar (between _value and _mark), or as an array or object.
void receipt_out_scalar(struct receipt_out *o, const char *name);
void receipt_out_open(struct receipt_out *o, const char *name, char bracket);
void receipt_out_close(struct receipt_out *o, char bracket);
// Elements: begin (comma), put the value into o->out, mark.
void receipt_out_element(struct receipt_out *o);
void receipt_out_member(struct receipt_out *o, const char *name);  // Of an object that was opened.
void receipt_out_mark(struct receipt_out *o);
void receipt_out_mark_part(struct receipt_out *o, const char *part, size_t size);  // Of a text.
void receipt_out_int(struct receipt_out *o, int64_t value);  // A whole element.
void receipt_out_text(struct receipt_out *o, const char *text, size_t size);
void receipt_out_hex(struct receipt_out *o, const struct sha256 *hash);  // A value: quoted hex.
void receipt_out_marks(struct receipt_out *o);  // The marks gathered so far, as they are.
// Everything written goes out. False: the sink stopped or the buffer's maximum was crossed.
bool receipt_out_finish(struct receipt_out *o, struct err *e);

uint16_t receipt_mark(const char *data, size_t size);  // See rules/receipt.h.
