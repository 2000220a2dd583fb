#pragma once
// The operators' door to a running engine: two Unix sockets in a folder of its own, one to look
// (view.sock), one to change (operate.sock); who connects is known from the system. JSON lines both
// ways, so that other tools can use it: control.md lists the ops.
//
// Nothing is changed by looking: every line runs in a turn that is dropped. `apply` runs it again
// in one that is kept, if it would still do what was shown. Its answer comes when it is durable.

#include "app/engine.h"
#include "loop/loop.h"

#define CONTROL_CLIENTS_MAX 128
#define CONTROL_LINE_MAX ((size_t)256 * 1024)
#define CONTROL_VIEW "view.sock"
#define CONTROL_OPERATE "operate.sock"

struct control;

struct control_options {
    const char *folder;  // Made if missing; see loop_listen.
    uint32_t campaign;   // Which one lines are about.
    const char *home;    // The campaign's own folder: a reload of none that is named means it.
    // Asks for a JSON object of op "status" without its braces; NULL: none.
    void (*on_status)(void *ctx, struct buf *out);
    void (*on_note)(void *ctx, const char *text);
    void *ctx;
};

// Where the sockets of a campaign are: $DRUMBEAT_RUN_DIR/NAME, else $XDG_RUNTIME_DIR/drumbeat/NAME,
// else /tmp/drumbeat-UID/NAME. false: too long. (`drumbeat run` has no sockets at all where
// DRUMBEAT_RUN_DIR is "none".)
MUST_USE bool control_folder(const char *campaign, char *out, size_t size, struct err *e);
// Its parent, where every running engine of this user has a folder.
void control_parent(char *out, size_t size);
// Whether nobody else could have put something there: a folder of this user or of root (root trusts
// everybody's), closed to others' writing. One that isn't there yet is fine.
MUST_USE bool control_parent_is_ours(struct err *e);

MUST_USE bool control_new(struct control **out, struct loop *loop, struct engine *engine,
                          const struct control_options *options, struct err *e);
// Nobody can connect any more, those connected see the end of their stream.
void control_close(struct control *control);
void control_free(struct control *control);  // Once the loop is over.
// Once a round: answers whose turn is durable go out, watches that are due are looked at.
void control_round(struct control *control, int64_t now_ms);
int64_t control_next_at(const struct control *control);  // INT64_MAX: nothing is planned.
size_t control_clients(const struct control *control);
