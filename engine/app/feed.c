// A recording read line by line and played on the virtual clock. Reads with one buffer of fixed
// size, whatever the file holds; decides nothing about events, that is the turn's.

#include "app/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/utf8.h"

#define FEED_BUFFER (2 * DCP_LINE_MAX)
#define FEED_PARKED_MAX 4096  // Bytes kept of a line that is too long.

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
    interrupted = signum;
}

struct feed {
    struct engine *engine;
    struct feed_options options;
    int fd;
    int read_errno;
    char *data;         // FEED_BUFFER bytes, of which start..end are still to be taken.
    size_t start, end;  // ... and those before `looked` hold no line end.
    size_t looked;
    struct dcp *dcp;
    struct dcp_message message;
    bool skipping;  // `start` stands within a line of which enough was seen.
    bool pending;   // `message` holds an event that wasn't taken yet.
    bool ended;
    bool taken;       // The event of this line is in the engine's hands.
    uint64_t parked;  // What the engine had parked before it.
    char connector[64];
    struct feed_counts counts;
    struct buf command;
    bool out_failed;
};

bool feed_open(struct feed **out, struct engine *engine, const struct feed_options *options,
               struct err *e)
{
    const bool is_stdin = strcmp(options->path, "-") == 0;
    const int fd = is_stdin ? STDIN_FILENO : open(options->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set(e, ERR_INVALID, "could not read %s: %s", options->path, strerror(errno));
    }
    struct feed *feed = xcalloc(1, sizeof(*feed));
    feed->engine = engine;
    feed->options = *options;
    feed->fd = fd;
    feed->data = xmalloc(FEED_BUFFER);
    feed->dcp = dcp_new();
    feed->counts.first_ms = INT64_MAX;
    snprintf(feed->connector, sizeof(feed->connector), "feed");
    buf_init(&feed->command, DCP_LINE_MAX);
    *out = feed;
    return true;
}

void feed_close(struct feed *feed)
{
    if (feed->fd != STDIN_FILENO) {
        close(feed->fd);
    }
    free(feed->data);
    dcp_free(feed->dcp);
    buf_deinit(&feed->command);
    free(feed);
}

// --- Lines. ---

// More bytes behind `end`; false: there are none.
static bool read_more(struct feed *feed)
{
    memmove(feed->data, feed->data + feed->start, feed->end - feed->start);
    feed->end -= feed->start;
    feed->looked -= feed->start;
    feed->start = 0;
    while (interrupted == 0) {
        const ssize_t got = read(feed->fd, feed->data + feed->end, FEED_BUFFER - feed->end);
        if (got > 0) {
            feed->end += (size_t)got;
            return true;
        }
        if (got == 0) {
            return false;
        }
        if (errno != EINTR) {
            feed->read_errno = errno;
            return false;
        }
    }
    return false;
}

// Leaves the rest of a line that is too long.
static void skip_line(struct feed *feed)
{
    while (feed->skipping) {
        const char *end = memchr(feed->data + feed->start, '\n', feed->end - feed->start);
        feed->start = end == NULL ? feed->end : (size_t)(end - feed->data) + 1;
        feed->looked = feed->start;
        feed->skipping = end == NULL && read_more(feed);
    }
}

// The next line without its end, valid until the next call; false: no more. One that is too long
// comes as its beginning, with *too_long.
static bool next_line(struct feed *feed, const char **line, size_t *size, bool *too_long)
{
    const char *end;
    skip_line(feed);
    while ((end = memchr(feed->data + feed->looked, '\n', feed->end - feed->looked)) == NULL) {
        feed->looked = feed->end;
        if (feed->end - feed->start > DCP_LINE_MAX + 1) {
            break;
        }
        if (!read_more(feed)) {
            if (feed->end == feed->start || interrupted != 0) {
                return false;
            }
            break;
        }
    }
    const size_t stop = end == NULL ? feed->end : (size_t)(end - feed->data);
    *line = feed->data + feed->start;
    *size = stop - feed->start;
    feed->start = end == NULL ? stop : stop + 1;
    feed->looked = feed->start;
    while (*size > 0 && (*line)[*size - 1] == '\r') {
        (*size)--;
    }
    *too_long = *size > DCP_LINE_MAX;
    if (*too_long && end == NULL) {
        // What comes next overwrites the line, so it is cut to what is kept of it.
        memmove(feed->data, *line, FEED_PARKED_MAX);
        feed->start = feed->end = feed->looked = FEED_PARKED_MAX;
        *line = feed->data;
        *size = FEED_PARKED_MAX;
        feed->skipping = true;
    }
    return true;
}

static void tell_bad_line(struct feed *feed, const char *error)
{
    feed->counts.refused++;
    if (feed->options.on_bad_line != NULL) {
        feed->options.on_bad_line(feed->options.ctx, feed->counts.lines, error);
    }
}

static void bad_line(struct feed *feed, const char *line, size_t size, const char *error)
{
    turn_park_line(feed->engine, feed->connector, line, size,
                   feed->counts.last_ms > 0 ? feed->counts.last_ms : 1, error);
    tell_bad_line(feed, error);
}

static void take_hello(struct feed *feed)
{
    const struct slice name = feed->message.name;
    const size_t size = utf8_cut(name.data, name.size, sizeof(feed->connector) - 1);
    memcpy(feed->connector, name.data, size);
    feed->connector[size] = '\0';
}

// Parses a line; true when it is an event to be played.
static bool take_line(struct feed *feed, const char *line, size_t size)
{
    struct err e;
    e.text[0] = '\0';
    if (!dcp_parse(feed->dcp, line, size, feed->options.currency_decimals, &feed->message, &e)) {
        bad_line(feed, line, size, e.text);
        return false;
    }
    if (feed->message.type == DCP_HELLO) {
        take_hello(feed);
    }
    if (feed->message.type != DCP_EVENT) {
        return false;
    }
    // A single time far ahead may not take the clock to the end: the lines behind it count too.
    if (feed->message.event.at > feed->options.until_ms) {
        feed->counts.after++;
        return false;
    }
    return true;
}

// Reads on until an event is pending or the file ends.
static void look_ahead(struct feed *feed)
{
    const char *line;
    size_t size;
    bool too_long;
    while (!feed->pending && !feed->ended) {
        if (!next_line(feed, &line, &size, &too_long)) {
            feed->ended = true;
            return;
        }
        if (feed->counts.lines++ == 0 && size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
            line += 3;  // A byte order mark, as some editors leave it.
            size -= 3;
        }
        if (too_long) {
            bad_line(feed, line, FEED_PARKED_MAX, "the line is longer than 1 MiB");
        } else if (size > 0 && take_line(feed, line, size)) {
            feed->message.event.connector = slice_of(feed->connector);
            feed->pending = true;
        }
    }
}

// Whether the event that was taken last has been refused. Its line is the latest one read.
static void look_back(struct feed *feed)
{
    if (feed->taken && feed->engine->parked != feed->parked) {
        tell_bad_line(feed, feed->engine->refusal.text);
    }
    feed->taken = false;
}

int64_t feed_first_ms(struct feed *feed)
{
    look_ahead(feed);
    return feed->pending ? feed->message.event.at : INT64_MAX;
}

// --- The world of the virtual clock. ---

static int64_t world_next(void *ctx)
{
    struct feed *feed = ctx;
    if (!feed->pending) {
        look_back(feed);
        look_ahead(feed);
    }
    return feed->pending ? feed->message.event.at : INT64_MAX;
}

static bool world_take(void *ctx, struct event *out)
{
    struct feed *feed = ctx;
    *out = feed->message.event;
    feed->pending = false;
    feed->taken = true;
    feed->parked = feed->engine->parked;
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
    crash_point("out.before");
    if (fwrite(feed->command.data, 1, feed->command.size, feed->options.out) !=
            feed->command.size ||
        fflush(feed->options.out) != 0) {
        feed->out_failed = true;
    }
    crash_point("out.after");
}

static bool world_stop(void *ctx)
{
    const struct feed *feed = ctx;
    return interrupted != 0 || feed->out_failed || feed->read_errno != 0;
}

bool feed_play(struct feed *feed, int64_t from_ms, struct feed_counts *counts, struct err *e)
{
    const struct virtual_world world = {
        .next = world_next,
        .take = world_take,
        .hear = world_hear,
        .stop = world_stop,
        .ctx = feed,
        .durable_first = feed->options.out != NULL,
    };
    // Without SA_RESTART, so that waiting for stdin ends too.
    const struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const uint64_t duplicates = feed->engine->duplicates;
    const uint64_t waiting = feed->engine->waiting;
    const bool ok = virtual_run(feed->engine, &world, from_ms, feed->options.until_ms, e);
    look_back(feed);
    feed->counts.duplicates = feed->engine->duplicates - duplicates;
    feed->counts.waiting = feed->engine->waiting - waiting;
    feed->counts.stopped_by = (int)interrupted;
    *counts = feed->counts;
    if (!ok) {
        return false;
    }
    if (feed->read_errno != 0) {
        return err_set(e, ERR_FAULT, "could not read %s: %s", feed->options.path,
                       strerror(feed->read_errno));
    }
    if (feed->out_failed) {
        return err_set(e, ERR_FAULT, "could not write the sent commands: %s", strerror(errno));
    }
    if (interrupted != 0) {
        return err_set(e, ERR_FAULT, "stopped by a signal; what was handled is kept");
    }
    return true;
}
