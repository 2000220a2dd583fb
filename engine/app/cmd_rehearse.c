// drumbeat rehearse: plays a campaign with a simulated crowd and reports.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "app/cmd.h"
#include "app/night.h"
#include "app/rehearse.h"
#include "app/stats.h"
#include "base/json.h"
#include "loop/loop.h"

#define PROBLEMS_MAX ((size_t)1 << 20)
#define REPORT_MAX ((size_t)64 << 20)

static uint64_t pick_seed(const struct cli *cli)
{
    if (cli_has(cli, "seed")) {
        return (uint64_t)cli_number(cli, "seed", 1);
    }
    uint32_t seed = 1;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
        seed = 1;
    }
    return seed;
}

static int show_problems(struct cli *cli, const struct buf *problems, const struct err *e)
{
    if (problems->size > 0) {
        fwrite(problems->data, 1, problems->size, stderr);
    }
    if (!script_has_errors(problems)) {
        return cli_fail(cli, e);
    }
    return cli_exit_of(e) == EXIT_FAILED ? EXIT_FAILED : EXIT_INVALID;
}

static const char *folder_of(const struct cli *cli)
{
    return cli_arg(cli, 0, ".");
}

static void show_warnings(struct cli *cli, const struct buf *problems)
{
    if (problems->size > 0 && !cli->quiet) {
        fwrite(problems->data, 1, problems->size, stderr);
    }
}

// --- One run. ---

static int print_report(struct cli *cli, struct rehearsal *rehearsal,
                        const struct rehearsal_options *options, struct err *e)
{
    char again[512];
    snprintf(again, sizeof(again), "drumbeat rehearse %s --seed %llu%s", options->folder,
             (unsigned long long)options->seed, options->hostile ? " --hostile" : "");
    const struct report_options report = {
        .campaign = rehearsal->campaign,
        .rehearsal = true,
        .again = again,
        .kept = cli_text(cli, "db", NULL),
        .chinese = cli->lang == CLI_ZH,
    };
    struct buf out;
    size_t broken = 0;
    buf_init(&out, REPORT_MAX);
    const bool ok =
        cli_has(cli, "json")
            ? report_json(rehearsal->engine.store, &report, &out, &broken, e)
            : report_text(rehearsal->engine.store, &report, &cli->out, &out, &broken, e);
    if (ok && options->hostile && !cli_has(cli, "json")) {
        night_print(&rehearsal->told, report.chinese, &cli->out, &out);
    }
    if (ok) {
        fwrite(out.data, 1, out.size, stdout);
    }
    buf_deinit(&out);
    if (!ok) {
        return cli_fail(cli, e);
    }
    if (rehearsal->script_errors > 0) {
        return EXIT_FAILED;
    }
    if (rehearsal->interrupted != 0) {
        return 128 + rehearsal->interrupted;
    }
    // Stopped early, thresholds of the whole campaign can't be judged.
    return broken > 0 && !rehearsal->stopped ? EXIT_PROMISE : EXIT_OK;
}

static void on_script_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    struct cli *cli = ctx;
    cli_warn(cli, "%s, \"%s\": %s", playbook, scene, error);
}

static void end_progress(struct cli *cli, const struct rehearsal *rehearsal)
{
    char summary[200];
    const double seconds = (double)rehearsal->wall_us / 1e6;
    const double span = (double)(rehearsal->until_at - rehearsal->from_at) / 1000;
    snprintf(summary, sizeof(summary), "%.2f s · %.0f× real time · %llu turns%s", seconds,
             seconds > 0 ? span / seconds : 0, (unsigned long long)rehearsal->turns,
             rehearsal->stopped ? " · stopped early" : "");
    progress_end(&cli->progress, summary);
}

static int rehearse_once(struct cli *cli, struct rehearsal_options *options)
{
    struct rehearsal rehearsal;
    struct buf problems;
    struct err e = {0};
    buf_init(&problems, PROBLEMS_MAX);
    options->progress = &cli->progress;
    options->on_error = on_script_error;
    options->on_error_ctx = cli;
    int code;
    if (rehearsal_run(&rehearsal, options, &problems, &e)) {
        end_progress(cli, &rehearsal);
        show_warnings(cli, &problems);
        const int64_t started_us = loop_mono_us();
        code = print_report(cli, &rehearsal, options, &e);
        if (cli_has(cli, "stats")) {
            stats_print(&rehearsal, loop_mono_us() - started_us, stderr);
        }
        rehearsal_close(&rehearsal);
    } else {
        progress_end(&cli->progress, "");
        code = show_problems(cli, &problems, &e);
    }
    buf_deinit(&problems);
    return code;
}

// --- Many runs: means and ranges. ---

enum { MEMBERS, PAID_SHARE, ITEMS_PER_PAYER, REVENUE, GIFT_PAID_SHARE, FIGURES };
static const char *const FIGURE_NAMES[FIGURES] = {"members", "paid_share", "items_per_payer",
                                                  "revenue_fen", "gift_paid_share"};

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Linear interpolation between order statistics, `values` sorted.
static double quantile(const double *values, size_t count, double share)
{
    const double at = share * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (values[above] - values[below]) * (at - (double)below);
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum / (double)count;
}

static void put_object(struct buf *out, const char *name, double *const *columns, size_t count,
                       double share)
{
    json_key(out, name);
    buf_putc(out, '{');
    for (size_t f = 0; f < FIGURES; f++) {
        json_key(out, FIGURE_NAMES[f]);
        json_put_real(out,
                      share < 0 ? mean(columns[f], count) : quantile(columns[f], count, share));
    }
    buf_putc(out, '}');
}

static void print_runs_json(const struct rehearsal_options *options, double *const *columns,
                            size_t count)
{
    struct buf out;
    buf_init(&out, PROBLEMS_MAX);
    buf_puts(&out, "{\"schema\":\"drumbeat.rehearse-runs/1\",\"rehearsal\":true");
    json_key(&out, "runs");
    json_put_int(&out, (int64_t)count);
    json_key(&out, "seed");
    json_put_int(&out, (int64_t)options->seed);
    put_object(&out, "means", columns, count, -1);
    put_object(&out, "p5", columns, count, 0.05);
    put_object(&out, "p95", columns, count, 0.95);
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

static void put_figure(struct term_table *table, size_t figure, double value)
{
    if (figure == PAID_SHARE || figure == GIFT_PAID_SHARE) {
        term_table_cell(table, "%.1f %%", value * 100);
    } else if (figure == REVENUE) {
        term_table_cell(table, "%.0f", value / 100);
    } else {
        term_table_cell(table, figure == ITEMS_PER_PAYER ? "%.2f" : "%.0f", value);
    }
}

static void print_runs_text(const struct cli *cli, const struct rehearsal_options *options,
                            double *const *columns, size_t count)
{
    static const char *const LABELS[FIGURES] = {"members", "paid, of members", "items a payer",
                                                "revenue", "paid, of gift receivers"};
    struct term_table table;
    struct buf out;
    buf_init(&out, PROBLEMS_MAX);
    buf_printf(&out, "%zu rehearsals of %s, seeds %llu to %llu: not a forecast\n\n", count,
               options->folder, (unsigned long long)(options->seed - count),
               (unsigned long long)options->seed - 1);
    term_table_init(&table, "figure|>mean|>5 %|>median|>95 %");
    for (size_t f = 0; f < FIGURES; f++) {
        term_table_cell(&table, "%s", LABELS[f]);
        put_figure(&table, f, mean(columns[f], count));
        put_figure(&table, f, quantile(columns[f], count, 0.05));
        put_figure(&table, f, quantile(columns[f], count, 0.5));
        put_figure(&table, f, quantile(columns[f], count, 0.95));
    }
    term_table_print(&table, &cli->out, 1, &out);
    term_table_deinit(&table);
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

static bool run_one(const struct rehearsal_options *options, struct buf *problems,
                    double *const *columns, size_t at, int *interrupted, struct err *e)
{
    struct rehearsal rehearsal;
    struct report_figures figures;
    buf_clear(problems);
    if (!rehearsal_run(&rehearsal, options, problems, e)) {
        return false;
    }
    *interrupted = rehearsal.interrupted;
    const bool ok = report_figures(rehearsal.engine.store, rehearsal.campaign, &figures, e);
    rehearsal_close(&rehearsal);
    if (ok) {
        columns[MEMBERS][at] = (double)figures.members;
        columns[PAID_SHARE][at] = figures.paid_share;
        columns[ITEMS_PER_PAYER][at] = figures.items_per_payer;
        columns[REVENUE][at] = (double)figures.revenue;
        columns[GIFT_PAID_SHARE][at] = figures.gift_paid_share;
    }
    return ok;
}

static int rehearse_many(struct cli *cli, struct rehearsal_options *options, size_t runs)
{
    double *columns[FIGURES];
    struct buf problems;
    struct err e = {0};
    size_t count = 0;
    int interrupted = 0;
    bool ok = true;
    buf_init(&problems, PROBLEMS_MAX);
    for (size_t f = 0; f < FIGURES; f++) {
        columns[f] = xcalloc(runs, sizeof(double));
    }
    progress_begin(&cli->progress, "rehearsals", 1);
    while (ok && count < runs && interrupted == 0) {
        ok = run_one(options, &problems, columns, count, &interrupted, &e);
        count += ok && interrupted == 0;
        options->seed++;
        char counters[64];
        snprintf(counters, sizeof(counters), "%zu of %zu", count, runs);
        progress_day(&cli->progress, 1, "runs", (double)count / (double)runs, counters);
    }
    progress_end(&cli->progress, "");
    for (size_t f = 0; f < FIGURES && ok && count > 0; f++) {
        qsort(columns[f], count, sizeof(double), compare_doubles);
    }
    int code = interrupted != 0 ? 128 + interrupted : EXIT_OK;
    if (!ok) {
        code = show_problems(cli, &problems, &e);
    } else if (count == 0) {
        ;  // Interrupted in the first one: nothing to tell.
    } else if (cli_has(cli, "json")) {
        options->seed -= count;
        print_runs_json(options, columns, count);
    } else {
        print_runs_text(cli, options, columns, count);
    }
    for (size_t f = 0; f < FIGURES; f++) {
        free(columns[f]);
    }
    buf_deinit(&problems);
    return code;
}

int cmd_rehearse(struct cli *cli)
{
    struct rehearsal_options options = {
        .folder = folder_of(cli),
        .db = cli_text(cli, "db", NULL),
        .crowd_file = cli_text(cli, "crowd", NULL),
        .until = cli_text(cli, "until", NULL),
        .seed = pick_seed(cli),
        .members = (int32_t)cli_number(cli, "members", 0),
        .groups = (int32_t)cli_number(cli, "groups", 0),
        .paranoid = cli_has(cli, "paranoid"),
        .hostile = cli_has(cli, "hostile"),
    };
    const int64_t runs = cli_number(cli, "runs", 1);
    if (runs > 1 && options.db != NULL) {
        return cli_usage(cli, "--db keeps one rehearsal; it can't be used with --runs");
    }
    return runs > 1 ? rehearse_many(cli, &options, (size_t)runs) : rehearse_once(cli, &options);
}
