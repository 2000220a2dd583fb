#include "app/rehearse.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/paths.h"
#include "app/virtual.h"
#include "base/rng.h"
#include "base/tz.h"
#include "link/crowd.h"
#include "loop/loop.h"
#include "script/data.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
    interrupted = signum;
}

struct running {
    struct rehearsal *rehearsal;
    const struct rehearsal_options *options;
    struct crowd *crowd;
    struct hostile *hostile;  // Between the crowd and the engine; NULL: nothing goes wrong.
    size_t days;
    int64_t sampled_ms;  // When the size of the state was looked at last.
};

#define STATE_SAMPLE_MS (15 * 60 * 1000)

// --- Progress: one bar a day. ---

static int64_t joins_so_far(const struct state *state)
{
    int64_t joins = 0;
    for (uint32_t id = 0; (id = table_next(state, T_GROUPS, id)) != 0;) {
        joins += ((const struct group *)table_get(state, T_GROUPS, id))->joins;
    }
    return joins;
}

// Names of the playbooks of a day's tracks: "wake-up + trust".
static void day_name(const struct state *state, const struct day *day, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t id = 0; (id = table_next(state, T_DAYS, id)) != 0;) {
        const struct day *other = table_get(state, T_DAYS, id);
        const char *playbook = state_get_text(state, other->playbook);
        if (other->campaign != day->campaign || other->number != day->number ||
            strstr(out, playbook) != NULL) {
            continue;
        }
        const int more =
            snprintf(out + used, size - used, "%s%s", used == 0 ? "" : " + ", playbook);
        if (more < 0 || (size_t)more >= size - used) {
            return;
        }
        used += (size_t)more;
    }
}

static void show_day(const struct running *running, const struct day *day, int64_t now_ms)
{
    const struct state *state = running->rehearsal->engine.state;
    const double length = (double)(day->until_at - day->from_at);
    const double fraction = now_ms >= day->until_at ? 1 : (double)(now_ms - day->from_at) / length;
    char name[96];
    char counters[160];
    day_name(state, day, name, sizeof(name));
    snprintf(counters, sizeof(counters), "joined %lld  vouchers %u  plays %u  orders %u",
             (long long)joins_so_far(state), table_last(state, T_VOUCHERS),
             table_last(state, T_PLAYS), table_last(state, T_ORDERS));
    progress_day(running->options->progress, (size_t)(day->number < 1 ? 1 : day->number), name,
                 fraction, counters);
}

static void sample_state(struct running *running, int64_t now_ms)
{
    const size_t bytes = state_memory(running->rehearsal->engine.state);
    struct rehearsal *rehearsal = running->rehearsal;
    rehearsal->state_peak = bytes > rehearsal->state_peak ? bytes : rehearsal->state_peak;
    running->sampled_ms = now_ms;
}

static void on_tick(void *ctx, int64_t now_ms)
{
    struct running *running = ctx;
    const struct state *state = running->rehearsal->engine.state;
    if (now_ms - running->sampled_ms >= STATE_SAMPLE_MS) {
        sample_state(running, now_ms);
    }
    if (running->options->progress == NULL) {
        return;
    }
    // The last day that has begun, one of each number: tracks share a bar.
    const struct day *current = NULL;
    for (uint32_t id = 0; (id = table_next(state, T_DAYS, id)) != 0;) {
        const struct day *day = table_get(state, T_DAYS, id);
        if (day->from_at <= now_ms && (current == NULL || day->number > current->number)) {
            current = day;
        }
    }
    if (current != NULL) {
        show_day(running, current, now_ms);
    }
}

// --- The world: the crowd gives and hears. ---

static int64_t world_next(void *ctx)
{
    const struct running *running = ctx;
    if (running->hostile != NULL) {
        return hostile_next(running->hostile);
    }
    return running->crowd == NULL ? INT64_MAX : crowd_next(running->crowd);
}

static bool world_take(void *ctx, struct event *out)
{
    const struct running *running = ctx;
    return running->hostile != NULL ? hostile_take(running->hostile, out)
                                    : crowd_take(running->crowd, out);
}

static void world_hear(void *ctx, uint32_t effect, int64_t now_ms)
{
    const struct running *running = ctx;
    if (running->options->on_effect != NULL) {
        running->options->on_effect(running->options->ctx, &running->rehearsal->engine, effect,
                                    now_ms);
    }
    if (running->crowd != NULL) {
        crowd_hear(running->crowd, effect, now_ms);
    }
}

static void world_send(void *ctx, uint32_t effect, int64_t now_ms)
{
    const struct running *running = ctx;
    if (running->options->on_effect != NULL) {
        running->options->on_effect(running->options->ctx, &running->rehearsal->engine, effect,
                                    now_ms);
    }
    hostile_send(running->hostile, effect, now_ms);
}

static int64_t world_wake(void *ctx, int64_t now_ms)
{
    const struct running *running = ctx;
    return hostile_wake(running->hostile, now_ms);
}

static bool world_stop(void *ctx)
{
    (void)ctx;
    return interrupted != 0;
}

// --- Setting up. ---

static bool open_crowd(struct running *running, struct err *e)
{
    const struct rehearsal_options *options = running->options;
    struct buf params;
    buf_init(&params, (size_t)1 << 20);
    bool ok = data_load(options->crowd_file, "crowd", &params, e);
    if (ok) {
        const struct crowd_options crowd = {
            .params = params.data, .params_size = params.size, .seed = options->seed};
        ok = crowd_new(&running->crowd, &running->rehearsal->engine.core, &crowd, e);
    }
    buf_deinit(&params);
    return ok;
}

static void open_hostile(struct running *running)
{
    const struct rehearsal *rehearsal = running->rehearsal;
    const struct hostile_options options = {
        .core = &running->rehearsal->engine.core,
        .crowd = running->crowd,
        .seed = running->options->seed,
        .campaign = rehearsal->campaign,
        .from_ms = rehearsal->from_at,
        .until_ms = rehearsal->until_at,
    };
    running->hostile = hostile_new(&options);
}

static void campaign_span(struct rehearsal *rehearsal, struct running *running)
{
    const struct campaign *row =
        table_get(rehearsal->engine.state, T_CAMPAIGNS, rehearsal->campaign);
    rehearsal->from_at = row->from_at;
    rehearsal->until_at = row->until_at;
    for (uint32_t id = 0; (id = table_next(rehearsal->engine.state, T_DAYS, id)) != 0;) {
        const struct day *day = table_get(rehearsal->engine.state, T_DAYS, id);
        if (day->number > 0 && (size_t)day->number > running->days) {
            running->days = (size_t)day->number;
        }
    }
}

bool rehearsal_when(struct engine *engine, uint32_t campaign, const char *text, int64_t *at_ms,
                    struct err *e)
{
    int number = 0;
    int used = 0;
    char clock[16] = "";
    int32_t seconds = 86400;
    struct tz *zone;
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    if (sscanf(text, "day%d%n", &number, &used) != 1 || number < 1 ||
        (text[used] != '\0' && sscanf(text + used, " %15s", clock) != 1)) {
        return err_set(e, ERR_INVALID, "'%s' is no time: write day3 or \"day3 21:00\"", text);
    }
    if (clock[0] != '\0' && !tz_parse_clock(clock, strlen(clock), &seconds, e)) {
        return false;
    }
    if (!tz_open(state_get_text(engine->state, row->zone), &zone, e)) {
        return false;
    }
    struct tz_civil civil;
    tz_to_local(zone, row->from_at, &civil);
    civil.day += number - 1;
    civil.hour = 0;
    civil.minute = 0;
    civil.second = seconds;
    tz_from_local(zone, &civil, at_ms);
    tz_close(zone);
    return true;
}

// campaign.lua tells when the campaign begins; it is bound at that time.
static bool start_campaign(struct rehearsal *rehearsal, const struct rehearsal_options *options,
                           struct buf *problems, struct err *e)
{
    char text[64];
    snprintf(text, sizeof(text), "rehearsal/%llu", (unsigned long long)options->seed);
    const struct sha256 seed = sha256_of(text, strlen(text));
    const struct script_overrides overrides = {
        .groups = options->groups, .members = options->members, .seed = seed.bytes};
    struct engine_about about;
    if (!engine_look(&rehearsal->engine, options->folder, &overrides, &about, problems, e)) {
        return false;
    }
    buf_clear(problems);
    return engine_start(&rehearsal->engine, options->folder, &overrides, about.from_at, true,
                        &rehearsal->campaign, problems, e);
}

static bool play(struct running *running, struct err *e)
{
    struct rehearsal *rehearsal = running->rehearsal;
    const struct rehearsal_options *options = running->options;
    int64_t until = rehearsal->until_at;
    if (options->until != NULL &&
        !rehearsal_when(&rehearsal->engine, rehearsal->campaign, options->until, &until, e)) {
        return false;
    }
    if (until > rehearsal->until_at) {
        return err_set(e, ERR_INVALID, "--until %s: the campaign is over by then", options->until);
    }
    if (!options->quiet_world) {
        if (!open_crowd(running, e)) {
            return false;
        }
        crowd_begin(running->crowd, rehearsal->campaign, rehearsal->from_at);
    }
    if (options->hostile && running->crowd != NULL) {
        open_hostile(running);
    }
    const struct virtual_world world = {
        .next = world_next,
        .take = world_take,
        .hear = world_hear,
        .send = running->hostile == NULL ? NULL : world_send,
        .wake = running->hostile == NULL ? NULL : world_wake,
        .tick = on_tick,
        .stop = world_stop,
        .ctx = running,
    };
    if (!virtual_run(&rehearsal->engine, &world, rehearsal->from_at, until, e)) {
        return false;
    }
    on_tick(running, until);
    rehearsal->interrupted = (int)interrupted;
    rehearsal->stopped = interrupted != 0 || until < rehearsal->until_at;
    return true;
}

bool rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_options *options,
                   struct buf *problems, struct err *e)
{
    *rehearsal = (struct rehearsal){0};
    struct paths paths;
    paths_init(&paths, options->folder);
    const struct engine_options engine = {
        .path = options->db,
        .drop_journal = options->db == NULL,
        .rehearsal = true,
        .fresh = true,
        .paranoid = options->paranoid,
        .playbook_dirs = (const char *const *)paths.dirs,
        .lua_dir = data_lua_dir(),
    };
    if (!engine_open(&rehearsal->engine, &engine, e)) {
        paths_deinit(&paths);
        return false;
    }
    script_on_error(rehearsal->engine.script, options->on_error, options->on_error_ctx);
    rehearsal->engine.on_kept = options->on_kept;
    rehearsal->engine.on_kept_ctx = options->on_kept_ctx;
    struct running running = {.rehearsal = rehearsal, .options = options};
    const int64_t started_us = loop_mono_us();
    const int64_t cpu_us = loop_cpu_us(false);
    const int64_t all_cpu_us = loop_cpu_us(true);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    bool ok = start_campaign(rehearsal, options, problems, e);
    paths_deinit(&paths);
    if (ok) {
        campaign_span(rehearsal, &running);
        if (options->progress != NULL) {
            char title[200];
            snprintf(title, sizeof(title),
                     "REHEARSAL  %s  seed %llu: nothing is sent, no money moves", options->folder,
                     (unsigned long long)options->seed);
            progress_begin(options->progress, title, running.days);
        }
        ok = play(&running, e);
    }
    if (running.hostile != NULL) {
        rehearsal->told = hostile_tell(running.hostile);
    }
    hostile_free(running.hostile);
    crowd_free(running.crowd);
    rehearsal->turns = rehearsal->engine.turns;
    rehearsal->wall_us = loop_mono_us() - started_us;
    rehearsal->cpu_us = loop_cpu_us(false) - cpu_us;
    rehearsal->storage_cpu_us = loop_cpu_us(true) - all_cpu_us - rehearsal->cpu_us;
    rehearsal->script_errors = script_errors(rehearsal->engine.script);
    if (!ok) {
        struct err ignored = {0};
        (void)engine_close(&rehearsal->engine, &ignored);
    }
    return ok;
}

void rehearsal_close(struct rehearsal *rehearsal)
{
    struct err ignored = {0};
    (void)engine_close(&rehearsal->engine, &ignored);
}
