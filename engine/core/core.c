// The core's parts put together. No loop, no Lua, no I/O.

#include "core/core.h"

#include <string.h>

#include "base/utf8.h"
#include "core/promotions.h"

#define MILESTONE_KIND_MAX 64
#define MILESTONE_TEXT_MAX 1024

void core_init(struct core *core)
{
    core->state = state_new();
    core->schedule = schedule_new(core->state);
    core->outbox = outbox_new(core->state);
    core->inbox = inbox_new();
    core->waits = waits_new();
    core->promotions = promotions_new();
}

void core_deinit(struct core *core)
{
    promotions_free(core->promotions);
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

text_id core_keep_text(struct state *state, const char *text, size_t max)
{
    const size_t whole = strlen(text);
    const size_t size = whole > max ? utf8_cut(text, whole, max) : whole;
    if (utf8_valid(text, size)) {
        return state_text(state, text, size);
    }
    struct buf escaped;
    buf_init(&escaped, 4 * size + 1);
    utf8_escape(text, size, &escaped);
    const text_id id = state_text(state, escaped.data, utf8_cut(escaped.data, escaped.size, max));
    buf_deinit(&escaped);
    return id;
}

void milestone_add(struct state *state, const char *kind, uint32_t campaign, uint32_t day,
                   uint32_t group, int64_t value, int64_t value2, const char *text)
{
    const struct milestone row = {
        .at = state_now(state),
        .value = value,
        .value2 = value2,
        .kind = core_keep_text(state, kind, MILESTONE_KIND_MAX),
        .text = core_keep_text(state, text ? text : "", MILESTONE_TEXT_MAX),
        .campaign = (int32_t)campaign,
        .day = (int32_t)day,
        .group = (int32_t)group,
    };
    table_insert(state, T_MILESTONES, &row);
}
