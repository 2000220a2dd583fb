// drumbeat replay: a journal's turns once more, and whether they come out the same.

#include <string.h>

#include "app/cmd.h"
#include "app/replay_with.h"
#include "base/json.h"
#include "base/utf8.h"

#define JSON_MAX ((size_t)16 << 20)
#define SAMPLE_MAX 160

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
        print_number("", result->rows_different,
                     result->rows_different == 1 ? " row is " : " rows are ");
        term_put(&cli->out, TERM_BAD, "NOT the same");
        printf(": changed in the file, or by an engine that counts otherwise. The first:\n");
        print_lines(&result->details);
        break;
    }
}

// --- With other playbooks. ---

static void put_sample(struct buf *json, const char *name, const char *text)
{
    if (text != NULL) {
        json_key(json, name);
        json_put_z(json, text);
    }
}

static void print_changes_json(const struct replay_changes *changes)
{
    struct buf json;
    buf_init(&json, JSON_MAX);
    buf_puts(&json, "{\"schema\":\"drumbeat.replay-with/1\"");
    put_int(&json, "events", changes->events);
    put_int(&json, "turns", changes->turns);
    put_bool(&json, "same", changes->count == 0);
    json_key(&json, "changes");
    buf_putc(&json, '[');
    for (size_t i = 0; i < changes->count; i++) {
        const struct replay_change *change = &changes->items[i];
        json_comma(&json);
        buf_putc(&json, '{');
        put_sample(&json, "name", change->name);
        put_int(&json, "added", change->added);
        put_int(&json, "gone", change->gone);
        put_int(&json, "changed", change->changed);
        json_key(&json, "samples");
        buf_putc(&json, '[');
        for (size_t k = 0; k < change->sample_count; k++) {
            json_comma(&json);
            buf_putc(&json, '{');
            put_sample(&json, "who", change->samples[k].who);
            put_sample(&json, "old", change->samples[k].old);
            put_sample(&json, "now", change->samples[k].now);
            buf_putc(&json, '}');
        }
        buf_puts(&json, "]}");
    }
    buf_puts(&json, "]}\n");
    fwrite(json.data, 1, json.size, stdout);
    buf_deinit(&json);
}

static void print_sample(char sign, const char *who, const char *text)
{
    if (text == NULL) {
        return;
    }
    struct buf line;
    buf_init(&line, 1 << 20);
    utf8_escape(text, utf8_cut(text, strlen(text), SAMPLE_MAX), &line);
    printf("  %c %s: %s\n", sign, who, line.data == NULL ? "" : line.data);
    buf_deinit(&line);
}

static void print_changes(struct cli *cli, const struct replay_changes *changes)
{
    print_number("", changes->events, " events played again: ");
    if (changes->count == 0) {
        term_put(&cli->out, TERM_GOOD, "nothing would have gone differently");
        printf("\n");
        return;
    }
    printf("this would have gone differently\n");
    for (size_t i = 0; i < changes->count; i++) {
        const struct replay_change *change = &changes->items[i];
        printf("%s: %llu added, %llu gone, %llu changed\n", change->name,
               (unsigned long long)change->added, (unsigned long long)change->gone,
               (unsigned long long)change->changed);
        for (size_t k = 0; k < change->sample_count; k++) {
            print_sample('-', change->samples[k].who, change->samples[k].old);
            print_sample('+', change->samples[k].who, change->samples[k].now);
        }
    }
}

static int replay_again(struct cli *cli, const struct replay_options *options, const char *with)
{
    struct replay_changes changes;
    struct err e = {0};
    const bool done = replay_with(options, with, &changes, &e);
    char summary[100];
    snprintf(summary, sizeof(summary), "%.2f s", (double)changes.us / 1e6);
    progress_end(&cli->progress, done ? summary : "");
    int code = changes.count == 0 ? EXIT_OK : EXIT_DIFFERENT;
    if (!done) {
        if (changes.problems.size > 0) {
            fwrite(changes.problems.data, 1, changes.problems.size, stderr);
        }
        code = cli_fail(cli, &e);
    } else if (cli_has(cli, "json")) {
        print_changes_json(&changes);
    } else {
        print_changes(cli, &changes);
    }
    replay_changes_deinit(&changes);
    return code;
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
    const char *with = cli_text(cli, "with", NULL);
    if (with != NULL && options.until != 0) {
        return cli_usage(cli, "--with compares whole nights: leave out --until");
    }
    if (with != NULL) {
        progress_begin(&cli->progress, "replay: nothing is sent, the file is only read", 1);
        return replay_again(cli, &options, with);
    }
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
