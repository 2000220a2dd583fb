// Scenes that wait for a count or a time. What a scene waits for stands in its row; the map
// (kind, ref) -> scenes only makes them quick to find, and is not undone with a turn. It stays
// right without that, by one rule: a scene that waits by its row is in the map. Scenes too many in
// it do no harm, for every find is checked against the row.
//
//   waits_set     puts the scene in
//   waits_clear   takes it out, into limbo, together with the number of the turn; so does waits_set
//                 with what the scene waited for before
//   settle        before a find: what in limbo waits by its row after all (its turn was dropped or
//                 rolled back) goes back into the map; what does not, and went there in an earlier
//                 turn, is forgotten. That turn was kept, or this one has taken the scene out again
//                 and left its own entry.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "core/core.h"

struct limbo {
    uint64_t turn;
    uint64_t key;
    uint32_t scene;
};

struct waits {
    struct map scenes;
    struct limbo *limbo;
    size_t limbo_count;
    size_t limbo_capacity;
};

enum { SCENE_RUNNING, SCENE_WAITING, SCENE_DONE };

struct waits *waits_new(void)
{
    struct waits *waits = xcalloc(1, sizeof(*waits));
    map_init(&waits->scenes);
    return waits;
}

void waits_free(struct waits *waits)
{
    if (waits == NULL) {
        return;
    }
    map_deinit(&waits->scenes);
    free(waits->limbo);
    free(waits);
}

static uint64_t wait_key(uint64_t kind, uint32_t ref)
{
    return hash64_int(kind << 32 | ref);
}

// Whether the scene waits for a count by its row, and under this key.
static bool wait_stands(const struct state *state, uint32_t scene, uint64_t key)
{
    const struct scene *row = table_get(state, T_SCENES, scene);
    return row != NULL && row->wait_kind > WAIT_TIME &&
           wait_key(row->wait_kind, (uint32_t)row->wait_ref) == key;
}

static void wait_put(struct waits *waits, uint64_t key, uint32_t scene)
{
    uint32_t cursor = 0;
    for (uint32_t found; (found = map_next(&waits->scenes, key, &cursor)) != 0;) {
        if (found == scene) {
            return;
        }
    }
    map_put(&waits->scenes, key, scene);
}

static void waits_settle(struct core *core)
{
    struct waits *waits = core->waits;
    size_t kept = 0;
    for (size_t i = 0; i < waits->limbo_count; i++) {
        const struct limbo entry = waits->limbo[i];
        if (wait_stands(core->state, entry.scene, entry.key)) {
            wait_put(waits, entry.key, entry.scene);
        } else if (entry.turn == state_turn(core->state)) {
            waits->limbo[kept++] = entry;
        }
    }
    waits->limbo_count = kept;
}

// Into limbo, before the row says so.
static void wait_take(struct core *core, uint64_t key, uint32_t scene)
{
    struct waits *waits = core->waits;
    if (waits->limbo_count == waits->limbo_capacity) {
        waits_settle(core);
    }
    uint32_t cursor = 0;
    for (uint32_t found; (found = map_next(&waits->scenes, key, &cursor)) != 0;) {
        if (found == scene) {
            map_remove(&waits->scenes, key, scene);
            break;
        }
    }
    if (waits->limbo_count == waits->limbo_capacity) {
        waits->limbo_capacity = waits->limbo_capacity == 0 ? 16 : waits->limbo_capacity * 2;
        waits->limbo = xrealloc(waits->limbo, waits->limbo_capacity * sizeof(*waits->limbo));
    }
    waits->limbo[waits->limbo_count++] = (struct limbo){state_turn(core->state), key, scene};
}

int64_t waits_count(const struct core *core, enum wait_kind kind, uint32_t ref)
{
    const struct state *state = core->state;
    const struct chain *chain;
    const struct post *post;
    const struct game *game;
    const struct group *group;
    switch (kind) {
    case WAIT_REPLIES:
        chain = table_get(state, T_CHAINS, ref);
        return chain ? chain->replies : 0;
    case WAIT_LIKES:
        post = table_get(state, T_POSTS, ref);
        return post ? post->likes : 0;
    case WAIT_CLAIMS:
        game = table_get(state, T_GAMES, ref);
        return game ? game->plays : 0;
    case WAIT_ORDERS:
    case WAIT_MESSAGES:
    case WAIT_JOINS:
        group = table_get(state, T_GROUPS, ref);
        if (group == NULL) {
            return 0;
        }
        return kind == WAIT_ORDERS     ? group->orders
               : kind == WAIT_MESSAGES ? group->messages
                                       : group->joins;
    case WAIT_NONE:
    case WAIT_TIME:
        break;
    }
    return 0;
}

static void wait_wake_if_reached(struct core *core, const struct scene *row)
{
    if (row->status < SCENE_DONE &&
        waits_count(core, row->wait_kind, (uint32_t)row->wait_ref) >= row->target) {
        state_wake(core->state, row->id);
    }
}

// The planned entry that ends the scene's wait now, 0: none.
static uint32_t wait_timer(const struct core *core, const struct scene *row)
{
    const struct schedule_entry *entry =
        row->timer ? table_get(core->state, T_SCHEDULE, (uint32_t)row->timer) : NULL;
    const bool mine = entry != NULL && entry->status == SCHEDULE_PLANNED &&
                      entry->kind == SCHEDULE_WAIT && entry->ref == (int32_t)row->id;
    return mine ? entry->id : 0;
}

// Names are unique among the entries in memory: a wait asked again in the same step after its first
// timer has run gets the turn's number behind it.
static text_id wait_timer_name(struct core *core, const struct scene *row)
{
    char name[80];
    snprintf(name, sizeof(name), "wait %u %d", row->id, row->steps);
    const text_id id = state_text(core->state, name, strlen(name));
    if (TABLE_FIND(core->state, T_SCHEDULE, SCHEDULE_BY_NAME, row->day, row->group, id) == 0) {
        return id;
    }
    snprintf(name, sizeof(name), "wait %u %d %llu", row->id, row->steps,
             (unsigned long long)state_turn(core->state));
    return state_text(core->state, name, strlen(name));
}

static void wait_set_timer(struct core *core, struct scene *row, int64_t deadline)
{
    const uint32_t planned = wait_timer(core, row);
    if (planned != 0 && deadline != INT64_MAX) {
        schedule_move(core->schedule, planned, deadline);
        return;
    }
    if (planned != 0) {
        schedule_cancel(core->schedule, planned);
    }
    row->timer = 0;
    if (deadline == INT64_MAX) {
        return;
    }
    const struct schedule_entry entry = {
        .due_at = deadline,
        .name = wait_timer_name(core, row),
        .day = row->day,
        .group = row->group,
        .ref = (int32_t)row->id,
        .kind = SCHEDULE_WAIT,
        .late = LATE_RUN,
    };
    row->timer = (int32_t)schedule_add(core->schedule, &entry);
}

void waits_set(struct core *core, uint32_t scene, enum wait_kind kind, uint32_t ref, int64_t target,
               int64_t deadline)
{
    CHECK(kind != WAIT_NONE);
    struct scene *row = table_edit(core->state, T_SCENES, scene);
    if (row->wait_kind > WAIT_TIME) {
        wait_take(core, wait_key(row->wait_kind, (uint32_t)row->wait_ref), scene);
    }
    row->wait_kind = (uint8_t)kind;
    row->wait_ref = (int32_t)ref;
    row->target = target;
    row->deadline = deadline == INT64_MAX ? 0 : deadline;
    wait_set_timer(core, row, deadline);
    if (kind > WAIT_TIME) {
        wait_put(core->waits, wait_key(kind, ref), scene);
        wait_wake_if_reached(core, row);
    }
}

void waits_changed(struct core *core, enum wait_kind kind, uint32_t ref)
{
    if (core->waits->limbo_count > 0) {
        waits_settle(core);
    }
    if (core->waits->scenes.count == 0) {
        return;
    }
    const uint64_t key = wait_key(kind, ref);
    uint32_t stray = 0;
    uint32_t cursor = 0;
    for (uint32_t scene; (scene = map_next(&core->waits->scenes, key, &cursor)) != 0;) {
        if (wait_stands(core->state, scene, key)) {
            wait_wake_if_reached(core, table_get(core->state, T_SCENES, scene));
        } else {
            stray = scene;
        }
    }
    if (stray != 0) {  // Put in by a turn that was dropped; one a call is enough.
        wait_take(core, key, stray);
    }
}

void waits_clear(struct core *core, uint32_t scene)
{
    const struct scene *old = table_get(core->state, T_SCENES, scene);
    if (old == NULL || old->wait_kind == WAIT_NONE) {
        return;
    }
    struct scene *row = table_edit(core->state, T_SCENES, scene);
    if (row->wait_kind > WAIT_TIME) {
        wait_take(core, wait_key(row->wait_kind, (uint32_t)row->wait_ref), scene);
    }
    wait_set_timer(core, row, INT64_MAX);
    row->wait_kind = WAIT_NONE;
    row->wait_ref = 0;
    row->target = 0;
    row->deadline = 0;
}

void waits_rebuild(struct core *core)
{
    struct waits *waits = core->waits;
    map_deinit(&waits->scenes);
    map_init(&waits->scenes);
    waits->limbo_count = 0;
    for (uint32_t id = 0; (id = table_next(core->state, T_SCENES, id)) != 0;) {
        const struct scene *row = table_get(core->state, T_SCENES, id);
        if (row->wait_kind > WAIT_TIME && row->status < SCENE_DONE) {
            map_put(&waits->scenes, wait_key(row->wait_kind, (uint32_t)row->wait_ref), id);
            wait_wake_if_reached(core, row);
        }
    }
}
