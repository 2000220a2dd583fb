#pragma once
// What loop.c, lines.c, spawn.c, listen.c and web.c share. Internal to engine/loop.

#include <uv.h>

#include "base/mem.h"
#include "loop/loop.h"

#define LOOP_SIGNALS 3

struct loop {
    uv_loop_t uv;
    uv_timer_t timer;
    uv_async_t wake;
    uv_prepare_t prepare;
    uv_signal_t signals[LOOP_SIGNALS];  // SIGINT, SIGTERM, SIGUSR1
    int64_t signal_at_ms;               // Monotonic time of the last one; 0: none.
    int64_t alarm_at_ms;                // INT64_MAX: none.
    void (*on_alarm)(void *ctx);
    void *alarm_ctx;
    void (*on_idle)(void *ctx);
    void *idle_ctx;
    void (*on_round)(void *ctx, int64_t busy_us);
    void *round_ctx;
    uint64_t round_ns, idle_ns;  // When the last round began to wait, and what it had waited then.
    void (*on_rest)(void *ctx);
    void *rest_ctx;
    void (*on_wake)(void *ctx);
    void *wake_ctx;
    void (*on_signal)(void *ctx, int signum);
    void *signal_ctx;
    struct lines *dirty;  // Streams with lines that wait for the next flush, by `dirty_next`.
    struct lines *first;  // All streams, by `previous` and `next`.
    struct listener *listeners;
    struct web *webs;
};

enum lines_state {
    LINES_OPEN,
    LINES_ENDING,   // Nothing is read any more; what was queued is still written, a child may end.
    LINES_CLOSING,  // Handles are being closed.
};

struct lines {
    struct loop *loop;
    struct lines_events events;
    enum lines_state state;
    struct lines *previous;
    struct lines *next;
    struct lines *dirty_next;
    bool is_dirty;
    bool is_silent;  // Never came to be, or the loop goes away: no on_close.

    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
    } in, out;
    bool has_in;
    bool has_out;  // false: `in` is used both ways, or out_file.
    bool is_reading;
    bool is_paused;
    int in_file;   // A plain file is read by uv_fs: epoll doesn't take it. -1: none.
    int out_file;  // A plain file is written at once. -1: none.
    uv_fs_t read_file;
    bool is_reading_file;

    struct buf read;   // The line that is not complete yet and room for the next read.
    size_t scanned;    // Bytes of `read` that hold no line end.
    bool is_skipping;  // In a line that is too long.

    struct buf pending;  // Queued.
    struct buf writing;  // Given to uv_write.
    uv_write_t write;
    bool is_writing;
    bool is_broken;  // Writing failed: what is queued is dropped, the rest is still read.

    uv_process_t process;
    bool has_process;
    bool is_running;
    int exit_status;   // -1: no child, or still running.
    bool is_ours;      // lines_close: how the child ends then is no failure.
    uv_timer_t grace;  // What doesn't end by itself is ended. Always there.
    unsigned grace_step;
    int handles_open;  // Handles whose close callback is still to come.
    struct err why;

    struct listener *listener;  // Where it came from; NULL: nowhere, or that is closed by now.
    bool has_peer;
    int64_t peer_pid;
    uint32_t peer_uid;
    uint32_t peer_gid;
};

// lines.c
struct lines *lines_new(struct loop *loop, const struct lines_events *events);
void lines_set_events(struct lines *lines, const struct lines_events *events);
MUST_USE bool lines_open_handle(struct lines *lines, int fd, bool reads, struct err *e);
void lines_start(struct lines *lines);
void lines_flush_dirty(struct loop *loop);
void lines_abandon(struct lines *lines);      // No on_close comes.
void lines_child_ended(struct lines *lines);  // Its exit_status is set.

// listen.c
void listener_lost_client(struct listener *listener);
void listener_free_all(struct loop *loop);

// web.c
void web_free_all(struct loop *loop);

// loop.c
// For err: "could not start: no such file or directory".
bool loop_fail(struct err *e, int code, const char *doing);
