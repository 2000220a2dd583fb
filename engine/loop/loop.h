#pragma once
// The event loop: the only home of uv.h. One alarm, line streams (stdin, child processes, Unix
// sockets), wake-ups from other threads, signals. It knows nothing of campaigns.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

struct loop;

MUST_USE bool loop_new(struct loop **out, struct err *e);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);       // Until loop_stop, or nothing is left to wait for.
void loop_stop(struct loop *loop);      // From a callback.
int64_t loop_wall_ms(void);             // Wall clock, milliseconds since 1970 UTC.
int64_t loop_mono_us(void);             // Monotonic microseconds, for measuring.
int64_t loop_cpu_us(bool all_threads);  // CPU that this thread has used, or the whole process.

// One alarm a loop: call on_alarm as soon as the wall clock reaches at_ms (at once when past);
// INT64_MAX clears it. Wakes at least every second to notice a changed clock.
void loop_alarm(struct loop *loop, int64_t at_ms, void (*on_alarm)(void *ctx), void *ctx);
// Called once an iteration just before the loop would block: the place to close a batch.
void loop_before_sleep(struct loop *loop, void (*on_idle)(void *ctx), void *ctx);
// Told of each round what it took, waiting left out: so long nothing else could be looked at.
void loop_on_round(struct loop *loop, void (*on_round)(void *ctx, int64_t busy_us), void *ctx);
// Called after that, when what was written has gone out: the place to wait a moment for something
// that is nearly done, so that what comes meanwhile is read in one go.
void loop_before_rest(struct loop *loop, void (*on_rest)(void *ctx), void *ctx);
// Thread-safe wake-up: loop_wake may be called from any thread; on_wake runs on the loop.
void loop_on_wake(struct loop *loop, void (*on_wake)(void *ctx), void *ctx);
void loop_wake(struct loop *loop);
// SIGINT and SIGTERM; the second one within 2 s ends the process at once. SIGUSR1. SIGPIPE is
// ignored.
void loop_on_signal(struct loop *loop, void (*on_signal)(void *ctx, int signum), void *ctx);

// A stream of lines in both directions.
struct lines;
struct lines_events {
    // One line without its end; several lines of one read come in a row, then on_drained.
    void (*on_line)(void *ctx, const char *line, size_t size);
    void (*on_drained)(void *ctx);
    // A line above line_max was skipped whole (its first bytes are given).
    void (*on_too_long)(void *ctx, const char *start, size_t size);
    // The other side closed, failed, or the child ended (exit_status >= 0). `lines` is freed after
    // it.
    void (*on_close)(void *ctx, int exit_status, const struct err *why);
    void *ctx;
    size_t line_max;     // Bytes; dcp/1: 1 MiB.
    size_t waiting_max;  // Bytes queued for a slow reader; 0: 16 MiB.
    // What finds no room ends the stream, at once and without what is queued: on_close comes later
    // (never inside lines_write) and says so. Otherwise lines_write refuses and that is all.
    bool drops_slow;
};
// From then on the descriptors belong to the stream (and are close-on-exec); 0 to 2 are never
// closed.
MUST_USE bool lines_open_fd(struct loop *loop, int fd_in, int fd_out,
                            const struct lines_events *events, struct lines **out, struct err *e);
// Starts a child with stdin/stdout as the stream and stderr inherited. argv ends with NULL; dir may
// be NULL.
MUST_USE bool lines_spawn(struct loop *loop, const char *const *argv, const char *dir,
                          const struct lines_events *events, struct lines **out, struct err *e);
MUST_USE bool lines_connect(struct loop *loop, const char *socket_path,
                            const struct lines_events *events, struct lines **out, struct err *e);
// Queues one line ('\n' is added) and never blocks. false: waiting_max is reached (a reader too
// slow) and nothing was queued. true on a stream that is ending: on_close is on its way.
MUST_USE bool lines_write(struct lines *lines, const char *line, size_t size);
// Back-pressure: stop reading. Lines that were read already (128 KiB at most) still come.
void lines_pause(struct lines *lines, bool paused);
// What is queued is still written, for 2 s at most; on_close comes later, once.
void lines_close(struct lines *lines);
size_t lines_waiting(const struct lines *lines);  // Bytes queued and not yet written.

// A Unix-domain socket that others connect to; every client is a stream of lines like any other.
//
//   static bool come(void *ctx, struct lines *client, struct lines_events *events)
//   {
//       struct lines_peer peer;
//       if (!lines_get_peer(client, &peer) || peer.uid != geteuid()) {
//           return false;  // The connection is closed without a word.
//       }
//       *events = (struct lines_events){.on_line = …, .on_close = …, .ctx = session_new(client),
//                                       .line_max = 1 << 20, .waiting_max = 4 << 20,
//                                       .drops_slow = true};
//       return true;       // Its first line comes after this, its on_close exactly once.
//   }
//   const struct listener_options options = {.path = "run/control", .on_client = come, …};
//   if (!loop_listen(loop, &options, &listener, &e)) { … }   // e says what to do.
//
// The file gets mode 0600. Its folder (its parent must be there) is made with 0700 when it is
// missing, and refused when it is a symbolic link, somebody else's, or open to group or others: so
// only this user, and root, can connect at all. A file left behind by a process that was killed is
// removed, but only a socket at which nobody answers, and two processes that try at once can't
// both have it. Whoever serves a database takes its lock first (store_open): an engine that merely
// hangs then keeps its socket, because the second one never gets here.
struct listener;
struct listener_options {
    const char *path;    // At most 107 bytes, a limit of the system.
    size_t clients_max;  // More are closed as they come (on_trouble); 0: 256.
    // Somebody has connected. `client` can be written to, asked for its peer and kept until
    // on_close. false: it is cut off without a word and there is no on_close; to tell it why, write
    // to it, lines_close it and return true. What it says without a line's end before it goes away
    // is dropped (a file's last line isn't).
    bool (*on_client)(void *ctx, struct lines *client, struct lines_events *events);
    // Clients had to be refused or kept waiting: too many of them, or no file descriptors left
    // (then they wait in the system's queue and come as soon as there are some; told once until
    // then). May come in floods. May be NULL.
    void (*on_trouble)(void *ctx, const struct err *why);
    void *ctx;
};
// ERR_BUSY: somebody answers there. ERR_INVALID: the path or its folder won't do. Else ERR_FAULT.
MUST_USE bool loop_listen(struct loop *loop, const struct listener_options *options,
                          struct listener **out, struct err *e);
// Nobody can connect any more; the file is removed if it is still ours. Clients that are there
// stay, until lines_close each. loop_free does it too. NULL is fine.
void listener_close(struct listener *listener);

// Who is at the other end of a socket, from the system and as of the moment it connected: nothing
// the client says can change it. The process may be gone by now, or its number taken by another.
struct lines_peer {
    int64_t pid;
    uint32_t uid;
    uint32_t gid;
    char user[64];  // The name of `uid`; "uid 1003" when it has none.
};
// false: not a client of loop_listen.
MUST_USE bool lines_get_peer(const struct lines *lines, struct lines_peer *out);

// Pages for programs that watch this one, over HTTP on 127.0.0.1 and nowhere else: GET alone, one
// answer a connection. Who says something else, too much, or is slow is cut off; so is a page that
// asks under another host's name (a browser that was told a lie). Nothing can be changed here.
struct web;
struct web_options {
    int64_t port;  // 0: any that is free, see web_port.
    // The body of the page at `path` ("/metrics"); false: there is none.
    bool (*on_get)(void *ctx, const char *path, struct buf *out, const char **content_type);
    void *ctx;
};
#define WEB_CLIENTS_MAX 16
#define WEB_HEAD_MAX ((size_t)8192)
#define WEB_PAGE_MAX ((size_t)16 << 20)
#define WEB_TIME_MS 5000  // For all of it: the question, the answer.
MUST_USE bool loop_serve(struct loop *loop, const struct web_options *options, struct web **out,
                         struct err *e);
int64_t web_port(const struct web *web);
void web_close(struct web *web);  // Those being answered are cut off. NULL is fine.
