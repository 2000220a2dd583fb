// The pen of receipts. Internal; see the header.

#include "rules/receipt_out.h"

#include <string.h>

#include "base/json.h"

#define RECEIPT_PIECE_SIZE (256 * 1024)
#define RECEIPT_MARK_START UINT32_C(2166136261)  // FNV-1a, 32 bits
#define RECEIPT_MARK_FACTOR UINT32_C(16777619)

uint16_t receipt_mark(const char *data, size_t size)
{
    uint32_t hash = RECEIPT_MARK_START;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (uint8_t)data[i]) * RECEIPT_MARK_FACTOR;
    }
    return (uint16_t)(hash >> 16 ^ hash);
}

void receipt_out_init(struct receipt_out *o, const struct receipt_sink *sink)
{
    *o = (struct receipt_out){.sink = sink, .out = sink->out, .hashed = sink->out->size};
    CHECK(sink->flush == NULL || sink->out->size == 0);
    buf_init(&o->marks, (size_t)RECEIPT_SIZE_MAX);
}

void receipt_out_deinit(struct receipt_out *o)
{
    buf_deinit(&o->marks);
}

static void receipt_out_drain(struct receipt_out *o)
{
    const size_t size = o->out->size - o->hashed;
    if (size == 0 || o->out->overflow) {
        return;
    }
    const char *data = o->out->data + o->hashed;
    if (o->in_body) {
        sha256_add(&o->body_state, data, size);
    }
    if (o->in_draw) {
        sha256_add(&o->draw_state, data, size);
    }
    o->hashed = o->out->size;
    if (o->sink->flush == NULL) {
        return;
    }
    // The last byte stays: whether a comma is needed is read from it.
    if (o->out->size > 1 && !o->stopped) {
        o->stopped = !o->sink->flush(o->sink->flush_ctx, o->out->data, o->out->size - 1);
    }
    o->out->data[0] = o->out->data[o->out->size - 1];
    o->out->size = 1;
    o->hashed = 1;
}

void receipt_out_body_begin(struct receipt_out *o)
{
    receipt_out_drain(o);
    sha256_begin(&o->body_state);
    o->in_body = true;
    buf_putc(o->out, '{');
}

struct sha256 receipt_out_body_end(struct receipt_out *o)
{
    buf_putc(o->out, '}');
    receipt_out_drain(o);
    o->in_body = false;
    return sha256_end(&o->body_state);
}

void receipt_out_draw_begin(struct receipt_out *o)
{
    receipt_out_drain(o);
    sha256_begin(&o->draw_state);
    o->in_draw = true;
    buf_putc(o->out, '{');
    if (o->marks.size > 0) {
        json_key(&o->marks, "draw");
    }
    buf_putc(&o->marks, '{');
}

struct sha256 receipt_out_draw_end(struct receipt_out *o)
{
    buf_putc(o->out, '}');
    buf_putc(&o->marks, '}');
    receipt_out_drain(o);
    o->in_draw = false;
    return sha256_end(&o->draw_state);
}

void receipt_out_scalar(struct receipt_out *o, const char *name)
{
    json_key(o->out, name);
    json_key(&o->marks, name);
    buf_putc(&o->marks, '"');
    o->value = o->out->size;
}

void receipt_out_open(struct receipt_out *o, const char *name, char bracket)
{
    receipt_out_scalar(o, name);
    buf_putc(o->out, bracket);
}

void receipt_out_close(struct receipt_out *o, char bracket)
{
    if (bracket != 0) {
        buf_putc(o->out, bracket);
    }
    buf_putc(&o->marks, '"');
}

void receipt_out_element(struct receipt_out *o)
{
    json_comma(o->out);
    o->value = o->out->size;
}

void receipt_out_member(struct receipt_out *o, const char *name)
{
    json_key(o->out, name);
    o->value = o->out->size;
}

static void receipt_out_put_mark(struct receipt_out *o, uint16_t mark)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = buf_reserve(&o->marks, 4);
    if (hex != NULL) {
        hex[0] = digits[mark >> 12];
        hex[1] = digits[mark >> 8 & 15];
        hex[2] = digits[mark >> 4 & 15];
        hex[3] = digits[mark & 15];
    }
    if (o->out->size - o->hashed >= RECEIPT_PIECE_SIZE) {
        receipt_out_drain(o);
    }
}

void receipt_out_mark(struct receipt_out *o)
{
    if (o->out->overflow) {
        return;
    }
    CHECK(o->value <= o->out->size);
    receipt_out_put_mark(o, receipt_mark(o->out->data + o->value, o->out->size - o->value));
}

void receipt_out_mark_part(struct receipt_out *o, const char *part, size_t size)
{
    struct buf quoted;
    buf_init(&quoted, (size_t)RECEIPT_SIZE_MAX);
    json_put_text(&quoted, part, size);
    receipt_out_put_mark(o, receipt_mark(quoted.data, quoted.size));
    buf_deinit(&quoted);
}

// An element of plain bytes, which stands in `bytes` already: one reservation, and the mark is made
// while copying. Lists of ten million entrants are written by this.
static void receipt_out_plain(struct receipt_out *o, const char *bytes, size_t size)
{
    const char last = o->out->size > 0 ? o->out->data[o->out->size - 1] : '[';
    const bool comma = last != '[' && last != '{';
    char *to = buf_reserve(o->out, size + comma);
    if (to == NULL) {
        return;
    }
    if (comma) {
        *to++ = ',';
    }
    uint32_t hash = RECEIPT_MARK_START;
    for (size_t i = 0; i < size; i++) {
        to[i] = bytes[i];
        hash = (hash ^ (uint8_t)bytes[i]) * RECEIPT_MARK_FACTOR;
    }
    receipt_out_put_mark(o, (uint16_t)(hash >> 16 ^ hash));
}

void receipt_out_int(struct receipt_out *o, int64_t value)
{
    if (value < 0) {
        receipt_out_element(o);
        json_put_int(o->out, value);
        receipt_out_mark(o);
        return;
    }
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t left = (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    receipt_out_plain(o, digits + at, sizeof(digits) - at);
}

void receipt_out_text(struct receipt_out *o, const char *text, size_t size)
{
    char quoted[RECEIPT_ID_MAX + 2];
    bool plain = size <= RECEIPT_ID_MAX;
    for (size_t i = 0; i < size && plain; i++) {
        const uint8_t c = (uint8_t)text[i];
        plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        quoted[i + 1] = text[i];
    }
    if (plain) {
        quoted[0] = '"';
        quoted[size + 1] = '"';
        receipt_out_plain(o, quoted, size + 2);
        return;
    }
    receipt_out_element(o);
    json_put_text(o->out, text, size);
    receipt_out_mark(o);
}

void receipt_out_hex(struct receipt_out *o, const struct sha256 *hash)
{
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(hash->bytes, sizeof(hash->bytes), hex);
    json_put_z(o->out, hex);
}

void receipt_out_marks(struct receipt_out *o)
{
    for (size_t at = 0; at < o->marks.size && !o->marks.overflow; at += RECEIPT_PIECE_SIZE) {
        const size_t left = o->marks.size - at;
        buf_append(o->out, o->marks.data + at,
                   left < RECEIPT_PIECE_SIZE ? left : RECEIPT_PIECE_SIZE);
        receipt_out_drain(o);
    }
}

bool receipt_out_finish(struct receipt_out *o, struct err *e)
{
    if (o->out->overflow || o->marks.overflow) {
        return err_set(e, ERR_LIMIT, "the receipt exceeds %zu bytes", o->out->max);
    }
    receipt_out_drain(o);
    if (o->sink->flush != NULL && !o->stopped) {
        o->stopped = !o->sink->flush(o->sink->flush_ctx, o->out->data, o->out->size);
        buf_clear(o->out);
    }
    if (o->stopped) {
        return err_set(e, ERR_FAULT, "the receipt could not be written");
    }
    return true;
}
