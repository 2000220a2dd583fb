// The loop: one alarm, wake-ups from other threads, signals, and the moment before it sleeps. The
// streams are in lines.c, child processes in spawn.c, sockets in listen.c, pages in web.c. It knows
// nothing of campaigns.
#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/loop_impl.h"

#define ALARM_STEP_MS 1000  // The wall clock may be set: look at it so often.
#define SIGNAL_TWICE_MS 2000

static void loop_tell_round(struct loop *loop)
{
    const uint64_t now_ns = uv_hrtime();
    const uint64_t idle_ns = uv_metrics_idle_time(&loop->uv);
    const uint64_t waited_ns = idle_ns - loop->idle_ns;
    const uint64_t whole_ns = now_ns - loop->round_ns;
    const bool is_first = loop->round_ns == 0;
    loop->round_ns = now_ns;
    loop->idle_ns = idle_ns;
    if (!is_first) {
        loop->on_round(loop->round_ctx,
                       whole_ns > waited_ns ? (int64_t)((whole_ns - waited_ns) / 1000) : 0);
    }
}

static void loop_on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    if (loop->on_round) {
        loop_tell_round(loop);
    }
    if (loop->on_idle) {
        loop->on_idle(loop->idle_ctx);
    }
    lines_flush_dirty(loop);  // One write a stream and round, whatever was queued.
    if (loop->on_rest) {
        const uint64_t from_ns = uv_hrtime();
        loop->on_rest(loop->rest_ctx);
        loop->round_ns += loop->round_ns == 0 ? 0 : uv_hrtime() - from_ns;  // It is a wait too.
    }
}

static void loop_on_async(uv_async_t *async)
{
    struct loop *loop = async->data;
    if (loop->on_wake) {
        loop->on_wake(loop->wake_ctx);
    }
}

static void loop_on_uv_signal(uv_signal_t *handle, int signum)
{
    struct loop *loop = handle->data;
    const int64_t now_ms = loop_mono_us() / 1000;
    if (signum == SIGUSR1) {
        loop->on_signal(loop->signal_ctx, signum);
        return;
    }
    if (loop->signal_at_ms != 0 && now_ms - loop->signal_at_ms < SIGNAL_TWICE_MS) {
        _exit(128 + signum);
    }
    loop->signal_at_ms = now_ms;
    loop->on_signal(loop->signal_ctx, signum);
}

bool loop_fail(struct err *e, int code, const char *doing)
{
    return err_set(e, ERR_FAULT, "%s: %s", doing, uv_strerror(code));
}

bool loop_new(struct loop **out, struct err *e)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    loop->alarm_at_ms = INT64_MAX;
    int code = uv_loop_init(&loop->uv);
    if (code != 0) {
        free(loop);
        return loop_fail(e, code, "the event loop could not be made");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    code = uv_async_init(&loop->uv, &loop->wake, loop_on_async);
    if (code != 0) {
        CHECK(uv_loop_close(&loop->uv) == 0);
        free(loop);
        return loop_fail(e, code, "the event loop could not be made");
    }
    // None of these can fail: they ask nothing of the system.
    uv_timer_init(&loop->uv, &loop->timer);
    uv_prepare_init(&loop->uv, &loop->prepare);
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
    }
    loop->wake.data = loop;
    loop->timer.data = loop;
    loop->prepare.data = loop;
    uv_prepare_start(&loop->prepare, loop_on_prepare);
    // These alone don't keep the loop running.
    uv_unref((uv_handle_t *)&loop->wake);
    uv_unref((uv_handle_t *)&loop->prepare);
    *out = loop;
    return true;
}

void loop_free(struct loop *loop)
{
    if (!loop) {
        return;
    }
    for (struct lines *lines = loop->first; lines; lines = lines->next) {
        lines_abandon(lines);
    }
    listener_free_all(loop);
    web_free_all(loop);
    loop->on_round = NULL;
    loop->on_idle = NULL;
    loop->on_wake = NULL;
    loop->on_rest = NULL;
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop->uv) == 0);
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

int64_t loop_wall_ms(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_mono_us(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t loop_cpu_us(bool all_threads)
{
    struct timespec now;
    CHECK(clock_gettime(all_threads ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &now) ==
          0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void loop_set_timer(struct loop *loop);

static void loop_on_timer(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    if (loop->alarm_at_ms > loop_wall_ms()) {
        loop_set_timer(loop);  // A second has gone by, or the clock was set back.
        return;
    }
    loop->alarm_at_ms = INT64_MAX;
    loop->on_alarm(loop->alarm_ctx);
}

static void loop_set_timer(struct loop *loop)
{
    const int64_t now_ms = loop_wall_ms();
    int64_t delay_ms = 0;
    if (loop->alarm_at_ms > now_ms) {
        // Compared before it is subtracted: at_ms may be anything.
        delay_ms = loop->alarm_at_ms >= now_ms + ALARM_STEP_MS ? ALARM_STEP_MS
                                                               : loop->alarm_at_ms - now_ms;
    }
    uv_update_time(&loop->uv);  // uv counts from the time of the last round.
    uv_timer_start(&loop->timer, loop_on_timer, (uint64_t)delay_ms, 0);
}

void loop_alarm(struct loop *loop, int64_t at_ms, void (*on_alarm)(void *ctx), void *ctx)
{
    loop->alarm_at_ms = at_ms;
    loop->on_alarm = on_alarm;
    loop->alarm_ctx = ctx;
    if (at_ms == INT64_MAX) {
        uv_timer_stop(&loop->timer);
    } else {
        loop_set_timer(loop);
    }
}

void loop_before_sleep(struct loop *loop, void (*on_idle)(void *ctx), void *ctx)
{
    loop->on_idle = on_idle;
    loop->idle_ctx = ctx;
}

void loop_on_round(struct loop *loop, void (*on_round)(void *ctx, int64_t busy_us), void *ctx)
{
    CHECK(uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME) == 0);
    loop->on_round = on_round;
    loop->round_ctx = ctx;
}

void loop_before_rest(struct loop *loop, void (*on_rest)(void *ctx), void *ctx)
{
    loop->on_rest = on_rest;
    loop->rest_ctx = ctx;
}

void loop_on_wake(struct loop *loop, void (*on_wake)(void *ctx), void *ctx)
{
    loop->on_wake = on_wake;
    loop->wake_ctx = ctx;
}

void loop_wake(struct loop *loop)
{
    CHECK(uv_async_send(&loop->wake) == 0);
}

void loop_on_signal(struct loop *loop, void (*on_signal)(void *ctx, int signum), void *ctx)
{
    static const int signums[LOOP_SIGNALS] = {SIGINT, SIGTERM, SIGUSR1};
    loop->on_signal = on_signal;
    loop->signal_ctx = ctx;
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        CHECK(uv_signal_start(&loop->signals[i], loop_on_uv_signal, signums[i]) == 0);
        uv_unref((uv_handle_t *)&loop->signals[i]);
    }
}
