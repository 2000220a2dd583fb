// drumbeat replay: a journal's turns once more, and whether they come out the same.

#include <string.h>

#include "app/cmd.h"
#include "app/replay.h"
#include "base/json.h"

#define JSON_MAX ((size_t)16 << 20)

static void on_progress(void *ctx, uint64_t turn, uint64_t last)
{
    struct cli *cli = ctx;
    struct buf counters;
    buf_init(&counters, 200);
    term_number(&counters, (int64_t)turn);
    buf_puts(&counters, " of ");
    term_number(&counters, (int64_t)last);
    progress_day(&cli->progress, 1, "turns", last == 0 ? 0 : (double)turn / (double)last,
                 counters.data);
    buf_deinit(&counters);
}

static void put_bool(struct buf *json, const char *name, bool value)
{
    json_key(json, name);
    buf_puts(json, value ? "true" : "false");
}

static void put_int(struct buf *json, const char *name, uint64_t value)
{
    json_key(json, name);
    json_put_int(json, (int64_t)value);
}

static void put_text(struct buf *json, const char *name, const struct buf *text)
{
    json_key(json, name);
    json_put_text(json, text->data == NULL ? "" : text->data, text->size);
}

static void print_json(const struct replay_result *result)
{
    struct buf json;
    buf_init(&json, JSON_MAX);
    buf_puts(&json, "{\"schema\":\"drumbeat.replay/1\"");
    put_int(&json, "turns", result->turns);
    put_int(&json, "journal_turns", result->last_turn);
    put_bool(&json, "same", result->verdict == REPLAY_SAME);
    put_bool(&json, "rows_compared", result->rows_compared);
    put_int(&json, "rows", result->rows);
    put_int(&json, "rows_different", result->rows_different);
    if (result->verdict != REPLAY_SAME) {
        json_key(&json, "first");
        buf_putc(&json, '{');
        json_key(&json, "what");
        json_put_z(&json, result->what);
        if (result->verdict == REPLAY_TURN) {
            put_int(&json, "turn", result->turns);
            put_text(&json, "event", &result->event);
        }
        put_text(&json, "details", &result->details);
        buf_putc(&json, '}');
    }
    buf_puts(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    buf_deinit(&json);
}

static void print_lines(const struct buf *lines)
{
    for (size_t at = 0; at < lines->size;) {
        const char *end = memchr(lines->data + at, '\n', lines->size - at);
        const size_t size = end == NULL ? lines->size - at : (size_t)(end - lines->data) - at;
        printf("  %.*s\n", (int)size, lines->data + at);
        at += size + 1;
    }
}

static void print_number(const char *before, uint64_t number, const char *after)
{
    struct buf text;
    buf_init(&text, 64);
    term_number(&text, (int64_t)number);
    printf("%s%s%s", before, text.data, after);
    buf_deinit(&text);
}

static void print_verdict(struct cli *cli, const struct replay_result *result)
{
    switch (result->verdict) {
    case REPLAY_SAME:
        print_number("", result->turns, " turns replayed: ");
        term_put(&cli->out, TERM_GOOD, "the same");
        printf(" outcomes, effects and money\n");
        if (result->rows_compared) {
            print_number("", result->rows, " rows of all tables: ");
            term_put(&cli->out, TERM_GOOD, "the same");
            printf("\n");
        } else {
            printf("rows: not compared, the file goes on after these turns\n");
        }
        break;
    case REPLAY_TURN:
        print_number("turn ", result->turns, ": ");
        term_put(&cli->out, TERM_BAD, "NOT the same");
        printf(" (%s)\n  %.*s\n", result->what, (int)result->event.size, result->event.data);
        print_lines(&result->details);
        break;
    case REPLAY_ROWS:
        print_number("", result->turns, " turns replayed: the same, but ");
        print_number("", result->rows_different, " rows are ");
        term_put(&cli->out, TERM_BAD, "NOT the same");
        printf(": changed behind the journal's back. The first:\n");
        print_lines(&result->details);
        break;
    }
}

int cmd_replay(struct cli *cli)
{
    struct replay_result result;
    struct err e = {0};
    const struct replay_options options = {
        .db = cli_text(cli, "db", NULL),
        .until = (uint64_t)cli_number(cli, "until", 0),
        .on_progress = on_progress,
        .ctx = cli,
    };
    progress_begin(&cli->progress, "replay: nothing is sent, the file is only read", 1);
    const bool done = replay_run(&options, &result, &e);
    char summary[100];
    const double seconds = (double)result.us / 1e6;
    snprintf(summary, sizeof(summary), "%.2f s · %.0f turns a second", seconds,
             seconds > 0 ? (double)result.turns / seconds : 0);
    progress_end(&cli->progress, done ? summary : "");
    int code = result.verdict == REPLAY_SAME ? EXIT_OK : EXIT_DIFFERENT;
    if (!done) {
        code = cli_fail(cli, &e);
    } else if (cli_has(cli, "json")) {
        print_json(&result);
    } else {
        print_verdict(cli, &result);
    }
    replay_deinit(&result);
    return code;
}
