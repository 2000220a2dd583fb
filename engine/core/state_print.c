// What a turn changed, for people; and the hash over everything, for comparing runs.

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/money.h"
#include "base/tz.h"
#include "base/utf8.h"
#include "core/state_internal.h"

#define PRINT_TEXT_MAX 200  // Bytes of a text or JSON column shown.

// --- Changes ---

static int print_compare(const void *a, const void *b)
{
    const struct state_change *left = a;
    const struct state_change *right = b;
    if (left->table != right->table) {
        return left->table < right->table ? -1 : 1;
    }
    return (left->id > right->id) - (left->id < right->id);
}

static const struct column *print_column(const struct table_desc *desc, const char *name)
{
    for (size_t i = 0; i < desc->column_count; i++) {
        if (strcmp(desc->columns[i].name, name) == 0) {
            return &desc->columns[i];
        }
    }
    return NULL;
}

// Digits of the row's currency: its own, or that of its campaign; 2 where neither is known.
static int print_decimals(const struct state *state, const struct table_desc *desc, const void *row)
{
    text_id currency = 0;
    const struct column *column = print_column(desc, "currency");
    if (column != NULL && column->type == COLUMN_TEXT) {
        currency = *(const text_id *)((const char *)row + column->offset);
    }
    column = print_column(desc, "campaign");
    if (currency == 0 && column != NULL && column->role == ROLE_REF) {
        const int64_t id = state_column_int(row, column->offset, (uint8_t)column->type);
        const struct campaign *campaign =
            id > 0 ? table_get(state, T_CAMPAIGNS, (uint32_t)id) : NULL;
        currency = campaign == NULL ? 0 : campaign->currency;
    }
    const int decimals = currency == 0 ? 2 : money_decimals(text_get(state->texts, currency));
    return decimals < 0 ? 2 : decimals;
}

static void print_time(struct buf *out, int64_t at_ms)
{
    const int64_t day_ms = 86400000;
    const int64_t days = at_ms / day_ms - (at_ms % day_ms < 0);
    const int64_t rest_ms = at_ms - days * day_ms;
    if (at_ms == 0) {
        buf_puts(out, "never");
        return;
    }
    if (days < -700000 || days > 2900000) {  // No year of four digits.
        buf_printf(out, "%lldms", (long long)at_ms);
        return;
    }
    int year;
    int month;
    int day;
    tz_from_days(days, &year, &month, &day);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(rest_ms / 3600000),
               (int)(rest_ms / 60000 % 60), (int)(rest_ms / 1000 % 60));
    if (rest_ms % 1000 != 0) {
        buf_printf(out, ".%03d", (int)(rest_ms % 1000));
    }
    buf_putc(out, 'Z');
}

static void print_text(struct buf *out, const char *text, size_t size)
{
    const size_t shown = utf8_cut(text, size, PRINT_TEXT_MAX);
    buf_putc(out, '"');
    utf8_escape(text, shown, out);
    buf_puts(out, shown < size ? "…\"" : "\"");
}

static void print_enum(struct buf *out, const char *words, int64_t value)
{
    const char *at = words;
    for (int64_t i = 0; i < value && at != NULL; i++) {
        at = strchr(at, '|');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL) {
        buf_printf(out, "%lld", (long long)value);
    } else {
        buf_append(out, at, strcspn(at, "|"));
    }
}

static void print_money(struct buf *out, int64_t value, int decimals)
{
    char text[40];
    if (value == INT64_MIN) {
        buf_puts(out, "none");  // The floor of an account that has none.
        return;
    }
    money_format(value, decimals, text, sizeof(text));
    buf_puts(out, text);
}

static void print_value(const struct state *state, const struct table_desc *desc, const void *row,
                        const struct column *column, struct buf *out)
{
    struct column_value value;
    table_read(row, column, &value);
    if (value.type == COLUMN_TEXT) {
        const text_id id = (text_id)value.integer;
        print_text(out, text_get(state->texts, id), text_size(state->texts, id));
    } else if (value.type == COLUMN_BYTES) {
        if (value.bytes == NULL) {
            buf_puts(out, "none");
        } else if (column->role == ROLE_JSON) {
            print_text(out, value.bytes->data, value.bytes->size);
        } else {
            buf_printf(out, "(%u bytes)", value.bytes->size);  // Seeds are secret.
        }
    } else if (column->role == ROLE_MONEY) {
        print_money(out, value.integer, print_decimals(state, desc, row));
    } else if (column->role == ROLE_TIME) {
        print_time(out, value.integer);
    } else if (column->role == ROLE_ENUM) {
        print_enum(out, column->of, value.integer);
    } else if (column->role == ROLE_BOOL) {
        buf_puts(out, value.integer != 0 ? "yes" : "no");
    } else {
        buf_printf(out, "%lld", (long long)value.integer);
    }
}

bool state_column_same(const void *a, const void *b, const struct column *column)
{
    struct column_value left;
    struct column_value right;
    table_read(a, column, &left);
    table_read(b, column, &right);
    if (left.type != COLUMN_BYTES || left.bytes == right.bytes) {
        return left.integer == right.integer;
    }
    return left.bytes != NULL && right.bytes != NULL && left.bytes->size == right.bytes->size &&
           memcmp(left.bytes->data, right.bytes->data, left.bytes->size) == 0;
}

// One line for a row that came or went: the columns that say something.
static void print_row(const struct state *state, const struct table_desc *desc, uint32_t id,
                      const void *row, char sign, struct buf *out)
{
    buf_printf(out, "%c %s %u", sign, desc->name, id);
    for (size_t i = 0; i < desc->column_count; i++) {
        struct column_value value;
        table_read(row, &desc->columns[i], &value);
        if (value.integer != 0 || value.bytes != NULL) {
            buf_printf(out, " %s=", desc->columns[i].name);
            print_value(state, desc, row, &desc->columns[i], out);
        }
    }
    buf_putc(out, '\n');
}

void state_each_change(const struct state *state,
                       void (*on_change)(void *ctx, const struct state_change *change), void *ctx)
{
    CHECK(state->in_turn);
    struct state_change *changes = NULL;
    size_t count = 0;
    size_t capacity = 0;
    // The log is read from its end; a row's oldest entry, met last, says what it was.
    for (size_t at = state->undo_size; at > 0;) {
        struct state_undo undo;
        at -= sizeof(undo);
        memcpy(&undo, state->undo + at, sizeof(undo));
        at -= undo.kind == UNDO_INSERT ? 0 : state_padded(state->tables[undo.table].row_size);
        if (count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            changes = xrealloc(changes, capacity * sizeof(*changes));
        }
        changes[count++] = (struct state_change){
            .id = undo.id,
            .table = undo.table,
            .old = undo.kind == UNDO_INSERT ? NULL : state->undo + at,
        };
    }
    // Older entries lie lower in the log and an insert is the oldest of all: the smallest `old`.
    if (count > 0) {
        qsort(changes, count, sizeof(*changes), print_compare);
    }
    for (size_t i = 0; i < count;) {
        size_t oldest = i;
        size_t next = i + 1;
        while (next < count && print_compare(&changes[i], &changes[next]) == 0) {
            if ((const char *)changes[next].old < (const char *)changes[oldest].old) {
                oldest = next;
            }
            next++;
        }
        changes[oldest].now = state_row(&state->tables[changes[oldest].table], changes[oldest].id);
        if (changes[oldest].old != NULL || changes[oldest].now != NULL) {
            on_change(ctx, &changes[oldest]);
        }
        i = next;
    }
    free(changes);
}

void state_print_change(const struct state *state, const struct state_change *change,
                        struct buf *out)
{
    const struct table_desc *desc = state->tables[change->table].desc;
    if (change->old == NULL || change->now == NULL) {
        print_row(state, desc, change->id, change->old == NULL ? change->now : change->old,
                  change->old == NULL ? '+' : '-', out);
        return;
    }
    for (size_t i = 0; i < desc->column_count; i++) {
        const struct column *column = &desc->columns[i];
        if (!state_column_same(change->old, change->now, column)) {
            buf_printf(out, "~ %s %u %s ", desc->name, change->id, column->name);
            print_value(state, desc, change->old, column, out);
            buf_puts(out, " -> ");
            print_value(state, desc, change->now, column, out);
            buf_putc(out, '\n');
        }
    }
}

struct print_to {
    const struct state *state;
    struct buf *out;
};

static void print_change(void *ctx, const struct state_change *change)
{
    const struct print_to *to = ctx;
    state_print_change(to->state, change, to->out);
}

void state_print_changes(const struct state *state, struct buf *out)
{
    struct print_to to = {state, out};
    state_each_change(state, print_change, &to);
}

// --- Hash ---

static void hash_int(struct sha256_state *hash, int64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
    sha256_add(hash, bytes, sizeof(bytes));
}

static void hash_row(const struct state *state, const struct state_table *t, const void *row,
                     struct sha256_state *hash)
{
    for (size_t i = 0; i < t->desc->column_count; i++) {
        struct column_value value;
        table_read(row, &t->desc->columns[i], &value);
        if (value.type == COLUMN_TEXT) {
            const text_id id = (text_id)value.integer;
            hash_int(hash, (int64_t)text_size(state->texts, id));
            sha256_add(hash, text_get(state->texts, id), text_size(state->texts, id));
        } else if (value.type != COLUMN_BYTES) {
            hash_int(hash, value.integer);
        } else if (value.bytes == NULL) {
            hash_int(hash, -1);
        } else {
            hash_int(hash, value.bytes->size);
            sha256_add(hash, value.bytes->data, value.bytes->size);
        }
    }
}

void state_hash(const struct state *state, char hex[65])
{
    state_hash_without(state, 0, hex);
}

void state_hash_without(const struct state *state, uint64_t without, char hex[65])
{
    _Static_assert(T_COUNT <= 64, "a bit each");
    struct sha256_state hash;
    sha256_begin(&hash);
    for (size_t i = 0; i < T_COUNT; i++) {
        const struct state_table *t = &state->tables[i];
        if ((without >> i & 1) != 0) {
            continue;
        }
        sha256_add(&hash, t->desc->name, strlen(t->desc->name) + 1);
        for (uint32_t id = 0; (id = table_next(state, (enum table_id)i, id)) != 0;) {
            const void *row = state_row(t, id);
            hash_int(&hash, id);
            hash_row(state, t, row, &hash);
        }
        hash_int(&hash, 0);
    }
    const struct sha256 digest = sha256_end(&hash);
    hex_encode(digest.bytes, sizeof(digest.bytes), hex);
}
