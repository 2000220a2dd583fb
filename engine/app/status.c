// Sampling how the engine is: see status.h. It reads memory between turns and changes nothing; only
// at the start does it ask the store, for what has left memory before.
#include "app/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/status_impl.h"
#include "base/utf8.h"
#include "store/backup.h"

#define MINUTE_MS 60000
#define BACKUP_LOOK_MS 30000
#define RATE_US 5000000  // Turns a second are a mean over so long.

// --- Milestones: they leave memory with their turn, the last ones are kept here. ---

static void mark_add(struct status *status, int64_t at, const char *kind, const char *text)
{
    if (status->mark_count > 0) {  // Of every group at once: told once.
        const struct status_mark *last =
            &status->marks[(status->mark_count - 1) % STATUS_MARKS_MAX];
        if (last->at == at && strcmp(last->kind, kind) == 0 &&
            strncmp(last->text, text, strlen(last->text)) == 0) {
            return;
        }
    }
    struct status_mark *mark = &status->marks[status->mark_count++ % STATUS_MARKS_MAX];
    mark->at = at;
    snprintf(mark->kind, sizeof(mark->kind), "%.*s",
             (int)utf8_cut(kind, strlen(kind), sizeof(mark->kind) - 1), kind);
    snprintf(mark->text, sizeof(mark->text), "%.*s",
             (int)utf8_cut(text, strlen(text), sizeof(mark->text) - 1), text);
}

// Those that explain a curve; the rest is bookkeeping.
static bool mark_is_told(const char *kind)
{
    static const char *const KINDS[] = {
        "stall", "switch", "gate",    "flip",   "flip_back", "peak",      "second_wave",
        "drop",  "down",   "skipped", "opened", "growth",    "suspended", "handler_suspended"};
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (strcmp(kind, KINDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

// An entry of the run sheet that was due while the campaign ran. What it does every so often comes
// again, and what was over before it began was never promised.
static bool is_missed(const struct status *status, const struct milestone *row, const char *name)
{
    const struct campaign *campaign = table_get(status->state, T_CAMPAIGNS, status->campaign);
    return strncmp(name, "every ", 6) != 0 && campaign != NULL &&
           row->at - row->value > campaign->started_at;
}

static void on_milestone(void *ctx, const struct milestone *row)
{
    struct status *status = ctx;
    const char *kind = state_get_text(status->state, row->kind);
    const char *text = state_get_text(status->state, row->text);
    if ((uint32_t)row->campaign != status->campaign || !mark_is_told(kind)) {
        return;
    }
    if (strcmp(kind, "skipped") == 0 && !is_missed(status, row, text)) {
        return;
    }
    if (strcmp(kind, "skipped") == 0) {
        status->skipped++;
        status->skipped_at = row->at;
        snprintf(status->skipped_name, sizeof(status->skipped_name), "%.*s",
                 (int)utf8_cut(text, strlen(text), sizeof(status->skipped_name) - 1), text);
    }
    mark_add(status, row->at, kind, text);
}

static bool on_stored_mark(void *ctx, const struct store_row *row, struct err *e)
{
    struct status *status = ctx;
    char kind[64], text[256];
    (void)e;
    snprintf(kind, sizeof(kind), "%.*s", (int)row->values[1].size, row->values[1].data);
    snprintf(text, sizeof(text), "%.*s", (int)row->values[2].size, row->values[2].data);
    if (mark_is_told(kind)) {
        mark_add(status, row->values[0].integer, kind, text);
    }
    return true;
}

static bool on_stored_count(void *ctx, const struct store_row *row, struct err *e)
{
    struct status *status = ctx;
    (void)e;
    status->parked_before = row->values[0].integer;
    return true;
}

static bool on_stored_size(void *ctx, const struct store_row *row, struct err *e)
{
    struct status *status = ctx;
    (void)e;
    status->journal_before = row->values[0].integer;
    return true;
}

static void read_store(struct status *status)
{
    struct store *store = status->engine->store;
    struct err e = {0};
    const struct value campaign = {.type = VALUE_INT, .integer = status->campaign};
    if (!store_query(store,
                     "SELECT * FROM (SELECT at, kind, text, id FROM milestones WHERE campaign = ?1"
                     " ORDER BY id DESC LIMIT 200) ORDER BY id",
                     &campaign, 1, on_stored_mark, status, &e) ||
        !store_query(store, "SELECT count(*) FROM parked WHERE status <> 3", NULL, 0,
                     on_stored_count, status, &e) ||
        !store_query(store, "SELECT coalesce(sum(length(body)), 0) FROM journal", NULL, 0,
                     on_stored_size, status, &e)) {
        mark_add(status, status->started_ms, "down", "what was before this start isn't known");
    }
}

// --- From the first to the last. ---

struct status *status_new(const struct status_options *options)
{
    struct status *status = xcalloc(1, sizeof(*status));
    status->engine = options->engine;
    status->state = options->engine->state;
    status->campaign = options->campaign;
    status->path = options->path == NULL ? NULL : xstrdup(options->path);
    status->started_ms = options->now_ms;
    status->sample_at = options->now_ms;
    status->errors_seen = script_errors(options->engine->script);
    memset(status->slot_of, 0xff, sizeof(status->slot_of));
    read_store(status);
    status->parked_last = table_last(status->state, T_PARKED);
    status->watch = (struct engine_watch){.on_milestone = on_milestone, .ctx = status};
    options->engine->milestone = table_last(status->state, T_MILESTONES);
    options->engine->watch = &status->watch;
    return status;
}

void status_free(struct status *status)
{
    if (status == NULL) {
        return;
    }
    status->engine->watch = NULL;
    tz_close(status->zone);
    free(status->path);
    free(status);
}

// --- Hooks. ---

void status_round(struct status *status, int64_t busy_us, int64_t mono_us)
{
    histogram_add(&status->lag, busy_us);
    recent_add(&status->recent_lag, mono_us, busy_us);
}

void status_sent(struct status *status, const struct outbox_row *row, int64_t now_ms)
{
    if (row->planned_at != 0) {
        histogram_add(&status->lateness, (now_ms - row->planned_at) * 1000);
    }
    status->flights[(uint64_t)row->key_low % STATUS_FLIGHTS] =
        (struct status_flight){.key_low = row->key_low, .at_ms = now_ms};
}

static size_t place_of(const struct status *status, uint32_t connector)
{
    size_t place = 0;
    while (place < status->connector_count && status->connectors[place].row != connector) {
        place++;
    }
    return place < status->connector_count ? place : STATUS_CONNECTORS_MAX;
}

void status_answered(struct status *status, uint32_t connector, int64_t key_low, int64_t now_ms)
{
    struct status_flight *flight = &status->flights[(uint64_t)key_low % STATUS_FLIGHTS];
    const size_t place = place_of(status, connector);
    if (flight->key_low == key_low && flight->at_ms != 0 && place < STATUS_CONNECTORS_MAX) {
        histogram_add(&status->latency[place], (now_ms - flight->at_ms) * 1000);
        flight->at_ms = 0;
    }
}

void status_result(struct status *status, uint32_t connector, const char *code, size_t size)
{
    size_t which = 0;
    while (which < STATUS_CODES_MAX - 1 &&
           (strlen(status_codes[which]) != size || memcmp(status_codes[which], code, size) != 0)) {
        which++;
    }
    status->results[place_of(status, connector)][which]++;
}

// --- Groups. ---

static void look_group(struct status *status, uint32_t id, const struct group *row)
{
    struct status_totals *totals = &status->totals;
    totals->groups++;
    totals->members += row->members;
    totals->joins += row->joins;
    totals->leaves += row->leaves;
    totals->messages += row->messages;
    totals->orders += row->orders;
    if (id > UINT16_MAX || status->slot_of[id] != STATUS_GROUP_NONE ||
        status->group_count == STATUS_GROUPS_MAX) {
        return;
    }
    const size_t slot = status->group_count++;
    status->slot_of[id] = (uint16_t)slot;
    status->groups[slot].id = id;
    for (size_t i = 0; i <= STATUS_MINUTES; i++) {
        status->groups[slot].messages[i] = row->messages;
    }
}

static int64_t heard_of(const struct status *status, const struct status_group *group)
{
    const struct group *row = table_get(status->state, T_GROUPS, group->id);
    return row == NULL ? 0 : row->messages;
}

// Each full minute of the clock the counts move on by a place.
static void turn_ring(struct status *status, int64_t now_ms)
{
    const int64_t minute = now_ms / MINUTE_MS;
    if (status->ring_minute == 0) {
        status->ring_minute = minute;
        for (size_t i = 0; i <= STATUS_MINUTES; i++) {
            status->all_messages[i] = status->totals.messages;
        }
    }
    // A machine that slept for hours: once round is enough.
    for (size_t turns = 0; status->ring_minute < minute && turns <= STATUS_MINUTES; turns++) {
        status->ring = (status->ring + 1) % (STATUS_MINUTES + 1);
        status->ring_minutes += status->ring_minutes < STATUS_MINUTES;
        status->all_messages[status->ring] = status->totals.messages;
        for (size_t i = 0; i < status->group_count; i++) {
            status->groups[i].messages[status->ring] = heard_of(status, &status->groups[i]);
        }
        status->ring_minute++;
    }
    status->ring_minute = minute;
}

int64_t status_heard(const struct status *status, const int64_t *ring, int64_t now, size_t minutes)
{
    // The newest place holds the count at the last full minute: so many and a part of one more.
    const size_t size = STATUS_MINUTES + 1;
    const size_t back = minutes < STATUS_MINUTES ? minutes : STATUS_MINUTES;
    return now - ring[(status->ring + size - back) % size];
}

static void sample_groups(struct status *status, int64_t now_ms)
{
    status->totals = (struct status_totals){0};
    for (uint32_t id = 0; (id = table_next(status->state, T_GROUPS, id)) != 0;) {
        const struct group *row = table_get(status->state, T_GROUPS, id);
        if ((uint32_t)row->campaign == status->campaign) {
            look_group(status, id, row);
        }
    }
    turn_ring(status, now_ms);
}

// --- Budgets: the accounts of a campaign are many, those of its budgets are looked up by id. ---

int64_t status_balance(const struct status *status, uint32_t account)
{
    const struct account *row = table_get(status->state, T_ACCOUNTS, account);
    return row == NULL ? 0 : row->balance;
}

int64_t status_cap(const struct status *status, const struct status_budget *budget)
{
    return status_balance(status, budget->free) + status_balance(status, budget->reserved) +
           status_balance(status, budget->spent);
}

static struct status_budget *budget_named(struct status *status, const char *name)
{
    for (size_t i = 0; i < status->budget_count; i++) {
        if (strcmp(status->budgets[i].name, name) == 0) {
            return &status->budgets[i];
        }
    }
    if (status->budget_count == STATUS_BUDGETS_MAX) {
        return NULL;
    }
    struct status_budget *budget = &status->budgets[status->budget_count++];
    snprintf(budget->name, sizeof(budget->name), "%s", name);
    return budget;
}

static void look_account(struct status *status, uint32_t id, const struct account *row)
{
    static const char *const PARTS[] = {"budget:", "reserved:", "spent:"};
    const char *name = state_get_text(status->state, row->name);
    for (size_t i = 0; i < 3; i++) {
        const size_t size = strlen(PARTS[i]);
        if (strncmp(name, PARTS[i], size) != 0 || strlen(name + size) >= 64) {
            continue;
        }
        struct status_budget *budget = budget_named(status, name + size);
        if (budget != NULL) {
            *(i == 0 ? &budget->free : i == 1 ? &budget->reserved : &budget->spent) = id;
        }
        return;
    }
}

static void sample_budgets(struct status *status)
{
    // The first time all of them, as a start reads every row anyway.
    const size_t most = status->account == 0 ? SIZE_MAX : STATUS_ROWS_A_SAMPLE;
    for (size_t rows = 0; rows < most; rows++) {
        const uint32_t id = table_next(status->state, T_ACCOUNTS, status->account);
        if (id == 0) {
            return;
        }
        const struct account *row = table_get(status->state, T_ACCOUNTS, id);
        status->account = id;
        if ((uint32_t)row->campaign == status->campaign) {
            look_account(status, id, row);
        }
    }
}

// --- All of it. ---

static void sample_zone(struct status *status)
{
    const struct campaign *row = table_get(status->state, T_CAMPAIGNS, status->campaign);
    struct err ignored = {0};
    if (row == NULL || (status->zone != NULL && status->zone_name == row->zone)) {
        return;
    }
    tz_close(status->zone);
    status->zone = NULL;
    status->zone_name = row->zone;
    if (!tz_open(state_get_text(status->state, row->zone), &status->zone, &ignored)) {
        status->zone = NULL;
    }
}

static void sample_rates(struct status *status, int64_t now_ms, int64_t mono_us)
{
    const int64_t past_us = mono_us - status->turns_at_us;
    if (status->turns_at_us == 0) {
        status->turns = status->engine->turns;
        status->turns_at_us = mono_us;
    } else if (past_us >= RATE_US) {
        status->turns_a_second =
            (double)(status->engine->turns - status->turns) * 1e6 / (double)past_us;
        status->turns = status->engine->turns;
        status->turns_at_us = mono_us;
    }
    const uint64_t errors = script_errors(status->engine->script);
    if (errors != status->errors_seen) {
        status->errors_seen = errors;
        status->errors_at = now_ms;
    }
    if (status->path != NULL && now_ms >= status->backup_look_at) {
        status->backup_look_at = now_ms + BACKUP_LOOK_MS;
        status->backup_ms = backup_last_ms(status->path);
    }
    store_get_figures(status->engine->store, &status->storage);
    status->mono_us = mono_us;
}

int64_t status_next_at(const struct status *status)
{
    return status->sample_at;
}

void status_sample(struct status *status, const struct status_world *world, int64_t now_ms,
                   int64_t mono_us)
{
    // The clock may have been set back.
    if (now_ms < status->sample_at && status->sample_at - now_ms <= STATUS_SAMPLE_MS) {
        return;
    }
    status->sample_at = now_ms + STATUS_SAMPLE_MS;
    status->sampled_ms = now_ms;
    status->clients = world->clients;
    status->connector_count = world->connector_count < STATUS_CONNECTORS_MAX
                                  ? world->connector_count
                                  : STATUS_CONNECTORS_MAX;
    memcpy(status->connectors, world->connectors,
           status->connector_count * sizeof(status->connectors[0]));
    sample_zone(status);
    sample_groups(status, now_ms);
    sample_budgets(status);
    status_walk(status, now_ms);
    sample_rates(status, now_ms, mono_us);
}

void status_clock(const struct status *status, int64_t at_ms, char out[16])
{
    const int64_t local_ms =
        at_ms + (status->zone == NULL ? 0 : (int64_t)tz_offset_s(status->zone, at_ms) * 1000);
    const int64_t second = ((local_ms / 1000) % 86400 + 86400) % 86400;
    snprintf(out, 16, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
             (int)(second % 60));
}

int64_t status_unsettled(const struct status *status)
{
    // Every one that is parked has a row of its own, even if it leaves memory at once.
    const int64_t since = (int64_t)table_last(status->state, T_PARKED) - status->parked_last -
                          (int64_t)status->engine->released;
    const int64_t held = status->found.parked.holds + status->found.parked.waits;
    return status->parked_before + since > held ? status->parked_before + since : held;
}

int64_t status_suspended(const struct status *status)
{
    int64_t count = 0;
    for (uint32_t id = 0; (id = table_next(status->state, T_DAYS, id)) != 0;) {
        const struct day *day = status_day(status, (int32_t)id);
        count += day != NULL && day->status == 2;
    }
    return count;
}
