// drumbeat backup and restore: a copy of a database as it is, and as it was.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/replay.h"
#include "app/verify_db.h"
#include "app/verify_rows.h"
#include "base/tz.h"
#include "store/backup.h"

// --- A brand's clock. ---

struct brand_time {
    char zone[64];
    int64_t from_ms;
};

static bool on_campaign(void *ctx, const struct store_row *row, struct err *e)
{
    struct brand_time *brand = ctx;
    (void)e;
    snprintf(brand->zone, sizeof(brand->zone), "%.*s", (int)row->values[0].size,
             row->values[0].data);
    brand->from_ms = row->values[1].integer;
    return true;
}

static bool brand_time_in(struct store *store, struct brand_time *out, struct err *e)
{
    *out = (struct brand_time){.zone = ""};
    return store_query(store, "SELECT zone, from_at FROM campaigns ORDER BY id DESC LIMIT 1", NULL,
                       0, on_campaign, out, e);
}

static bool brand_time_of(const char *db, struct brand_time *out, struct err *e)
{
    struct store *store;
    const struct store_options options = {
        .path = db, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&store, &options, e)) {
        return false;
    }
    const bool done = brand_time_in(store, out, e);
    store_close(store);
    return done && (out->zone[0] != '\0' || err_set(e, ERR_INVALID, "%s has no campaign", db));
}

// --- Looking at a copy. ---

// How far it goes, by the brand's clock: " up to 2025-11-09 20:28:57". Nothing in an empty one.
static void put_end(struct buf *out, struct store *store)
{
    struct brand_time brand;
    struct tz *zone;
    struct tz_civil civil;
    struct err e = {0};
    const int64_t last_ms = store_head(store).last_at_ms;
    if (last_ms == 0 || !brand_time_in(store, &brand, &e) || !tz_open(brand.zone, &zone, &e)) {
        return;
    }
    tz_to_local(zone, last_ms, &civil);
    buf_printf(out, " up to %04d-%02u-%02u %02u:%02u:%02u", civil.year, (unsigned)civil.month % 100,
               (unsigned)civil.day % 100, (unsigned)civil.hour % 100, (unsigned)civil.minute % 100,
               (unsigned)civil.second % 100);
    tz_close(zone);
}

static void on_broken(void *ctx, const struct verify_broken *broken)
{
    struct cli *cli = ctx;
    cli_warn(cli, "%s: %s %lld, %s is %s, not %s", broken->rule, broken->table,
             (long long)broken->id, broken->column, broken->found, broken->expected);
}

// Looks at the copy as anybody would who gets it.
static int verify_copy(struct cli *cli, const char *path)
{
    struct store *store;
    struct verify_journal journal = {0};
    struct verify_rows rows = {0};
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&store, &options, &e)) {
        return cli_fail(cli, &e);
    }
    const bool done =
        verify_db_journal(store, &journal, &e) && verify_db_rows(store, on_broken, cli, &rows, &e);
    struct buf turns;
    buf_init(&turns, 128);
    term_number(&turns, (int64_t)journal.turns);
    buf_puts(&turns, " turns");
    put_end(&turns, store);
    store_close(store);
    if (!done) {
        buf_deinit(&turns);
        return cli_fail(cli, &e);
    }
    printf("%s: %s, ", path, turns.data);
    buf_deinit(&turns);
    term_put(&cli->out, rows.broken == 0 ? TERM_GOOD : TERM_BAD,
             rows.broken == 0 ? "verified" : "NOT verified");
    printf("\n");
    return rows.broken == 0 ? EXIT_OK : EXIT_VERIFY;
}

int cmd_backup(struct cli *cli)
{
    struct err e = {0};
    const char *to = cli_arg(cli, 0, "");
    if (!backup_copy(cli_text(cli, "db", ""), to, &e)) {
        return cli_fail(cli, &e);
    }
    const int code = verify_copy(cli, to);
    if (code == EXIT_OK) {
        backup_note(cli_text(cli, "db", ""));
    }
    return code;
}

// --- Restore. ---

static bool read_day(const char *text, const struct tz *zone, int64_t from_ms,
                     struct tz_civil *civil, char clock[16])
{
    int number = 0;
    int used = 0;
    if (sscanf(text, "day%d%n", &number, &used) == 1 && number > 0) {
        tz_to_local(zone, from_ms, civil);
        civil->day += number - 1;
        return text[used] == '\0' || sscanf(text + used, " %15s", clock) == 1;
    }
    return sscanf(text, "%d-%d-%d %15s", &civil->year, &civil->month, &civil->day, clock) >= 3;
}

static bool read_when(const char *db, const char *text, int64_t *at_ms, struct err *e)
{
    struct brand_time brand = {.zone = ""};
    struct tz *zone;
    struct tz_civil civil = {0};
    char clock[16] = "";
    int32_t seconds = 86400;  // A day without a clock: to its end.
    if (!brand_time_of(db, &brand, e) || !tz_open(brand.zone, &zone, e)) {
        return false;
    }
    bool done = read_day(text, zone, brand.from_ms, &civil, clock) ||
                err_set(e, ERR_INVALID,
                        "'%s' is no time: write \"2025-11-08 20:30:00\" or "
                        "\"day3 21:00\"",
                        text);
    done = done && (clock[0] == '\0' || tz_parse_clock(clock, strlen(clock), &seconds, e));
    if (done) {
        civil.hour = 0;
        civil.minute = 0;
        civil.second = seconds;
        tz_from_local(zone, &civil, at_ms);
    }
    tz_close(zone);
    return done;
}

static int restore(struct cli *cli, const struct replay_options *options, struct err *e)
{
    struct replay_result result;
    int code = EXIT_OK;
    const bool fresh = access(options->to, F_OK) != 0;
    if (!fresh) {
        err_set(e, ERR_INVALID, "%s is there already: give another name", options->to);
        return cli_fail(cli, e);
    }
    if (!replay_run(options, &result, e)) {
        code = cli_fail(cli, e);
    } else if (result.verdict != REPLAY_SAME) {
        cli_warn(cli, "turn %llu comes out otherwise (%s): %.*s", (unsigned long long)result.turns,
                 result.what, (int)result.event.size, result.event.data);
        code = EXIT_DIFFERENT;
    } else if (result.turns == 0) {
        err_set(e, ERR_INVALID, "nothing had happened by then: the campaign began later");
        code = cli_fail(cli, e);
    }
    replay_deinit(&result);
    if (code != EXIT_OK) {
        (void)unlink(options->to);
        return code;
    }
    return verify_copy(cli, options->to);
}

int cmd_restore(struct cli *cli)
{
    struct err e = {0};
    struct replay_options options = {
        .db = cli_text(cli, "db", NULL),
        .to = cli_arg(cli, 0, ""),
    };
    const char *at = cli_text(cli, "at", NULL);
    if (at != NULL && !read_when(options.db, at, &options.until_ms, &e)) {
        return cli_fail(cli, &e);
    }
    return restore(cli, &options, &e);
}
