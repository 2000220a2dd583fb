// Walks over tables for status.c: a piece of each a sample, so that no sample is long. What a walk
// finds counts once it has come to the end of its table.
#include <stddef.h>
#include <string.h>

#include "app/status_impl.h"
#include "core/outbox.h"

const char *const status_codes[STATUS_CODES_MAX] = {"ok",      "awaiting_staff", "rate",
                                                    "refused", "unsupported",    "timeout",
                                                    "lost",    "unknown",        "error"};

const struct day *status_day(const struct status *status, int32_t day)
{
    const struct day *row = table_get(status->state, T_DAYS, (uint32_t)day);
    return row != NULL && (uint32_t)row->campaign == status->campaign ? row : NULL;
}

static void look_funnel(struct status *status, const void *row, int64_t now_ms)
{
    const struct participant *one = row;
    struct status_funnel *funnel = &status->finding.funnel;
    (void)now_ms;
    if (one->campaign == status->campaign) {
        funnel->took_part++;
        funnel->visited += one->visited;
        funnel->favorited += one->favorited;
        funnel->carted += one->carted;
        funnel->paid += one->paid;
    }
}

static void look_out(struct status *status, const void *row, int64_t now_ms)
{
    const struct outbox_row *one = row;
    struct status_out *out = &status->finding.out;
    switch ((enum outbox_status)one->status) {
    case OUTBOX_READY:
    case OUTBOX_IN_FLIGHT:
        break;
    case OUTBOX_FAILED:
        out->failed++;
        return;
    case OUTBOX_UNKNOWN:
        out->unknown++;
        return;
    case OUTBOX_AWAITING_STAFF:
        out->staff++;
        return;
    default:
        return;
    }
    const int64_t since = one->not_before > one->created_at ? one->not_before : one->created_at;
    if (since > now_ms) {
        out->later++;
        return;
    }
    if (outbox_is_held(status->engine->core.outbox, one)) {
        out->held++;
        return;
    }
    out->waiting++;
    if (out->oldest_since == 0 || since < out->oldest_since) {
        out->oldest_since = since;
        out->oldest = one->id;
    }
    const uint16_t slot = one->group > 0 && one->group <= UINT16_MAX ? status->slot_of[one->group]
                                                                     : STATUS_GROUP_NONE;
    if (slot != STATUS_GROUP_NONE &&
        (out->group_since[slot] == 0 || since < out->group_since[slot])) {
        out->group_since[slot] = since;
    }
}

static void look_parked(struct status *status, const void *row, int64_t now_ms)
{
    const struct parked *one = row;
    (void)now_ms;
    status->finding.parked.holds += one->status == PARKED_HOLDS;
    status->finding.parked.waits += one->status == PARKED_WAITS;
}

// Entries of one name and time count as one.
static void look_plan(struct status *status, const void *row, int64_t now_ms)
{
    const struct schedule_entry *one = row;
    struct status_plan *plan = &status->finding.plan;
    (void)now_ms;
    const bool held = one->status == SCHEDULE_HELD;
    if ((one->status != SCHEDULE_PLANNED && !held) ||
        (one->kind != SCHEDULE_ENTRY && one->kind != SCHEDULE_LIBRARY) ||
        status_day(status, one->day) == NULL) {
        return;
    }
    plan->planned++;
    plan->held += held;
    size_t place = plan->count;
    while (place > 0 && plan->next[place - 1].due_at >= one->due_at) {
        place--;
        struct status_next *known = &plan->next[place];
        if (known->due_at == one->due_at && known->name == one->name &&
            known->status == one->status) {
            if (known->group_count < STATUS_NEXT_GROUPS) {
                known->groups[known->group_count] = (uint32_t)one->group;
            }
            known->group_count++;
            return;
        }
    }
    // Behind those of the same time: in order of their ids.
    while (place < plan->count && plan->next[place].due_at == one->due_at) {
        place++;
    }
    if (place == STATUS_NEXT_MAX) {
        return;
    }
    const size_t kept = plan->count < STATUS_NEXT_MAX ? plan->count : STATUS_NEXT_MAX - 1;
    memmove(&plan->next[place + 1], &plan->next[place], (kept - place) * sizeof(plan->next[0]));
    plan->count = kept + 1;
    plan->next[place] = (struct status_next){
        .name = one->name,
        .due_at = one->due_at,
        .day = (uint32_t)one->day,
        .status = one->status,
        .group_count = 1,
        .groups = {(uint32_t)one->group},
    };
}

static void look_sold(struct status *status, const void *row, int64_t now_ms)
{
    const struct minute *one = row;
    (void)now_ms;
    if ((uint32_t)one->campaign == status->campaign) {
        status->finding.sold.orders += one->orders;
        status->finding.sold.paid += one->paid;
        status->finding.sold.visits += one->visits;
    }
}

enum { SCENE_RUNNING, SCENE_WAITING, SCENE_DONE, SCENE_FAILED };  // As in the table.

static void look_scenes(struct status *status, const void *row, int64_t now_ms)
{
    const struct scene *one = row;
    struct status_scenes *scenes = &status->finding.scenes;
    (void)now_ms;
    if (status_day(status, one->day) == NULL) {
        return;
    }
    scenes->running += one->status == SCENE_RUNNING;
    scenes->waiting += one->status == SCENE_WAITING;
    if (one->status == SCENE_FAILED) {
        scenes->failed++;
        scenes->failed_one = one->id;
    }
}

enum { HANDLER_RUNS, HANDLER_SUSPENDED };  // As in the table.

static void look_handlers(struct status *status, const void *row, int64_t now_ms)
{
    const struct handler_row *one = row;
    struct status_handlers *handlers = &status->finding.handlers;
    (void)now_ms;
    if (one->status == HANDLER_SUSPENDED && status_day(status, one->day) != NULL) {
        handlers->suspended++;
        handlers->kept += one->waiting;
        handlers->one = one->id;
    }
}

enum { GAME_ANNOUNCED, GAME_OPEN, GAME_CLOSED };  // As in the table.

static void look_games(struct status *status, const void *row, int64_t now_ms)
{
    const struct game *one = row;
    struct status_games *games = &status->finding.games;
    (void)now_ms;
    if (status_day(status, one->day) == NULL) {
        return;
    }
    games->plays += one->plays;
    games->wins += one->wins;
    games->drawn[one->commitment != 0] += one->status == GAME_CLOSED;
    if (one->status == GAME_OPEN) {
        games->open_count++;
        if (games->count == STATUS_GAMES_MAX) {
            memmove(&games->open[0], &games->open[1],
                    (STATUS_GAMES_MAX - 1) * sizeof(games->open[0]));
            games->count--;
        }
        games->open[games->count++] = one->id;
    }
}

enum { AUDIT_QUEUED, AUDIT_APPROVED, AUDIT_REJECTED };  // As in the table.

// "name-a 10, album 40"
static void count_signs(struct status_people *people, const char *evidence)
{
    bool found = false;
    for (int code = 0; code < AUDIT_CODE_COUNT; code++) {
        if (strstr(evidence, audit_code_name((enum audit_code)code)) != NULL) {
            people->rejected[code]++;
            found = true;
        }
    }
    people->rejected[AUDIT_CODE_COUNT] += !found;
}

static void look_people(struct status *status, const void *row, int64_t now_ms)
{
    const struct audit *one = row;
    struct status_people *people = &status->finding.people;
    (void)now_ms;
    if ((uint32_t)one->campaign != status->campaign) {
        return;
    }
    people->audits += one->status == AUDIT_QUEUED;
    if (one->status == AUDIT_REJECTED) {
        count_signs(people, state_get_text(status->state, one->evidence));
    }
}

static void look_tweaks(struct status *status, const void *row, int64_t now_ms)
{
    const struct tweak *one = row;
    struct status_tweaks *tweaks = &status->finding.tweaks;
    (void)now_ms;
    if ((uint32_t)one->campaign == status->campaign) {
        tweaks->by_class[one->class < 4 ? one->class : 0]++;
        tweaks->waiting += one->status == 0;
        tweaks->last = one->id;
    }
}

struct walk {
    enum table_id table;
    bool waits_for_changes;  // Time alone changes nothing about what it finds.
    size_t from, size;       // Its part of status_walks.
    void (*look)(struct status *status, const void *row, int64_t now_ms);
};

#define PART(member)                                                                               \
    offsetof(struct status_walks, member), sizeof(((struct status_walks *)NULL)->member)

static const struct walk WALKS[WALK_COUNT] = {
    [WALK_FUNNEL] = {T_PARTICIPANTS, true, PART(funnel), look_funnel},
    [WALK_OUT] = {T_OUTBOX, false, PART(out), look_out},
    [WALK_PARKED] = {T_PARKED, true, PART(parked), look_parked},
    [WALK_PLAN] = {T_SCHEDULE, true, PART(plan), look_plan},
    [WALK_SOLD] = {T_MINUTES, true, PART(sold), look_sold},
    [WALK_SCENES] = {T_SCENES, true, PART(scenes), look_scenes},
    [WALK_HANDLERS] = {T_HANDLERS, true, PART(handlers), look_handlers},
    [WALK_GAMES] = {T_GAMES, true, PART(games), look_games},
    [WALK_PEOPLE] = {T_AUDITS, true, PART(people), look_people},
    [WALK_TWEAKS] = {T_TWEAKS, true, PART(tweaks), look_tweaks},
};

static void walk_on(struct status *status, enum status_walk which, int64_t now_ms)
{
    const struct walk *walk = &WALKS[which];
    struct status_pass *pass = &status->passes[which];
    char *part = (char *)&status->finding + walk->from;
    if (pass->at == 0) {
        const uint64_t changes = table_changes(status->state, walk->table);
        if (pass->whole && walk->waits_for_changes && changes == pass->changes) {
            pass->taken_ms = now_ms;
            return;
        }
        pass->changes = changes;
        memset(part, 0, walk->size);
    }
    for (size_t rows = 0; rows < STATUS_ROWS_A_SAMPLE; rows++) {
        pass->at = table_next(status->state, walk->table, pass->at);
        if (pass->at == 0) {
            memcpy((char *)&status->found + walk->from, part, walk->size);
            pass->whole = true;
            pass->taken_ms = now_ms;
            return;
        }
        walk->look(status, table_get(status->state, walk->table, pass->at), now_ms);
    }
}

void status_walk(struct status *status, int64_t now_ms)
{
    for (int which = 0; which < WALK_COUNT; which++) {
        walk_on(status, (enum status_walk)which, now_ms);
    }
}
