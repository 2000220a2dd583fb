// What an engine that was down has missed, told before anything of it is done. Changes nothing but
// milestones: entries run or are skipped in turns of their own, by their late policies.

#include "core/core.h"

#include <stdio.h>
#include <string.h>

#define CAMPAIGN_RUNNING 1

static void opening_name(struct opening *out, const char *name)
{
    const size_t used = strlen(out->names);
    const size_t size = strlen(name);
    if (used + size + 3 <= sizeof(out->names)) {
        snprintf(out->names + used, sizeof(out->names) - used, "%s%s", used == 0 ? "" : ", ", name);
    }
}

static void opening_entry(const struct state *state, const struct schedule_entry *entry,
                          struct opening *out)
{
    const int64_t now_ms = state_now(state);
    const bool known = entry->kind == SCHEDULE_ENTRY || entry->kind == SCHEDULE_LIBRARY;
    if (!known || entry->status != SCHEDULE_PLANNED || entry->due_at > now_ms) {
        return;
    }
    if (!schedule_may_run(entry, now_ms)) {
        out->skipped++;
        opening_name(out, state_get_text(state, entry->name));
    } else if (now_ms - entry->due_at > SCHEDULE_GRACE_MS) {
        out->late++;
    }
}

static void opening_campaign(struct core *core, uint32_t campaign, struct opening *out)
{
    const struct state *state = core->state;
    for (uint32_t id = 0; (id = table_next(state, T_SCHEDULE, id)) != 0;) {
        const struct schedule_entry *entry = table_get(state, T_SCHEDULE, id);
        const struct day *day = table_get(state, T_DAYS, (uint32_t)entry->day);
        if (day != NULL && day->campaign == (int32_t)campaign) {
            opening_entry(state, entry, out);
        }
    }
}

void opening_note(struct core *core, int64_t since_ms, struct opening *out)
{
    struct state *state = core->state;
    const int64_t now_ms = state_now(state);
    *out = (struct opening){.since_ms = since_ms < now_ms ? since_ms : now_ms, .until_ms = now_ms};
    for (uint32_t id = 0; (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        const struct campaign *campaign = table_get(state, T_CAMPAIGNS, id);
        if (campaign->status != CAMPAIGN_RUNNING) {
            continue;
        }
        char text[80];
        const struct opening before = *out;
        opening_campaign(core, id, out);
        if (now_ms - out->since_ms < OPENING_NOTED_MS) {
            continue;  // Recorded events go on in their own time, too: nothing was missed.
        }
        const uint32_t late = out->late - before.late;
        const uint32_t skipped = out->skipped - before.skipped;
        snprintf(text, sizeof(text), "%u %s ran late, %u %s skipped", late,
                 late == 1 ? "entry" : "entries", skipped, skipped == 1 ? "was" : "were");
        milestone_add(state, "down", id, 0, 0, out->since_ms, now_ms - out->since_ms, text);
    }
}
