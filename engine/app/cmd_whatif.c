// drumbeat whatif: what a change would do, told as ranges of paired rehearsals.

#include <inttypes.h>
#include <string.h>

#include "app/asked_db.h"
#include "app/cmd.h"
#include "app/whatif.h"
#include "base/json.h"
#include "base/money.h"
#include "base/tz.h"

#define OUT_MAX ((size_t)16 << 20)
#define GROUPS_SHOWN 12

static void on_run(void *ctx, size_t done, size_t total)
{
    struct cli *cli = ctx;
    char counters[64];
    snprintf(counters, sizeof(counters), "%zu of %zu", done, total);
    progress_day(&cli->progress, 1, "rehearsals", (double)done / (double)total, counters);
}

// --- JSON. ---

static void put_range(struct buf *out, const char *name, struct whatif_range range)
{
    json_key(out, name);
    buf_putc(out, '{');
    json_key(out, "p5");
    json_put_real(out, range.p5);
    json_key(out, "median");
    json_put_real(out, range.median);
    json_key(out, "p95");
    json_put_real(out, range.p95);
    buf_putc(out, '}');
}

static void put_figure(struct buf *out, const struct whatif *whatif,
                       const struct whatif_figure *figure, bool pairs)
{
    size_t higher;
    size_t lower;
    json_comma(out);
    buf_putc(out, '{');
    json_key(out, "figure");
    json_put_z(out, whatif_kind_names[figure->kind]);
    json_key(out, "of");
    json_put_z(out, figure->name);
    put_range(out, "without", whatif_range(figure->values[0], whatif->runs));
    if (pairs) {
        put_range(out, "with", whatif_range(figure->values[1], whatif->runs));
        put_range(out, "difference", whatif_difference(figure, whatif->runs));
        whatif_compare(figure, whatif->runs, &higher, &lower);
        json_key(out, "higher");
        json_put_int(out, (int64_t)higher);
        json_key(out, "lower");
        json_put_int(out, (int64_t)lower);
    }
    buf_putc(out, '}');
}

static void print_json(const struct whatif *whatif, const struct whatif_options *options)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    buf_puts(&out, "{\"schema\":\"drumbeat.whatif/1\",\"rehearsal\":true");
    json_key(&out, "campaign");
    json_put_z(&out, whatif->campaign);
    json_key(&out, "at");
    json_put_int(&out, whatif->at_ms);
    json_key(&out, "until");
    json_put_int(&out, whatif->until_ms);
    json_key(&out, "seed");
    json_put_int(&out, (int64_t)options->seed);
    json_key(&out, "runs");
    json_put_int(&out, (int64_t)whatif->runs);
    json_key(&out, "people");
    json_put_int(&out, (int64_t)whatif->people);
    if (options->line != NULL) {
        json_key(&out, "change");
        json_put_text(&out, whatif->told.data, whatif->told.size);
        json_key(&out, "second_person");
        buf_puts(&out, whatif->second_person ? "true" : "false");
        json_key(&out, "same");
        json_put_int(&out, (int64_t)whatif->same);
    }
    json_key(&out, "figures");
    buf_putc(&out, '[');
    for (size_t i = 0; i < whatif->figure_count; i++) {
        put_figure(&out, whatif, &whatif->figures[i], options->line != NULL);
    }
    buf_puts(&out, "]}\n");
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

// --- Text. ---

static bool is_money(enum whatif_kind kind)
{
    return kind == WHATIF_REVENUE || kind == WHATIF_SPENT;
}

// Three digits are enough: a range is no sum to be booked.
static void spell(const struct whatif *whatif, enum whatif_kind kind, double value, char out[32])
{
    double whole = value;
    if (is_money(kind)) {
        for (int i = money_decimals(whatif->currency); i > 0; i--) {
            whole /= 10;
        }
    }
    const double size = whole < 0 ? -whole : whole;
    const char *unit = size >= 999500 ? "M" : size >= 10000 ? "k" : "";
    const double shown = size >= 999500 ? whole / 1e6 : size >= 10000 ? whole / 1e3 : whole;
    const int decimals = unit[0] == '\0' || size / (size >= 999500 ? 1e6 : 1e3) >= 99.95 ? 0
                         : size / (size >= 999500 ? 1e6 : 1e3) >= 9.995                  ? 1
                                                                                         : 2;
    snprintf(out, 32, "%.*f%s", decimals, shown, unit);
}

static void range_cell(struct term_table *table, const struct whatif *whatif, enum whatif_kind kind,
                       const double *values)
{
    const struct whatif_range range = whatif_range(values, whatif->runs);
    char median[32];
    char low[32];
    char high[32];
    spell(whatif, kind, range.median, median);
    spell(whatif, kind, range.p5, low);
    spell(whatif, kind, range.p95, high);
    const size_t last = strlen(low) - 1;  // 44.0…63.5k: the unit once.
    const bool has_unit = low[last] == 'k' || low[last] == 'M';
    const size_t shown = last + !(has_unit && low[last] == high[strlen(high) - 1]);
    if (strcmp(low, high) == 0) {
        term_table_cell(table, "%s", median);
    } else {
        term_table_cell(table, "%s (%.*s…%s)", median, (int)shown, low, high);
    }
}

static void verdict_cell(struct term_table *table, const struct whatif *whatif,
                         const struct whatif_figure *figure)
{
    size_t higher;
    size_t lower;
    whatif_compare(figure, whatif->runs, &higher, &lower);
    const bool values = figure->kind <= WHATIF_REVENUE;  // More of it is what one wants.
    const size_t most = higher >= lower ? higher : lower;
    const struct whatif_range range = whatif_difference(figure, whatif->runs);
    const char *unclear = range.p5 <= 0 && range.p95 >= 0 ? "?" : "";
    const char *word = higher >= lower ? (values ? "better" : "more") : (values ? "worse" : "less");
    if (most == 0) {
        term_table_cell(table, "the same");
    } else {
        term_table_cell(table, "%s in %zu of %zu%s", word, most, whatif->runs, unclear);
    }
}

static void label_cell(struct term_table *table, const struct whatif_figure *figure)
{
    static const char *const LABELS[WHATIF_KIND_COUNT] = {
        "paid", "members", "revenue", "spent:", "messages", "playbook errors", "promise"};
    term_table_cell(table, "%s%s%s", LABELS[figure->kind],
                    figure->kind == WHATIF_PAID && figure->name[0] == '\0' ? ", all"
                    : figure->name[0] == '\0'                              ? ""
                                                                           : " ",
                    figure->name);
}

static bool differs(const struct whatif_figure *figure, size_t runs)
{
    size_t higher;
    size_t lower;
    whatif_compare(figure, runs, &higher, &lower);
    return higher + lower > 0;
}

static bool never_anything(const struct whatif_figure *figure, size_t runs)
{
    for (size_t i = 0; i < runs; i++) {
        if (figure->values[0][i] > 0 || figure->values[1][i] > 0) {
            return false;
        }
    }
    return true;
}

// Groups by the score that none of them differs are left out, and what is nought throughout.
static bool is_shown(const struct whatif *whatif, const struct whatif_figure *figure, bool pairs)
{
    size_t groups = 0;
    for (size_t i = 0; i < whatif->figure_count; i++) {
        groups += whatif->figures[i].kind == WHATIF_PAID;
    }
    if (figure->kind == WHATIF_PROMISE ||
        (figure->kind >= WHATIF_SPENT && never_anything(figure, whatif->runs))) {
        return false;
    }
    return figure->kind != WHATIF_PAID || figure->name[0] == '\0' || groups <= GROUPS_SHOWN + 1 ||
           (pairs && differs(figure, whatif->runs));
}

static void print_figures(const struct cli *cli, const struct whatif *whatif, bool pairs,
                          struct buf *out)
{
    struct term_table table;
    term_table_init(&table, pairs ? "|without (5…95 %)|with (5…95 %)|" : "|median (5…95 %)");
    for (size_t i = 0; i < whatif->figure_count; i++) {
        const struct whatif_figure *figure = &whatif->figures[i];
        if (!is_shown(whatif, figure, pairs)) {
            continue;
        }
        label_cell(&table, figure);
        range_cell(&table, whatif, figure->kind, figure->values[0]);
        if (pairs) {
            range_cell(&table, whatif, figure->kind, figure->values[1]);
            verdict_cell(&table, whatif, figure);
        }
    }
    term_table_print(&table, &cli->out, 2, out);
    term_table_deinit(&table);
}

static size_t kept_in(const struct whatif_figure *figure, size_t runs, bool with)
{
    size_t kept = 0;
    for (size_t i = 0; i < runs; i++) {
        kept += figure->values[with][i] > 0;
    }
    return kept;
}

static void print_promises(const struct whatif *whatif, bool pairs, struct buf *out)
{
    size_t count = 0;
    size_t broken = 0;
    for (size_t i = 0; i < whatif->figure_count; i++) {
        const struct whatif_figure *figure = &whatif->figures[i];
        if (figure->kind != WHATIF_PROMISE) {
            continue;
        }
        count++;
        const size_t without = kept_in(figure, whatif->runs, false);
        const size_t with = kept_in(figure, whatif->runs, pairs);
        if (without == whatif->runs && with == whatif->runs) {
            continue;
        }
        broken++;
        buf_printf(out, "  promise %s: kept in %zu of %zu", figure->name, without, whatif->runs);
        if (pairs) {
            buf_printf(out, " without, in %zu with", with);
        }
        buf_putc(out, '\n');
    }
    buf_printf(out, "  promises: %s%zu kept in %zu of %zu\n", broken == 0 ? "all " : "the other ",
               count - broken, whatif->runs, whatif->runs);
}

static void put_time(const struct whatif *whatif, int64_t at_ms, struct buf *out)
{
    struct tz *zone;
    struct err ignored = {0};
    if (!tz_open(whatif->zone, &zone, &ignored)) {
        buf_printf(out, "%" PRId64, at_ms);
        return;
    }
    struct tz_civil at;
    tz_to_local(zone, at_ms, &at);
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", at.year, at.month, at.day, at.hour, at.minute,
               at.second);
    tz_close(zone);
}

static void print_text(const struct cli *cli, const struct whatif *whatif,
                       const struct whatif_options *options)
{
    struct buf out;
    const bool pairs = options->line != NULL;
    buf_init(&out, OUT_MAX);
    if (pairs) {
        buf_append(&out, whatif->told.data, whatif->told.size);
        if (whatif->second_person) {
            buf_puts(&out, "  it is above what one person may do: a second one approves it\n");
        }
        buf_putc(&out, '\n');
    }
    buf_printf(&out, "%zu %srehearsal%s from ", whatif->runs, pairs ? "paired " : "",
               whatif->runs == 1 ? "" : "s");
    put_time(whatif, whatif->at_ms, &out);
    buf_puts(&out, " to ");
    put_time(whatif, whatif->until_ms, &out);
    buf_printf(&out, ",\n%" PRIu64 " simulated people, seed%s %" PRIu64, whatif->people,
               whatif->runs == 1 ? "" : "s from", options->seed);
    buf_puts(&out, pairs ? ",\nthe same random numbers without and with it: a rehearsal, not a "
                           "forecast\n\n"
                         : ": a rehearsal, not a forecast\n\n");
    print_figures(cli, whatif, pairs, &out);
    if (pairs) {
        buf_puts(&out, "  ?: it may go either way (5…95 % of the differences hold nought)\n");
    }
    print_promises(whatif, pairs, &out);
    if (pairs) {
        buf_printf(&out, "  nothing differs in %zu of %zu\n", whatif->same, whatif->runs);
    }
    buf_puts(&out,
             "limits: the crowd is made up (drumbeat help whatif): it knows who your members\n"
             "are and what they did, not why; trust the direction of a clear difference,\n"
             "not its size\n"
             "nothing was changed, nothing was sent\n");
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

int cmd_whatif(struct cli *cli)
{
    struct err e = {0};
    struct whatif whatif;
    struct asked_db asked;
    const int code_asked = asked_db(cli, 1, &asked);
    if (code_asked != EXIT_OK) {
        return code_asked;
    }
    const char *line = cli_arg(cli, asked.first, NULL);
    const struct whatif_options options = {
        .db = asked.path,
        .campaign = asked.campaign,
        .line = line == NULL || line[0] == '\0' ? NULL : line,
        .until = cli_text(cli, "until", NULL),
        .crowd_file = cli_text(cli, "crowd", NULL),
        .seed = (uint64_t)cli_number(cli, "seed", 1),
        .runs = (size_t)cli_number(cli, "runs", 20),
        .jobs = (size_t)cli_number(cli, "jobs", asked.runs ? whatif_jobs_beside() : 0),
        .idle = asked.runs || cli_has(cli, "idle"),
        .on_run = on_run,
        .ctx = cli,
    };
    progress_begin(&cli->progress, "what if: nothing is sent, the file is only read", 1);
    const bool done = whatif_run(&options, &whatif, &e);
    char summary[100];
    snprintf(summary, sizeof(summary), "%.2f s", (double)whatif.us / 1e6);
    progress_end(&cli->progress, done ? summary : "");
    int code = EXIT_OK;
    if (!done) {
        code = cli_fail(cli, &e);
    } else if (cli_has(cli, "json")) {
        print_json(&whatif, &options);
    } else {
        print_text(cli, &whatif, &options);
    }
    whatif_deinit(&whatif);
    return code;
}
