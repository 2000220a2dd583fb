// drumbeat why: what led to something that did or didn't happen to a member.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/asked_db.h"
#include "app/cmd.h"
#include "app/why.h"
#include "base/utf8.h"

#define OUT_MAX ((size_t)16 << 20)

static void on_progress(void *ctx, uint64_t turn, uint64_t last)
{
    struct cli *cli = ctx;
    char counters[64];
    snprintf(counters, sizeof(counters), "%llu of %llu", (unsigned long long)turn,
             (unsigned long long)last);
    progress_day(&cli->progress, 1, "turns", last == 0 ? 0 : (double)turn / (double)last, counters);
}

// What members and platforms said is in it: no line may do something to the terminal.
static void print_lines(const struct buf *text)
{
    struct buf shown;
    buf_init(&shown, 4 * OUT_MAX);
    for (size_t at = 0; at < text->size;) {
        const char *end = memchr(text->data + at, '\n', text->size - at);
        const size_t size = end == NULL ? text->size - at : (size_t)(end - text->data) - at;
        utf8_escape(text->data + at, size, &shown);
        buf_putc(&shown, '\n');
        at += size + 1;
    }
    fwrite(shown.data, 1, shown.size, stdout);
    buf_deinit(&shown);
}

int cmd_why(struct cli *cli)
{
    struct buf out;
    struct err e = {0};
    struct asked_db asked;
    const int code = asked_db(cli, 2, &asked);
    if (code != EXIT_OK) {
        return code;
    }
    if (cli->arg_count == asked.first) {
        return cli_usage(cli, "of whom? drumbeat why %s MEMBER [THING]",
                         asked.runs ? asked.campaign : "--db FILE");
    }
    const struct why_options options = {
        .db = asked.path,
        .member = cli_arg(cli, asked.first, ""),
        .thing = cli_arg(cli, asked.first + 1, NULL),
        .json = cli_has(cli, "json"),
        .on_progress = on_progress,
        .ctx = cli,
    };
    if (nice(10) < 0) {
        ;  // Then an engine beside it notices.
    }
    buf_init(&out, OUT_MAX);
    progress_begin(&cli->progress, "why: the journal is replayed, the file is only read", 1);
    const bool ok = why_tell(&options, &out, &e);
    progress_end(&cli->progress, "");
    if (ok && options.json) {
        fwrite(out.data, 1, out.size, stdout);
    } else if (ok) {
        print_lines(&out);
    }
    buf_deinit(&out);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}
