// Child processes and Unix sockets as line streams: see loop.h. A child sees the end of its stdin
// when the stream is closed; one that doesn't end by itself gets SIGTERM, then SIGKILL (lines.c).
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/loop_impl.h"

static void spawn_on_exit(uv_process_t *process, int64_t exit_status, int term_signal)
{
    struct lines *lines = process->data;
    lines->is_running = false;
    lines->exit_status = term_signal != 0 ? 128 + term_signal : (int)exit_status;
    if (lines->exit_status != 0 && !lines->is_ours && lines->why.kind == ERR_NONE) {
        if (term_signal != 0) {
            err_set(&lines->why, ERR_FAULT, "process %d was ended by signal %d (%s)", process->pid,
                    term_signal, strsignal(term_signal));
        } else {
            err_set(&lines->why, ERR_FAULT, "process %d ended with status %d", process->pid,
                    lines->exit_status);
        }
    }
    lines_child_ended(lines);
}

bool lines_spawn(struct loop *loop, const char *const *argv, const char *dir,
                 const struct lines_events *events, struct lines **out, struct err *e)
{
    CHECK(argv[0]);
    struct lines *lines = lines_new(loop, events);
    CHECK(uv_pipe_init(&loop->uv, &lines->in.pipe, 0) == 0);
    CHECK(uv_pipe_init(&loop->uv, &lines->out.pipe, 0) == 0);
    lines->has_in = true;
    lines->has_out = true;
    lines->in.handle.data = lines;
    lines->out.handle.data = lines;
    lines->process.data = lines;
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = &lines->out.stream},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = &lines->in.stream},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    const uv_process_options_t options = {
        .exit_cb = spawn_on_exit,
        .file = argv[0],
        .args = (char **)argv,  // uv only reads it.
        .cwd = dir,
        .stdio_count = 3,
        .stdio = stdio,
    };
    const int code = uv_spawn(&loop->uv, &lines->process, &options);
    lines->has_process = true;  // Also when it failed, uv wants it closed.
    if (code != 0) {
        lines_abandon(lines);
        loop_fail(e, code, "could not be started");
        return err_add(e, "%s", argv[0]);
    }
    lines->is_running = true;
    lines_start(lines);
    *out = lines;
    return true;
}

bool lines_connect(struct loop *loop, const char *socket_path, const struct lines_events *events,
                   struct lines **out, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t size = strlen(socket_path);
    if (size >= sizeof address.sun_path) {
        return err_set(e, ERR_INVALID, "%s: the name of a socket has at most %zu bytes",
                       socket_path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, socket_path, size + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return err_set(e, ERR_FAULT, "%s: %s", socket_path, strerror(errno));
    }
    // A local socket answers at once; only a server that doesn't accept could keep us, up to here.
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        err_set(e, ERR_FAULT, "%s: could not be connected: %s", socket_path, strerror(errno));
        close(fd);
        return false;
    }
    if (!lines_open_fd(loop, fd, fd, events, out, e)) {
        close(fd);
        return false;
    }
    return true;
}
