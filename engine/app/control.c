// Sockets, clients and their answers: see control.h. What they ask is in control_ops.c.
#include "app/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/control_impl.h"

#define CONTROL_OUT_MAX ((size_t)8 << 20)

void control_parent(char *out, size_t size)
{
    const char *own = getenv("DRUMBEAT_RUN_DIR");
    const char *system = getenv("XDG_RUNTIME_DIR");
    if (own != NULL && own[0] != '\0') {
        snprintf(out, size, "%s", own);
    } else if (system != NULL && system[0] != '\0') {
        snprintf(out, size, "%s/drumbeat", system);
    } else {
        snprintf(out, size, "/tmp/drumbeat-%u", (unsigned)getuid());
    }
}

bool control_parent_is_ours(struct err *e)
{
    char parent[512];
    struct stat is;
    control_parent(parent, sizeof(parent));
    if (lstat(parent, &is) != 0) {
        return errno == ENOENT || err_set(e, ERR_INVALID, "%s: %s", parent, strerror(errno));
    }
    if (!S_ISDIR(is.st_mode)) {
        return err_set(e, ERR_INVALID, "%s is no folder", parent);
    }
    const bool owner = is.st_uid == geteuid() || is.st_uid == 0 || geteuid() == 0;
    if (!owner || (is.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return err_set(e, ERR_INVALID,
                       "%s %s: take it away, or set DRUMBEAT_RUN_DIR to a folder of your own",
                       parent, owner ? "can be written to by others" : "belongs to somebody else");
    }
    return true;
}

bool control_folder(const char *campaign, char *out, size_t size, struct err *e)
{
    char parent[512];
    control_parent(parent, sizeof(parent));
    const int written = snprintf(out, size, "%s/%s", parent, campaign);
    if (campaign[0] == '\0' || strchr(campaign, '/') != NULL || campaign[0] == '.') {
        return err_set(e, ERR_INVALID, "'%s' is no name of a folder for its sockets", campaign);
    }
    return (written > 0 && (size_t)written < size && written < 90) ||
           err_set(e, ERR_INVALID,
                   "the path %s/%s is too long for a socket: set DRUMBEAT_RUN_DIR to a shorter one",
                   parent, campaign);
}

// --- Clients. ---

static void on_line(void *ctx, const char *line, size_t size)
{
    control_ask(ctx, line, size);
}

static void on_too_long(void *ctx, const char *start, size_t size)
{
    struct control_client *client = ctx;
    (void)start;
    (void)size;
    buf_clear(&client->control->out);
    buf_printf(&client->control->out,
               "{\"id\":0,\"ok\":false,\"error\":\"a line has at most %zu KiB\"}",
               CONTROL_LINE_MAX / 1024);
    control_send(client, false);
}

static void on_close(void *ctx, int exit_status, const struct err *why)
{
    struct control_client *client = ctx;
    struct control *control = client->control;
    (void)exit_status;
    (void)why;
    for (size_t i = 0; i < control->answer_count; i++) {
        if (control->answers[i].client == client) {
            control->answers[i].client = NULL;
        }
    }
    control_child_stop(control, client);
    struct control_client **place = &control->clients;
    while (*place != client) {
        place = &(*place)->next;
    }
    *place = client->next;
    control->client_count--;
    free(client->watch);
    free(client);
}

// Who is behind a shared account: the user that logged in, as the kernel keeps it over sudo. The
// account of the process itself, where that isn't known.
static void peer_name(const struct lines_peer *peer, char out[64])
{
    char path[64];
    snprintf(out, 64, "%s", peer->user);
    snprintf(path, sizeof(path), "/proc/%lld/loginuid", (long long)peer->pid);
    FILE *file = fopen(path, "re");
    unsigned long uid = UINT32_MAX;
    if (file != NULL) {
        if (fscanf(file, "%lu", &uid) != 1) {
            uid = UINT32_MAX;
        }
        fclose(file);
    }
    if (uid == UINT32_MAX || uid == peer->uid) {
        return;
    }
    char space[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r((uid_t)uid, &entry, space, sizeof(space), &found) == 0 && found != NULL) {
        snprintf(out, 64, "%s", found->pw_name);
    } else {
        snprintf(out, 64, "uid %lu", uid);
    }
}

static bool come(struct control *control, struct lines *lines, struct lines_events *events,
                 bool operate)
{
    struct lines_peer peer;
    if (control->closing || !lines_get_peer(lines, &peer)) {
        return false;
    }
    struct control_client *client = xcalloc(1, sizeof(*client));
    client->control = control;
    client->lines = lines;
    client->operate = operate;
    peer_name(&peer, client->user);
    client->next = control->clients;
    control->clients = client;
    control->client_count++;
    *events = (struct lines_events){.on_line = on_line,
                                    .on_too_long = on_too_long,
                                    .on_close = on_close,
                                    .ctx = client,
                                    .line_max = CONTROL_LINE_MAX};
    return true;
}

static bool come_to_view(void *ctx, struct lines *lines, struct lines_events *events)
{
    return come(ctx, lines, events, false);
}

static bool come_to_operate(void *ctx, struct lines *lines, struct lines_events *events)
{
    return come(ctx, lines, events, true);
}

void control_send(struct control_client *client, bool durable_first)
{
    struct control *control = client->control;
    if (control->out.overflow) {
        buf_deinit(&control->out);
        buf_init(&control->out, CONTROL_OUT_MAX);
        buf_puts(&control->out, "{\"id\":0,\"ok\":false,\"error\":\"the answer is too long\"}");
    }
    const uint64_t batch = state_batch_number(control->engine->state);
    if (!durable_first || state_batch_turns(control->engine->state) == 0) {
        if (!durable_first || batch - 1 <= control->engine->durable) {
            if (!lines_write(client->lines, control->out.data, control->out.size)) {
                lines_close(client->lines);  // It doesn't read: it asks again when it does.
            }
            return;
        }
    }
    if (control->answer_count == control->answer_capacity) {
        control->answer_capacity =
            control->answer_capacity == 0 ? 16 : control->answer_capacity * 2;
        control->answers =
            xrealloc(control->answers, control->answer_capacity * sizeof(*control->answers));
    }
    const bool open = state_batch_turns(control->engine->state) > 0;
    control->answers[control->answer_count++] =
        (struct control_answer){open ? batch : batch - 1, client,
                                xstrndup(control->out.data, control->out.size), control->out.size};
}

// --- The server. ---

static void on_trouble(void *ctx, const struct err *why)
{
    struct control *control = ctx;
    if (control->options.on_note != NULL) {
        control->options.on_note(control->options.ctx, why->text);
    }
}

static bool listen_at(struct control *control, const char *name, bool operate,
                      struct listener **out, struct err *e)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s", control->options.folder, name);
    const struct listener_options options = {
        .path = path,
        .clients_max = CONTROL_CLIENTS_MAX,
        .on_client = operate ? come_to_operate : come_to_view,
        .on_trouble = on_trouble,
        .ctx = control,
    };
    return loop_listen(control->loop, &options, out, e);
}

bool control_new(struct control **out, struct loop *loop, struct engine *engine,
                 const struct control_options *options, struct err *e)
{
    struct control *control = xcalloc(1, sizeof(*control));
    char parent[512];
    control->loop = loop;
    control->engine = engine;
    control->options = *options;
    control->options.folder = xstrdup(options->folder);
    control->options.home = options->home == NULL ? NULL : realpath(options->home, NULL);
    control->reader = json_reader_new(CONTROL_LINE_MAX);
    buf_init(&control->out, CONTROL_OUT_MAX);
    control_parent(parent, sizeof(parent));
    (void)mkdir(parent, 0700);  // loop_listen says what is wrong with it.
    if (control_parent_is_ours(e) && listen_at(control, CONTROL_VIEW, false, &control->view, e) &&
        listen_at(control, CONTROL_OPERATE, true, &control->operate, e)) {
        *out = control;
        return true;
    }
    listener_close(control->view);
    control_free(control);
    return false;
}

void control_close(struct control *control)
{
    control->closing = true;
    listener_close(control->view);
    listener_close(control->operate);
    control->view = control->operate = NULL;
    (void)rmdir(control->options.folder);
    control_child_stop(control, NULL);
    for (struct control_client *client = control->clients; client != NULL; client = client->next) {
        lines_close(client->lines);
    }
}

void control_free(struct control *control)
{
    while (control->clients != NULL) {
        struct control_client *client = control->clients;
        control->clients = client->next;
        free(client->watch);
        free(client);
    }
    control_child_free(control);
    for (size_t i = 0; i < control->answer_count; i++) {
        free(control->answers[i].text);
    }
    free(control->answers);
    json_reader_free(control->reader);
    buf_deinit(&control->out);
    free((char *)control->options.folder);
    free((char *)control->options.home);
    free(control);
}

void control_round(struct control *control, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < control->answer_count; i++) {
        struct control_answer *answer = &control->answers[i];
        if (answer->batch > control->engine->durable) {
            control->answers[kept++] = *answer;
            continue;
        }
        if (answer->client != NULL &&
            !lines_write(answer->client->lines, answer->text, answer->size)) {
            lines_close(answer->client->lines);
        }
        free(answer->text);
    }
    control->answer_count = kept;
    for (struct control_client *client = control->clients; client != NULL; client = client->next) {
        if (client->watch != NULL && client->watch_at <= now_ms) {
            client->watch_at = now_ms + client->watch_every_ms;
            control_watch(client, now_ms);
        }
    }
}

int64_t control_next_at(const struct control *control)
{
    int64_t at = INT64_MAX;
    for (const struct control_client *c = control->clients; c != NULL; c = c->next) {
        at = c->watch != NULL && c->watch_at < at ? c->watch_at : at;
    }
    return at;
}

size_t control_clients(const struct control *control)
{
    return control->client_count;
}
