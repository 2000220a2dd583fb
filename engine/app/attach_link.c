// Asking a running engine: see attach_link.h.
#include "app/attach_link.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAMES_SHOWN 300

static bool connect_to(const char *folder, const char *name, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int size = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return false;
    }
    if (connect(*fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        return true;
    }
    const int why = errno;
    close(*fd);
    errno = why;
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t attach_engines(char ***names)
{
    char parent[512];
    size_t count = 0;
    control_parent(parent, sizeof(parent));
    *names = NULL;
    DIR *dir = opendir(parent);
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char folder[800];
        int fd;
        snprintf(folder, sizeof(folder), "%s/%s", parent, entry->d_name);
        if (entry->d_name[0] == '.' || !connect_to(folder, CONTROL_VIEW, &fd)) {
            continue;
        }
        close(fd);
        *names = xrealloc(*names, (count + 1) * sizeof(**names));
        (*names)[count++] = xstrdup(entry->d_name);
    }
    closedir(dir);
    if (count > 0) {
        qsort(*names, count, sizeof(**names), compare);
    }
    return count;
}

bool attach_find(const char *campaign, char *folder, size_t size, struct err *e)
{
    char **names;
    if (!control_parent_is_ours(e)) {
        return false;
    }
    const size_t count = attach_engines(&names);
    const bool any = campaign == NULL || campaign[0] == '\0';
    const char *found = NULL;
    char running[NAMES_SHOWN] = "";
    for (size_t i = 0; i < count; i++) {
        if (any ? count == 1 : strcmp(names[i], campaign) == 0) {
            found = names[i];
        }
        const size_t used = strlen(running);
        snprintf(running + used, sizeof(running) - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    bool ok = found != NULL && control_folder(found, folder, size, e);
    if (found == NULL && count == 0) {
        err_set(e, ERR_FAULT, "no engine is running; `drumbeat run CAMPAIGN --db FILE` starts one");
    } else if (found == NULL && any) {
        err_set(e, ERR_INVALID, "several engines are running: say which of %s", running);
    } else if (found == NULL) {
        err_set(e, ERR_FAULT, "no engine runs '%s'; those that run: %s", campaign, running);
    }
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    return ok;
}

bool attach_open(struct attach_link *link, const char *folder, bool operate, struct err *e)
{
    *link = (struct attach_link){.fd = -1, .operate = operate};
    snprintf(link->folder, sizeof(link->folder), "%s", folder);
    if (!connect_to(folder, operate ? CONTROL_OPERATE : CONTROL_VIEW, &link->fd)) {
        link->fd = -1;
        return err_set(e, ERR_FAULT, "the engine doesn't answer at %s: %s", folder,
                       strerror(errno));
    }
    link->reader = json_reader_new(ATTACH_ANSWER_MAX);
    buf_init(&link->in, ATTACH_ANSWER_MAX);
    return true;
}

void attach_close(struct attach_link *link)
{
    if (link->fd >= 0) {
        close(link->fd);
        json_reader_free(link->reader);
        buf_deinit(&link->in);
        link->fd = -1;
    }
}

static bool gone(struct err *e)
{
    return err_set(e, ERR_FAULT, "the engine has gone away");
}

// A whole line that was received already, as a tree.
static bool take_line(struct attach_link *link, const struct json_node **answer, struct err *e)
{
    if (link->taken > 0) {
        memmove(link->in.data, link->in.data + link->taken, link->in.size - link->taken);
        link->in.size -= link->taken;
        link->taken = 0;
    }
    const char *end = link->in.size == 0 ? NULL : memchr(link->in.data, '\n', link->in.size);
    *answer = NULL;
    if (end == NULL) {
        return true;
    }
    const size_t size = (size_t)(end - link->in.data);
    link->taken = size + 1;
    return json_parse(link->reader, link->in.data, size, answer, e) ||
           err_add(e, "the engine's answer");
}

bool attach_wait(struct attach_link *link, int wait_fd, int timeout_ms,
                 const struct json_node **answer, struct err *e)
{
    for (;;) {
        if (!take_line(link, answer, e) || *answer != NULL) {
            return *answer != NULL;
        }
        struct pollfd polled[2] = {{.fd = link->fd, .events = POLLIN},
                                   {.fd = wait_fd, .events = POLLIN}};
        const int count = poll(polled, wait_fd >= 0 ? 2 : 1, timeout_ms);
        if (count == 0 || (count < 0 && errno == EINTR)) {
            return true;
        }
        if (count < 0) {
            return gone(e);
        }
        if (polled[0].revents != 0) {
            char bytes[16384];
            const ssize_t size = read(link->fd, bytes, sizeof(bytes));
            if (size <= 0) {
                return gone(e);
            }
            buf_append(&link->in, bytes, (size_t)size);
            if (link->in.overflow) {
                return err_set(e, ERR_LIMIT, "the engine's answer is too long");
            }
        } else if (wait_fd >= 0 && polled[1].revents != 0) {
            return true;
        }
    }
}

static bool send_all(struct attach_link *link, const char *data, size_t size, struct err *e)
{
    while (size > 0) {
        const ssize_t sent = send(link->fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return gone(e);
        }
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool attach_ask(struct attach_link *link, const char *fields, const struct json_node **answer,
                struct err *e)
{
    struct buf line;
    buf_init(&line, CONTROL_LINE_MAX + 1024);
    buf_printf(&line, "{\"id\":%lld,", (long long)++link->id);
    buf_puts(&line, fields);
    buf_puts(&line, "}\n");
    bool ok = !line.overflow ? send_all(link, line.data, line.size, e)
                             : err_set(e, ERR_INVALID, "the line is too long");
    buf_deinit(&line);
    while (ok) {
        ok = attach_wait(link, -1, -1, answer, e);
        if (ok && *answer == NULL && link->is_stopped != NULL && link->is_stopped()) {
            link->is_stopped = NULL;
            return attach_ask(link, "\"op\":\"interrupt\"", answer, e) &&
                   err_set(e, ERR_REFUSED, "stopped");
        }
        if (ok && *answer != NULL) {
            const struct json_node *id = json_field(*answer, "id");
            if (id == NULL || id->type != JSON_INT || id->integer == link->id || id->integer == 0) {
                return true;
            }
        }
    }
    return false;
}

bool attach_op(struct attach_link *link, const char *op, const char *text, size_t width,
               const char *more, const struct json_node **answer, struct err *e)
{
    struct buf fields;
    buf_init(&fields, CONTROL_LINE_MAX);
    buf_printf(&fields, "\"op\":\"%s\",\"width\":%zu,\"text\":", op, width);
    json_put_z(&fields, text);
    buf_puts(&fields, more);
    const bool ok = fields.overflow ? err_set(e, ERR_INVALID, "the line is too long")
                                    : attach_ask(link, fields.data, answer, e);
    buf_deinit(&fields);
    return ok;
}

struct slice attach_text(const struct json_node *answer, const char *name)
{
    const struct json_node *node = json_field(answer, name);
    return node != NULL && node->type == JSON_TEXT ? (struct slice){node->text, node->text_size}
                                                   : (struct slice){"", 0};
}

bool attach_is(const struct json_node *answer, const char *name)
{
    const struct json_node *node = json_field(answer, name);
    return node != NULL && node->type == JSON_TRUE;
}
