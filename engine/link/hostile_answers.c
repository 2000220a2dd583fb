// What becomes of commands in a bad night. The platform does each effect once: it knows it again
// by its key, as every connector must. The answer may be lost all the same.
#include <string.h>

#include "link/hostile_internal.h"

#define ANSWER_MS 300         // Mean.
#define TIMEOUT_MS 30000      // As a running engine waits.
#define UNREACHABLE_MS 60000  // So long a connector asks for patience while the platform is away.
#define LOOK_MS HOSTILE_HOUR_MS  // A person looks that much later, up to five hours more.

static struct hostile_fate *fate_of(struct hostile *hostile, uint32_t effect)
{
    if (effect >= hostile->fate_capacity) {
        const uint32_t capacity = 2 * effect + 64;
        hostile->fates = xrealloc(hostile->fates, capacity * sizeof(*hostile->fates));
        memset(hostile->fates + hostile->fate_capacity, 0,
               (capacity - hostile->fate_capacity) * sizeof(*hostile->fates));
        hostile->fate_capacity = capacity;
    }
    return &hostile->fates[effect];
}

static int64_t hours_later(struct hostile *hostile, int64_t now_ms)
{
    const int64_t at =
        now_ms + LOOK_MS + (int64_t)rng_below(&hostile->rng, (uint64_t)(5 * HOSTILE_HOUR_MS));
    return at < hostile->calm_ms ? at : hostile->calm_ms;
}

struct answer {
    int64_t at;
    bool ok, awaiting;
    const char *how;
    int64_t retry_ms;
};

static void answer(struct hostile *hostile, uint32_t effect, const struct answer *answer)
{
    char key[33];
    outbox_key_hex(table_get(hostile->options.core->state, T_OUTBOX, effect), key);
    const struct event event = {.kind = EVENT_RESULT,
                                .at = answer->at,
                                .to = {key, 32},
                                .how = slice_of(answer->how),
                                .ok = answer->ok,
                                .awaiting = answer->awaiting,
                                .amount = answer->retry_ms};
    hostile_queue_event(hostile, answer->at, &event);
}

static void refuse(struct hostile *hostile, uint32_t effect, int64_t now_ms, const char *how,
                   int64_t retry_ms)
{
    const struct answer no = {.at = now_ms, .how = how, .retry_ms = retry_ms};
    answer(hostile, effect, &no);
}

// It happens on the platform, and people see it: once for each key.
static void apply(struct hostile *hostile, const struct outbox_row *row, int64_t now_ms)
{
    struct hostile_fate *fate = fate_of(hostile, row->id);
    hostile->told.known_again += fate->applied;
    if (!fate->applied) {
        fate->applied = true;
        crowd_hear(hostile->options.crowd, row->id, now_ms);
    }
}

// Nobody hears what became of it.
static void keep_silent(struct hostile *hostile, const struct outbox_row *row, int64_t now_ms)
{
    const bool happened = fate_of(hostile, row->id)->applied;
    hostile->told.silent++;
    refuse(hostile, row->id, now_ms + TIMEOUT_MS, "timeout", 0);
    if (row->policy != OUTBOX_RESEND) {
        hostile_queue_look(hostile, hours_later(hostile, now_ms), row->id, happened);
    } else if (happened && rng_chance(&hostile->rng, 0.3)) {
        hostile->told.answered_late++;
        const struct answer late = {.at = now_ms + 4 * TIMEOUT_MS, .ok = true, .how = ""};
        answer(hostile, row->id, &late);
    }
}

static void confirm(struct hostile *hostile, const struct outbox_row *row, int64_t now_ms)
{
    struct answer yes = {
        .at = now_ms + (int64_t)rng_exponential(&hostile->rng, ANSWER_MS), .ok = true, .how = ""};
    if (row->policy == OUTBOX_ASK && now_ms < hostile->calm_ms) {
        const struct answer asked = {.at = yes.at, .ok = true, .awaiting = true, .how = ""};
        answer(hostile, row->id, &asked);
        yes.at = hours_later(hostile, now_ms);
        hostile->told.confirmed_late++;
    }
    answer(hostile, row->id, &yes);
    if (now_ms < hostile->calm_ms && rng_chance(&hostile->rng, 0.02)) {
        hostile->told.answered_twice++;
        yes.at += ANSWER_MS;
        answer(hostile, row->id, &yes);
    }
}

void hostile_send(struct hostile *hostile, uint32_t effect, int64_t now_ms)
{
    const struct outbox_row *row = table_get(hostile->options.core->state, T_OUTBOX, effect);
    struct hostile_fate *fate = fate_of(hostile, effect);
    const bool calm = now_ms >= hostile->calm_ms;
    hostile->told.commands++;
    if (!calm && hostile_within(&hostile->outages, now_ms) != NULL) {
        hostile->told.patience++;
        refuse(hostile, effect, now_ms, "rate", UNREACHABLE_MS);
        return;
    }
    const double dice = calm ? 1 : rng_unit(&hostile->rng);
    if (dice < 0.05) {
        hostile->told.patience++;
        refuse(hostile, effect, now_ms, "rate", 1000 + (int64_t)rng_below(&hostile->rng, 20000));
        return;
    }
    if (dice < 0.07 || (dice < 0.075 && row->op == OUTBOX_DM)) {
        hostile->told.failed++;
        refuse(hostile, effect, now_ms, dice < 0.07 ? "busy" : "refused", 0);
        return;
    }
    hostile->told.money_twice += row->policy == OUTBOX_ONCE && fate->sent && !fate->again;
    fate->sent = true;
    fate->again = false;
    if (dice < 0.085) {  // It gets lost on its way there.
        keep_silent(hostile, row, now_ms);
        return;
    }
    apply(hostile, row, now_ms);
    if (dice < 0.12) {  // The answer does.
        keep_silent(hostile, row, now_ms);
    } else {
        confirm(hostile, row, now_ms);
    }
}

bool hostile_settle(struct hostile *hostile, const struct hostile_item *item, struct event *out)
{
    const struct outbox_row *row = table_get(hostile->options.core->state, T_OUTBOX, item->effect);
    if (row == NULL || (row->status != OUTBOX_UNKNOWN && row->status != OUTBOX_AWAITING_STAFF)) {
        return false;
    }
    char *key = arena_alloc(&hostile->arena, 33);
    outbox_key_hex(row, key);
    fate_of(hostile, item->effect)->again = !item->happened;
    hostile->told.settled++;
    *out = (struct event){.kind = EVENT_OPERATOR,
                          .at = item->at,
                          .text = slice_of("outbox"),
                          .to = {key, 32},
                          .how = slice_of(item->happened ? "sent" : "again"),
                          .by = slice_of("staff")};
    return true;
}
