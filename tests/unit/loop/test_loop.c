// The loop's alarm, wake-ups from another thread, signals and the moment before it sleeps.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/loop.h"

struct seen {
    struct loop *loop;
    unsigned alarms;
    unsigned wakes;
    unsigned idles;
    unsigned signals;
    int64_t alarm_at_ms;
};

static void seen_init(struct seen *seen)
{
    struct err e = {0};
    *seen = (struct seen){0};
    assert_true(loop_new(&seen->loop, &e));
}

static void on_alarm(void *ctx)
{
    struct seen *seen = ctx;
    seen->alarms++;
    seen->alarm_at_ms = loop_wall_ms();
}

static void on_alarm_again(void *ctx)
{
    struct seen *seen = ctx;
    seen->alarms++;
    if (seen->alarms < 1000) {
        loop_alarm(seen->loop, loop_wall_ms(), on_alarm_again, seen);
    }
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    struct seen seen;
    seen_init(&seen);
    loop_run(seen.loop);
    loop_free(seen.loop);
}

static void test_alarm(void **state)
{
    (void)state;
    struct seen seen;
    seen_init(&seen);
    const int64_t at_ms = loop_wall_ms() + 1250;  // Longer than the loop sleeps in one go.
    loop_alarm(seen.loop, at_ms, on_alarm, &seen);
    loop_run(seen.loop);
    assert_int_equal(seen.alarms, 1);
    assert_in_range(seen.alarm_at_ms, at_ms, at_ms + 500);

    loop_alarm(seen.loop, 0, on_alarm, &seen);  // Past: at once.
    loop_run(seen.loop);
    assert_int_equal(seen.alarms, 2);

    loop_alarm(seen.loop, INT64_MAX - 1, on_alarm, &seen);
    loop_alarm(seen.loop, INT64_MAX, NULL, NULL);
    loop_run(seen.loop);
    assert_int_equal(seen.alarms, 2);

    seen.alarms = 0;
    loop_alarm(seen.loop, 0, on_alarm_again, &seen);
    loop_run(seen.loop);
    assert_int_equal(seen.alarms, 1000);
    loop_free(seen.loop);
}

static void on_wake(void *ctx)
{
    struct seen *seen = ctx;
    seen->wakes++;
    loop_stop(seen->loop);
}

static void on_idle(void *ctx)
{
    ((struct seen *)ctx)->idles++;
}

static void *waker(void *ctx)
{
    usleep(50000);
    loop_wake(((struct seen *)ctx)->loop);
    return NULL;
}

static void test_wake(void **state)
{
    (void)state;
    struct seen seen;
    seen_init(&seen);
    loop_on_wake(seen.loop, on_wake, &seen);
    loop_before_sleep(seen.loop, on_idle, &seen);
    loop_alarm(seen.loop, loop_wall_ms() + 20000, on_alarm, &seen);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, waker, &seen), 0);
    loop_run(seen.loop);
    pthread_join(thread, NULL);
    assert_int_equal(seen.wakes, 1);
    assert_int_equal(seen.alarms, 0);
    assert_in_range(seen.idles, 1, 3);
    loop_free(seen.loop);
}

static void on_signal(void *ctx, int signum)
{
    struct seen *seen = ctx;
    seen->signals++;
    assert_int_equal(signum, SIGTERM);
    loop_stop(seen->loop);
}

static void on_alarm_signal(void *ctx)
{
    (void)ctx;
    assert_int_equal(kill(getpid(), SIGTERM), 0);
}

static void test_signal(void **state)
{
    (void)state;
    struct seen seen;
    seen_init(&seen);
    loop_on_signal(seen.loop, on_signal, &seen);
    loop_alarm(seen.loop, 0, on_alarm_signal, &seen);
    // Something to wait for while the signal is on its way.
    loop_run(seen.loop);
    for (int i = 0; i < 100 && seen.signals == 0; i++) {
        loop_alarm(seen.loop, loop_wall_ms() + 20, on_alarm, &seen);
        loop_run(seen.loop);
    }
    assert_int_equal(seen.signals, 1);
    loop_free(seen.loop);
}

static void on_first_signal(void *ctx, int signum)
{
    (void)ctx;
    (void)kill(getpid(), signum);  // The second one: nobody may keep it from ending the process.
}

static void test_second_signal_ends(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0) {
        struct seen seen;
        struct err e = {0};
        if (!loop_new(&seen.loop, &e)) {
            _exit(1);
        }
        loop_on_signal(seen.loop, on_first_signal, &seen);
        loop_alarm(seen.loop, loop_wall_ms() + 20000, on_alarm, &seen);
        (void)kill(getpid(), SIGINT);
        loop_run(seen.loop);
        _exit(2);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_alarm),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_second_signal_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
