// A person's view of what is stuck in a brand's file, and her decisions: see stuck.h. Nothing is
// sent here; what a decision makes ready goes out when the engine runs.

#include "app/stuck.h"

#include <stdio.h>
#include <string.h>

#include "app/engine.h"
#include "core/tables.h"
#include "loop/loop.h"
#include "script/data.h"

#define STUCK_JSON_MAX ((size_t)256 << 20)
#define STUCK_OUT_MAX ((size_t)64 << 20)

bool stuck_open(struct stuck *stuck, struct cli *cli, struct err *e)
{
    *stuck = (struct stuck){.cli = cli, .db = cli_text(cli, "db", "")};
    const struct store_options options = {
        .path = stuck->db, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&stuck->store, &options, e)) {
        return false;
    }
    struct rows zones;
    bool ok = rows_read(&zones, stuck->store,
                        "SELECT coalesce((SELECT zone FROM campaigns ORDER BY id DESC LIMIT 1),"
                        " 'UTC') AS zone",
                        0, e);
    if (ok) {
        ok = tz_open(rows_text(&zones, 0, "zone"), &stuck->zone, e);
        rows_deinit(&zones);
    }
    if (!ok) {
        stuck_close(stuck);
    }
    return ok;
}

void stuck_close(struct stuck *stuck)
{
    if (stuck->zone != NULL) {
        tz_close(stuck->zone);
    }
    store_close(stuck->store);
}

bool stuck_read(const struct stuck *stuck, const char *sql, struct rows *rows, struct err *e)
{
    if (rows_read(rows, stuck->store, sql, 0, e)) {
        return true;
    }
    return strstr(e->text, "no such table: v_") == NULL
               ? false
               : err_set(e, ERR_INVALID,
                         "%s has the views of an older drumbeat; the next `drumbeat run` on it "
                         "makes the new ones",
                         stuck->db);
}

void stuck_time(const struct stuck *stuck, int64_t at_ms, char out[STUCK_TIME_SIZE])
{
    struct tz_civil civil;
    tz_to_local(stuck->zone, at_ms, &civil);
    snprintf(out, STUCK_TIME_SIZE, "%02u-%02u %02u:%02u:%02u", (unsigned)civil.month % 100,
             (unsigned)civil.day % 100, (unsigned)civil.hour % 100, (unsigned)civil.minute % 100,
             (unsigned)civil.second % 100);
}

void stuck_who(const struct rows *rows, size_t row, char out[STUCK_WHO_SIZE])
{
    const char *approved = rows_text(rows, row, "approved_by");
    const char *undone = rows_text(rows, row, "undone_by");
    snprintf(out, STUCK_WHO_SIZE, "%s%s%s%s%s", rows_text(rows, row, "status"),
             approved[0] == '\0' ? "" : ", approved by ", approved, undone[0] == '\0' ? "" : " by ",
             undone);
}

void stuck_print_table(const struct stuck *stuck, struct term_table *table, const char *advice)
{
    struct buf out;
    buf_init(&out, STUCK_OUT_MAX);
    term_table_print(table, &stuck->cli->out, 0, &out);
    term_table_deinit(table);
    buf_puts(&out, advice);
    term_flush(&stuck->cli->out, &out);
    buf_deinit(&out);
}

void stuck_print_json(const char *schema, const struct rows *rows)
{
    struct buf json;
    buf_init(&json, STUCK_JSON_MAX);
    buf_printf(&json, "{\"schema\":\"%s\",\"rows\":", schema);
    rows_put_array(rows, &json);
    buf_puts(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    buf_deinit(&json);
}

// --- Decisions. ---

static void on_script_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    cli_warn(ctx, "%s, \"%s\": %s", playbook, scene, error);
}

int64_t stuck_now_ms(const struct engine *engine)
{
    const int64_t now_ms = loop_wall_ms();
    for (uint32_t id = 0; (id = table_next(engine->state, T_CAMPAIGNS, id)) != 0;) {
        const struct campaign *campaign = table_get(engine->state, T_CAMPAIGNS, id);
        if (!campaign->rehearsal && campaign->until_at > now_ms) {
            return now_ms;
        }
    }
    return engine->down_since_ms;
}

static int decide(struct cli *cli, struct engine *engine, struct event *event, const char *done)
{
    struct err e = {0};
    script_on_error(engine->script, on_script_error, cli);
    event->at = stuck_now_ms(engine);
    const enum turn_outcome outcome = turn_run(engine, event);
    if (!engine_flush(engine, &e)) {
        return cli_fail(cli, &e);
    }
    if (outcome == TURN_PARKED) {
        return cli_fail(cli, &engine->refusal);
    }
    printf("%s", done);
    if (engine->released > 0) {
        printf("; %llu that waited behind it handled", (unsigned long long)engine->released);
    }
    if (engine->caught_up > 0) {
        printf("; %llu kept events given to its handlers", (unsigned long long)engine->caught_up);
    }
    printf("\n");
    return script_errors(engine->script) == 0 ? EXIT_OK : EXIT_FAILED;
}

int stuck_decide(struct cli *cli, struct event *event, const char *done)
{
    struct engine engine;
    struct err e = {0};
    const struct engine_options options = {.path = cli_text(cli, "db", ""),
                                           .lua_dir = data_lua_dir()};
    if (!engine_open(&engine, &options, &e)) {
        const struct err why = e;
        if (e.kind == ERR_BUSY) {
            err_set(&e, ERR_BUSY, "%.*s; stop it, settle this, and start it again: it goes on",
                    ERR_TEXT_MAX / 2, why.text);
        }
        return cli_fail(cli, &e);
    }
    int code = decide(cli, &engine, event, done);
    if (!engine_close(&engine, &e) && code == EXIT_OK) {
        code = cli_fail(cli, &e);
    }
    return code;
}
