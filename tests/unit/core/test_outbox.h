#pragma once
// An outbox with four groups and members, a batch a turn: for test_outbox*.c.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/outbox.h"

struct fixture {
    struct state *state;
    struct outbox *outbox;
    uint64_t batch;
    uint32_t number;
};

static inline struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->state = state_new();
    f->outbox = outbox_new(f->state);
    state_begin(f->state, 1);
    for (int i = 0; i < 4; i++) {
        const struct group group = {.ext = state_text(f->state, (char[]){'g', (char)('1' + i)}, 2)};
        const struct member member = {.ext =
                                          state_text(f->state, (char[]){'m', (char)('1' + i)}, 2)};
        table_insert(f->state, T_GROUPS, &group);
        table_insert(f->state, T_MEMBERS, &member);
    }
    state_keep(f->state, NULL);
    return f;
}

static inline void fixture_free(struct fixture *f)
{
    outbox_free(f->outbox);
    state_free(f->state);
    free(f);
}

static inline uint32_t append(struct fixture *f, struct outbox_row row)
{
    static const char body[] = "{\"text\":\"hi\"}";
    return outbox_append(f->outbox, &row, body, sizeof(body) - 1, 1, 2, ++f->number);
}

static inline void keep(struct fixture *f)
{
    state_keep(f->state, NULL);
    outbox_turn_kept(f->outbox, ++f->batch);
}

static inline void drop(struct fixture *f)
{
    state_drop(f->state);
    outbox_turn_dropped(f->outbox);
}

static inline uint32_t add(struct fixture *f, int64_t at_ms, struct outbox_row row)
{
    state_begin(f->state, at_ms);
    const uint32_t id = append(f, row);
    keep(f);
    return id;
}

static inline void report(struct fixture *f, uint32_t id, const char *how, int64_t amount)
{
    char hex[33];
    outbox_key_hex(table_get(f->state, T_OUTBOX, id), hex);
    const struct event event = {
        .kind = EVENT_RESULT,
        .to = slice_of(hex),
        .ok = how == NULL,
        .awaiting = how != NULL && strcmp(how, "awaiting") == 0,
        .how = slice_of(how),
        .ext = slice_of("platform-1"),
        .amount = amount,
    };
    outbox_result(f->outbox, &event);
}

static inline void result(struct fixture *f, int64_t at_ms, uint32_t id, const char *how,
                          int64_t amount)
{
    state_begin(f->state, at_ms);
    report(f, id, how, amount);
    keep(f);
}

static inline uint32_t next(struct fixture *f, int64_t now_ms)
{
    return outbox_next(f->outbox, f->batch, now_ms);
}

static inline uint8_t status(const struct fixture *f, uint32_t id)
{
    return ((const struct outbox_row *)table_get(f->state, T_OUTBOX, id))->status;
}
