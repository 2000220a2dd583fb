// The core's parts put together. No loop, no Lua, no I/O.

#include "core/core.h"

#include <string.h>

#include "base/utf8.h"

#define MILESTONE_TEXT_MAX 1024

void core_init(struct core *core)
{
    core->state = state_new();
    core->schedule = schedule_new(core->state);
    core->outbox = outbox_new(core->state);
    core->inbox = inbox_new();
    core->waits = waits_new();
}

void core_deinit(struct core *core)
{
    waits_free(core->waits);
    inbox_free(core->inbox);
    outbox_free(core->outbox);
    schedule_free(core->schedule);
    state_free(core->state);
    *core = (struct core){0};
}

void core_rebuild(struct core *core)
{
    schedule_rebuild(core->schedule);
    outbox_rebuild(core->outbox);
    waits_rebuild(core);
}

void milestone_add(struct state *state, const char *kind, uint32_t campaign, uint32_t day,
                   uint32_t group, int64_t value, int64_t value2, const char *text)
{
    const char *words = text ? text : "";
    const struct milestone row = {
        .at = state_now(state),
        .value = value,
        .value2 = value2,
        .kind = state_text(state, kind, strlen(kind)),
        .text = state_text(state, words, utf8_cut(words, strlen(words), MILESTONE_TEXT_MAX)),
        .campaign = (int32_t)campaign,
        .day = (int32_t)day,
        .group = (int32_t)group,
    };
    table_insert(state, T_MILESTONES, &row);
}
