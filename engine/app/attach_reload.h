#pragma once
// Asking a running engine to let an edited campaign take over (op "reload"): for the command and
// for the line `reload` of the console.

#include "app/attach_link.h"

// The folder (its full path), or an earlier version; token: of the plan that was shown, NULL only
// shows. The answer has text, token, empty, plan, or error, kind and problems.
MUST_USE bool attach_ask_reload(struct attach_link *link, const char *folder, int64_t version,
                                const char *token, const struct json_node **answer, struct err *e);

// The folder that `given` names; "" where nothing is named and no campaign.lua is here: that which
// the engine was started with. false: there is none.
MUST_USE bool attach_reload_folder(const char *given, char *out, size_t size);
// Says which folder it was, where none was named.
void attach_reload_from(const char *folder, int64_t version, const struct json_node *answer);
// Says how long the engine would stand still, if that is long.
void attach_reload_holds(const struct json_node *answer);

// A line of the console: "" (as above), a folder, or "back N". Shows the plan; `agree` asks
// whether it shall be done. *failed: it couldn't be. false: the connection is gone.
MUST_USE bool attach_reload(struct attach_link *link, const char *rest, bool (*agree)(void *ctx),
                            void *ctx, bool *failed, struct err *e);
