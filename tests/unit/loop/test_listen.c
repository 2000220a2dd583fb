// Listening sockets: who may connect, what is left behind, and clients that behave badly.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "loop/loop.h"

#define CLIENTS_MAX 128

// What a server saw; `stop_at` closed clients, or lines, end the test.
struct server {
    struct loop *loop;
    struct listener *listener;
    struct lines *clients[CLIENTS_MAX];
    size_t client_count;
    struct buf text;
    unsigned line_count, too_long_count, close_count, trouble_count;
    unsigned stop_at_lines, stop_at_closes, stop_at_clients;
    size_t waiting_max;
    bool refuses;
    bool says_goodbye;
    struct lines_peer peer;
    struct err why, trouble;
    struct rlimit files;  // Given back at the first trouble.
    char folder[64];
    char path[96];
};

static void server_look(struct server *server)
{
    if ((server->stop_at_lines && server->line_count >= server->stop_at_lines) ||
        (server->stop_at_closes && server->close_count >= server->stop_at_closes) ||
        (server->stop_at_clients && server->client_count >= server->stop_at_clients)) {
        loop_stop(server->loop);
    }
}

static void on_line(void *ctx, const char *line, size_t size)
{
    struct server *server = ctx;
    server->line_count++;
    buf_append(&server->text, line, size);
    buf_putc(&server->text, '|');
    server_look(server);
}

static void on_too_long(void *ctx, const char *start, size_t size)
{
    (void)start;
    (void)size;
    ((struct server *)ctx)->too_long_count++;
}

static void on_close(void *ctx, int exit_status, const struct err *why)
{
    struct server *server = ctx;
    assert_int_equal(exit_status, -1);
    server->close_count++;
    if (why) {
        server->why = *why;
    }
    server_look(server);
}

static bool on_client(void *ctx, struct lines *client, struct lines_events *events)
{
    struct server *server = ctx;
    assert_true(lines_get_peer(client, &server->peer));
    if (server->refuses) {
        loop_stop(server->loop);
        return false;
    }
    assert_true(server->client_count < CLIENTS_MAX);
    server->clients[server->client_count++] = client;
    assert_true(lines_write(client, "welcome", 7));
    if (server->says_goodbye) {
        lines_close(client);
    }
    *events = (struct lines_events){.on_line = on_line,
                                    .on_too_long = on_too_long,
                                    .on_close = on_close,
                                    .ctx = server,
                                    .line_max = 1 << 20,
                                    .waiting_max = server->waiting_max,
                                    .drops_slow = true};
    server_look(server);
    return true;
}

static void on_trouble(void *ctx, const struct err *why)
{
    struct server *server = ctx;
    server->trouble_count++;
    server->trouble = *why;
    if (server->files.rlim_cur != 0) {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &server->files), 0);
    }
}

static void give_up(void *ctx)
{
    (void)ctx;
    fail_msg("the server waits for something that doesn't come");
}

static bool server_listen(struct server *server, size_t clients_max, struct err *e)
{
    const struct listener_options options = {.path = server->path,
                                             .clients_max = clients_max,
                                             .on_client = on_client,
                                             .on_trouble = on_trouble,
                                             .ctx = server};
    return loop_listen(server->loop, &options, &server->listener, e);
}

static void server_init(struct server *server)
{
    struct err e = {0};
    *server = (struct server){0};
    buf_init(&server->text, (size_t)8 << 20);
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/drumbeat-listen-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    (void)snprintf(server->path, sizeof server->path, "%s/run/it", server->folder);
    assert_true(loop_new(&server->loop, &e));
    loop_alarm(server->loop, loop_wall_ms() + 20000, give_up, NULL);
}

static void server_deinit(struct server *server)
{
    loop_free(server->loop);
    buf_deinit(&server->text);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", server->folder);
    assert_int_equal(system(command), 0);
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_folder(const struct server *server, mode_t mode)
{
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/run", server->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, mode), 0);
}

// A socket as a process that was killed leaves it: the file is there, nobody answers.
static int leave_socket(const struct server *server, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", server->path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (listens) {
        assert_int_equal(listen(fd, 0), 0);
        return fd;
    }
    close(fd);
    return -1;
}

static void test_lines_both_ways(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    server_init(&server);
    assert_true(server_listen(&server, 0, &e));
    struct stat is;
    assert_int_equal(stat(server.path, &is), 0);
    assert_int_equal(is.st_mode & 07777, 0600);
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/run", server.folder);
    assert_int_equal(stat(folder, &is), 0);
    assert_int_equal(is.st_mode & 07777, 0700);
    const int fd = dial(server.path);
    say(fd, "one\ntw");
    server.stop_at_lines = 1;
    loop_run(server.loop);
    say(fd, "o\r\nthr");  // The last one never ends.
    close(fd);
    server.stop_at_lines = 0;
    server.stop_at_closes = 1;
    loop_run(server.loop);
    assert_string_equal(server.text.data, "one|two|");
    assert_int_equal(server.close_count, 1);
    assert_int_equal(server.why.kind, ERR_NONE);
    assert_int_equal(server.peer.uid, getuid());
    assert_int_equal(server.peer.pid, getpid());
    assert_true(server.peer.user[0] != '\0');
    listener_close(server.listener);
    assert_int_equal(dial(server.path), -1);
    assert_int_equal(stat(server.path, &is), -1);
    server_deinit(&server);
}

static void test_words_before_the_end(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    char text[32] = "";
    server_init(&server);
    server.says_goodbye = true;
    server.stop_at_closes = 1;
    assert_true(server_listen(&server, 0, &e));
    const int fd = dial(server.path);
    loop_run(server.loop);
    assert_int_equal(read(fd, text, sizeof text), 8);
    assert_string_equal(text, "welcome\n");
    assert_int_equal(read(fd, text, sizeof text), 0);
    close(fd);
    server_deinit(&server);
}

static void test_a_client_is_refused(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    char byte;
    server_init(&server);
    server.refuses = true;
    assert_true(server_listen(&server, 0, &e));
    const int fd = dial(server.path);
    loop_run(server.loop);
    loop_free(server.loop);  // It goes with its listener, and so does the file.
    assert_int_equal(read(fd, &byte, 1), 0);
    assert_int_equal(server.close_count, 0);
    close(fd);
    struct stat is;
    assert_int_equal(stat(server.path, &is), -1);
    server.loop = NULL;
    server_deinit(&server);
}

static void expect_refusal(struct server *server, enum err_kind kind, const char *words)
{
    struct err e = {0};
    assert_false(server_listen(server, 0, &e));
    assert_int_equal(e.kind, kind);
    if (!strstr(e.text, words)) {
        fail_msg("\"%s\" doesn't say \"%s\"", e.text, words);
    }
    server_deinit(server);
}

static void test_folders_that_wont_do(void **state)
{
    (void)state;
    struct server server;
    server_init(&server);
    make_folder(&server, 0750);
    expect_refusal(&server, ERR_INVALID, "(mode 0750): chmod 700");

    server_init(&server);
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/run", server.folder);
    assert_int_equal(symlink(server.folder, folder), 0);
    expect_refusal(&server, ERR_INVALID, "no symbolic link");

    server_init(&server);
    (void)snprintf(folder, sizeof folder, "%s/run", server.folder);
    close(open(folder, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    expect_refusal(&server, ERR_INVALID, "must be a folder");

    server_init(&server);
    (void)snprintf(server.path, sizeof server.path, "%s/none/run/it", server.folder);
    expect_refusal(&server, ERR_FAULT, "No such file");

    server_init(&server);
    if (geteuid() == 0) {
        make_folder(&server, 0700);
        (void)snprintf(folder, sizeof folder, "%s/run", server.folder);
        assert_int_equal(chown(folder, 65534, 65534), 0);
        expect_refusal(&server, ERR_INVALID, "another user (uid 65534)");
    } else {
        print_message("SKIPPED: another user's folder (needs root)\n");
        server_deinit(&server);
    }
}

static void test_names_that_wont_do(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    server_init(&server);
    char path[256];
    memset(path, 'x', sizeof path);
    path[108] = '\0';
    struct listener_options options = {.path = path, .on_client = on_client};
    assert_false(loop_listen(server.loop, &options, &server.listener, &e));
    assert_non_null(strstr(e.text, "1 to 107 bytes"));
    options.path = "";
    assert_false(loop_listen(server.loop, &options, &server.listener, &e));
    make_folder(&server, 0700);
    close(open(server.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    expect_refusal(&server, ERR_INVALID, "is no socket");
}

static void test_what_others_left(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    server_init(&server);
    make_folder(&server, 0700);
    leave_socket(&server, false);
    assert_true(server_listen(&server, 0, &e));
    // Somebody else has put another one in our place: that one stays.
    assert_int_equal(unlink(server.path), 0);
    const int other = leave_socket(&server, true);
    listener_close(server.listener);
    struct stat is;
    assert_int_equal(stat(server.path, &is), 0);
    expect_refusal(&server, ERR_BUSY, "somebody answers there");
    close(other);
}

// A process that hangs, its queue full, still has its socket.
static void test_one_that_hangs(void **state)
{
    (void)state;
    struct server server;
    server_init(&server);
    make_folder(&server, 0700);
    const int other = leave_socket(&server, true);
    const int first = dial(server.path);
    expect_refusal(&server, ERR_BUSY, "somebody answers there");
    close(first);
    close(other);
}

static void run_contender(struct server *server, int start, int ready, int done)
{
    struct err e = {0};
    struct loop *loop;
    char byte;
    server->loop = loop_new(&loop, &e) ? loop : NULL;
    (void)!read(start, &byte, 1);  // All at once.
    const char won = server_listen(server, 0, &e) ? 'y' : e.kind == ERR_BUSY ? 'n' : '?';
    (void)!write(ready, &won, 1);
    (void)!read(done, &byte, 1);  // Until all have tried.
    _exit(0);
}

// Many at once want a socket left behind: one gets it.
static void race_once(void)
{
    struct server server;
    server_init(&server);
    make_folder(&server, 0700);
    leave_socket(&server, false);
    int start[2], ready[2], done[2];
    assert_int_equal(pipe2(start, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            close(start[1]);
            close(done[1]);
            run_contender(&server, start[0], ready[1], done[0]);
        }
    }
    close(start[1]);
    int won = 0;
    for (int i = 0; i < 4; i++) {
        char byte = '?';
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_true(byte != '?');
        won += byte == 'y';
    }
    close(done[1]);
    while (wait(NULL) > 0) {
    }
    assert_int_equal(won, 1);
    close(start[0]);
    close(done[0]);
    close(ready[0]);
    close(ready[1]);
    server_deinit(&server);
}

static void test_a_race(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        race_once();
    }
}

static void test_a_reader_too_slow(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    server_init(&server);
    server.waiting_max = 1 << 20;
    server.stop_at_clients = 2;
    assert_true(server_listen(&server, 0, &e));
    const int slow = dial(server.path);
    const int good = dial(server.path);
    loop_run(server.loop);
    server.stop_at_clients = 0;
    static char line[100000];
    memset(line, 'x', sizeof line);
    int written = 0;
    while (lines_write(server.clients[0], line, sizeof line)) {
        written++;
        assert_true(written < 100);
    }
    assert_true(written >= 10);
    assert_int_equal(server.close_count, 0);
    server.stop_at_closes = 1;
    loop_run(server.loop);
    assert_int_equal(server.why.kind, ERR_LIMIT);
    assert_non_null(strstr(server.why.text, "reads too slowly"));
    server.stop_at_closes = 0;
    say(good, "still here\n");
    server.stop_at_lines = 1;
    loop_run(server.loop);
    assert_string_equal(server.text.data, "still here|");
    close(slow);
    close(good);
    server_deinit(&server);
}

static void test_lines_too_long(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    server_init(&server);
    assert_true(server_listen(&server, 0, &e));
    const int fd = dial(server.path);
    if (fork() == 0) {  // The socket's buffer is smaller than what is said.
        static char line[(1 << 20) + 1];
        memset(line, 'x', sizeof line);
        (void)!write(fd, line, sizeof line);
        (void)!write(fd, "xxx\nshort\n", 10);
        _exit(0);
    }
    server.stop_at_lines = 1;
    loop_run(server.loop);
    assert_string_equal(server.text.data, "short|");
    assert_int_equal(server.too_long_count, 1);
    while (wait(NULL) > 0) {
    }
    close(fd);
    server_deinit(&server);
}

static void test_a_hundred(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    int fds[101];
    char byte;
    server_init(&server);
    assert_true(server_listen(&server, 100, &e));
    for (size_t i = 0; i < 101; i++) {
        fds[i] = dial(server.path);
        say(fds[i], "x\n");
    }
    server.stop_at_lines = 100;
    loop_run(server.loop);
    assert_int_equal(server.client_count, 100);
    assert_int_equal(server.trouble_count, 1);
    assert_int_equal(server.trouble.kind, ERR_LIMIT);
    // It had written something that nobody read: the system says so.
    assert_true(read(fds[100], &byte, 1) <= 0);
    for (size_t i = 0; i < 101; i++) {
        close(fds[i]);
    }
    server.stop_at_lines = 0;
    server.stop_at_closes = 100;
    loop_run(server.loop);
    const int fd = dial(server.path);  // There is room again.
    server.stop_at_closes = 0;
    server.stop_at_clients = 101;
    loop_run(server.loop);
    close(fd);
    server_deinit(&server);
}

static void test_no_file_descriptors(void **state)
{
    (void)state;
    struct server server;
    struct err e = {0};
    int fds[5];
    server_init(&server);
    assert_true(server_listen(&server, 0, &e));
    for (size_t i = 0; i < 5; i++) {
        fds[i] = dial(server.path);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &server.files), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)fds[4] + 1, .rlim_max = server.files.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    server.stop_at_clients = 5;
    loop_run(server.loop);
    assert_int_equal(server.trouble_count, 1);
    assert_non_null(strstr(server.trouble.text, "Too many open files"));
    for (size_t i = 0; i < 5; i++) {
        close(fds[i]);
    }
    server_deinit(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_both_ways),     cmocka_unit_test(test_words_before_the_end),
        cmocka_unit_test(test_a_client_is_refused), cmocka_unit_test(test_folders_that_wont_do),
        cmocka_unit_test(test_names_that_wont_do),  cmocka_unit_test(test_what_others_left),
        cmocka_unit_test(test_one_that_hangs),      cmocka_unit_test(test_a_race),
        cmocka_unit_test(test_a_reader_too_slow),   cmocka_unit_test(test_lines_too_long),
        cmocka_unit_test(test_a_hundred),           cmocka_unit_test(test_no_file_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
