// Streams of lines: splitting what is read, queueing what is written, ending in order. See loop.h.
//
//   OPEN ── end of input, failure, lines_close ──► ENDING ── all written, child gone ──► CLOSING
//
// While ENDING nothing is read; what was queued is still written, then a child sees the end of its
// stdin. What doesn't come to its end within GRACE_MS is cut off: a child by SIGTERM, then SIGKILL.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/mem.h"
#include "loop/loop_impl.h"

#define READ_SIZE ((size_t)128 << 10)
#define WAITING_MAX ((size_t)16 << 20)
#define FLUSH_SIZE ((size_t)64 << 10)  // Don't wait for the end of the round with more.
#define SHOWN_SIZE ((size_t)1024)      // Of a line that is too long.
#define GRACE_MS 2000

static void lines_end(struct lines *lines, const struct err *why);
static void lines_go_on_ending(struct lines *lines);
static void lines_read_file(struct lines *lines);

// Before the first line is read; some may be queued already.
void lines_set_events(struct lines *lines, const struct lines_events *events)
{
    CHECK(events->line_max > 0);
    lines->events = *events;
    if (lines->events.waiting_max == 0) {
        lines->events.waiting_max = WAITING_MAX;
    }
    lines->read.max = events->line_max + 2 * READ_SIZE;
    lines->pending.max = lines->events.waiting_max;
    lines->writing.max = lines->events.waiting_max;
}

struct lines *lines_new(struct loop *loop, const struct lines_events *events)
{
    struct lines *lines = xcalloc(1, sizeof *lines);
    lines->loop = loop;
    lines->in_file = -1;
    lines->out_file = -1;
    lines->exit_status = -1;
    buf_init(&lines->read, 0);
    buf_init(&lines->pending, 0);
    buf_init(&lines->writing, 0);
    lines_set_events(lines, events);
    CHECK(uv_timer_init(&loop->uv, &lines->grace) == 0);
    lines->grace.data = lines;
    lines->next = loop->first;
    if (loop->first) {
        loop->first->previous = lines;
    }
    loop->first = lines;
    return lines;
}

// ---- reading

// Gives the complete lines of `read` and keeps the rest for the next read.
static void lines_split(struct lines *lines)
{
    struct buf *read = &lines->read;
    size_t start = 0;
    size_t at = lines->scanned;
    bool given = false;
    while (lines->state == LINES_OPEN) {
        const char *end = at < read->size ? memchr(read->data + at, '\n', read->size - at) : NULL;
        if (!end) {
            break;
        }
        const char *line = read->data + start;
        size_t size = (size_t)(end - line);
        at = (size_t)(end - read->data) + 1;
        start = at;
        if (lines->is_skipping) {
            lines->is_skipping = false;
            continue;
        }
        given = true;
        if (size > lines->events.line_max) {
            lines->events.on_too_long(lines->events.ctx, line,
                                      SHOWN_SIZE < size ? SHOWN_SIZE : size);
            continue;
        }
        size -= size > 0 && line[size - 1] == '\r';
        lines->events.on_line(lines->events.ctx, line, size);
    }
    size_t rest = read->size - start;
    if (lines->state == LINES_OPEN && !lines->is_skipping && rest > lines->events.line_max) {
        lines->is_skipping = true;
        given = true;
        lines->events.on_too_long(lines->events.ctx, read->data + start,
                                  SHOWN_SIZE < rest ? SHOWN_SIZE : rest);
    }
    if (lines->is_skipping) {
        rest = 0;
    }
    if (rest > 0 && start > 0) {
        memmove(read->data, read->data + start, rest);
    }
    read->size = rest;
    lines->scanned = rest;
    if (given && lines->state == LINES_OPEN && lines->events.on_drained) {
        lines->events.on_drained(lines->events.ctx);
    }
}

// The room for a read is appended when it begins.
static void lines_trim(struct lines *lines, ssize_t size)
{
    lines->read.size -= READ_SIZE - (size > 0 ? (size_t)size : 0);
}

static void lines_got(struct lines *lines, ssize_t size)
{
    if (lines->state != LINES_OPEN) {
        return;
    }
    if (size >= 0) {
        lines_split(lines);
        return;
    }
    struct err why = {0};
    if (size != UV_EOF) {
        loop_fail(&why, (int)size, "reading");
    }
    if (lines->read.size > 0 && !lines->has_peer) {
        buf_putc(&lines->read, '\n');  // The last line of a file may have no end.
        lines_split(lines);
    }
    lines_end(lines, &why);
}

static void lines_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct lines *lines = handle->data;
    out->base = buf_reserve(&lines->read, READ_SIZE);
    out->len = READ_SIZE;
    CHECK(out->base);
}

static void lines_on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    if (buf->base) {  // NULL: uv saw the end without trying to read.
        lines_trim(stream->data, size);
    }
    lines_got(stream->data, size);
}

static void lines_on_file_read(uv_fs_t *request)
{
    struct lines *lines = request->data;
    const ssize_t size = request->result;
    uv_fs_req_cleanup(request);
    lines->is_reading_file = false;
    lines_trim(lines, size);
    lines_got(lines, size == 0 ? UV_EOF : size);
    if (lines->state == LINES_OPEN) {
        lines_read_file(lines);
    } else {
        lines_go_on_ending(lines);
    }
}

static void lines_read_file(struct lines *lines)
{
    if (lines->is_reading_file || lines->is_paused) {
        return;
    }
    char *room = buf_reserve(&lines->read, READ_SIZE);
    CHECK(room);
    const uv_buf_t into = uv_buf_init(room, (unsigned)READ_SIZE);
    lines->read_file.data = lines;
    lines->is_reading_file = true;
    CHECK(uv_fs_read(&lines->loop->uv, &lines->read_file, lines->in_file, &into, 1, -1,
                     lines_on_file_read) == 0);
}

void lines_start(struct lines *lines)
{
    if (lines->in_file >= 0) {
        lines_read_file(lines);
    } else {
        CHECK(uv_read_start(&lines->in.stream, lines_on_alloc, lines_on_read) == 0);
    }
}

void lines_pause(struct lines *lines, bool paused)
{
    if (lines->state != LINES_OPEN || lines->is_paused == paused) {
        return;
    }
    lines->is_paused = paused;
    if (!paused) {
        lines_start(lines);
    } else if (lines->in_file < 0) {
        uv_read_stop(&lines->in.stream);
    }
}

// ---- writing

static void lines_on_grace(uv_timer_t *timer);

static void lines_start_grace(struct lines *lines)
{
    if (!uv_is_active((uv_handle_t *)&lines->grace)) {
        uv_update_time(&lines->loop->uv);
        uv_timer_start(&lines->grace, lines_on_grace, GRACE_MS, 0);
    }
}

// What was read before is still worth having (a child's last words), so the end of input decides.
static void lines_break(struct lines *lines, const char *why)
{
    lines->is_broken = true;
    buf_clear(&lines->pending);
    if (lines->state == LINES_OPEN && lines->why.kind == ERR_NONE) {
        err_set(&lines->why, ERR_FAULT, "writing: %s", why);
        lines_start_grace(lines);
    }
}

static void lines_flush_file(struct lines *lines)
{
    size_t done = 0;
    while (done < lines->pending.size) {
        const ssize_t size =
            write(lines->out_file, lines->pending.data + done, lines->pending.size - done);
        if (size < 0 && errno != EINTR) {
            lines_break(lines, strerror(errno));
            return;
        }
        done += size > 0 ? (size_t)size : 0;
    }
    buf_clear(&lines->pending);
}

static void lines_flush(struct lines *lines);

static void lines_on_written(uv_write_t *request, int status)
{
    struct lines *lines = request->data;
    lines->is_writing = false;
    buf_clear(&lines->writing);
    if (status != 0) {
        lines_break(lines, uv_strerror(status));
    }
    if (lines->state != LINES_CLOSING) {
        lines_flush(lines);
    }
    if (lines->state == LINES_ENDING) {
        lines_go_on_ending(lines);
    }
}

static void lines_flush(struct lines *lines)
{
    if (lines->is_writing || lines->is_broken || lines->pending.size == 0) {
        return;
    }
    if (lines->out_file >= 0) {
        lines_flush_file(lines);
        return;
    }
    const struct buf swap = lines->writing;
    lines->writing = lines->pending;
    lines->pending = swap;
    const uv_buf_t from = uv_buf_init(lines->writing.data, (unsigned)lines->writing.size);
    uv_stream_t *stream = lines->has_out ? &lines->out.stream : &lines->in.stream;
    lines->write.data = lines;
    crash_point("wire.before");
    const int code = uv_write(&lines->write, stream, &from, 1, lines_on_written);
    crash_point("wire.after");
    lines->is_writing = code == 0;
    if (code != 0) {
        buf_clear(&lines->writing);
        lines_break(lines, uv_strerror(code));
    }
}

void lines_flush_dirty(struct loop *loop)
{
    if (!loop->dirty) {
        return;
    }
    while (loop->dirty) {
        struct lines *lines = loop->dirty;
        loop->dirty = lines->dirty_next;
        lines->is_dirty = false;
        if (lines->state != LINES_CLOSING) {
            lines_flush(lines);
        }
        if (lines->state == LINES_ENDING) {
            lines_go_on_ending(lines);
        }
    }
    uv_unref((uv_handle_t *)&loop->prepare);
}

// A reader too slow: it isn't waited for.
static void lines_drop(struct lines *lines)
{
    struct err why = {0};
    err_set(&why, ERR_LIMIT, "it reads too slowly: %zu bytes waited for it", lines_waiting(lines));
    lines->is_broken = true;
    buf_clear(&lines->pending);
    lines_end(lines, &why);
}

bool lines_write(struct lines *lines, const char *line, size_t size)
{
    if (lines->state != LINES_OPEN || lines->is_broken) {
        return true;  // on_close is on its way.
    }
    const size_t max = lines->events.waiting_max;
    const size_t waiting = lines_waiting(lines);
    if (waiting >= max || size >= max - waiting) {
        if (lines->events.drops_slow) {
            lines_drop(lines);
        }
        return false;
    }
    buf_append(&lines->pending, line, size);
    buf_putc(&lines->pending, '\n');
    CHECK(!lines->pending.overflow);
    if (lines->pending.size >= FLUSH_SIZE) {
        lines_flush(lines);
    } else if (!lines->is_dirty) {
        struct loop *loop = lines->loop;
        if (!loop->dirty) {
            uv_ref((uv_handle_t *)&loop->prepare);  // The loop may not end before the flush.
        }
        lines->is_dirty = true;
        lines->dirty_next = loop->dirty;
        loop->dirty = lines;
    }
    return true;
}

size_t lines_waiting(const struct lines *lines)
{
    return lines->pending.size + lines->writing.size;
}

// ---- ending

static void lines_finish(struct lines *lines)
{
    struct loop *loop = lines->loop;
    struct lines **at = &loop->dirty;
    while (lines->is_dirty && *at != lines) {
        at = &(*at)->dirty_next;
    }
    if (lines->is_dirty) {
        *at = lines->dirty_next;
        if (!loop->dirty) {
            uv_unref((uv_handle_t *)&loop->prepare);
        }
    }
    if (lines->previous) {
        lines->previous->next = lines->next;
    } else {
        loop->first = lines->next;
    }
    if (lines->next) {
        lines->next->previous = lines->previous;
    }
    if (!lines->is_silent && lines->events.on_close) {
        lines->events.on_close(lines->events.ctx, lines->exit_status,
                               lines->why.kind != ERR_NONE ? &lines->why : NULL);
    }
    if (lines->listener) {
        listener_lost_client(lines->listener);
    }
    if (lines->in_file > STDERR_FILENO) {
        close(lines->in_file);
    }
    if (lines->out_file > STDERR_FILENO && lines->out_file != lines->in_file) {
        close(lines->out_file);
    }
    buf_deinit(&lines->writing);
    buf_deinit(&lines->pending);
    buf_deinit(&lines->read);
    free(lines);
}

static void lines_on_closed(uv_handle_t *handle)
{
    struct lines *lines = handle->data;
    lines->handles_open--;
    // A child's stdin is closed while ENDING: the others are still open then.
    if (lines->handles_open == 0 && lines->state == LINES_CLOSING) {
        lines_finish(lines);
    }
}

static void lines_close_handle(struct lines *lines, uv_handle_t *handle)
{
    lines->handles_open++;
    uv_close(handle, lines_on_closed);
}

static void lines_close_out(struct lines *lines)
{
    if (lines->has_out) {
        lines->has_out = false;
        lines_close_handle(lines, &lines->out.handle);
    }
}

static void lines_close_all(struct lines *lines)
{
    lines->state = LINES_CLOSING;
    lines_close_out(lines);
    if (lines->has_in) {
        lines_close_handle(lines, &lines->in.handle);
    }
    if (lines->has_process) {
        lines_close_handle(lines, (uv_handle_t *)&lines->process);
    }
    lines_close_handle(lines, (uv_handle_t *)&lines->grace);
}

// A step further towards CLOSING, as far as it goes by now.
static void lines_go_on_ending(struct lines *lines)
{
    if (lines->state != LINES_ENDING || lines->is_reading_file) {
        return;
    }
    if (!lines->is_broken && lines_waiting(lines) > 0) {
        return;
    }
    if (lines->is_running) {
        lines_close_out(lines);  // The child sees the end of its input.
        return;
    }
    lines_close_all(lines);
}

static void lines_end(struct lines *lines, const struct err *why)
{
    if (lines->state != LINES_OPEN) {
        return;
    }
    lines->state = LINES_ENDING;
    if (lines->why.kind == ERR_NONE && why) {
        lines->why = *why;
    }
    if (lines->has_in) {
        uv_read_stop(&lines->in.stream);
    }
    lines_start_grace(lines);
    lines_flush(lines);
    lines_go_on_ending(lines);
}

static void lines_on_grace(uv_timer_t *timer)
{
    struct lines *lines = timer->data;
    if (lines->state == LINES_OPEN) {
        // The child is gone but something it started holds its stdout; or writing failed long ago.
        lines_end(lines, NULL);
        return;
    }
    lines->is_broken = true;  // Nobody reads it: don't wait for it any longer.
    buf_clear(&lines->pending);
    if (lines->is_running) {
        lines->is_ours = true;
        uv_process_kill(&lines->process, lines->grace_step++ == 0 ? SIGTERM : SIGKILL);
        lines_start_grace(lines);
    }
    lines_go_on_ending(lines);
}

void lines_child_ended(struct lines *lines)
{
    if (lines->state == LINES_OPEN) {
        lines_start_grace(lines);  // Its last lines still stand in the pipe: the end comes there.
    } else {
        lines->is_broken = true;
        buf_clear(&lines->pending);
        lines_go_on_ending(lines);
    }
}

void lines_close(struct lines *lines)
{
    lines->is_ours = true;
    lines_end(lines, NULL);
}

void lines_abandon(struct lines *lines)
{
    lines->is_silent = true;
    if (lines->is_running) {
        uv_process_kill(&lines->process, SIGTERM);
        lines->is_running = false;
    }
    if (lines->state == LINES_CLOSING) {
        return;
    }
    lines->state = LINES_ENDING;
    lines->is_broken = true;
    buf_clear(&lines->pending);
    lines_go_on_ending(lines);
}

// ---- opening

bool lines_open_handle(struct lines *lines, int fd, bool reads, struct err *e)
{
    uv_loop_t *uv = &lines->loop->uv;
    const bool tty = uv_guess_handle(fd) == UV_TTY;
    uv_pipe_t *pipe = reads ? &lines->in.pipe : &lines->out.pipe;
    uv_tty_t *terminal = reads ? &lines->in.tty : &lines->out.tty;
    int code = tty ? uv_tty_init(uv, terminal, fd, 0) : uv_pipe_init(uv, pipe, 0);
    if (code != 0) {
        return loop_fail(e, code, "opening a stream");
    }
    ((uv_handle_t *)pipe)->data = lines;
    *(reads ? &lines->has_in : &lines->has_out) = true;
    code = tty ? 0 : uv_pipe_open(pipe, fd);
    return code == 0 || loop_fail(e, code, "opening a stream");
}

static bool lines_is_file(int fd)
{
    const uv_handle_type type = uv_guess_handle(fd);
    return type == UV_FILE;
}

bool lines_open_fd(struct loop *loop, int fd_in, int fd_out, const struct lines_events *events,
                   struct lines **out, struct err *e)
{
    if (fcntl(fd_in, F_GETFD) < 0 || fcntl(fd_out, F_GETFD) < 0) {
        return err_set(e, ERR_FAULT, "opening a stream: %s", strerror(errno));
    }
    struct lines *lines = lines_new(loop, events);
    bool done = true;
    if (lines_is_file(fd_in)) {
        lines->in_file = fd_in;
    } else {
        done = lines_open_handle(lines, fd_in, true, e);
    }
    if (done && lines_is_file(fd_out)) {
        lines->out_file = fd_out;
    } else if (done && (fd_out != fd_in || !lines->has_in)) {
        done = lines_open_handle(lines, fd_out, false, e);
    }
    if (!done) {
        lines_abandon(lines);
        return false;
    }
    const int fds[2] = {fd_in, fd_out};
    for (size_t i = 0; i < 2; i++) {
        if (fds[i] > STDERR_FILENO) {
            (void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        }
    }
    lines_start(lines);
    *out = lines;
    return true;
}
