// Random turns through the real engine, a campaign after the other: joins, presses, orders with any
// vouchers, refunds, leaves, reservations, verdicts, time jumps, nonsense. As it runs and at the
// end: the ledger sums to zero, no balance is under its floor, every voucher pays one order at
// most, no more prizes than stock, no budget gives more than it holds, and what rows say agrees
// with the ledger.
//   property_turns [TURNS [SEED]]      TURNS: 100,000; a million with DRUMBEAT_LONG=1
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/virtual.h"
#include "base/rng.h"
#include "property_check.h"

#define START_MS INT64_C(1762444800000)  // 2025-11-07 00:00 at UTC+8
#define HOUR_MS INT64_C(3600000)
#define END_MS (START_MS + 52 * HOUR_MS)
#define TURNS_EACH 25000  // Events of one campaign.
#define PEOPLE 260

struct world {
    struct engine engine;
    struct property property;
    struct rng rng;
    int64_t now_ms;
    uint64_t orders;  // Order numbers given.
    char member[24], inviter[24], order[24], text[24], button[40], code[40], voucher[8][16];
    struct event_item items[4];
    struct slice list[8];
    uint64_t outcomes[TURN_WAITS + 1];  // By enum turn_outcome.
    uint64_t kinds[EVENT_KIND_COUNT];
};

static uint32_t below(struct world *world, uint32_t bound)
{
    return (uint32_t)rng_below(&world->rng, bound);
}

static uint32_t any_row(struct world *world, enum table_id table)
{
    const uint32_t last = table_last(world->engine.state, table);
    return last == 0 ? 0 : below(world, last) + 1;
}

// --- Events. ---

static struct slice pick_member(struct world *world, char *space)
{
    snprintf(space, 24, "u%u", below(world, PEOPLE));
    return slice_of(below(world, 200) == 0 ? "u-host" : space);
}

static void make_join(struct world *world, struct event *event)
{
    event->kind = EVENT_JOIN;
    if (below(world, 3) > 0) {
        event->inviter = pick_member(world, world->inviter);
    } else if (below(world, 4) == 0) {
        event->code = slice_of("RUI");
    }
}

static void make_press(struct world *world, struct event *event)
{
    const uint32_t game = any_row(world, T_GAMES);
    event->kind = EVENT_PRESS;
    snprintf(world->button, sizeof(world->button), "%s:%u", below(world, 2) ? "spin" : "open",
             game);
    event->button = slice_of(world->button);
}

static void make_like(struct world *world, struct event *event)
{
    const uint32_t id = any_row(world, T_POSTS);
    const struct post *post = id ? table_get(world->engine.state, T_POSTS, id) : NULL;
    event->kind = EVENT_REACTION;
    event->emoji = slice_of("+1");
    event->on = below(world, 4) > 0;
    event->to = slice_of(post ? state_get_text(world->engine.state, post->ext) : "nothing");
}

static void make_message(struct world *world, struct event *event)
{
    static const char *const texts[] = {"hello",   "quote",   "reserve",
                                        "reserve", "release", "Mine is coming"};
    event->kind = EVENT_MESSAGE;
    const uint32_t which = below(world, 12);
    if (which < 6) {
        event->text = slice_of(texts[which]);
        return;
    }
    snprintf(world->text, sizeof(world->text), "give %u", which - 5);
    event->text = slice_of(world->text);
}

static void add_vouchers(struct world *world, struct event *event)
{
    uint32_t held[8];
    const uint32_t member = people_member(world->engine.state, event->member);
    const size_t count = member ? coupon_held(&world->engine.core, 1, member, held, 8) : 0;
    const uint32_t how = below(world, 8);
    size_t wanted = how < 5 && count > 0 ? below(world, (uint32_t)count) + 1 : how < 7 ? 0 : 1;
    wanted = wanted > 8 ? 8 : wanted;
    for (size_t i = 0; i < wanted; i++) {
        // Now and then somebody's: used, reserved, over, or not there at all.
        const uint32_t id = how < 5 ? held[i] : any_row(world, T_VOUCHERS) + below(world, 2);
        snprintf(world->voucher[i], sizeof(world->voucher[i]), "v%u", id);
        world->list[i] = slice_of(world->voucher[i]);
    }
    event->list = world->list;
    event->list_count = wanted;
}

static void make_order(struct world *world, struct event *event)
{
    static const char *const skus[] = {"SK-1", "SK-2", "SK-3", "unknown"};
    event->kind = EVENT_ORDER;
    const uint64_t number = below(world, 30) == 0 && world->orders > 0
                                ? rng_below(&world->rng, world->orders)
                                : world->orders++;
    snprintf(world->order, sizeof(world->order), "o%" PRIu64, number);
    event->order = slice_of(world->order);
    event->item_count = below(world, 3) + 1;
    event->items = world->items;
    int64_t total = 0;
    for (size_t i = 0; i < event->item_count; i++) {
        const int64_t paid = (int64_t)below(world, 90000) + 1;
        world->items[i] = (struct event_item){.sku = slice_of(skus[below(world, 4)]),
                                              .qty = (int32_t)below(world, 3) + 1,
                                              .paid = paid};
        total += paid;
    }
    event->total = below(world, 60) == 0 ? -5 : below(world, 3) == 0 ? 0 : total;
    add_vouchers(world, event);
    const uint32_t id = any_row(world, T_PARTICIPANTS);
    const struct participant *sharer =
        id == 0 ? NULL : table_get(world->engine.state, T_PARTICIPANTS, id);
    if (sharer != NULL && sharer->shares &&
        codes_spell(world->engine.state, (uint32_t)sharer->campaign, CODES_SHARE,
                    (uint32_t)sharer->member, world->code)) {
        event->code = slice_of(world->code);
    }
}

// One of the next orders that owe a commission or won the fairy's prize, if there is one.
static uint32_t order_that_owes(const struct world *world, uint32_t from)
{
    const struct state *state = world->engine.state;
    for (uint32_t id = from; id <= table_last(state, T_ORDERS); id++) {
        const struct order *order = table_get(state, T_ORDERS, id);
        if (order->commission > 0 || order->paid_back > 0) {
            return id;
        }
    }
    return from;
}

static void make_refund(struct world *world, struct event *event)
{
    uint32_t id = any_row(world, T_ORDERS);
    id = id != 0 && below(world, 20) == 0 ? order_that_owes(world, id) : id;
    const struct order *order = id ? table_get(world->engine.state, T_ORDERS, id) : NULL;
    event->kind = EVENT_REFUND;
    snprintf(world->order, sizeof(world->order), "%s",
             order && below(world, 50) ? state_get_text(world->engine.state, order->ext) : "never");
    event->order = slice_of(world->order);
    const int64_t left = order == NULL ? 100 : order->total - order->refunded;
    event->amount = below(world, 2) ? left : (int64_t)below(world, 60000);
}

static void make_verdict(struct world *world, struct event *event)
{
    event->kind = EVENT_OPERATOR;
    event->text = slice_of("audit");
    event->ref = any_row(world, T_AUDITS);
    event->ok = below(world, 2);
    event->by = slice_of("staff");
    event->member = (struct slice){0};
}

static void make_event(struct world *world, struct event *event)
{
    static const struct {
        void (*make)(struct world *world, struct event *event);
        uint32_t weight;
    } makers[] = {
        {make_join, 14},  {make_press, 18}, {make_like, 8},    {make_message, 26},
        {make_order, 22}, {make_refund, 8}, {make_verdict, 3},
    };
    *event = (struct event){
        .at = world->now_ms,
        .connector = slice_of("crowd"),
        .group = slice_of(below(world, 2) ? "g-1" : "g-2"),
        .member = pick_member(world, world->member),
    };
    uint32_t dice = below(world, 110);
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        if (dice < makers[i].weight) {
            makers[i].make(world, event);
            return;
        }
        dice -= makers[i].weight;
    }
    event->kind = below(world, 2) ? EVENT_LEAVE : EVENT_VISIT;
}

// --- Playing. ---

static void fail_on(bool ok, const struct err *e)
{
    if (!ok) {
        fprintf(stderr, "property: %s\n", e->text);
        exit(1);
    }
}

static void deliver(struct world *world)
{
    struct engine *engine = &world->engine;
    for (uint32_t id; (id = outbox_next(engine->core.outbox, UINT64_MAX, world->now_ms)) != 0;) {
        if (turn_may_send(engine, id, world->now_ms)) {
            turn_result(engine, id, world->now_ms, below(world, 50) > 0, "no such member");
        }
    }
}

// Everything that is due until then.
static void advance(struct world *world, int64_t until_ms)
{
    struct engine *engine = &world->engine;
    for (;;) {
        deliver(world);
        const int64_t timer = schedule_next(engine->core.schedule);
        const int64_t effect = outbox_next_at(engine->core.outbox);
        const int64_t next = timer < effect ? timer : effect;
        if (next > until_ms) {
            break;
        }
        world->now_ms = next > world->now_ms ? next : world->now_ms;
        if (timer <= world->now_ms) {
            turn_timer(engine, world->now_ms);
        }
    }
    world->now_ms = until_ms;
}

// Usually seconds; now and then a jump of up to three hours.
static int64_t pause_ms(struct world *world)
{
    const int64_t mean = (END_MS - START_MS) / TURNS_EACH;
    return below(world, 3000) == 0 ? (int64_t)rng_below(&world->rng, 3 * HOUR_MS)
                                   : (int64_t)rng_below(&world->rng, (uint64_t)mean);
}

static void tell_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    (void)ctx;
    fprintf(stderr, "property: %s, %s: %s\n", playbook, scene, error);
}

static void open_play(struct world *world, uint64_t seed)
{
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    uint8_t secret[32] = {0};
    memcpy(secret, &seed, sizeof(seed));
    const struct script_overrides overrides = {.seed = secret};
    const struct engine_options options = {.drop_journal = true, .rehearsal = true};
    buf_init(&problems, 1 << 20);
    fail_on(engine_open(&world->engine, &options, &e), &e);
    script_on_error(world->engine.script, tell_error, NULL);
    fail_on(engine_start(&world->engine, PROPERTY_DIR "/campaign", &overrides, START_MS, true,
                         &campaign, &problems, &e),
            &e);
    buf_deinit(&problems);
    rng_init(&world->rng, seed, 0x70726f70, 0);
    world->now_ms = START_MS;
    property_init(&world->property, &world->engine.core);
}

// As `drumbeat parked --discard` does.
static void give_up(struct world *world)
{
    const struct event event = {
        .kind = EVENT_OPERATOR,
        .at = world->now_ms,
        .text = slice_of("parked"),
        .how = slice_of("discarded"),
        .by = slice_of("operator"),
        .ref = table_last(world->engine.state, T_PARKED),
    };
    (void)turn_run(&world->engine, &event);
}

static void play_turn(struct world *world)
{
    struct event event;
    struct err e = {0};
    const int64_t until = world->now_ms + pause_ms(world);
    advance(world, until < END_MS ? until : END_MS);
    make_event(world, &event);
    world->kinds[event.kind]++;
    property_before(&world->property, &event);
    const enum turn_outcome outcome = turn_run(&world->engine, &event);
    world->outcomes[outcome]++;
    property_after(&world->property, &event, outcome == TURN_DONE);
    if (outcome == TURN_PARKED) {
        give_up(world);  // Or all that she does later would wait behind it.
    }
    if (world->engine.turns % 512 == 0) {
        fail_on(engine_poll(&world->engine, &e), &e);
    }
}

// Plays one campaign; returns the turns it had.
static uint64_t play_campaign(uint64_t seed, uint64_t most, struct property_seen *seen)
{
    struct world *world = calloc(1, sizeof(*world));
    struct err e = {0};
    open_play(world, seed);
    for (uint32_t i = 0; i < TURNS_EACH && world->engine.turns < most; i++) {
        play_turn(world);
        if (i % 500 == 0) {
            property_check(&world->property);
        }
    }
    advance(world, END_MS + HOUR_MS);
    property_check(&world->property);
    property_see(&world->property, seen);
    if (script_errors(world->engine.script) > 0) {
        fprintf(stderr, "property: seed %" PRIu64 ": a playbook failed\n", seed);
        exit(1);
    }
    const uint64_t turns = world->engine.turns;
    // The store has checked each row again (SQL CHECKs).
    fail_on(engine_flush(&world->engine, &e), &e);
    property_deinit(&world->property);
    engine_close(&world->engine, &e);
    free(world);
    return turns;
}

int main(int argc, char **argv)
{
    const char *is_long = getenv("DRUMBEAT_LONG");
    uint64_t wanted = is_long != NULL && is_long[0] == '1' ? 1000000 : 100000;
    uint64_t seed = 1;
    wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : wanted;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : seed;
    struct property_seen seen = {0};
    uint64_t turns = 0;
    uint64_t campaigns = 0;
    for (; turns < wanted; campaigns++) {
        property_seed = seed + campaigns;
        turns += play_campaign(seed + campaigns, wanted - turns, &seen);
    }
    printf("%" PRIu64 " turns in %" PRIu64 " campaigns, seeds %" PRIu64 " to %" PRIu64 "\n", turns,
           campaigns, seed, seed + campaigns - 1);
    property_print(&seen);
    return 0;
}
