// drumbeat run: a campaign for real, or on recorded events (--feed).
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/control.h"
#include "app/feed.h"
#include "app/live.h"
#include "app/paths.h"
#include "app/reload.h"
#include "app/report.h"
#include "base/json.h"
#include "base/money.h"
#include "base/tz.h"
#include "loop/loop.h"
#include "script/data.h"

#define PROBLEMS_MAX ((size_t)1 << 20)
#define FAULTS_SHOWN 20  // Bad lines, and errors of playbooks, told one by one.
#define REPORT_MAX ((size_t)64 << 20)

struct run {
    struct cli *cli;
    const char *folder;
    struct paths paths;
    struct engine engine;
    struct live *live;
    uint32_t campaign;
    struct buf problems;
    uint64_t bad_lines, script_errors;
};

static void print_problems(const struct run *run)
{
    if (run->problems.size > 0) {
        fwrite(run->problems.data, 1, run->problems.size, stderr);
    }
}

// What campaign.lua says about itself, learned in an engine of its own.
static bool look_at(struct run *run, struct engine_about *about, struct err *e)
{
    struct engine probe;
    const struct engine_options options = {
        .drop_journal = true,
        .forgets = true,
        .playbook_dirs = (const char *const *)run->paths.dirs,
        .lua_dir = data_lua_dir(),
    };
    const uint8_t seed[32] = {0};
    const struct script_overrides overrides = {.seed = seed};
    if (!engine_open(&probe, &options, e)) {
        return false;
    }
    const bool ok = engine_look(&probe, run->folder, &overrides, about, &run->problems, e);
    struct err ignored = {0};
    (void)engine_close(&probe, &ignored);
    return ok;
}

static bool draw_seed(const struct cli *cli, struct sha256 *seed, struct err *e)
{
    if (cli_has(cli, "seed")) {
        char text[64];
        snprintf(text, sizeof(text), "run/%lld", (long long)cli_number(cli, "seed", 1));
        *seed = sha256_of(text, strlen(text));
        return true;
    }
    return getrandom(seed->bytes, sizeof(seed->bytes), 0) == (ssize_t)sizeof(seed->bytes) ||
           err_set(e, ERR_FAULT, "the system gives no random numbers");
}

static void clock_text(const struct state *state, uint32_t campaign, int64_t at_ms, char out[16])
{
    const struct campaign *row = table_get(state, T_CAMPAIGNS, campaign);
    struct tz *zone;
    struct err e = {0};
    snprintf(out, 16, "?");
    if (tz_open(state_get_text(state, row->zone), &zone, &e)) {
        struct tz_civil civil;
        tz_to_local(zone, at_ms, &civil);
        snprintf(out, 16, "%02d:%02d:%02d", civil.hour, civil.minute, civil.second);
        tz_close(zone);
    }
}

// Tells what an engine that was down has missed, and what becomes of it.
static void tell_opening(const struct run *run, const struct opening *opening)
{
    char since[16];
    char until[16];
    clock_text(run->engine.state, run->campaign, opening->since_ms, since);
    clock_text(run->engine.state, run->campaign, opening->until_ms, until);
    cli_warn(run->cli, "the engine was down %s-%s: %u %s late, %u %s skipped%s%s%s", since, until,
             opening->late, opening->late == 1 ? "entry runs" : "entries run", opening->skipped,
             opening->skipped == 1 ? "is" : "are", opening->skipped == 0 ? "" : " (",
             opening->names, opening->skipped == 0 ? "" : ")");
}

// Whether the database has the campaign already (run->campaign).
static bool find_known(struct run *run, const struct engine_about *about, struct err *e)
{
    struct state *state = run->engine.state;
    const text_id name = state_text(state, about->name, strlen(about->name));
    run->campaign = TABLE_FIND(state, T_CAMPAIGNS, CAMPAIGNS_BY_NAME, name);
    const struct campaign *row = table_get(state, T_CAMPAIGNS, run->campaign);
    if (row != NULL && row->rehearsal) {
        return err_set(e, ERR_INVALID, "%s holds a rehearsal of '%s'; give another --db",
                       cli_text(run->cli, "db", "memory"), about->name);
    }
    return true;
}

// Binds a campaign that the database doesn't have: its turn stays open, and let_it_run or
// engine_unbind must follow.
static bool bind_new(struct run *run, int64_t at_ms, struct err *e)
{
    struct sha256 seed;
    if (!draw_seed(run->cli, &seed, e)) {
        return false;
    }
    const struct script_overrides overrides = {.seed = seed.bytes};
    return engine_bind(&run->engine, run->folder, &overrides, at_ms, &run->campaign, &run->problems,
                       e);
}

// Playbooks that were edited after something of them was halted take over: it goes on with them. If
// nothing is halted, or nothing was edited, all stays as it is.
static void mend(struct run *run, int64_t at_ms)
{
    struct engine *engine = &run->engine;
    const size_t halted = script_halted(engine->script);
    struct reload_plan *plan = NULL;
    struct err e = {0};
    if (halted == 0) {
        return;
    }
    buf_clear(&run->problems);
    if (!reload_plan_new(engine, run->campaign, run->folder, at_ms, &plan, &run->problems, &e)) {
        print_problems(run);
        cli_warn(run->cli, "%zu halted before: the playbooks have mistakes, they stay halted",
                 halted);
    } else if (reload_plan_is_empty(plan)) {
        cli_warn(run->cli,
                 "%zu halted before, and no playbook was changed: drumbeat parked lists them",
                 halted);
    } else if (!reload_apply(engine, plan, "restart", at_ms, &run->problems, &e)) {
        print_problems(run);
        cli_warn(run->cli, "%zu halted before stay halted: %s", halted, e.text);
    } else {
        struct buf text;
        buf_init(&text, REPORT_MAX);
        reload_plan_text(plan, &text);
        fwrite(text.data, 1, text.size, stderr);
        buf_deinit(&text);
        cli_warn(run->cli, "the playbooks were changed: what was halted goes on (%zu of %zu)",
                 halted - script_halted(engine->script), halted);
    }
    reload_plan_free(plan);
    buf_clear(&run->problems);
}

// Starts what bind_new has bound, or goes on with what the database has.
static void let_it_run(struct run *run, int64_t at_ms, bool known)
{
    struct opening opening;
    if (!known) {
        engine_keep(&run->engine, run->campaign, NULL);
        return;
    }
    if (turn_open(&run->engine, at_ms, &opening) && opening.since_ms < opening.until_ms &&
        !run->cli->quiet) {
        tell_opening(run, &opening);
    }
    mend(run, at_ms);
}

// The campaign can't be taken up: its mistakes, or why.
static int refuse(struct run *run, const struct err *e)
{
    print_problems(run);
    return script_has_errors(&run->problems) ? EXIT_INVALID : cli_fail(run->cli, e);
}

static int print_report(struct run *run)
{
    const struct report_options report = {.campaign = run->campaign,
                                          .chinese = run->cli->lang == CLI_ZH};
    size_t broken = 0;
    struct buf out;
    struct err e = {0};
    buf_init(&out, REPORT_MAX);
    const bool ok =
        cli_has(run->cli, "json")
            ? report_json(run->engine.store, &report, &out, &broken, &e)
            : report_text(run->engine.store, &report, &run->cli->out, &out, &broken, &e);
    if (ok) {
        fwrite(out.data, 1, out.size, stdout);
    }
    buf_deinit(&out);
    if (!ok) {
        return cli_fail(run->cli, &e);
    }
    return broken > 0 ? EXIT_PROMISE : EXIT_OK;
}

// --- Recorded events. ---

static void on_bad_line(void *ctx, uint64_t line, const char *error)
{
    struct run *run = ctx;
    if (run->bad_lines++ < FAULTS_SHOWN) {
        cli_warn(run->cli, "%s:%llu: %s", cli_text(run->cli, "feed", ""), (unsigned long long)line,
                 error);
    }
}

static void print_counts(const struct run *run, const struct feed_counts *counts, int64_t us)
{
    char after[64] = "";
    if (run->bad_lines > FAULTS_SHOWN) {
        cli_warn(run->cli, "%llu more lines were refused; all are in the database, table parked",
                 (unsigned long long)(run->bad_lines - FAULTS_SHOWN));
    }
    if (counts->after > 0) {
        snprintf(after, sizeof(after), ", %llu after the end", (unsigned long long)counts->after);
    }
    if (counts->waiting > 0) {
        cli_warn(run->cli, "%llu %s behind what was refused: drumbeat parked shows what to settle",
                 (unsigned long long)counts->waiting,
                 counts->waiting == 1 ? "event waits" : "events wait");
    }
    if (run->script_errors > FAULTS_SHOWN) {
        cli_warn(run->cli, "%llu more errors of playbooks",
                 (unsigned long long)(run->script_errors - FAULTS_SHOWN));
    }
    if (!run->cli->quiet) {
        fprintf(stderr, "%llu lines: %llu events, %llu seen before, %llu refused%s · %.2f s\n",
                (unsigned long long)counts->lines, (unsigned long long)counts->events,
                (unsigned long long)counts->duplicates, (unsigned long long)counts->refused, after,
                (double)us / 1e6);
    }
}

// The commands of a campaign that is taken up again stand behind those sent before.
static bool start_out(struct run *run, FILE *out, bool known, struct err *e)
{
    return out == NULL || known || ftruncate(fileno(out), 0) == 0 || errno == EINVAL ||  // A pipe.
           err_set(e, ERR_FAULT, "could not write %s", cli_text(run->cli, "out", ""));
}

static int play_feed(struct run *run, const struct engine_about *about, FILE *out, struct err *e)
{
    struct feed *feed;
    struct feed_counts counts = {0};
    const struct feed_options options = {
        .path = cli_text(run->cli, "feed", NULL),
        .out = out,
        .currency_decimals = money_decimals(about->currency),
        .until_ms = about->until_at,
        .on_bad_line = on_bad_line,
        .ctx = run,
    };
    if (!feed_open(&feed, &run->engine, &options, e)) {
        return cli_fail(run->cli, e);
    }
    const int64_t started_us = loop_mono_us();
    const int64_t first = feed_first_ms(feed);
    const int64_t from = first < about->from_at ? first : about->from_at;
    const bool known = run->campaign != 0;
    if (!known && !bind_new(run, from, e)) {
        feed_close(feed);
        return refuse(run, e);
    }
    let_it_run(run, from, known);
    const bool ok = start_out(run, out, known, e) && feed_play(feed, from, &counts, e);
    feed_close(feed);
    if (!ok) {
        const int code = cli_fail(run->cli, e);
        return counts.stopped_by != 0 ? 128 + counts.stopped_by : code;
    }
    print_counts(run, &counts, loop_mono_us() - started_us);
    return print_report(run);
}

static int run_feed(struct run *run, const struct engine_about *about, struct err *e)
{
    FILE *out = NULL;
    const char *path = cli_text(run->cli, "out", NULL);
    if (path != NULL) {
        out = fopen(path, "abe");
        if (out == NULL) {
            err_set(e, ERR_FAULT, "could not write %s: %s", path, strerror(errno));
            return cli_fail(run->cli, e);
        }
    }
    const int code = play_feed(run, about, out, e);
    if (out != NULL && fclose(out) != 0 && code == EXIT_OK) {
        err_set(e, ERR_FAULT, "could not write %s: %s", path, strerror(errno));
        return cli_fail(run->cli, e);
    }
    return code;
}

// --- For real. ---

static void on_note(void *ctx, const char *text)
{
    struct run *run = ctx;
    cli_warn(run->cli, "%s", text);
}

static void on_script_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    struct run *run = ctx;
    if (cli_has(run->cli, "feed") && run->script_errors++ >= FAULTS_SHOWN) {
        return;  // A recording can bring the same fault a million times; the last line counts them.
    }
    cli_warn(run->cli, "%s, \"%s\": %s", playbook, scene, error);
}

// A recording is played in its own time.
static bool is_to_come(const struct run *run, const struct engine_about *about, struct err *e)
{
    return cli_has(run->cli, "feed") || about->until_at > loop_wall_ms() ||
           err_set(e, ERR_INVALID,
                   "the campaign '%s' is over by its dates: change `from` in campaign.lua, or "
                   "rehearse it",
                   about->name);
}

static int run_live(struct run *run, const struct engine_about *about, struct err *e)
{
    const int64_t now_ms = loop_wall_ms();
    if (!is_to_come(run, about, e)) {
        return cli_fail(run->cli, e);
    }
    const bool known = run->campaign != 0;
    if (!known && !bind_new(run, now_ms, e)) {
        return refuse(run, e);
    }
    char question[300];
    snprintf(question, sizeof(question),
             "This starts '%s' for real: it sends to its groups and spends its budgets.",
             about->name);
    const int asked = cli_confirm(run->cli, question, about->name);
    if (asked != EXIT_OK) {
        if (!known) {
            engine_unbind(&run->engine);
        }
        return asked;
    }
    let_it_run(run, now_ms, known);
    // A campaign that goes on answers before the disk has taken that it does. Room is waited for.
    if (!known && !engine_flush(&run->engine, e) && !run->engine.full) {
        return cli_fail(run->cli, e);
    }
    char control[512];
    struct err unreachable = {0};
    const char *own = getenv("DRUMBEAT_RUN_DIR");
    if (own != NULL && strcmp(own, "none") == 0) {
        control[0] = '\0';
    } else if (control_folder(about->name, control, sizeof(control), &unreachable)) {
        live_set_control(run->live, control, run->campaign);
    } else {
        cli_warn(run->cli, "nobody can attach: %s", unreachable.text);
    }
    if (!live_run(run->live, &run->engine, e)) {
        return cli_fail(run->cli, e);
    }
    return print_report(run);
}

static int run_as(struct run *run, const struct engine_about *about, struct err *e)
{
    buf_clear(&run->problems);  // Warnings, found again when it is bound.
    return !find_known(run, about, e)  ? cli_fail(run->cli, e)
           : cli_has(run->cli, "feed") ? run_feed(run, about, e)
                                       : run_live(run, about, e);
}

static int run_with(struct run *run, struct err *e)
{
    struct engine_about about = {0};
    const bool feed = cli_has(run->cli, "feed");
    const char *db = cli_text(run->cli, "db", NULL);
    if (!feed && db == NULL) {
        return cli_usage(run->cli, "a live campaign needs --db FILE: the brand's database");
    }
    struct stat file;
    // What is wrong with a new campaign is told before a file is made.
    const bool may_know = db != NULL && stat(db, &file) == 0 && file.st_size > 0;
    if (!may_know && (!look_at(run, &about, e) || !is_to_come(run, &about, e))) {
        return refuse(run, e);
    }
    const struct live_options live = {.folder = run->folder,
                                      .on_note = on_note,
                                      .ctx = run,
                                      .db = db,
                                      .metrics_port = cli_number(run->cli, "metrics", 0)};
    if (!live_new(&run->live, &live, e)) {
        return cli_fail(run->cli, e);
    }
    const struct engine_options options = {
        .path = db,
        .playbook_dirs = (const char *const *)run->paths.dirs,
        .drop_journal = db == NULL,  // Nobody will read it.
        .lua_dir = data_lua_dir(),
        .on_news = feed ? NULL : live_news,
        .ctx = run->live,
    };
    if (!engine_open(&run->engine, &options, e)) {
        live_free(run->live);
        return cli_fail(run->cli, e);
    }
    script_on_error(run->engine.script, on_script_error, run);
    const bool learnt =
        !may_know || engine_knows(&run->engine, run->folder, &about) || look_at(run, &about, e);
    int code = !learnt ? refuse(run, e) : run_as(run, &about, e);
    if (code == EXIT_OK && script_errors(run->engine.script) > 0) {
        code = EXIT_FAILED;
    }
    struct err closing = {0};
    if (!engine_close(&run->engine, &closing) && code == EXIT_OK) {
        code = cli_fail(run->cli, &closing);
    }
    live_free(run->live);
    return code;
}

int cmd_run(struct cli *cli)
{
    struct err e = {0};
    struct run run = {.cli = cli, .folder = cli_arg(cli, 0, ".")};
    paths_init(&run.paths, run.folder);
    buf_init(&run.problems, PROBLEMS_MAX);
    const int code = run_with(&run, &e);
    buf_deinit(&run.problems);
    paths_deinit(&run.paths);
    return code;
}
