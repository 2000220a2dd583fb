// Events over a Unix socket to the real program: how long until each is acknowledged, which means
// durable, at a steady rate; and how many a second when 50 streams keep 4,096 in flight each.
//   bench_socket DRUMBEAT DIR latency RATE SECONDS [STREAMS [COMMAND]]
//   bench_socket DRUMBEAT DIR flood STREAMS IN_FLIGHT EVENTS
// A program called redis-server is the peer: the same lines at the same times into one of its
// lists, with appendfsync always; it answers each, but looks at none.
// DIR: a folder on the disk to be measured. With LD_PRELOAD=…/libslow_sync.so in DRUMBEAT_PRELOAD
// the program's disk takes longer. Latency counts from when an event should have been sent, so what
// queues behind a slow moment counts as well. COMMAND is for the shell: it runs beside what is
// measured, with the program at $DRUMBEAT, its campaign at $FOLDER and its operators' sockets. With
// BENCH_CAMPAIGN=FOLDER it is a copy of that campaign, begun today, and $BENCH_GROUP is talked in.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#define STREAMS_MAX 256
#define LINE_MAX_BYTES 384
#define READ_SIZE ((size_t)1 << 16)
#define SEND_SIZE ((size_t)1 << 16)
#define MEMBERS 2000
#define WARM_UP_S 2                   // Members are new, files grow.
#define REST_NS ((int64_t)500000000)  // What was written is copied into the database.

struct stream {
    int fd;
    int64_t sent, acked, wanted;  // Events: written into `out`, acknowledged, to be sent in all.
    char *out;
    size_t out_size, out_done;
    char in[READ_SIZE];
    size_t in_size;
    bool waits_for_room;
    int64_t *due_ns;  // latency: when each should have gone, by seq - 1.
};

struct bench {
    const char *program;
    bool is_redis;
    const char *group;    // That is talked in.
    const char *command;  // Runs beside it; may be NULL.
    char folder[512], socket_path[600];
    pid_t pid, beside;
    int epoll;
    struct stream *streams;
    size_t count;
    int64_t in_flight;
    int64_t now_ms;
    double *latency_ms;
    size_t latency_count;
};

static int64_t mono_ns(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_socket: %s: %s\n", what, strerror(errno));
    exit(1);
}

// --- The program. ---

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        die(path);
    }
}

// A copy of the campaign that the environment names, begun today.
static void copy_campaign(const struct bench *bench)
{
    char command[3000];
    (void)snprintf(command, sizeof(command),
                   "cp -r \"$BENCH_CAMPAIGN\"/. '%s' && "
                   "sed -i \"s/from = \\\"[-0-9]*\\\"/from = \\\"$(date +%%F)\\\"/\" "
                   "'%s/campaign.lua' && "
                   "echo 'connector { \"bench\", socket = \"%s\" }' >>'%s/campaign.lua'",
                   bench->folder, bench->folder, bench->socket_path, bench->folder);
    if (system(command) != 0) {
        die(getenv("BENCH_CAMPAIGN"));
    }
}

static void make_campaign(struct bench *bench)
{
    static const char playbook[] =
        "playbook { name = \"count\", version = 1, goal = \"traffic\", about = \"A benchmark\" }\n"
        "local seen = 0\n"
        "on(\"message\", function(event)\n"
        "  if event.text == \"hello\" and event.member then\n"
        "    seen = seen + 1\n"
        "  end\n"
        "end)\n";
    char text[1024];
    char path[600];
    struct tm day;
    const time_t now = time(NULL);
    CHECK(gmtime_r(&now, &day) != NULL);
    char date[16];
    CHECK(strftime(date, sizeof(date), "%Y-%m-%d", &day) > 0);
    (void)snprintf(text, sizeof(text),
                   "campaign { name = \"bench\", brand = \"Bench\", from = \"%s\",\n"
                   "  timezone = \"UTC\", currency = \"CNY\", language = \"en\" }\n"
                   "group { \"g-1\", segment = \"old\", limit = 1000000 }\n"
                   "connector { \"bench\", socket = \"%s\" }\n"
                   "day(1) { playbook = \"count\", last = 2 }\n",
                   date, bench->socket_path);
    write_file(bench->folder, "campaign.lua", text);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/playbooks%s", bench->folder, i == 0 ? "" : "/count");
        if (mkdir(path, 0700) != 0) {
            die(path);
        }
    }
    write_file(bench->folder, "playbooks/count/playbook.lua", playbook);
}

static void start_program(struct bench *bench)
{
    char db[600];
    (void)snprintf(db, sizeof(db), "%s/brand.db", bench->folder);
    bench->pid = fork();
    if (bench->pid == 0) {
        const char *preload = getenv("DRUMBEAT_PRELOAD");
        if (preload != NULL && setenv("LD_PRELOAD", preload, 1) != 0) {
            _exit(126);
        }
        const int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(out, STDOUT_FILENO);
        if (bench->is_redis) {
            (void)execlp(bench->program, bench->program, "--port", "0", "--unixsocket",
                         bench->socket_path, "--dir", bench->folder, "--save", "", "--appendonly",
                         "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
                         (char *)NULL);
            _exit(127);
        }
        (void)execl(bench->program, bench->program, "run", bench->folder, "--db", db, "--yes", "-q",
                    (char *)NULL);
        _exit(127);
    }
}

// In a process group of its own, so that all of it can be ended.
static void start_beside(struct bench *bench)
{
    if (bench->command == NULL) {
        return;
    }
    bench->beside = fork();
    if (bench->beside == 0) {
        (void)setpgid(0, 0);
        (void)execl("/bin/sh", "sh", "-c", bench->command, (char *)NULL);
        _exit(127);
    }
}

static void stop_beside(const struct bench *bench)
{
    int status = 0;
    if (bench->command != NULL &&
        (kill(-bench->beside, SIGTERM) != 0 || waitpid(bench->beside, &status, 0) < 0)) {
        die("the command beside it");
    }
}

// Processor time of its threads, from /proc: what counts on a machine that others use too.
static void print_threads(const struct bench *bench, double wall_s, int64_t events)
{
    char path[300];
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)bench->pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        die(path);
    }
    (void)printf(" ");
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] == '.') {
            continue;
        }
        char name[32] = "";
        unsigned long long ran_ns = 0;
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", (int)bench->pid,
                       task->d_name);
        FILE *file = fopen(path, "rb");
        const bool named = file != NULL && fscanf(file, "%31s", name) == 1;
        (void)(file != NULL && fclose(file));
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", (int)bench->pid,
                       task->d_name);
        file = fopen(path, "rb");
        if (named && file != NULL && fscanf(file, "%llu", &ran_ns) == 1 && ran_ns > 1000000) {
            (void)printf(" %s %.2f us an event;", name, (double)ran_ns / 1e3 / (double)events);
        }
        (void)(file != NULL && fclose(file));
    }
    (void)closedir(tasks);
    (void)printf(" %.2f s\n", wall_s);
}

static void stop_program(struct bench *bench, double wall_s, int64_t events)
{
    int status = 0;
    print_threads(bench, wall_s, events);
    (void)kill(bench->pid, SIGTERM);
    if (waitpid(bench->pid, &status, 0) < 0 || (status != 0 && !bench->is_redis)) {
        (void)fprintf(stderr, "bench_socket: the program ended with status %d\n", status);
        exit(1);
    }
}

// --- Streams. ---

static int dial(const struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CHECK(strlen(bench->socket_path) < sizeof(address.sun_path));
    memcpy(address.sun_path, bench->socket_path, strlen(bench->socket_path) + 1);
    for (int tries = 0; tries < 1000; tries++) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
            return fd;
        }
        close(fd);
        (void)usleep(10000);
    }
    die(bench->socket_path);
    return -1;
}

static void watch(const struct bench *bench, struct stream *stream, bool room)
{
    struct epoll_event event = {.events = room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = stream};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_MOD, stream->fd, &event) != 0) {
        die("epoll");
    }
    stream->waits_for_room = room;
}

static void open_streams(struct bench *bench, size_t count, int64_t wanted, size_t room)
{
    static const char hello[] =
        "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"bench\",\"caps\":[]}\n";
    bench->count = count;
    bench->streams = xcalloc(count, sizeof(*bench->streams));
    bench->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct stream *stream = &bench->streams[i];
        stream->fd = dial(bench);
        stream->out = xmalloc(room + LINE_MAX_BYTES);
        stream->wanted = wanted;
        memcpy(stream->out, hello, sizeof(hello) - 1);
        stream->out_size = bench->is_redis ? 0 : sizeof(hello) - 1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = stream};
        CHECK(epoll_ctl(bench->epoll, EPOLL_CTL_ADD, stream->fd, &event) == 0);
    }
}

static void add_event(struct bench *bench, struct stream *stream)
{
    const long long seq = ++stream->sent;
    char line[LINE_MAX_BYTES];
    const int size =
        snprintf(line, sizeof(line),
                 "{\"t\":\"ev\",\"seq\":%lld,\"ts\":%lld,\"id\":\"m-%zd-%lld\",\"k\":\"message\","
                 "\"group\":\"%s\",\"member\":\"u%lld\",\"text\":\"hello\"}\n",
                 seq, (long long)bench->now_ms, (ssize_t)(stream - bench->streams), seq,
                 bench->group, seq % MEMBERS);
    if (bench->is_redis) {
        stream->out_size +=
            (size_t)snprintf(stream->out + stream->out_size, LINE_MAX_BYTES,
                             "*3\r\n$5\r\nRPUSH\r\n$6\r\nevents\r\n$%d\r\n%s\r\n", size, line);
    } else {
        memcpy(stream->out + stream->out_size, line, (size_t)size);
        stream->out_size += (size_t)size;
    }
}

static void flush(const struct bench *bench, struct stream *stream)
{
    while (stream->out_done < stream->out_size) {
        const ssize_t done =
            write(stream->fd, stream->out + stream->out_done, stream->out_size - stream->out_done);
        if (done < 0 && errno == EAGAIN) {
            break;
        }
        if (done < 0) {
            die("writing");
        }
        stream->out_done += (size_t)done;
    }
    const bool waits = stream->out_done < stream->out_size;
    if (!waits) {
        stream->out_size = 0;
        stream->out_done = 0;
    }
    if (waits != stream->waits_for_room) {
        watch(bench, stream, waits);
    }
}

static void take_ack(struct bench *bench, struct stream *stream, const char *line)
{
    static const char start[] = "{\"t\":\"ack\",\"seq\":";
    const bool counted = bench->is_redis && line[0] == ':';
    if (!counted && strncmp(line, start, sizeof(start) - 1) != 0) {
        (void)fprintf(stderr, "bench_socket: not expected: %s\n", line);
        exit(1);
    }
    const int64_t seq = counted ? stream->acked + 1 : strtoll(line + sizeof(start) - 1, NULL, 10);
    if (stream->due_ns != NULL) {
        const int64_t now = mono_ns();
        for (int64_t i = stream->acked; i < seq; i++) {
            bench->latency_ms[bench->latency_count++] = (double)(now - stream->due_ns[i]) / 1e6;
        }
    }
    stream->acked = seq;
}

static void hear(struct bench *bench, struct stream *stream)
{
    const ssize_t size =
        read(stream->fd, stream->in + stream->in_size, sizeof(stream->in) - stream->in_size - 1);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        die("the program closed the stream");
    }
    stream->in_size += size > 0 ? (size_t)size : 0;
    stream->in[stream->in_size] = '\0';
    char *line = stream->in;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        take_ack(bench, stream, line);
    }
    stream->in_size -= (size_t)(line - stream->in);
    memmove(stream->in, line, stream->in_size);
}

static void serve(struct bench *bench, int64_t timeout_ns)
{
    struct epoll_event events[STREAMS_MAX];
    const struct timespec timeout = {.tv_sec = timeout_ns / 1000000000,
                                     .tv_nsec = timeout_ns % 1000000000};
    const int count = epoll_pwait2(bench->epoll, events, STREAMS_MAX, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct stream *stream = events[i].data.ptr;
        if ((events[i].events & EPOLLIN) != 0) {
            hear(bench, stream);
        }
        if ((events[i].events & EPOLLOUT) != 0) {
            flush(bench, stream);
        }
    }
}

// --- What is measured. ---

// As many as may be in flight are, all the time.
static void fill(struct bench *bench, struct stream *stream)
{
    while (stream->sent < stream->wanted && stream->sent - stream->acked < bench->in_flight) {
        if (stream->out_size - stream->out_done > 0 && stream->waits_for_room) {
            return;
        }
        while (stream->out_size < SEND_SIZE && stream->sent < stream->wanted &&
               stream->sent - stream->acked < bench->in_flight) {
            add_event(bench, stream);
        }
        flush(bench, stream);
    }
}

static void flood(struct bench *bench, size_t streams, int64_t in_flight, int64_t events)
{
    open_streams(bench, streams, events / (int64_t)streams, SEND_SIZE);
    bench->in_flight = in_flight;
    const int64_t begun = mono_ns();
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < streams; i++) {
            fill(bench, &bench->streams[i]);
            more = more || bench->streams[i].acked < bench->streams[i].wanted;
        }
        if (more) {
            serve(bench, 1000000000);
        }
    }
    const double wall_s = (double)(mono_ns() - begun) / 1e9;
    const double total = (double)(events / (int64_t)streams * (int64_t)streams);
    (void)printf("%zu streams, %lld in flight each: %.0f durable events a second\n", streams,
                 (long long)in_flight, total / wall_s);
    stop_program(bench, wall_s, (int64_t)total);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double share(const struct bench *bench, double part)
{
    const size_t at = (size_t)(part * (double)bench->latency_count);
    return bench->latency_ms[at < bench->latency_count ? at : bench->latency_count - 1];
}

// Sleeps as exactly as the system can: a client that spins would take a core from the program.
static void wait_until(struct bench *bench, int64_t at_ns)
{
    for (;;) {
        const int64_t left = at_ns - mono_ns();
        serve(bench, left > 0 ? left : 0);
        if (left <= 0) {
            return;
        }
    }
}

static void latency(struct bench *bench, double rate, double seconds, size_t streams)
{
    const int64_t events = (int64_t)(rate * seconds);
    const int64_t warm_up = (int64_t)(rate * WARM_UP_S);
    // A program that doesn't read for long: what it should have got waits here.
    open_streams(bench, streams, 0, (size_t)(events + warm_up) * LINE_MAX_BYTES);
    for (size_t i = 0; i < streams; i++) {
        bench->streams[i].due_ns = xcalloc((size_t)(events + warm_up), sizeof(int64_t));
    }
    bench->latency_ms = xcalloc((size_t)(events + warm_up), sizeof(double));
    int64_t begun = mono_ns() + 1000000;
    for (int64_t n = 0; n < events + warm_up; n++) {
        struct stream *stream = &bench->streams[(size_t)n % streams];
        const int64_t due = begun + (int64_t)((double)n * 1e9 / rate);
        wait_until(bench, due);
        stream->due_ns[stream->sent] = due;
        add_event(bench, stream);
        flush(bench, stream);
        if (n + 1 == warm_up) {
            wait_until(bench, mono_ns() + REST_NS);
            begun += mono_ns() - due;
            bench->latency_count = 0;
            start_beside(bench);
        }
    }
    stop_beside(bench);
    for (size_t i = 0; i < streams; i++) {
        while (bench->streams[i].acked < bench->streams[i].sent) {
            serve(bench, 100000000);
        }
    }
    const double wall_s = (double)(mono_ns() - begun) / 1e9;
    qsort(bench->latency_ms, bench->latency_count, sizeof(double), compare);
    (void)printf("%.0f events a second, %zu streams: p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, "
                 "most %.3f ms\n",
                 rate, streams, share(bench, 0.5), share(bench, 0.99), share(bench, 0.999),
                 share(bench, 1));
    stop_program(bench, wall_s, events + warm_up);
}

static int64_t number(const char *text)
{
    char *end = NULL;
    errno = 0;
    const int64_t value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1) {
        errno = EINVAL;
        die(text);
    }
    return value;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct timespec now;
    if (argc < 6) {
        (void)fprintf(stderr, "bench_socket DRUMBEAT DIR latency RATE SECONDS [STREAMS [COMMAND]]\n"
                              "bench_socket DRUMBEAT DIR flood STREAMS IN_FLIGHT EVENTS\n");
        return 2;
    }
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    CHECK(prctl(PR_SET_TIMERSLACK, 1) == 0);
    bench.now_ms = (int64_t)now.tv_sec * 1000;
    bench.program = argv[1];
    const size_t named = strlen(argv[1]);
    bench.is_redis = named >= 12 && strcmp(argv[1] + named - 12, "redis-server") == 0;
    (void)snprintf(bench.folder, sizeof(bench.folder), "%s/socket-XXXXXX", argv[2]);
    char place[] = "/tmp/bench-socket-XXXXXX";  // A socket's name is short.
    if (mkdtemp(bench.folder) == NULL || mkdtemp(place) == NULL) {
        die(bench.folder);
    }
    (void)snprintf(bench.socket_path, sizeof(bench.socket_path), "%s/it", place);
    const char *group = getenv("BENCH_GROUP");
    bench.group = group == NULL ? "g-1" : group;
    bench.command = argc > 7 && argv[7][0] != '\0' ? argv[7] : NULL;
    CHECK(setenv("DRUMBEAT_RUN_DIR", place, 1) == 0 && setenv("FOLDER", bench.folder, 1) == 0 &&
          setenv("DRUMBEAT", bench.program, 1) == 0);
    if (getenv("BENCH_CAMPAIGN") != NULL) {
        copy_campaign(&bench);
    } else {
        make_campaign(&bench);
    }
    start_program(&bench);
    if (strcmp(argv[3], "latency") == 0) {
        const size_t streams = argc > 6 ? (size_t)number(argv[6]) : 1;
        latency(&bench, (double)number(argv[4]), (double)number(argv[5]), streams);
    } else if (argc > 6) {
        flood(&bench, (size_t)number(argv[4]), number(argv[5]), number(argv[6]));
    }
    char command[700];
    (void)snprintf(command, sizeof(command), "rm -rf '%s' '%s'", bench.folder, place);
    return system(command) == 0 ? 0 : 1;
}
