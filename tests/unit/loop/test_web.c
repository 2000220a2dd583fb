// Pages for monitoring: what is answered, what is refused, and clients that behave badly.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/loop.h"

#define ANSWER_MAX 65536

struct server {
    struct loop *loop;
    struct web *web;
    unsigned asked;
    size_t page_size;
    char answer[ANSWER_MAX];
};

static bool on_get(void *ctx, const char *path, struct buf *out, const char **content_type)
{
    struct server *server = ctx;
    server->asked++;
    if (strcmp(path, "/metrics") == 0) {
        buf_puts(out, "one 1\n");
        *content_type = "text/x-test";
        return true;
    }
    if (strcmp(path, "/large") == 0) {
        for (size_t i = 0; i < server->page_size; i++) {
            buf_putc(out, 'x');
        }
        return true;
    }
    return false;
}

static void stop(void *ctx)
{
    loop_stop(ctx);
}

static void run_for(struct server *server, int64_t ms)
{
    loop_alarm(server->loop, loop_wall_ms() + ms, stop, server->loop);
    loop_run(server->loop);
}

static void server_init(struct server *server)
{
    struct err e = {0};
    memset(server, 0, sizeof(*server));
    assert_true(loop_new(&server->loop, &e));
    const struct web_options options = {.on_get = on_get, .ctx = server};
    assert_true(loop_serve(server->loop, &options, &server->web, &e));
    assert_true(web_port(server->web) > 0);
}

static int dial(const struct server *server)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)web_port(server->web)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

// What was said in return so far; true: and the server has hung up.
static bool take(int fd, char *out, size_t size)
{
    size_t used = strlen(out);
    for (;;) {
        const ssize_t got = recv(fd, out + used, size - used - 1, 0);
        if (got <= 0) {
            return got == 0 || errno == ECONNRESET;
        }
        used += (size_t)got;
        out[used] = '\0';
    }
}

// Asks `text` and gives what comes back.
static const char *ask_bytes(struct server *server, const char *text, size_t size)
{
    const int fd = dial(server);
    server->answer[0] = '\0';
    if (size > 0) {
        assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
    }
    for (int tries = 0; tries < 100 && strstr(server->answer, "\r\n\r\n") == NULL; tries++) {
        run_for(server, 5);
        if (take(fd, server->answer, ANSWER_MAX)) {
            break;
        }
    }
    close(fd);
    return server->answer;
}

static const char *ask(struct server *server, const char *text)
{
    return ask_bytes(server, text, strlen(text));
}

#define HOST "Host: localhost:9464\r\n"

static void test_a_page_is_given(void **state)
{
    (void)state;
    struct server server;
    server_init(&server);
    const char *answer = ask(&server, "GET /metrics HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\n"));
    assert_non_null(strstr(answer, "Content-Length: 6\r\n"));
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\none 1\n");
    answer = ask(&server, "GET /metrics HTTP/1.0\r\n\r\n");  // Old ones name no host.
    assert_non_null(strstr(answer, " 200 OK"));
    assert_int_equal(server.asked, 2);
    loop_free(server.loop);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *question, *status;
    } CASES[] = {
        {"GET /other HTTP/1.1\r\n" HOST "\r\n", "404 Not Found"},
        {"GET /metrics?x=1 HTTP/1.1\r\n" HOST "\r\n", "404 Not Found"},
        {"POST /metrics HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed"},
        {"HEAD /metrics HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed"},
        {"get /metrics HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed"},
        {"GET metrics HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET http://localhost/metrics HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.2\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1 \r\n" HOST "\r\n", "400 Bad Request"},
        {"GET  /metrics HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET /metrics\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET /me\ttrics HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request"},
        {"GET /metr\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request"},
        {"\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n\r\n", "400 Bad Request"},  // No host.
        {"GET /metrics HTTP/1.1\r\n" HOST HOST "\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\nHost: localhost:80x\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST "No colon\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST "Bad name: x\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST " folded: x\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "400 Bad Request"},
        {"GET /metrics HTTP/1.1\n" HOST "\n\n", "400 Bad Request"},
        {"\x16\x03\x01\x02\n\n", "400 Bad Request"},
    };
    struct server server;
    server_init(&server);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const char *answer = ask(&server, CASES[i].question);
        if (strncmp(answer, "HTTP/1.1 ", 9) != 0 ||
            strncmp(answer + 9, CASES[i].status, strlen(CASES[i].status)) != 0) {
            fail_msg("%s\nwanted %s, got %s", CASES[i].question, CASES[i].status, answer);
        }
    }
    assert_non_null(
        strstr(ask(&server, "PUT /metrics HTTP/1.1\r\n" HOST "\r\n"), "Allow: GET\r\n"));
    assert_non_null(strstr(ask_bytes(&server, "GET /metrics HTTP/1.1\r\n" HOST "A: \0b\r\n\r\n",
                                     sizeof("GET /metrics HTTP/1.1\r\n" HOST "A: \0b\r\n\r\n") - 1),
                           " 400 "));
    assert_int_equal(server.asked, 2);  // The two that were only not found.
    loop_free(server.loop);
}

static void test_a_head_in_pieces_and_one_too_long(void **state)
{
    (void)state;
    static const char HEAD[] = "GET /metrics HTTP/1.1\r\n" HOST "\r\n";
    struct server server;
    server_init(&server);
    const int fd = dial(&server);
    for (size_t i = 0; i < sizeof(HEAD) - 1; i++) {
        assert_int_equal(send(fd, HEAD + i, 1, MSG_NOSIGNAL), 1);
        run_for(&server, 1);
    }
    run_for(&server, 20);
    take(fd, server.answer, ANSWER_MAX);
    assert_non_null(strstr(server.answer, "one 1"));
    close(fd);

    char *large = malloc(WEB_HEAD_MAX + 100);
    assert_non_null(large);
    memset(large, 'a', WEB_HEAD_MAX + 100);
    memcpy(large, "GET /", 5);
    assert_non_null(strstr(ask_bytes(&server, large, WEB_HEAD_MAX + 100), " 400 "));
    free(large);
    loop_free(server.loop);
}

static void test_a_hundred_at_once(void **state)
{
    (void)state;
    struct server server;
    int fds[100];
    server_init(&server);
    for (size_t i = 0; i < 100; i++) {
        fds[i] = dial(&server);
        run_for(&server, 1);
    }
    run_for(&server, 50);
    size_t cut_off = 0;
    for (size_t i = 0; i < 100; i++) {
        server.answer[0] = '\0';
        cut_off += take(fds[i], server.answer, ANSWER_MAX);
    }
    assert_int_equal(cut_off, 100 - WEB_CLIENTS_MAX);
    for (size_t i = 0; i < 100; i++) {
        close(fds[i]);
    }
    run_for(&server, 20);
    assert_non_null(strstr(ask(&server, "GET /metrics HTTP/1.0\r\n\r\n"), "one 1"));
    loop_free(server.loop);
}

// Those that say nothing, and those that don't read, are cut off when their time is up.
static void test_the_slow_are_cut_off(void **state)
{
    (void)state;
    struct server server;
    server_init(&server);
    server.page_size = (size_t)12 << 20;  // More than the system takes from us for it.
    const int silent = dial(&server);
    const int deaf = dial(&server);
    const char *question = "GET /large HTTP/1.0\r\n\r\n";
    assert_int_equal(send(deaf, question, strlen(question), MSG_NOSIGNAL),
                     (ssize_t)strlen(question));
    run_for(&server, WEB_TIME_MS - 1000);
    assert_false(take(silent, server.answer, ANSWER_MAX));
    run_for(&server, 1500);
    assert_true(take(silent, server.answer, ANSWER_MAX));
    size_t got = 0;
    ssize_t size;
    while ((size = recv(deaf, server.answer, ANSWER_MAX, 0)) > 0) {
        got += (size_t)size;
    }
    assert_true(size == 0 || errno == ECONNRESET);
    assert_true(got < server.page_size);
    close(silent);
    close(deaf);
    loop_free(server.loop);
}

static void test_a_port_that_is_taken(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    struct web *second = NULL;
    server_init(&server);
    const struct web_options options = {
        .port = web_port(server.web), .on_get = on_get, .ctx = &server};
    assert_false(loop_serve(server.loop, &options, &second, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    assert_non_null(strstr(e.text, "127.0.0.1:"));
    web_close(server.web);  // Also with nobody there.
    run_for(&server, 5);
    assert_true(loop_serve(server.loop, &options, &second, &e));
    loop_free(server.loop);
}

static void on_round(void *ctx, int64_t busy_us)
{
    int64_t *most_us = ctx;
    *most_us = busy_us > *most_us ? busy_us : *most_us;
}

static void work_long(void *ctx)
{
    const int64_t until_us = loop_mono_us() + 60000;
    while (loop_mono_us() < until_us) {
    }
    loop_alarm(ctx, loop_wall_ms() + 700, stop, ctx);
}

static void test_rounds_are_measured_without_waiting(void **state)
{
    (void)state;
    struct loop *loop;
    struct err e = {0};
    int64_t most_us = 0;
    assert_true(loop_new(&loop, &e));
    loop_on_round(loop, on_round, &most_us);
    loop_alarm(loop, loop_wall_ms() + 50, work_long, loop);
    loop_run(loop);
    assert_true(most_us >= 59000);
    assert_true(most_us < 700000);  // What it then waited is not in it.
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_is_given),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_head_in_pieces_and_one_too_long),
        cmocka_unit_test(test_a_hundred_at_once),
        cmocka_unit_test(test_the_slow_are_cut_off),
        cmocka_unit_test(test_a_port_that_is_taken),
        cmocka_unit_test(test_rounds_are_measured_without_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
