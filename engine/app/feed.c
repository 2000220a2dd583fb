#include "app/feed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
    interrupted = signum;
}

struct feed {
    struct engine *engine;
    struct feed_options options;
    FILE *file;
    char *line;
    size_t line_capacity;
    struct dcp *dcp;
    struct dcp_message message;
    bool pending;  // `message` holds an event that wasn't taken yet.
    bool ended;
    char connector[64];
    struct feed_counts counts;
    struct buf command;
    bool out_failed;
};

bool feed_open(struct feed **out, struct engine *engine, const struct feed_options *options,
               struct err *e)
{
    FILE *file = strcmp(options->path, "-") == 0 ? stdin : fopen(options->path, "rbe");
    if (file == NULL) {
        return err_set(e, ERR_INVALID, "could not read %s: %s", options->path, strerror(errno));
    }
    struct feed *feed = xcalloc(1, sizeof(*feed));
    feed->engine = engine;
    feed->options = *options;
    feed->file = file;
    feed->dcp = dcp_new();
    feed->counts.first_ms = INT64_MAX;
    snprintf(feed->connector, sizeof(feed->connector), "feed");
    buf_init(&feed->command, DCP_LINE_MAX);
    *out = feed;
    return true;
}

void feed_close(struct feed *feed)
{
    if (feed->file != stdin) {
        fclose(feed->file);
    }
    free(feed->line);
    dcp_free(feed->dcp);
    buf_deinit(&feed->command);
    free(feed);
}

static void bad_line(struct feed *feed, const char *line, size_t size, const char *error)
{
    feed->counts.refused++;
    turn_park_line(feed->engine, feed->connector, line, size,
                   feed->counts.last_ms > 0 ? feed->counts.last_ms : 1, error);
    if (feed->options.on_bad_line != NULL) {
        feed->options.on_bad_line(feed->options.ctx, feed->counts.lines, error);
    }
}

// Parses a line; true when it is an event to be played.
static bool take_line(struct feed *feed, const char *line, size_t size)
{
    struct err e;
    e.text[0] = '\0';
    if (size > DCP_LINE_MAX) {
        bad_line(feed, line, size, "the line is longer than 1 MiB");
        return false;
    }
    if (!dcp_parse(feed->dcp, line, size, feed->options.currency_decimals, &feed->message, &e)) {
        bad_line(feed, line, size, e.text);
        return false;
    }
    if (feed->message.type == DCP_HELLO) {
        const size_t length = feed->message.name.size < sizeof(feed->connector) - 1
                                  ? feed->message.name.size
                                  : sizeof(feed->connector) - 1;
        memcpy(feed->connector, feed->message.name.data, length);
        feed->connector[length] = '\0';
    }
    return feed->message.type == DCP_EVENT;
}

// Reads on until an event is pending or the file ends.
static void look_ahead(struct feed *feed)
{
    while (!feed->pending && !feed->ended) {
        const ssize_t size = getline(&feed->line, &feed->line_capacity, feed->file);
        if (size < 0) {
            feed->ended = true;
            return;
        }
        size_t length = (size_t)size;
        while (length > 0 && (feed->line[length - 1] == '\n' || feed->line[length - 1] == '\r')) {
            length--;
        }
        feed->counts.lines++;
        if (length > 0 && take_line(feed, feed->line, length)) {
            feed->message.event.connector = slice_of(feed->connector);
            feed->pending = true;
        }
    }
}

int64_t feed_first_ms(struct feed *feed)
{
    look_ahead(feed);
    return feed->pending ? feed->message.event.at : INT64_MAX;
}

static int64_t world_next(void *ctx)
{
    struct feed *feed = ctx;
    if (!feed->pending) {
        look_ahead(feed);
    }
    return feed->pending ? feed->message.event.at : INT64_MAX;
}

static bool world_take(void *ctx, struct event *out)
{
    struct feed *feed = ctx;
    *out = feed->message.event;
    feed->pending = false;
    feed->counts.events++;
    feed->counts.first_ms = out->at < feed->counts.first_ms ? out->at : feed->counts.first_ms;
    feed->counts.last_ms = out->at > feed->counts.last_ms ? out->at : feed->counts.last_ms;
    return true;
}

static void world_hear(void *ctx, uint32_t effect, int64_t now_ms)
{
    struct feed *feed = ctx;
    (void)now_ms;
    if (feed->options.out == NULL) {
        return;
    }
    buf_clear(&feed->command);
    outbox_command(feed->engine->core.outbox, effect, &feed->command);
    if (fwrite(feed->command.data, 1, feed->command.size, feed->options.out) !=
            feed->command.size ||
        fflush(feed->options.out) != 0) {
        feed->out_failed = true;
    }
}

static bool world_stop(void *ctx)
{
    const struct feed *feed = ctx;
    return interrupted != 0 || feed->out_failed;
}

bool feed_play(struct feed *feed, int64_t from_ms, int64_t until_ms, struct feed_counts *counts,
               struct err *e)
{
    const struct virtual_world world = {
        .next = world_next,
        .take = world_take,
        .hear = world_hear,
        .stop = world_stop,
        .ctx = feed,
        .durable_first = feed->options.out != NULL,
    };
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    const uint64_t duplicates = feed->engine->duplicates;
    const bool ok = virtual_run(feed->engine, &world, from_ms, until_ms, e);
    feed->counts.duplicates = feed->engine->duplicates - duplicates;
    *counts = feed->counts;
    if (ok && feed->out_failed) {
        return err_set(e, ERR_FAULT, "could not write the sent commands: %s", strerror(errno));
    }
    if (ok && interrupted != 0) {
        return err_set(e, ERR_FAULT, "stopped by a signal; what was handled is kept");
    }
    return ok;
}
