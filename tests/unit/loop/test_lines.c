// Line streams: what goes in comes out, whatever the pieces; ends come once and in order.
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "loop/loop.h"

struct seen {
    struct loop *loop;
    struct lines *lines;
    struct buf text;  // Lines as they came, each with '|'.
    unsigned line_count;
    unsigned drained_count;
    unsigned too_long_count;
    size_t too_long_size;
    unsigned close_count;
    int exit_status;
    char why[ERR_TEXT_MAX];
    unsigned close_after;  // Close after so many lines; 0: never.
};

static void seen_on_line(void *ctx, const char *line, size_t size)
{
    struct seen *seen = ctx;
    seen->line_count++;
    buf_append(&seen->text, line, size);
    buf_putc(&seen->text, '|');
    if (seen->close_after != 0 && seen->line_count == seen->close_after) {
        lines_close(seen->lines);
    }
}

static void seen_on_drained(void *ctx)
{
    ((struct seen *)ctx)->drained_count++;
}

static void seen_on_too_long(void *ctx, const char *start, size_t size)
{
    struct seen *seen = ctx;
    assert_non_null(start);
    seen->too_long_count++;
    seen->too_long_size = size;
}

static void seen_on_close(void *ctx, int exit_status, const struct err *why)
{
    struct seen *seen = ctx;
    seen->close_count++;
    seen->exit_status = exit_status;
    (void)snprintf(seen->why, sizeof seen->why, "%s", why ? why->text : "");
}

static struct lines_events seen_init(struct seen *seen, size_t line_max)
{
    struct err e = {0};
    *seen = (struct seen){0};
    buf_init(&seen->text, (size_t)64 << 20);
    assert_true(loop_new(&seen->loop, &e));
    return (struct lines_events){.on_line = seen_on_line,
                                 .on_drained = seen_on_drained,
                                 .on_too_long = seen_on_too_long,
                                 .on_close = seen_on_close,
                                 .ctx = seen,
                                 .line_max = line_max};
}

static void seen_deinit(struct seen *seen)
{
    loop_free(seen->loop);
    buf_deinit(&seen->text);
}

static void spawn_shell(struct seen *seen, const struct lines_events *events, const char *script)
{
    struct err e = {0};
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    assert_true(lines_spawn(seen->loop, argv, "/", events, &seen->lines, &e));
}

static void test_echo(void **state)
{
    (void)state;
    struct seen seen;
    struct err e = {0};
    struct lines_events events = seen_init(&seen, 1 << 20);
    seen.close_after = 3;
    const char *const argv[] = {"cat", NULL};
    assert_true(lines_spawn(seen.loop, argv, NULL, &events, &seen.lines, &e));
    assert_true(lines_write(seen.lines, "one", 3));
    assert_true(lines_write(seen.lines, "", 0));
    assert_true(lines_write(seen.lines, "three\r", 6));
    assert_int_equal(lines_waiting(seen.lines), 12);
    loop_run(seen.loop);
    assert_string_equal(seen.text.data, "one||three|");
    assert_int_equal(seen.close_count, 1);
    assert_int_equal(seen.exit_status, 0);
    assert_string_equal(seen.why, "");
    seen_deinit(&seen);
}

static void test_much_through_a_child(void **state)
{
    (void)state;
    struct seen seen;
    struct err e = {0};
    struct lines_events events = seen_init(&seen, 1 << 20);
    enum { LINES = 20000 };
    seen.close_after = LINES;
    const char *const argv[] = {"cat", NULL};
    assert_true(lines_spawn(seen.loop, argv, NULL, &events, &seen.lines, &e));
    struct buf expected;
    buf_init(&expected, (size_t)64 << 20);
    for (int i = 0; i < LINES; i++) {
        char line[160];
        const int size =
            snprintf(line, sizeof line, "%d %.*s", i, i % 130,
                     "..............................................................."
                     "...............................................................");
        assert_true(lines_write(seen.lines, line, (size_t)size));
        buf_append(&expected, line, (size_t)size);
        buf_putc(&expected, '|');
    }
    loop_run(seen.loop);
    assert_int_equal(seen.text.size, expected.size);
    assert_memory_equal(seen.text.data, expected.data, expected.size);
    buf_deinit(&expected);
    seen_deinit(&seen);
}

static void test_too_long(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events,
                "echo a; head -c 1000 /dev/zero | tr '\\0' x; echo; head -c 1001 /dev/zero |"
                " tr '\\0' y; echo; head -c 3000000 /dev/zero | tr '\\0' z; echo; printf last");
    loop_run(seen.loop);
    assert_int_equal(seen.too_long_count, 2);
    assert_int_equal(seen.too_long_size, 1024);
    assert_int_equal(seen.line_count, 3);
    assert_int_equal(seen.text.size, 2 + 1001 + 5);
    assert_string_equal(seen.text.data + 2 + 1001, "last|");
    assert_int_equal(seen.close_count, 1);
    seen_deinit(&seen);
}

static void test_child_fails(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events, "echo dying; exit 7");
    // Written while it dies: what it said before still comes, and the engine isn't ended by
    // SIGPIPE.
    assert_true(lines_write(seen.lines, "hello", 5));
    loop_run(seen.loop);
    assert_string_equal(seen.text.data, "dying|");
    assert_int_equal(seen.exit_status, 7);
    assert_non_null(strstr(seen.why, "status 7"));
    seen_deinit(&seen);

    events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events, "kill -9 $$");
    loop_run(seen.loop);
    assert_int_equal(seen.exit_status, 128 + SIGKILL);
    assert_non_null(strstr(seen.why, "signal 9"));
    seen_deinit(&seen);
}

static void test_child_does_not_end(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    seen.close_after = 1;
    spawn_shell(&seen, &events, "trap '' TERM; echo up; while :; do sleep 0.1; done");
    const int64_t start_us = loop_mono_us();
    loop_run(seen.loop);
    assert_int_equal(seen.close_count, 1);
    assert_int_equal(seen.exit_status, 128 + SIGKILL);
    assert_string_equal(seen.why, "");
    assert_in_range(loop_mono_us() - start_us, 3500000, 20000000);
    seen_deinit(&seen);
}

static void test_no_such_program(void **state)
{
    (void)state;
    struct seen seen;
    struct err e = {0};
    struct lines_events events = seen_init(&seen, 1000);
    const char *const argv[] = {"/does/not/exist", NULL};
    assert_false(lines_spawn(seen.loop, argv, NULL, &events, &seen.lines, &e));
    assert_non_null(strstr(e.text, "/does/not/exist: could not be started: no such file"));
    loop_run(seen.loop);
    assert_int_equal(seen.close_count, 0);
    seen_deinit(&seen);
}

static void test_slow_reader(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events, "exec sleep 100");
    char *line = xcalloc(1, 1 << 20);
    memset(line, 'x', 1 << 20);
    unsigned taken = 0;
    while (taken < 100 && lines_write(seen.lines, line, 1 << 20)) {
        taken++;
    }
    assert_in_range(taken, 14, 16);
    assert_in_range(lines_waiting(seen.lines), 14 << 20, 16 << 20);
    free(line);
    lines_close(seen.lines);
    loop_run(seen.loop);
    assert_int_equal(seen.close_count, 1);
    assert_int_equal(seen.exit_status, 128 + SIGTERM);
    seen_deinit(&seen);
}

static void test_files(void **state)
{
    (void)state;
    struct seen seen;
    struct err e = {0};
    struct lines_events events = seen_init(&seen, 1 << 20);
    char in_name[] = "/tmp/test_lines_XXXXXX";
    char out_name[] = "/tmp/test_lines_XXXXXX";
    const int in = mkstemp(in_name);
    const int out = mkstemp(out_name);
    unlink(in_name);
    unlink(out_name);
    for (int i = 0; i < 50000; i++) {
        assert_int_equal(write(in, "0123456789\n", 11), 11);
    }
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    const int look = dup(out);
    assert_true(lines_open_fd(seen.loop, in, out, &events, &seen.lines, &e));
    assert_true(fcntl(in, F_GETFD) & FD_CLOEXEC);
    assert_true(lines_write(seen.lines, "answer", 6));
    loop_run(seen.loop);
    assert_int_equal(seen.line_count, 50000);
    assert_in_range(seen.drained_count, 4, 10);
    assert_int_equal(seen.exit_status, -1);
    char got[16] = "";
    assert_int_equal(pread(look, got, sizeof got, 0), 7);
    assert_string_equal(got, "answer\n");
    close(look);
    seen_deinit(&seen);
}

static void test_socket(void **state)
{
    (void)state;
    struct seen seen;
    struct err e = {0};
    struct lines_events events = seen_init(&seen, 1000);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/test_lines_%ld",
                   (long)getpid());
    unlink(address.sun_path);
    assert_false(lines_connect(seen.loop, address.sun_path, &events, &seen.lines, &e));
    assert_non_null(strstr(e.text, "could not be connected"));
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_true(lines_connect(seen.loop, address.sun_path, &events, &seen.lines, &e));
    const int peer = accept(server, NULL, NULL);
    assert_int_equal(write(peer, "in\npieces", 9), 9);
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    assert_true(lines_write(seen.lines, "still written", 13));
    loop_run(seen.loop);
    assert_string_equal(seen.text.data, "in|pieces|");
    assert_int_equal(seen.close_count, 1);
    char got[32] = "";
    assert_int_equal(read(peer, got, sizeof got), 14);
    assert_string_equal(got, "still written\n");
    assert_int_equal(read(peer, got, sizeof got), 0);
    close(peer);
    close(server);
    unlink(address.sun_path);
    seen_deinit(&seen);
}

static void on_resume(void *ctx)
{
    struct seen *seen = ctx;
    assert_int_equal(seen->line_count, 0);
    lines_pause(seen->lines, false);
}

static void test_pause(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events, "echo waited");
    lines_pause(seen.lines, true);
    loop_alarm(seen.loop, loop_wall_ms() + 300, on_resume, &seen);
    loop_run(seen.loop);
    assert_string_equal(seen.text.data, "waited|");
    seen_deinit(&seen);
}

static void test_free_while_open(void **state)
{
    (void)state;
    struct seen seen;
    struct lines_events events = seen_init(&seen, 1000);
    spawn_shell(&seen, &events, "exec sleep 100");
    assert_true(lines_write(seen.lines, "never read", 10));
    seen_deinit(&seen);
    assert_int_equal(seen.close_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_much_through_a_child),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_child_fails),
        cmocka_unit_test(test_child_does_not_end),
        cmocka_unit_test(test_no_such_program),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_socket),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_free_while_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
