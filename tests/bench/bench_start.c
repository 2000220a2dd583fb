// From the shell to an answer: how long a command takes; and how long until `drumbeat run`, started
// again on the database that it has, answers on its operators' socket.
//   bench_start command RUNS PROGRAM [ARGUMENT]...
//   bench_start restart RUNS DRUMBEAT DIR CAMPAIGN.LUA DAY
// DIR: an empty folder, to which the folder of campaign.lua is copied by the caller; DAY of the
// campaign is today (0: it begins tomorrow). Prints the median and the least, and the median of the
// processor time until then: where others share the cores, that is the figure to compare.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#define LOOK_NS 50000  // Between two looks whether the socket is there.
#define PATIENCE_NS ((int64_t)30 * 1000000000)
#define FILE_MAX ((size_t)1 << 20)

static int64_t mono_ns(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_start: %s: %s\n", what, strerror(errno));
    exit(1);
}

static pid_t start(char *const *command)
{
    const pid_t pid = fork();
    if (pid == 0) {
        const int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        (void)execv(command[0], command);
        _exit(127);
    }
    return pid;
}

static int64_t wait_for(pid_t pid, const char *name)
{
    int status;
    struct rusage used;
    if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 127) {
        die(name);
    }
    return ((int64_t)used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
}

static int64_t used_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    CHECK(clock_getcpuclockid(pid, &clock) == 0);
    CHECK(clock_gettime(clock, &used) == 0);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct times {
    int64_t *wall_ns, *used_ns;
    size_t count;
};

static void print_times(const struct times *times)
{
    const size_t count = times->count;
    qsort(times->wall_ns, count, sizeof(*times->wall_ns), compare);
    qsort(times->used_ns, count, sizeof(*times->used_ns), compare);
    printf("%.2f ms, at least %.2f ms, processor %.2f ms\n",
           (double)times->wall_ns[count / 2] / 1e6, (double)times->wall_ns[0] / 1e6,
           (double)times->used_ns[count / 2] / 1e6);
}

static void time_command(char *const *command, const struct times *times)
{
    for (size_t i = 0; i < times->count; i++) {
        const int64_t from = mono_ns();
        times->used_ns[i] = wait_for(start(command), command[0]);
        times->wall_ns[i] = mono_ns() - from;
    }
}

// --- A restart. ---

// The campaign's file with another first day.
static void write_campaign(const char *from_path, const char *dir, int day)
{
    char path[600];
    char date[16];
    struct tm civil;
    const time_t first = time(NULL) + (8 - 24 * (day - 1)) * 3600;  // Its zone is east by 8 hours.
    CHECK(gmtime_r(&first, &civil) != NULL);
    CHECK(strftime(date, sizeof(date), "%Y-%m-%d", &civil) == 10);
    FILE *in = fopen(from_path, "rbe");
    char *text = xmalloc(FILE_MAX);
    if (in == NULL) {
        die(from_path);
    }
    text[fread(text, 1, FILE_MAX - 1, in)] = '\0';
    fclose(in);
    char *at = strstr(text, "from = \"");
    CHECK(at != NULL);
    memcpy(at + 8, date, 10);
    (void)snprintf(path, sizeof(path), "%s/campaign.lua", dir);
    FILE *out = fopen(path, "wbe");
    if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0) {
        die(path);
    }
    free(text);
}

// Connects as soon as that is possible, asks, and waits for the answer.
static void ask(const char *path, int64_t until_ns)
{
    static const char hello[] = "{\"id\":1,\"op\":\"hello\"}\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CHECK(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        if (mono_ns() > until_ns) {
            die(path);
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    char answer[4096];
    if (write(fd, hello, sizeof(hello) - 1) < 0 || read(fd, answer, sizeof(answer)) <= 0) {
        die("hello");
    }
    CHECK(close(fd) == 0);
}

static void time_restarts(const char *program, const char *dir, const struct times *times)
{
    char db[600];
    char sock[600];
    (void)snprintf(db, sizeof(db), "%s/brand.db", dir);
    (void)snprintf(sock, sizeof(sock), "%s/double-11/view.sock", dir);
    char *const command[] = {(char *)program, "run", (char *)dir, "--db", db, "--yes", "-q", NULL};
    CHECK(setenv("DRUMBEAT_RUN_DIR", dir, 1) == 0);
    for (size_t i = 0; i < times->count + 1; i++) {  // The first one makes the file.
        const size_t at = i == 0 ? 0 : i - 1;
        (void)unlink(sock);
        const int64_t from = mono_ns();
        const pid_t pid = start(command);
        ask(sock, from + PATIENCE_NS);
        times->wall_ns[at] = mono_ns() - from;
        times->used_ns[at] = used_ns(pid);
        CHECK(kill(pid, SIGTERM) == 0);
        (void)wait_for(pid, program);
    }
}

static int number(const char *text)
{
    char *end;
    const long value = strtol(text, &end, 10);
    CHECK(*end == '\0' && value >= 0 && value < 10000);
    return (int)value;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fprintf(stderr, "bench_start: see the top of bench_start.c\n");
        return 2;
    }
    const size_t runs = (size_t)number(argv[2]);
    CHECK(runs > 0);
    const struct times times = {.wall_ns = xcalloc(runs, sizeof(*times.wall_ns)),
                                .used_ns = xcalloc(runs, sizeof(*times.used_ns)),
                                .count = runs};
    if (strcmp(argv[1], "command") == 0) {
        time_command(argv + 3, &times);
    } else {
        CHECK(argc == 7);
        write_campaign(argv[5], argv[4], number(argv[6]));
        time_restarts(argv[3], argv[4], &times);
    }
    print_times(&times);
    free(times.wall_ns);
    free(times.used_ns);
    return 0;
}
