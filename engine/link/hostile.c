// The weather of a bad night, and what it does to events: see the header.
#include "link/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/hostile_internal.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS HOSTILE_HOUR_MS
#define DAY_MS (24 * HOUR_MS)
#define SET_BACK_MS (20 * MINUTE_MS)
#define ROSTER_MS (6 * HOUR_MS)
#define ROSTER_MAX 5000

// --- Weather. ---

const struct hostile_window *hostile_within(const struct hostile_windows *windows, int64_t at)
{
    for (size_t i = 0; i < windows->count; i++) {
        if (windows->at[i].from_ms <= at && at < windows->at[i].until_ms) {
            return &windows->at[i];
        }
    }
    return NULL;
}

static bool add_window(struct hostile *hostile, struct hostile_windows *windows, int64_t from_ms,
                       int64_t length_ms)
{
    if (from_ms + length_ms >= hostile->calm_ms || windows->count == HOSTILE_WINDOWS_MAX) {
        return false;
    }
    windows->at[windows->count++] = (struct hostile_window){from_ms, from_ms + length_ms};
    return true;
}

static int64_t below_ms(struct hostile *hostile, int64_t bound_ms)
{
    return (int64_t)rng_below(&hostile->rng, (uint64_t)bound_ms);
}

// A day has an outage, every other time when the evening begins; some have an hour asleep.
static void make_day(struct hostile *hostile, int64_t from_ms)
{
    const bool evening = rng_chance(&hostile->rng, 0.5);
    const int64_t outage_ms = from_ms + (evening ? 19 * HOUR_MS + below_ms(hostile, 2 * HOUR_MS)
                                                 : below_ms(hostile, DAY_MS - HOUR_MS));
    hostile->told.outages += add_window(hostile, &hostile->outages, outage_ms, HOUR_MS);
    add_window(hostile, &hostile->set_back, from_ms + below_ms(hostile, DAY_MS - HOUR_MS),
               SET_BACK_MS);
    if (rng_chance(&hostile->rng, 0.4)) {
        hostile->told.sleeps += add_window(hostile, &hostile->sleeps,
                                           from_ms + below_ms(hostile, DAY_MS - HOUR_MS), HOUR_MS);
    }
}

int64_t hostile_wake(const struct hostile *hostile, int64_t now_ms)
{
    const struct hostile_window *sleep = hostile_within(&hostile->sleeps, now_ms);
    return sleep == NULL ? now_ms : sleep->until_ms;
}

// --- The queue: a heap by time. ---

static bool item_before(const struct hostile_item *a, const struct hostile_item *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void queue(struct hostile *hostile, struct hostile_item item)
{
    if (hostile->count == hostile->capacity) {
        hostile->capacity = hostile->capacity == 0 ? 64 : hostile->capacity * 2;
        hostile->items = xrealloc(hostile->items, hostile->capacity * sizeof(*hostile->items));
    }
    item.serial = hostile->serial++;
    size_t at = hostile->count++;
    for (; at > 0 && item_before(&item, &hostile->items[(at - 1) / 2]); at = (at - 1) / 2) {
        hostile->items[at] = hostile->items[(at - 1) / 2];
    }
    hostile->items[at] = item;
}

static struct hostile_item unqueue(struct hostile *hostile)
{
    CHECK(hostile->count > 0);
    const struct hostile_item first = hostile->items[0];
    const struct hostile_item last = hostile->items[--hostile->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < hostile->count; at = child) {
        child += child + 1 < hostile->count &&
                 item_before(&hostile->items[child + 1], &hostile->items[child]);
        if (!item_before(&hostile->items[child], &last)) {
            break;
        }
        hostile->items[at] = hostile->items[child];
    }
    hostile->items[at] = last;
    return first;
}

void hostile_queue_event(struct hostile *hostile, int64_t at, const struct event *event)
{
    buf_clear(&hostile->packed);
    event_pack(event, &hostile->packed);
    struct hostile_item item = {.at = at, .size = (uint32_t)hostile->packed.size};
    item.packed = xmalloc(item.size);
    memcpy(item.packed, hostile->packed.data, item.size);
    queue(hostile, item);
}

void hostile_queue_look(struct hostile *hostile, int64_t at, uint32_t effect, bool happened)
{
    queue(hostile, (struct hostile_item){.at = at, .effect = effect, .happened = happened});
}

static void queue_rosters(struct hostile *hostile, int64_t at)
{
    const struct state *state = hostile->options.core->state;
    for (uint32_t id = 0; (id = table_next(state, T_GROUPS, id)) != 0;) {
        const struct group *group = table_get(state, T_GROUPS, id);
        if ((uint32_t)group->campaign == hostile->options.campaign) {
            queue(hostile, (struct hostile_item){.at = at, .roster = id});
        }
    }
}

// --- Beginning. ---

struct hostile *hostile_new(const struct hostile_options *options)
{
    struct hostile *hostile = xcalloc(1, sizeof(*hostile));
    hostile->options = *options;
    rng_init(&hostile->rng, options->seed, 0x6e69676874, 0);
    buf_init(&hostile->packed, (size_t)1 << 20);
    arena_init(&hostile->arena, 4096);
    const int64_t length_ms = options->until_ms - options->from_ms;
    const int64_t calm_ms = length_ms < 8 * HOUR_MS ? length_ms / 4 : 2 * HOUR_MS;
    hostile->calm_ms = options->until_ms - calm_ms;
    for (int64_t day = options->from_ms; day < hostile->calm_ms; day += DAY_MS) {
        make_day(hostile, day);
    }
    for (size_t i = 0; i < hostile->outages.count; i++) {  // It is back, and looks who is there.
        queue_rosters(hostile, hostile->outages.at[i].until_ms + MINUTE_MS);
    }
    for (int64_t at = options->from_ms + ROSTER_MS; at < hostile->calm_ms; at += ROSTER_MS) {
        queue_rosters(hostile, at);
    }
    queue_rosters(hostile, hostile->calm_ms + calm_ms / 2);
    return hostile;
}

void hostile_free(struct hostile *hostile)
{
    if (hostile == NULL) {
        return;
    }
    for (size_t i = 0; i < hostile->count; i++) {
        free(hostile->items[i].packed);
    }
    free(hostile->items);
    free(hostile->fates);
    buf_deinit(&hostile->packed);
    arena_deinit(&hostile->arena);
    free(hostile);
}

// --- Rosters. ---

struct roster {
    struct arena *arena;
    struct slice *list;
    size_t count;
};

static void on_present(void *ctx, struct slice id)
{
    struct roster *roster = ctx;
    if (roster->count < ROSTER_MAX) {
        const char *kept = arena_strndup(roster->arena, id.data, id.size);
        roster->list[roster->count] = (struct slice){kept, id.size};
    }
    roster->count++;
}

static bool take_roster(struct hostile *hostile, const struct hostile_item *item, struct event *out)
{
    struct state *state = hostile->options.core->state;
    struct roster roster = {.arena = &hostile->arena};
    roster.list = arena_alloc(&hostile->arena, ROSTER_MAX * sizeof(*roster.list));
    crowd_each_present(hostile->options.crowd, item->roster, on_present, &roster);
    if (roster.count == 0 || roster.count > ROSTER_MAX) {
        return false;  // Nobody, or more than one event may carry.
    }
    const struct group *group = table_get(state, T_GROUPS, item->roster);
    *out = (struct event){.kind = EVENT_MEMBERS,
                          .at = item->at,
                          .group = slice_of(state_get_text(state, group->ext)),
                          .list = roster.list,
                          .list_count = roster.count};
    hostile->told.rosters++;
    return true;
}

// --- Events. ---

static void give_id(struct hostile *hostile, struct event *event)
{
    const int size = snprintf(hostile->id, sizeof(hostile->id), "h%llu",
                              (unsigned long long)++hostile->told.events);
    event->id = (struct slice){hostile->id, (uint32_t)size};
    event->connector = slice_of("platform");
}

static void put_off(struct hostile *hostile, const struct event *event, int64_t at)
{
    // What is late comes before the calm begins, or just as it does.
    hostile_queue_event(hostile, at < hostile->calm_ms ? at : hostile->calm_ms, event);
}

static int64_t after_ms(struct hostile *hostile, int64_t mean_ms)
{
    return 1 + (int64_t)rng_exponential(&hostile->rng, (double)mean_ms);
}

// What happens on the way of one event that the crowd gave; true: it arrives now.
static bool pass_on(struct hostile *hostile, struct event *event)
{
    const int64_t now_ms = event->at;
    if (now_ms >= hostile->calm_ms) {
        return true;
    }
    if (event->kind == EVENT_OPERATOR) {  // Staff have other things to do.
        put_off(hostile, event, now_ms + after_ms(hostile, 2 * HOUR_MS));
        return false;
    }
    const struct hostile_window *outage = hostile_within(&hostile->outages, now_ms);
    if (event->kind == EVENT_LEAVE && (outage != NULL || rng_chance(&hostile->rng, 0.3))) {
        hostile->told.lost_leaves++;
        return false;
    }
    if (hostile_within(&hostile->set_back, now_ms) != NULL) {
        hostile->told.set_back++;
        event->at -= SET_BACK_MS;
    }
    if (outage != NULL) {
        hostile->told.held++;
        put_off(hostile, event, outage->until_ms);
        return false;
    }
    if (rng_chance(&hostile->rng, 0.05)) {
        hostile->told.twice++;
        put_off(hostile, event, now_ms + after_ms(hostile, 5 * MINUTE_MS));
    }
    const double dice = rng_unit(&hostile->rng);
    if (dice < 0.12) {
        hostile->told.late++;
        put_off(hostile, event,
                now_ms + (dice < 0.02 ? below_ms(hostile, HOUR_MS) : after_ms(hostile, 20000)));
        return false;
    }
    return true;
}

static bool take_queued(struct hostile *hostile, struct event *out)
{
    struct hostile_item item = unqueue(hostile);
    arena_reset(&hostile->arena);
    if (item.roster != 0) {
        return take_roster(hostile, &item, out);
    }
    if (item.effect != 0) {
        return hostile_settle(hostile, &item, out);
    }
    struct err e = {0};
    char *packed = arena_alloc(&hostile->arena, item.size);
    memcpy(packed, item.packed, item.size);
    free(item.packed);
    const bool ok = event_unpack(packed, item.size, &hostile->arena, out, &e);
    CHECK(ok);
    return true;
}

int64_t hostile_next(const struct hostile *hostile)
{
    const int64_t crowd_ms = crowd_next(hostile->options.crowd);
    return hostile->count > 0 && hostile->items[0].at < crowd_ms ? hostile->items[0].at : crowd_ms;
}

bool hostile_take(struct hostile *hostile, struct event *out)
{
    if (hostile->count > 0 && hostile->items[0].at < crowd_next(hostile->options.crowd)) {
        return take_queued(hostile, out);
    }
    if (!crowd_take(hostile->options.crowd, out)) {
        return false;
    }
    give_id(hostile, out);
    return pass_on(hostile, out);
}

// --- Telling. ---

struct census {
    const struct hostile *hostile;
    uint32_t group;
    uint64_t both, only_platform;
};

static void on_counted(void *ctx, struct slice id)
{
    struct census *census = ctx;
    const struct state *state = census->hostile->options.core->state;
    const uint32_t member = people_member(state, id);
    const bool known = member != 0 && people_present(state, member, census->group);
    census->both += known;
    census->only_platform += !known;
}

struct hostile_told hostile_tell(struct hostile *hostile)
{
    const struct state *state = hostile->options.core->state;
    hostile->told.strangers = 0;
    for (uint32_t id = 0; (id = table_next(state, T_GROUPS, id)) != 0;) {
        struct census census = {.hostile = hostile, .group = id};
        crowd_each_present(hostile->options.crowd, id, on_counted, &census);
        const struct group *group = table_get(state, T_GROUPS, id);
        if ((uint32_t)group->campaign == hostile->options.campaign) {
            const uint64_t members = (uint64_t)group->members;
            hostile->told.strangers +=
                census.only_platform +
                (members > census.both ? members - census.both : census.both - members);
        }
    }
    return hostile->told;
}
