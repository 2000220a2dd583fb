#include "app/virtual.h"

#define TICK_TURNS 512  // How often progress and stop are looked at.
// Turns of one instant that share a commit where effects go out for real.
#define HELD_TURNS 256

static uint32_t next_effect(struct engine *engine, const struct virtual_world *world,
                            int64_t now_ms)
{
    return outbox_next(engine->core.outbox, world->durable_first ? engine->durable : UINT64_MAX,
                       now_ms);
}

// Everything that may leave now does, and is reported sent. Where effects go out for real a commit
// comes first.
static bool deliver(struct engine *engine, const struct virtual_world *world, int64_t now_ms,
                    uint32_t *flushed, struct err *e)
{
    const uint32_t last = table_last(engine->state, T_OUTBOX);
    if (world->durable_first && last != *flushed) {
        *flushed = last;
        if (!engine_flush(engine, e)) {
            return false;
        }
    }
    for (uint32_t id; (id = next_effect(engine, world, now_ms)) != 0;) {
        if (!turn_may_send(engine, id, now_ms)) {
            if (world->durable_first && !engine_flush(engine, e)) {
                return false;
            }
            continue;
        }
        if (world->send != NULL) {
            world->send(world->ctx, id, now_ms);
            continue;
        }
        if (world->hear != NULL) {
            world->hear(world->ctx, id, now_ms);
        }
        turn_result(engine, id, now_ms, true, "");
    }
    return true;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Whether more happens at this instant. Where effects wait for a commit they wait for that too: one
// commit for all of it instead of one for each effect.
static bool more_now(const struct engine *engine, const struct virtual_world *world, int64_t now_ms)
{
    return world->durable_first && (schedule_next(engine->core.schedule) <= now_ms ||
                                    (world->next != NULL && world->next(world->ctx) <= now_ms));
}

// One step: a timer, else an event. Timers come first at the same instant.
static void step(struct engine *engine, const struct virtual_world *world, int64_t now_ms)
{
    if (schedule_next(engine->core.schedule) <= now_ms) {
        turn_timer(engine, now_ms);
        return;
    }
    struct event event;
    if (world->next != NULL && world->next(world->ctx) <= now_ms &&
        world->take(world->ctx, &event)) {
        turn_run(engine, &event);
    }
}

bool virtual_run(struct engine *engine, const struct virtual_world *world, int64_t from_ms,
                 int64_t until_ms, struct err *e)
{
    int64_t now_ms = from_ms;
    uint32_t flushed = 0;
    turn_lost(engine, now_ms);
    for (uint64_t turns = 0;; turns++) {
        if ((turns % HELD_TURNS == 0 || !more_now(engine, world, now_ms)) &&
            !deliver(engine, world, now_ms, &flushed, e)) {
            return false;
        }
        if (turns % TICK_TURNS == 0) {
            if (!engine_poll(engine, e)) {
                return false;
            }
            if (world->tick != NULL) {
                world->tick(world->ctx, now_ms);
            }
            if (world->stop != NULL && world->stop(world->ctx)) {
                break;
            }
        }
        int64_t next =
            earliest(schedule_next(engine->core.schedule), outbox_next_at(engine->core.outbox));
        if (world->next != NULL) {
            next = earliest(next, world->next(world->ctx));
        }
        if (next == INT64_MAX || next > until_ms) {
            break;
        }
        now_ms = next > now_ms ? next : now_ms;
        now_ms = world->wake == NULL ? now_ms : world->wake(world->ctx, now_ms);
        step(engine, world, now_ms);
    }
    return engine_flush(engine, e);
}
