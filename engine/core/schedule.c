// A 4-ary heap of (due, id), 16 bytes an entry, beside the rows of `schedule`. The four children of
// a place share one line of cache, so a level costs one miss. The rows are the truth: the heap is
// never told when an entry is cancelled, moved or undone by a dropped turn. An entry of the heap
// counts only if its row is there, planned, and due at the same time; others are dropped when they
// surface. Inside a turn a row may still change back, so what is dropped there is looked at again
// after the turn.

#include "core/schedule.h"

#include <stdlib.h>
#include <string.h>

#define SCHEDULE_WAYS 4
#define SCHEDULE_LINE ((size_t)64)
#define SCHEDULE_COMPACT_MIN 1024

struct schedule_item {
    uint32_t id;
    uint32_t unused;
    int64_t due_at;
};
_Static_assert(sizeof(struct schedule_item) == 16, "four to a line of cache");

__extension__ typedef __int128 schedule_order;

struct schedule {
    struct state *state;
    void *block;                  // Where `items` lies in.
    struct schedule_item *items;  // items[1] begins a line of cache.
    size_t count;
    size_t capacity;
    struct schedule_item *doubtful;  // Dropped inside the running turn.
    size_t doubtful_count;
    size_t doubtful_capacity;
};

struct schedule *schedule_new(struct state *state)
{
    struct schedule *schedule = xcalloc(1, sizeof(*schedule));
    schedule->state = state;
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL) {
        return;
    }
    free(schedule->doubtful);
    free(schedule->block);
    free(schedule);
}

// One wide number instead of two comparisons: no branch to guess wrong.
static schedule_order schedule_order_of(const struct schedule_item *item)
{
    return (schedule_order)item->due_at * ((schedule_order)1 << 64) + item->id;
}

static void schedule_grow(struct schedule *schedule)
{
    const size_t capacity = schedule->capacity == 0 ? 64 : schedule->capacity * 2;
    char *block = xmalloc((capacity + 3) * sizeof(*schedule->items) + SCHEDULE_LINE);
    char *line = block + (SCHEDULE_LINE - (uintptr_t)block % SCHEDULE_LINE) % SCHEDULE_LINE;
    struct schedule_item *items = (struct schedule_item *)line + 3;
    if (schedule->count > 0) {
        memcpy(items, schedule->items, schedule->count * sizeof(*items));
    }
    free(schedule->block);
    schedule->block = block;
    schedule->items = items;
    schedule->capacity = capacity;
}

static void schedule_sink(struct schedule *schedule, size_t place, struct schedule_item item)
{
    struct schedule_item *items = schedule->items;
    const schedule_order order = schedule_order_of(&item);
    for (;;) {
        const size_t first = place * SCHEDULE_WAYS + 1;
        if (first >= schedule->count) {
            break;
        }
        const size_t end =
            first + SCHEDULE_WAYS < schedule->count ? first + SCHEDULE_WAYS : schedule->count;
        // One of these four lines is looked at next; asking for all now hides the miss.
        for (size_t line = 0; line < SCHEDULE_WAYS; line++) {
            __builtin_prefetch(&items[(first + line) * SCHEDULE_WAYS + 1]);
        }
        size_t least = first;
        schedule_order least_order = schedule_order_of(&items[first]);
        for (size_t child = first + 1; child < end; child++) {
            const schedule_order child_order = schedule_order_of(&items[child]);
            const bool less = child_order < least_order;
            least = less ? child : least;
            least_order = less ? child_order : least_order;
        }
        if (least_order >= order) {
            break;
        }
        items[place] = items[least];
        place = least;
    }
    items[place] = item;
}

static void schedule_push(struct schedule *schedule, int64_t due_at, uint32_t id)
{
    if (schedule->count == schedule->capacity) {
        schedule_grow(schedule);
    }
    const struct schedule_item item = {.due_at = due_at, .id = id};
    const schedule_order order = schedule_order_of(&item);
    size_t place = schedule->count++;
    while (place > 0) {
        const size_t parent = (place - 1) / SCHEDULE_WAYS;
        if (order >= schedule_order_of(&schedule->items[parent])) {
            break;
        }
        schedule->items[place] = schedule->items[parent];
        place = parent;
    }
    schedule->items[place] = item;
}

static void schedule_pop(struct schedule *schedule)
{
    const struct schedule_item last = schedule->items[--schedule->count];
    if (schedule->count > 0) {
        schedule_sink(schedule, 0, last);
    }
    // The next ones to surface: their rows are looked at before they count.
    for (size_t i = 0; i <= SCHEDULE_WAYS && i < schedule->count; i++) {
        table_prefetch(schedule->state, T_SCHEDULE, schedule->items[i].id);
    }
}

static bool schedule_counts(const struct schedule *schedule, const struct schedule_item *item)
{
    const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, item->id);
    return row != NULL && row->status == SCHEDULE_PLANNED && row->due_at == item->due_at;
}

static void schedule_doubt(struct schedule *schedule, struct schedule_item item)
{
    if (schedule->doubtful_count == schedule->doubtful_capacity) {
        schedule->doubtful_capacity =
            schedule->doubtful_capacity == 0 ? 16 : schedule->doubtful_capacity * 2;
        schedule->doubtful =
            xrealloc(schedule->doubtful, schedule->doubtful_capacity * sizeof(*schedule->doubtful));
    }
    schedule->doubtful[schedule->doubtful_count++] = item;
}

// Brings an entry that counts to the top; false if there is none.
static bool schedule_settle(struct schedule *schedule)
{
    const bool in_turn = state_in_turn(schedule->state);
    while (!in_turn && schedule->doubtful_count > 0) {
        const struct schedule_item *item = &schedule->doubtful[--schedule->doubtful_count];
        if (schedule_counts(schedule, item)) {
            schedule_push(schedule, item->due_at, item->id);
        }
    }
    while (schedule->count > 0 && !schedule_counts(schedule, &schedule->items[0])) {
        if (in_turn) {
            schedule_doubt(schedule, schedule->items[0]);
        }
        schedule_pop(schedule);
    }
    return schedule->count > 0;
}

void schedule_rebuild(struct schedule *schedule)
{
    schedule->count = 0;
    schedule->doubtful_count = 0;
    for (uint32_t id = 0; (id = table_next(schedule->state, T_SCHEDULE, id)) != 0;) {
        const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, id);
        if (row->status == SCHEDULE_PLANNED) {
            schedule_push(schedule, row->due_at, id);
        }
    }
}

// Entries and waits of a group or campaign that is paused stand still; days begin and end, and what
// the core plans for itself goes on.
bool schedule_is_held(const struct state *state, const struct schedule_entry *row)
{
    const struct day *day = table_get(state, T_DAYS, (uint32_t)row->day);
    const struct group *group = table_get(state, T_GROUPS, (uint32_t)row->group);
    const struct campaign *campaign =
        day == NULL ? NULL : table_get(state, T_CAMPAIGNS, (uint32_t)day->campaign);
    return (row->kind == SCHEDULE_ENTRY || row->kind == SCHEDULE_WAIT ||
            row->kind == SCHEDULE_LIBRARY) &&
           ((campaign != NULL && campaign->paused_at != 0) ||
            (group != NULL && group->paused_at != 0));
}

uint32_t schedule_add(struct schedule *schedule, const struct schedule_entry *row)
{
    struct schedule_entry entry = *row;
    entry.status = schedule_is_held(schedule->state, row) ? SCHEDULE_HELD : SCHEDULE_PLANNED;
    const struct schedule_entry *added = table_insert(schedule->state, T_SCHEDULE, &entry);
    if (added->status == SCHEDULE_PLANNED) {
        schedule_push(schedule, added->due_at, added->id);
    }
    return added->id;
}

void schedule_set(struct schedule *schedule, uint32_t id, enum schedule_status status,
                  int64_t due_at)
{
    const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, id);
    CHECK(row != NULL);
    CHECK(row->status == SCHEDULE_PLANNED || row->status == SCHEDULE_HELD ||
          row->status == SCHEDULE_WITHDRAWN);
    CHECK(status == SCHEDULE_PLANNED || status == SCHEDULE_HELD || status == SCHEDULE_WITHDRAWN);
    struct schedule_entry *open = table_edit(schedule->state, T_SCHEDULE, id);
    open->status = (uint8_t)status;
    open->due_at = due_at;
    if (status == SCHEDULE_PLANNED) {
        schedule_push(schedule, due_at, id);
    }
}

void schedule_move(struct schedule *schedule, uint32_t id, int64_t due_at)
{
    const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, id);
    if (row != NULL && row->due_at != due_at &&
        (row->status == SCHEDULE_PLANNED || row->status == SCHEDULE_HELD)) {
        schedule_set(schedule, id, (enum schedule_status)row->status, due_at);
    }
}

static void schedule_close(struct schedule *schedule, uint32_t id, enum schedule_status status)
{
    const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, id);
    if (row != NULL && (row->status == SCHEDULE_PLANNED || row->status == SCHEDULE_HELD)) {
        ((struct schedule_entry *)table_edit(schedule->state, T_SCHEDULE, id))->status =
            (uint8_t)status;
    }
}

void schedule_cancel(struct schedule *schedule, uint32_t id)
{
    schedule_close(schedule, id, SCHEDULE_CANCELLED);
}

void schedule_done(struct schedule *schedule, uint32_t id, enum schedule_status status)
{
    CHECK(status != SCHEDULE_PLANNED);
    schedule_close(schedule, id, status);
}

// Entries moved often leave old ones behind; when most are old, start anew from the rows.
static void schedule_compact(struct schedule *schedule)
{
    if (schedule->count > SCHEDULE_COMPACT_MIN && !state_in_turn(schedule->state) &&
        schedule->count / 2 > table_count(schedule->state, T_SCHEDULE)) {
        schedule_rebuild(schedule);
    }
}

int64_t schedule_next(struct schedule *schedule)
{
    schedule_compact(schedule);
    return schedule_settle(schedule) ? schedule->items[0].due_at : INT64_MAX;
}

uint32_t schedule_take(struct schedule *schedule, int64_t at_ms)
{
    if (!schedule_settle(schedule) || schedule->items[0].due_at > at_ms) {
        return 0;
    }
    const struct schedule_item taken = schedule->items[0];
    // An entry moved away and back is there twice, one behind the other.
    while (schedule->count > 0 && schedule->items[0].id == taken.id &&
           schedule->items[0].due_at == taken.due_at) {
        schedule_pop(schedule);
    }
    return taken.id;
}

void schedule_put_back(struct schedule *schedule, uint32_t id)
{
    const struct schedule_entry *row = table_get(schedule->state, T_SCHEDULE, id);
    if (row != NULL && row->status == SCHEDULE_PLANNED) {
        schedule_push(schedule, row->due_at, id);
    }
}

bool schedule_may_run(const struct schedule_entry *entry, int64_t now_ms)
{
    if (now_ms <= entry->due_at || entry->late == LATE_RUN) {
        return true;
    }
    // LATE_SKIP: what comes a moment late because others ran first is not late.
    const int64_t late_ms = entry->late == LATE_RUN_WITHIN ? entry->late_ms : SCHEDULE_GRACE_MS;
    int64_t end_ms;
    return __builtin_add_overflow(entry->due_at, late_ms, &end_ms) || now_ms <= end_ms;
}

size_t schedule_size(const struct schedule *schedule)
{
    return schedule->count + schedule->doubtful_count;
}

size_t schedule_memory(const struct schedule *schedule)
{
    return sizeof(*schedule) + schedule->capacity * sizeof(*schedule->items) +
           schedule->doubtful_capacity * sizeof(*schedule->doubtful);
}
