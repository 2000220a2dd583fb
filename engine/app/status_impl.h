#pragma once
// What status.c (sampling), status_tables.c (walks), status_json.c, status_alarms.c and metrics.c
// share.

#include "app/status.h"
#include "app/status_rules.h"
#include "base/json.h"
#include "base/tz.h"
#include "rules/audit.h"

#define STATUS_ROWS_A_SAMPLE 16384  // Of one table.
#define STATUS_GROUPS_MAX 128       // Told one by one.
#define STATUS_BUDGETS_MAX 64
#define STATUS_GAMES_MAX 32
#define STATUS_NEXT_MAX 12
#define STATUS_NEXT_GROUPS 4
#define STATUS_MARKS_MAX 24
#define STATUS_MINUTES 60
#define STATUS_GROUP_NONE UINT16_MAX
#define STATUS_CODES_MAX 9
#define STATUS_FLIGHTS 4096  // Of commands whose time is taken; what shares a place isn't.

// A walk over a table, a piece a sample.
struct status_pass {
    uint32_t at;       // Row looked at last; 0: it begins.
    bool whole;        // It came to its end at least once.
    uint64_t changes;  // table_changes when it began.
    int64_t taken_ms;  // When the last whole one ended.
};

struct status_group {
    uint32_t id;
    int64_t messages[STATUS_MINUTES + 1];  // Heard by the end of each of the last minutes, a ring.
    int64_t unsent_since;                  // 0: nothing is due.
};

struct status_budget {
    uint32_t free, reserved, spent;  // accounts; 0: not there yet
    char name[64];
};

struct status_next {
    text_id name;
    int64_t due_at;
    uint32_t day;
    uint8_t status;
    uint32_t group_count;
    uint32_t groups[STATUS_NEXT_GROUPS];
};

struct status_mark {
    int64_t at;
    char kind[32];
    char text[96];
};

// What walks find. A walk fills its part of `finding`; when it is whole that is copied to `found`.
struct status_funnel {
    int64_t took_part, visited, favorited, carted, paid;
};
struct status_out {
    int64_t waiting, later, held, failed, unknown, staff;
    int64_t oldest_since;  // 0: nothing is due.
    uint32_t oldest;       // Effect.
    int64_t group_since[STATUS_GROUPS_MAX];
};
struct status_parked {
    int64_t holds, waits;
};
struct status_plan {
    struct status_next next[STATUS_NEXT_MAX];
    size_t count;
    int64_t planned, held;
};
struct status_sold {
    int64_t orders, paid, visits;
};
struct status_handlers {
    int64_t suspended, kept;
    uint32_t one;  // The last of them.
};
struct status_scenes {
    int64_t running, waiting, failed;
    uint32_t failed_one;
};
struct status_games {
    uint32_t open[STATUS_GAMES_MAX];  // The newest of them, newest last.
    size_t count;
    int64_t open_count, plays, wins;
    int64_t drawn[2];  // Closed: without a commitment, with one.
};
struct status_people {
    int64_t audits;
    int64_t rejected[AUDIT_CODE_COUNT + 1];  // By sign, a newcomer may count in several; other.
};
struct status_tweaks {
    int64_t by_class[4];
    int64_t waiting;
    uint32_t last;
};

struct status_walks {
    struct status_funnel funnel;
    struct status_out out;
    struct status_parked parked;
    struct status_plan plan;
    struct status_sold sold;
    struct status_scenes scenes;
    struct status_handlers handlers;
    struct status_games games;
    struct status_people people;
    struct status_tweaks tweaks;
};

enum status_walk {
    WALK_FUNNEL,
    WALK_OUT,
    WALK_PARKED,
    WALK_PLAN,
    WALK_SOLD,
    WALK_SCENES,
    WALK_HANDLERS,
    WALK_GAMES,
    WALK_PEOPLE,
    WALK_TWEAKS,
    WALK_COUNT
};

struct status_totals {
    int64_t groups, members, joins, leaves, messages, orders;
};

struct status {
    struct engine *engine;
    struct state *state;
    uint32_t campaign;
    char *path;
    int64_t started_ms, sample_at, sampled_ms;
    struct engine_watch watch;
    struct tz *zone;  // NULL: UTC.
    text_id zone_name;

    struct status_pass passes[WALK_COUNT];
    struct status_walks finding, found;

    struct status_group groups[STATUS_GROUPS_MAX];
    size_t group_count;
    struct status_totals totals;
    int64_t all_messages[STATUS_MINUTES + 1];
    size_t ring;  // Place of the newest minute.
    size_t ring_minutes;
    int64_t ring_minute;
    uint16_t slot_of[UINT16_MAX + 1];  // Group to its place in `groups`.

    uint32_t account;  // Looked at up to here.
    struct status_budget budgets[STATUS_BUDGETS_MAX];
    size_t budget_count;

    struct status_mark marks[STATUS_MARKS_MAX];  // A ring, newest at mark_count - 1.
    uint64_t mark_count;
    uint64_t skipped;
    int64_t skipped_at;
    char skipped_name[64];

    int64_t backup_ms, backup_look_at;  // When the file was copied last, 0: not known.
    int64_t parked_before;              // Not settled in the file when this process began.
    int64_t parked_last;                // Highest id then.
    int64_t journal_before;             // Bytes of it in the file when this process began.
    uint64_t errors_seen;
    int64_t errors_at;

    struct status_connector connectors[STATUS_CONNECTORS_MAX];
    size_t connector_count, clients;
    struct status_flight {
        int64_t key_low, at_ms;
    } flights[STATUS_FLIGHTS];
    struct histogram latency[STATUS_CONNECTORS_MAX];                // By place.
    uint64_t results[STATUS_CONNECTORS_MAX + 1][STATUS_CODES_MAX];  // By place; last: nobody's.

    struct histogram lag, lateness;
    struct recent recent_lag;
    uint64_t turns;
    int64_t turns_at_us;
    double turns_a_second;
    struct store_figures storage;
    int64_t mono_us;  // Of the last sample.
};

// --- status_tables.c ---
extern const char *const status_codes[STATUS_CODES_MAX];
void status_walk(struct status *status, int64_t now_ms);
// Row of the day if it is one of the campaign, else NULL.
const struct day *status_day(const struct status *status, int32_t day);

// --- status.c ---
int64_t status_balance(const struct status *status, uint32_t account);
int64_t status_cap(const struct status *status, const struct status_budget *budget);
// Messages since `minutes` ago, of a ring whose newest count is `now`.
int64_t status_heard(const struct status *status, const int64_t *ring, int64_t now, size_t minutes);
void status_clock(const struct status *status, int64_t at_ms, char out[16]);
int64_t status_unsettled(const struct status *status);
int64_t status_suspended(const struct status *status);  // Days whose playbooks are.

// --- status_alarms.c ---
// What needs a person, and what she may want to know: sentences and what to do about each.
struct status_note {
    const struct status_rule *rule;
    char text[256];
};
#define STATUS_NOTES_MAX 32
int64_t status_commit_us(const struct status *status);  // The longest commit of late.
size_t status_notes(const struct status *status, int64_t now_ms,
                    struct status_note out[STATUS_NOTES_MAX]);
