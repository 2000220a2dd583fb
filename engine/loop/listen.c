// Unix-domain sockets that others connect to: see loop.h. Here are the folder, the file left behind
// by another process, and accepting; a client is then a stream like any other (lines.c).
//
// Taking a path is done under a lock (flock) of its folder: whoever finds a socket there that
// nobody answers at may remove it, for nobody can stand between bind and listen meanwhile.
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/loop_impl.h"

#define CLIENTS_MAX 256
#define ACCEPT_MAX 64       // A round: then lines and timers get their turn.
#define ACCEPT_AGAIN_MS 50  // Without file descriptors.
#define LOCK_TRIES 200      // Of 10 ms each; others hold it for no longer than a few calls.

struct listener {
    struct loop *loop;
    struct listener *next;
    struct listener_options options;
    char *path;
    dev_t device;  // Of the file, so that only our own is removed.
    ino_t inode;
    int fd;
    uv_poll_t poll;
    uv_timer_t again;
    bool is_waiting;  // For file descriptors.
    size_t client_count;
    int handles_open;
};

// ---- the folder and the file

static bool listener_fail(struct err *e, const char *path, const char *doing)
{
    return err_set(e, ERR_FAULT, "%s: %s: %s", path, doing, strerror(errno));
}

static bool listener_check_folder(int fd, const char *folder, struct err *e)
{
    struct stat is;
    if (fstat(fd, &is) != 0) {
        return listener_fail(e, folder, "the folder of a socket");
    }
    if (is.st_uid != geteuid()) {
        return err_set(e, ERR_INVALID,
                       "%s: this folder belongs to another user (uid %u): choose another one for "
                       "the socket",
                       folder, (unsigned)is.st_uid);
    }
    if ((is.st_mode & 0077) != 0) {
        return err_set(e, ERR_INVALID,
                       "%s: others may enter this folder (mode %04o): chmod 700 it, or choose "
                       "another one for the socket",
                       folder, (unsigned)(is.st_mode & 07777));
    }
    return true;
}

// Opens the folder of the socket, which is made if missing. -1: refused, see `e`.
static int listener_open_folder(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? xstrdup(".")
                   : slash == path ? xstrdup("/")
                                   : xstrndup(path, (size_t)(slash - path));
    int fd = -1;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        listener_fail(e, folder, "the folder of a socket could not be made");
    } else {
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && (errno == ELOOP || errno == ENOTDIR)) {
            err_set(e, ERR_INVALID,
                    "%s: the folder of a socket must be a folder itself, no symbolic link", folder);
        } else if (fd < 0) {
            listener_fail(e, folder, "the folder of a socket");
        } else if (!listener_check_folder(fd, folder, e)) {
            close(fd);
            fd = -1;
        }
    }
    free(folder);
    return fd;
}

static bool listener_lock_folder(int fd, const char *path, struct err *e)
{
    const struct timespec while_ns = {.tv_nsec = 10000000};
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return listener_fail(e, path, "its folder could not be locked");
        }
        if (tries == LOCK_TRIES) {
            return err_set(e, ERR_BUSY, "%s: somebody else holds the lock of its folder", path);
        }
        (void)nanosleep(&while_ns, NULL);
    }
    return true;
}

// Whether there is a process behind this socket, even one that is too busy to accept. Errors other
// than a refusal count as one: it isn't ours to remove then.
static bool listener_answers(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool refused = fd >= 0 &&
                         connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                         errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return !refused;
}

static bool listener_remove_stale(const struct sockaddr_un *address, struct err *e)
{
    const char *path = address->sun_path;
    struct stat is;
    if (lstat(path, &is) != 0) {
        return errno == ENOENT || listener_fail(e, path, "looking for an old socket");
    }
    if (!S_ISSOCK(is.st_mode)) {
        return err_set(e, ERR_INVALID, "%s: is there and is no socket; it was left as it is", path);
    }
    if (listener_answers(address)) {
        return err_set(e, ERR_BUSY, "%s: somebody answers there: another engine runs", path);
    }
    return unlink(path) == 0 || listener_fail(e, path, "the old socket could not be removed");
}

static bool listener_bind(struct listener *listener, const struct sockaddr_un *address,
                          struct err *e)
{
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0) {
        return listener_fail(e, listener->path, "a socket");
    }
    // Before bind: the file is never there with more rights than it shall have.
    if (fchmod(listener->fd, 0600) != 0 ||
        bind(listener->fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        return listener_fail(e, listener->path, "the socket could not be made");
    }
    struct stat is;
    if (chmod(listener->path, 0600) != 0 || lstat(listener->path, &is) != 0) {
        return listener_fail(e, listener->path, "the socket could not be made");
    }
    listener->device = is.st_dev;
    listener->inode = is.st_ino;
    return listen(listener->fd, SOMAXCONN) == 0 || listener_fail(e, listener->path, "listening");
}

static void listener_remove_file(const struct listener *listener)
{
    struct stat is;
    if (listener->inode != 0 && lstat(listener->path, &is) == 0 && S_ISSOCK(is.st_mode) &&
        is.st_dev == listener->device && is.st_ino == listener->inode) {
        (void)unlink(listener->path);
    }
}

static bool listener_take_path(struct listener *listener, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t size = strlen(listener->path);
    if (size == 0 || size >= sizeof address.sun_path) {
        return err_set(e, ERR_INVALID, "%s: the name of a socket has 1 to %zu bytes",
                       listener->path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, listener->path, size + 1);
    const int folder = listener_open_folder(listener->path, e);
    if (folder < 0) {
        return false;
    }
    const bool done = listener_lock_folder(folder, listener->path, e) &&
                      listener_remove_stale(&address, e) && listener_bind(listener, &address, e);
    close(folder);  // And with it its lock.
    return done;
}

// ---- clients

static void listener_tell(const struct listener *listener, const struct err *why)
{
    if (listener->options.on_trouble) {
        listener->options.on_trouble(listener->options.ctx, why);
    }
}

static void listener_take_client(struct listener *listener, int fd)
{
    struct err why = {0};
    if (listener->client_count == listener->options.clients_max) {
        close(fd);
        err_set(&why, ERR_LIMIT, "%s: %zu are connected: nobody else is let in", listener->path,
                listener->client_count);
        listener_tell(listener, &why);
        return;
    }
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        listener_fail(&why, listener->path, "who connects");
        close(fd);
        listener_tell(listener, &why);
        return;
    }
    struct lines_events events = {.line_max = 1};
    struct lines *client = lines_new(listener->loop, &events);
    client->has_peer = true;
    client->peer_pid = peer.pid;
    client->peer_uid = peer.uid;
    client->peer_gid = peer.gid;
    if (!lines_open_handle(client, fd, true, &why)) {
        close(fd);
        lines_abandon(client);
        listener_tell(listener, &why);
        return;
    }
    client->listener = listener;
    listener->client_count++;
    if (!listener->options.on_client(listener->options.ctx, client, &events)) {
        lines_abandon(client);
        return;
    }
    lines_set_events(client, &events);
    if (client->state == LINES_OPEN) {
        lines_start(client);
    }
}

static void listener_on_poll(uv_poll_t *poll, int status, int events);

static void listener_on_again(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    CHECK(uv_poll_start(&listener->poll, UV_READABLE, listener_on_poll) == 0);
}

// The client stays in the system's queue, and the loop may not spin over it.
static void listener_wait(struct listener *listener, int error)
{
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->again, listener_on_again, ACCEPT_AGAIN_MS, 0);
    if (!listener->is_waiting) {
        listener->is_waiting = true;
        struct err why = {0};
        err_set(&why, ERR_FAULT, "%s: those who connect have to wait: %s", listener->path,
                strerror(error));
        listener_tell(listener, &why);
    }
}

static void listener_on_poll(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPT_MAX; i++) {
        const int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) {
            continue;
        }
        if (fd < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            listener_wait(listener, errno);
        }
        if (fd < 0) {
            return;
        }
        listener->is_waiting = false;
        listener_take_client(listener, fd);
        if (uv_is_closing((uv_handle_t *)poll)) {
            return;  // on_client has closed it.
        }
    }
}

void listener_lost_client(struct listener *listener)
{
    CHECK(listener->client_count > 0);
    listener->client_count--;
}

bool lines_get_peer(const struct lines *lines, struct lines_peer *out)
{
    if (!lines->has_peer) {
        return false;
    }
    *out =
        (struct lines_peer){.pid = lines->peer_pid, .uid = lines->peer_uid, .gid = lines->peer_gid};
    struct passwd row;
    struct passwd *found = NULL;
    char text[4096];
    if (getpwuid_r(lines->peer_uid, &row, text, sizeof text, &found) == 0 && found) {
        snprintf(out->user, sizeof out->user, "%s", found->pw_name);
    } else {
        snprintf(out->user, sizeof out->user, "uid %u", (unsigned)lines->peer_uid);
    }
    return true;
}

// ---- from the first to the last

bool loop_listen(struct loop *loop, const struct listener_options *options, struct listener **out,
                 struct err *e)
{
    struct listener *listener = xcalloc(1, sizeof *listener);
    listener->loop = loop;
    listener->options = *options;
    listener->options.clients_max = options->clients_max ? options->clients_max : CLIENTS_MAX;
    listener->path = xstrdup(options->path);
    listener->fd = -1;
    if (!listener_take_path(listener, e)) {
        listener_remove_file(listener);
        if (listener->fd >= 0) {
            close(listener->fd);
        }
        free(listener->path);
        free(listener);
        return false;
    }
    CHECK(uv_poll_init(&loop->uv, &listener->poll, listener->fd) == 0);
    CHECK(uv_timer_init(&loop->uv, &listener->again) == 0);
    listener->poll.data = listener;
    listener->again.data = listener;
    CHECK(uv_poll_start(&listener->poll, UV_READABLE, listener_on_poll) == 0);
    listener->next = loop->listeners;
    loop->listeners = listener;
    *out = listener;
    return true;
}

static void listener_on_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    if (--listener->handles_open == 0) {
        close(listener->fd);
        free(listener->path);
        free(listener);
    }
}

void listener_close(struct listener *listener)
{
    if (!listener) {
        return;
    }
    struct listener **at = &listener->loop->listeners;
    while (*at != listener) {
        CHECK(*at);
        at = &(*at)->next;
    }
    *at = listener->next;
    for (struct lines *lines = listener->loop->first; lines; lines = lines->next) {
        if (lines->listener == listener) {
            lines->listener = NULL;
        }
    }
    listener_remove_file(listener);
    // Those in the system's queue are refused now, not when the loop comes round.
    (void)shutdown(listener->fd, SHUT_RDWR);
    listener->handles_open = 2;
    uv_close((uv_handle_t *)&listener->poll, listener_on_closed);
    uv_close((uv_handle_t *)&listener->again, listener_on_closed);
}

void listener_free_all(struct loop *loop)
{
    while (loop->listeners) {
        listener_close(loop->listeners);
    }
}
