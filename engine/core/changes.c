// What a turn changed: weighing and keeping. Taking back is in changes_undo.c.
#include "core/changes.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/money.h"

const char *const tweak_class_names[] = {"look", "move", "money", "final", NULL};

static bool is_left_out(unsigned table)
{
    return table == T_LEDGER || table == T_MILESTONES || table == T_TWEAKS;
}

// --- Weighing. ---

struct weighing {
    const struct state *state;
    struct changes_about *about;
};

static void weighs(struct weighing *w, enum tweak_class class)
{
    w->about->class = class > w->about->class ? class : w->about->class;
}

static void weighs_final(struct weighing *w, const char *why)
{
    weighs(w, TWEAK_FINAL);
    if (w->about->final[0] == '\0') {
        snprintf(w->about->final, sizeof(w->about->final), "%s", why);
    }
}

static void weigh_account(struct weighing *w, const struct state_change *change)
{
    const struct account *old = change->old;
    const struct account *now = change->now;
    const int64_t before = old == NULL ? 0 : old->balance;
    int64_t more;
    if (now == NULL || now->floor == INT64_MIN) {
        return;  // The other side of what the rest shows.
    }
    weighs(w, TWEAK_MOVE);
    if (!money_add(now->balance, -before, &more) || more <= 0) {
        return;
    }
    weighs(w, TWEAK_MONEY);
    if (!money_add(w->about->amount, more, &w->about->amount)) {
        w->about->amount = INT64_MAX;
    }
}

static void weigh_effect(struct weighing *w, const struct state_change *change)
{
    const struct outbox_row *row = change->now;
    weighs(w, TWEAK_MOVE);
    if (change->old != NULL || row == NULL) {
        return;
    }
    w->about->sends++;
    if (row->op != OUTBOX_SEND && row->op != OUTBOX_DM) {
        weighs_final(w, "it asks a connector for something that it can't take back");
    } else if (row->not_before <= state_now(w->state)) {
        weighs_final(w, "it sends at once");
    }
}

static void weigh_entry(struct weighing *w, const struct state_change *change)
{
    const struct schedule_entry *old = change->old;
    const struct schedule_entry *now = change->now;
    weighs(w, TWEAK_MOVE);
    if (now != NULL && now->status == SCHEDULE_PLANNED && now->due_at <= state_now(w->state) &&
        (old == NULL || old->due_at > state_now(w->state))) {
        weighs_final(w, "it runs at once");
    }
}

static void weigh_change(void *ctx, const struct state_change *change)
{
    struct weighing *w = ctx;
    if (is_left_out(change->table)) {
        return;
    }
    w->about->rows++;
    switch ((enum table_id)change->table) {
    case T_ACCOUNTS:
        weigh_account(w, change);
        break;
    case T_OUTBOX:
        weigh_effect(w, change);
        break;
    case T_SCHEDULE:
        weigh_entry(w, change);
        break;
    case T_RECEIPTS:
    case T_PLAYS:
        weighs_final(w, "a draw is made once");
        break;
    case T_PRIZES:
    case T_COUPONS:
    case T_VOUCHERS:
    case T_PROMOTIONS:
    case T_PROMOTION_USES:
    case T_GOODS:
    case T_ORDERS:
    case T_REFUNDS:
        weighs(w, TWEAK_MONEY);
        break;
    default:
        weighs(w, TWEAK_MOVE);
    }
}

void changes_weigh(const struct state *state, struct changes_about *out)
{
    *out = (struct changes_about){.class = TWEAK_LOOK};
    struct weighing w = {state, out};
    state_each_change(state, weigh_change, &w);
    out->kept = out->rows <= CHANGES_ROWS_MAX;
}

// --- Keeping. ---

struct packing {
    const struct state *state;
    struct buf *out;
};

static void pack_value(const struct packing *p, const void *row, const struct column *column)
{
    struct column_value value;
    table_read(row, column, &value);
    if (value.type == COLUMN_TEXT) {
        const struct text_pool *texts = state_texts((struct state *)p->state);
        json_put_text(p->out, text_get(texts, (text_id)value.integer),
                      text_size(texts, (text_id)value.integer));
    } else if (value.type != COLUMN_BYTES) {
        json_put_int(p->out, value.integer);
    } else if (value.bytes == NULL) {
        buf_puts(p->out, "null");
    } else if (column->role == ROLE_JSON) {
        json_put_text(p->out, value.bytes->data, value.bytes->size);
    } else {
        buf_puts(p->out, "{\"hex\":\"");
        for (uint32_t i = 0; i < value.bytes->size; i++) {
            buf_printf(p->out, "%02x", (unsigned)(uint8_t)value.bytes->data[i]);
        }
        buf_puts(p->out, "\"}");
    }
}

static bool is_empty(const void *row, const struct column *column)
{
    struct column_value value;
    table_read(row, column, &value);
    return value.integer == 0 && value.bytes == NULL;
}

// The columns of `row` that differ from `other` (or agree with it); without it those that aren't 0.
static void pack_columns(const struct packing *p, const struct table_desc *desc, const char *key,
                         const void *row, const void *other, bool same)
{
    json_key(p->out, key);
    buf_putc(p->out, '{');
    for (size_t i = 0; i < desc->column_count; i++) {
        const struct column *column = &desc->columns[i];
        const bool told = other == NULL || state_column_same(row, other, column) == same;
        if (told && !((other == NULL || same) && is_empty(row, column))) {
            json_key(p->out, column->name);
            pack_value(p, row, column);
        }
    }
    buf_putc(p->out, '}');
}

static void pack_change(void *ctx, const struct state_change *change)
{
    const struct packing *p = ctx;
    const struct table_desc *desc = tables_all[change->table];
    if (is_left_out(change->table)) {
        return;
    }
    json_comma(p->out);
    buf_puts(p->out, "{\"table\":");
    json_put_z(p->out, desc->name);
    json_key(p->out, "id");
    json_put_int(p->out, change->id);
    if (change->old != NULL) {
        pack_columns(p, desc, "was", change->old, change->now, false);
    }
    if (change->now != NULL) {
        pack_columns(p, desc, "now", change->now, change->old, false);
    }
    if (change->old != NULL && change->now != NULL) {
        pack_columns(p, desc, "row", change->now, change->old, true);
    }
    buf_putc(p->out, '}');
}

bool changes_pack(const struct state *state, struct buf *out)
{
    struct changes_about about;
    struct packing p = {state, out};
    const size_t before = out->size;
    changes_weigh(state, &about);
    if (!about.kept) {
        return false;
    }
    buf_putc(out, '[');
    state_each_change(state, pack_change, &p);
    buf_putc(out, ']');
    if (out->size - before > CHANGES_BYTES_MAX) {
        out->size = before;
        return false;
    }
    return true;
}
