// Paired rehearsals of a change: the copy, the processes, and their figures put together.
#include "app/whatif.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/rehearse.h"
#include "app/report.h"
#include "app/tweak.h"
#include "app/whatif_arm.h"
#include "loop/loop.h"
#include "script/data.h"

#define RECENT_MS (60 * 60 * 1000)
#define TOLD_MAX ((size_t)64 << 20)  // By one arm.
#define DAY_MS INT64_C(86400000)

const char *const whatif_kind_names[WHATIF_KIND_COUNT] = {"paid",     "members", "revenue", "spent",
                                                          "messages", "errors",  "promise"};

// --- Figures. ---

static struct whatif_figure *find_figure(struct whatif *whatif, enum whatif_kind kind,
                                         const char *name, size_t runs)
{
    for (size_t i = 0; i < whatif->figure_count; i++) {
        if (whatif->figures[i].kind == kind && strcmp(whatif->figures[i].name, name) == 0) {
            return &whatif->figures[i];
        }
    }
    whatif->figures =
        xrealloc(whatif->figures, (whatif->figure_count + 1) * sizeof(*whatif->figures));
    struct whatif_figure *figure = &whatif->figures[whatif->figure_count++];
    *figure = (struct whatif_figure){
        .kind = kind,
        .values = {xcalloc(runs, sizeof(double)), xcalloc(runs, sizeof(double))},
    };
    snprintf(figure->name, sizeof(figure->name), "%s", name);
    return figure;
}

static int compare_figures(const void *a, const void *b)
{
    const struct whatif_figure *left = a;
    const struct whatif_figure *right = b;
    return left->kind != right->kind ? (left->kind > right->kind) - (left->kind < right->kind)
                                     : strcmp(left->name, right->name);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double share)
{
    const double at = share * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (sorted[above] - sorted[below]) * (at - (double)below);
}

struct whatif_range whatif_range(const double *values, size_t count)
{
    struct whatif_range range = {0};
    if (count == 0) {
        return range;
    }
    double *sorted = xcalloc(count, sizeof(*sorted));
    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_doubles);
    range.p5 = quantile(sorted, count, 0.05);
    range.median = quantile(sorted, count, 0.5);
    range.p95 = quantile(sorted, count, 0.95);
    free(sorted);
    return range;
}

struct whatif_range whatif_difference(const struct whatif_figure *figure, size_t runs)
{
    double *values = xcalloc(runs + 1, sizeof(*values));
    for (size_t i = 0; i < runs; i++) {
        values[i] = figure->values[1][i] - figure->values[0][i];
    }
    const struct whatif_range range = whatif_range(values, runs);
    free(values);
    return range;
}

void whatif_compare(const struct whatif_figure *figure, size_t runs, size_t *higher, size_t *lower)
{
    *higher = *lower = 0;
    for (size_t i = 0; i < runs; i++) {
        *higher += figure->values[1][i] > figure->values[0][i];
        *lower += figure->values[1][i] < figure->values[0][i];
    }
}

static size_t count_same(const struct whatif *whatif)
{
    size_t same = 0;
    for (size_t run = 0; run < whatif->runs; run++) {
        bool all = true;
        for (size_t i = 0; i < whatif->figure_count && all; i++) {
            const double *const *values = (const double *const *)whatif->figures[i].values;
            all = memcmp(&values[0][run], &values[1][run], sizeof(double)) == 0;
        }
        same += all;
    }
    return same;
}

// --- What an arm told. ---

static bool take_line(struct whatif *whatif, char *line, size_t run, bool with, size_t runs,
                      bool *ended, struct err *e)
{
    char *name = strchr(line, '\t');
    if (name == NULL) {
        *ended = strcmp(line, "end") == 0;
        return *ended || err_set(e, ERR_FAULT, "an arm told '%s'", line);
    }
    *name++ = '\0';
    if (strcmp(line, "error") == 0) {
        return err_set(e, ERR_FAULT, "%s", name);
    }
    char *value = strchr(name, '\t');
    CHECK(value != NULL);
    *value++ = '\0';
    if (strcmp(line, "people") == 0) {
        whatif->people = strtoull(value, NULL, 10);
        return true;
    }
    for (int kind = 0; kind < WHATIF_KIND_COUNT; kind++) {
        if (strcmp(line, whatif_kind_names[kind]) == 0) {
            find_figure(whatif, (enum whatif_kind)kind, name, runs)->values[with][run] =
                strtod(value, NULL);
        }
    }
    return true;
}

static bool take_told(struct whatif *whatif, struct buf *told, size_t run, bool with, size_t runs,
                      struct err *e)
{
    bool ended = false;
    buf_putc(told, '\0');
    for (char *line = told->data; *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            break;
        }
        *end = '\0';
        if (!take_line(whatif, line, run, with, runs, &ended, e)) {
            return false;
        }
        line = end + 1;
    }
    return ended || err_set(e, ERR_FAULT, "a rehearsal ended before its time (out of memory?)");
}

// --- Processes. ---

struct job {
    pid_t pid;
    int fd;  // -1: free
    size_t run;
    bool with;
    struct buf told;
};

static bool start_job(struct job *job, const struct whatif_start *start, size_t run, bool with,
                      struct err *e)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return err_set(e, ERR_FAULT, "no pipe: %s", strerror(errno));
    }
    fflush(stdout);
    fflush(stderr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            whatif_arm(start, run, with, ends[1]);
        }
        _exit(0);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_set(e, ERR_FAULT, "no process: %s", strerror(errno));
    }
    *job = (struct job){.pid = pid, .fd = ends[0], .run = run, .with = with};
    buf_init(&job->told, TOLD_MAX);
    return true;
}

static void end_job(struct job *job, bool stop)
{
    if (job->fd < 0) {
        return;
    }
    close(job->fd);
    job->fd = -1;
    if (stop) {
        (void)kill(job->pid, SIGKILL);
    }
    while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    buf_deinit(&job->told);
}

// Reads what a job tells; *done: it has told all.
static bool read_job(struct job *job, bool *done, struct err *e)
{
    char chunk[16384];
    const ssize_t size = read(job->fd, chunk, sizeof(chunk));
    if (size < 0 && errno != EINTR) {
        return err_set(e, ERR_FAULT, "reading a rehearsal: %s", strerror(errno));
    }
    if (size > 0) {
        buf_append(&job->told, chunk, (size_t)size);
    }
    *done = size == 0;
    return true;
}

struct pool {
    struct job jobs[WHATIF_JOBS_MAX];
    size_t count;
    size_t arms;  // To play in all.
    size_t started, done;
};

static bool pool_fill(struct pool *pool, const struct whatif_start *start, struct err *e)
{
    const bool pairs = start->options->line != NULL;
    for (size_t i = 0; i < pool->count && pool->started < pool->arms; i++) {
        if (pool->jobs[i].fd >= 0) {
            continue;
        }
        const size_t run = pairs ? pool->started / 2 : pool->started;
        if (!start_job(&pool->jobs[i], start, run, pairs && pool->started % 2 == 1, e)) {
            return false;
        }
        pool->started++;
    }
    return true;
}

static bool pool_wait(struct pool *pool, const struct whatif_start *start, struct whatif *out,
                      struct err *e)
{
    struct pollfd polled[WHATIF_JOBS_MAX];
    for (size_t i = 0; i < pool->count; i++) {
        polled[i] = (struct pollfd){.fd = pool->jobs[i].fd, .events = POLLIN};
    }
    if (poll(polled, pool->count, -1) < 0 && errno != EINTR) {
        return err_set(e, ERR_FAULT, "waiting for rehearsals: %s", strerror(errno));
    }
    for (size_t i = 0; i < pool->count; i++) {
        struct job *job = &pool->jobs[i];
        bool done = false;
        if (job->fd < 0 || polled[i].revents == 0) {
            continue;
        }
        if (!read_job(job, &done, e)) {
            return false;
        }
        if (done) {
            const bool told =
                take_told(out, &job->told, job->run, job->with, start->options->runs, e);
            end_job(job, false);
            if (!told) {
                return false;
            }
            pool->done++;
            if (start->options->on_run != NULL) {
                start->options->on_run(start->options->ctx, pool->done, pool->arms);
            }
        }
    }
    return true;
}

static bool play_all(const struct whatif_start *start, struct whatif *out, struct err *e)
{
    const struct whatif_options *options = start->options;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct pool pool = {.arms = options->runs * (options->line == NULL ? 1 : 2)};
    pool.count = options->jobs != 0 ? options->jobs : processors < 1 ? 1 : (size_t)processors;
    pool.count = pool.count > WHATIF_JOBS_MAX ? WHATIF_JOBS_MAX : pool.count;
    for (size_t i = 0; i < WHATIF_JOBS_MAX; i++) {
        pool.jobs[i].fd = -1;
    }
    bool ok = true;
    while (ok && pool.done < pool.arms) {
        ok = pool_fill(&pool, start, e) && pool_wait(&pool, start, out, e);
    }
    for (size_t i = 0; i < pool.count; i++) {
        end_job(&pool.jobs[i], true);
    }
    out->runs = ok ? options->runs : 0;
    return ok;
}

// --- The moment. ---

static bool on_recent(void *ctx, const struct store_row *row, struct err *e)
{
    struct whatif_start *start = ctx;
    const struct value *body = &row->values[5];
    (void)e;
    start->recent = xrealloc(start->recent, (start->recent_count + 1) * sizeof(*start->recent));
    struct whatif_recent *recent = &start->recent[start->recent_count++];
    struct bytes *bytes = xmalloc(sizeof(*bytes) + body->size + 1);
    bytes->size = (uint32_t)body->size;
    memcpy(bytes->data, body->data, body->size);
    *recent = (struct whatif_recent){
        .row = {.op = (uint8_t)row->values[0].integer,
                .key_high = row->values[1].integer,
                .key_low = row->values[2].integer,
                .group = (int32_t)row->values[3].integer,
                .member = (int32_t)row->values[4].integer,
                .body = bytes,
                .kind = state_text(start->engine->state, row->values[7].data,
                                   (size_t)row->values[7].size),
                .day = (int32_t)row->values[8].integer},
        .sent_at = row->values[6].integer,
    };
    return true;
}

static bool load_recent(struct whatif_start *start, struct err *e)
{
    const struct value after = {.type = VALUE_INT, .integer = start->at_ms - RECENT_MS};
    return store_query(start->engine->store,
                       "SELECT op, key_high, key_low, \"group\", member, body, sent_at, kind,"
                       " day FROM outbox"
                       " WHERE status = 2 AND op IN (0, 1) AND sent_at > ?1 AND body IS NOT NULL"
                       " ORDER BY sent_at, id",
                       &after, 1, on_recent, start, e);
}

// A rehearsal's file stands at its last turn; a campaign that runs, at this moment.
static bool find_moment(struct whatif_start *start, struct err *e)
{
    const struct whatif_options *options = start->options;
    const struct campaign *row = table_get(start->engine->state, T_CAMPAIGNS, start->campaign);
    const int64_t wall_ms = loop_wall_ms();
    start->at_ms = store_head(start->engine->store).last_at_ms;
    if (!row->rehearsal && wall_ms > start->at_ms) {
        start->at_ms = wall_ms;
    }
    if (start->at_ms >= row->until_at) {
        return err_set(e, ERR_INVALID, "the campaign '%s' is over: nothing is left to change",
                       state_get_text(start->engine->state, row->name));
    }
    start->until_ms = row->until_at;
    if (options->until == NULL) {
        return true;
    }
    if (strcmp(options->until, "today") == 0) {
        const int64_t today = row->from_at + (start->at_ms - row->from_at) / DAY_MS * DAY_MS;
        start->until_ms = start->at_ms < row->from_at ? row->from_at + DAY_MS : today + DAY_MS;
    } else if (!rehearsal_when(start->engine, start->campaign, options->until, &start->until_ms,
                               e)) {
        return false;
    }
    start->until_ms = start->until_ms > row->until_at ? row->until_at : start->until_ms;
    return start->until_ms > start->at_ms ||
           err_set(e, ERR_INVALID, "--until %s: that is over already", options->until);
}

static bool look(const struct whatif_start *start, struct whatif *out, struct err *e)
{
    if (start->options->line == NULL) {
        return true;
    }
    const struct event event = whatif_event(start);
    struct tweak_view view;
    tweak_view_init(&view);
    bool ok = tweak_preview(start->engine, &event, &view, e);
    if (ok && view.about.class == TWEAK_LOOK) {
        ok = err_set(e, ERR_INVALID, "the line changes nothing: give a change, such as %s",
                     "delay(\"entry\", minutes(10))");
    }
    buf_append(&out->told, view.told.size == 0 ? "" : view.told.data, view.told.size);
    out->second_person = view.second_person;
    tweak_view_deinit(&view);
    return ok;
}

static bool prepare(struct whatif_start *start, struct whatif *out, struct err *e)
{
    struct engine *engine = start->engine;
    if (!report_find_campaign(engine->store, start->options->campaign, &start->campaign, e) ||
        !find_moment(start, e) || !load_recent(start, e) ||
        !data_load(start->options->crowd_file, "crowd", &start->params, e)) {
        return false;
    }
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, start->campaign);
    out->at_ms = start->at_ms;
    out->until_ms = start->until_ms;
    snprintf(out->campaign, sizeof(out->campaign), "%s", state_get_text(engine->state, row->name));
    snprintf(out->currency, sizeof(out->currency), "%s",
             state_get_text(engine->state, row->currency));
    snprintf(out->zone, sizeof(out->zone), "%s", state_get_text(engine->state, row->zone));
    return look(start, out, e);
}

static bool run(struct whatif_start *start, struct whatif *out, struct err *e)
{
    if (!prepare(start, out, e) || !play_all(start, out, e)) {
        return false;
    }
    if (out->figure_count > 0) {
        qsort(out->figures, out->figure_count, sizeof(*out->figures), compare_figures);
    }
    out->same = count_same(out);
    return true;
}

int whatif_jobs_beside(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors <= 2                ? 1
           : processors > WHATIF_JOBS_MAX ? WHATIF_JOBS_MAX
                                          : (int)processors - 1;
}

// Idle: only what nobody else wants of the processors. Nice alone would still take its share of
// each of them, and an engine that wakes up would wait for it.
static void give_way(bool idle)
{
    const struct sched_param none = {0};
    if ((!idle || sched_setscheduler(0, SCHED_IDLE, &none) != 0) && nice(10) < 0) {
        ;  // Then it doesn't.
    }
}

bool whatif_run(const struct whatif_options *options, struct whatif *out, struct err *e)
{
    *out = (struct whatif){0};
    buf_init(&out->told, TWEAK_TOLD_MAX);
    give_way(options->idle);
    const int64_t started_us = loop_mono_us();
    struct engine engine;
    const struct engine_options opening = {
        .copy_of = options->db, .drop_journal = true, .rehearsal = true, .lua_dir = data_lua_dir()};
    if (!engine_open(&engine, &opening, e)) {
        return false;
    }
    struct whatif_start start = {.options = options, .engine = &engine};
    buf_init(&start.params, (size_t)1 << 20);
    const bool ok = run(&start, out, e);
    for (size_t i = 0; i < start.recent_count; i++) {
        free(start.recent[i].row.body);
    }
    free(start.recent);
    buf_deinit(&start.params);
    struct err closing = {0};
    (void)engine_close(&engine, &closing);
    out->us = loop_mono_us() - started_us;
    return ok;
}

void whatif_deinit(struct whatif *whatif)
{
    for (size_t i = 0; i < whatif->figure_count; i++) {
        free(whatif->figures[i].values[0]);
        free(whatif->figures[i].values[1]);
    }
    free(whatif->figures);
    buf_deinit(&whatif->told);
}
