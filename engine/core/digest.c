#include "core/digest.h"

#include "base/hash.h"

static uint64_t digest_text(const struct state *state, text_id id, uint64_t hash)
{
    const char *text = state_get_text(state, id);
    return hash64(text, text_size(state_texts((struct state *)state), id), hash);
}

static uint64_t digest_effect(const struct state *state, uint32_t id, uint64_t hash)
{
    const struct outbox_row *row = table_get(state, T_OUTBOX, id);
    if (row == NULL) {
        return hash64_int(hash + id);  // Made and deleted again.
    }
    const int64_t numbers[] = {
        row->key_high, row->key_low, row->not_before, row->expires, row->planned_at, row->day,
        row->group,    row->member,  row->op,         row->policy,  row->status,
    };
    hash = hash64(numbers, sizeof(numbers), hash);
    hash = digest_text(state, row->kind, hash);
    return row->body == NULL ? hash : hash64(row->body->data, row->body->size, hash);
}

static uint64_t digest_leg(const struct state *state, uint32_t id, uint64_t hash)
{
    const struct ledger_leg *row = table_get(state, T_LEDGER, id);
    if (row == NULL) {
        return hash64_int(hash + id);
    }
    const int64_t numbers[] = {row->amount, row->txn, row->account, row->member, row->ref};
    return digest_text(state, row->reason, hash64(numbers, sizeof(numbers), hash));
}

struct digest_mark digest_mark(const struct state *state)
{
    return (struct digest_mark){table_last(state, T_OUTBOX), table_last(state, T_LEDGER)};
}

struct digest digest_since(const struct state *state, struct digest_mark mark)
{
    const struct digest_mark now = digest_mark(state);
    struct digest digest = {
        .effects = now.outbox - mark.outbox,
        .legs = now.ledger - mark.ledger,
    };
    for (uint32_t id = mark.outbox + 1; id <= now.outbox; id++) {
        digest.hash = digest_effect(state, id, digest.hash);
    }
    for (uint32_t id = mark.ledger + 1; id <= now.ledger; id++) {
        digest.hash = digest_leg(state, id, digest.hash);
    }
    return digest;
}

bool digest_same(const struct digest *a, const struct digest *b)
{
    return a->hash == b->hash && a->effects == b->effects && a->legs == b->legs;
}
