#pragma once
// The event loop: the only home of uv.h. One alarm, line streams (stdin, child processes, Unix
// sockets), wake-ups from other threads, signals. It knows nothing of campaigns.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

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
// Thread-safe wake-up: loop_wake may be called from any thread; on_wake runs on the loop.
void loop_on_wake(struct loop *loop, void (*on_wake)(void *ctx), void *ctx);
void loop_wake(struct loop *loop);
// SIGINT and SIGTERM; the second one within 2 s ends the process at once. SIGPIPE is ignored.
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
    size_t line_max;  // Bytes; dcp/1: 1 MiB.
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
// Queues one line ('\n' is added). false: more than 16 MiB wait already (a reader too slow);
// nothing was queued.
MUST_USE bool lines_write(struct lines *lines, const char *line, size_t size);
// Back-pressure: stop reading. Lines that were read already (128 KiB at most) still come.
void lines_pause(struct lines *lines, bool paused);
// What is queued is still written, for 2 s at most; on_close comes later, once.
void lines_close(struct lines *lines);
size_t lines_waiting(const struct lines *lines);  // Bytes queued and not yet written.
