// Asking for a reload: see attach_reload.h.
#include "app/attach_reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 4096
#define HOLDS_TOLD_MS 150  // Nobody notices less.

bool attach_ask_reload(struct attach_link *link, const char *folder, int64_t version,
                       const char *token, const struct json_node **answer, struct err *e)
{
    struct buf fields;
    buf_init(&fields, CONTROL_LINE_MAX);
    buf_puts(&fields, "\"op\":\"reload\"");
    if (version == 0) {
        json_key(&fields, "folder");
        json_put_z(&fields, folder);
    } else {
        json_key(&fields, "version");
        json_put_int(&fields, version);
    }
    if (token != NULL) {
        json_key(&fields, "token");
        json_put_z(&fields, token);
    }
    const bool ok = attach_ask(link, fields.data, answer, e);
    buf_deinit(&fields);
    return ok;
}

static void put_member(const struct json_node *answer, const char *name)
{
    const struct slice text = attach_text(answer, name);
    if (text.size > 0) {
        fwrite(text.data, 1, text.size, stdout);
    }
}

static bool refused(const struct json_node *answer, bool *failed)
{
    const struct slice why = attach_text(answer, "error");
    put_member(answer, "problems");
    printf("  not reloaded, the version before runs on: %.*s\n", (int)why.size, why.data);
    *failed = true;
    return true;
}

bool attach_reload_folder(const char *given, char *out, size_t size)
{
    out[0] = '\0';
    if (given[0] == '\0' && access("campaign.lua", F_OK) != 0) {
        return true;
    }
    char *full = realpath(given[0] == '\0' ? "." : given, NULL);
    const bool fits = full != NULL && strlen(full) < size;
    if (fits) {
        snprintf(out, size, "%s", full);
    }
    free(full);
    return fits;
}

void attach_reload_from(const char *folder, int64_t version, const struct json_node *answer)
{
    const struct slice from = attach_text(answer, "folder");
    if (folder[0] == '\0' && version == 0 && from.size > 0) {
        printf("%.*s, from where it was started:\n", (int)from.size, from.data);
    }
}

void attach_reload_holds(const struct json_node *answer)
{
    const struct json_node *holds = json_field(answer, "holds_ms");
    if (holds != NULL && holds->type == JSON_INT && holds->integer >= HOLDS_TOLD_MS) {
        printf("  while it takes over the engine stands still for about %" PRId64 " ms\n",
               holds->integer);
    }
}

bool attach_reload(struct attach_link *link, const char *rest, bool (*agree)(void *ctx), void *ctx,
                   bool *failed, struct err *e)
{
    char folder[PATH_MAX_BYTES] = "";
    char token[32];
    const struct json_node *answer;
    int64_t version = 0;
    if (sscanf(rest, "back %" SCNd64, &version) != 1 &&
        !attach_reload_folder(rest, folder, sizeof(folder))) {
        printf("  there is no folder %s\n", rest);
        *failed = true;
        return true;
    }
    if (!attach_ask_reload(link, folder, version, NULL, &answer, e)) {
        return false;
    }
    attach_reload_from(folder, version, answer);
    if (!attach_is(answer, "ok")) {
        return refused(answer, failed);
    }
    const struct slice known = attach_text(answer, "token");
    snprintf(token, sizeof(token), "%.*s", (int)known.size, known.data);
    put_member(answer, "text");
    attach_reload_holds(answer);
    if (attach_is(answer, "empty")) {
        return true;
    }
    if (!agree(ctx)) {
        printf("  left as it is\n");
        return true;
    }
    if (!attach_ask_reload(link, folder, version, token, &answer, e)) {
        return false;
    }
    if (!attach_is(answer, "ok")) {
        return refused(answer, failed);
    }
    const struct json_node *number = json_field(json_field(answer, "plan"), "number");
    printf("  reloaded: version %" PRId64 " runs; `reload back N` goes back\n", number->integer);
    return true;
}
