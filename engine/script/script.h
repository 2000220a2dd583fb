#pragma once
// Campaigns and playbooks, alive: loads campaign.lua, keeps one sandbox a playbook instance (day),
// hands events to handlers, starts, resumes and rebuilds scenes. What it changes it changes through
// core.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/histogram.h"
#include "core/core.h"
#include "script/package.h"

struct script;

// Gives a playbook's package, or the campaign's own (playbook NULL), instead of a folder.
typedef bool (*script_package_fn)(void *ctx, const char *playbook, struct package *out,
                                  struct err *e);

// Packages from folders, as when a campaign is bound: a script_package_fn. ctx: struct
// script_folder.
struct script_folder {
    const struct script *script;
    const char *folder;  // The campaign's.
};
MUST_USE bool script_folder_package(void *ctx, const char *playbook, struct package *out,
                                    struct err *e);

struct script_options {
    const char *const
        *playbook_dirs;   // Where playbooks are found besides the campaign's own; NULL-terminated.
    const char *lua_dir;  // Library from here instead of the binary; may be NULL.
    script_package_fn package;  // NULL: folders.
    void *package_ctx;
    bool rehearsal;
    bool paranoid;  // Scenes are thrown away at every wait and rebuilt from their steps.
    bool replays;   // The wall clock stops nobody but what script_begin_turn is given.
    // Nobody waits for an answer (rehearsal, feed, check): only counted work stops a playbook, so
    // that a loaded machine can't change what happens. The wall clock stays as a far backstop.
    bool virtual_time;
    struct script_trace *trace;  // NULL: nobody asks which lines run.
};

struct script *script_new(struct core *core, const struct script_options *options);
void script_free(struct script *script);

// Reads and checks a campaign folder: campaign.lua, its playbooks, inputs, budgets. Every fault
// found is appended to `problems`, one line each, beginning with file:line; a warning line begins
// with "warning: ". Needs a turn that the caller drops or keeps: a good campaign is written into
// the tables (script_start writes the run sheet). overrides: NULL or what --members/--groups say.
struct script_overrides {
    int32_t groups;       // 0: as the campaign says
    int32_t members;      // In all; 0: as the campaign says
    const uint8_t *seed;  // 32 bytes
};
MUST_USE bool script_bind(struct script *script, const char *folder,
                          const struct script_overrides *overrides, uint32_t *campaign,
                          struct buf *problems, struct err *e);
// Whether any line of problems is more than a warning. If none is, what failed stands in the err.
bool script_has_errors(const struct buf *problems);
// The campaign that was bound (or reloaded last) from just these files: what they say stands in its
// rows. 0: none was.
uint32_t script_known(const struct script *script, const char *folder);
// Runs campaign.lua alone: as script_bind, without the days' playbooks. Only if it has faults are
// they bound too, so that theirs are told in the same run.
MUST_USE bool script_look(struct script *script, const char *folder,
                          const struct script_overrides *overrides, uint32_t *campaign,
                          struct buf *problems, struct err *e);
// Checks one playbook folder by itself: declares and binds it with its defaults.
MUST_USE bool script_check_playbook(struct script *script, const char *folder, struct buf *problems,
                                    struct err *e);
// How many instances there are; and forgets those bound since there were `count` (their turn is
// dropped).
size_t script_instances(const struct script *script);
void script_unbind(struct script *script, size_t count);
// The run sheet: schedule entries, budgets, coupons of a bound campaign. Same turn as script_bind.
MUST_USE bool script_start(struct script *script, uint32_t campaign, struct err *e);
// After loading rows: builds the instances of running campaigns from their stored sources.
MUST_USE bool script_load(struct script *script, struct err *e);

// A turn begins. `stops`: what the wall clock stopped in it when it was first run, as script_stops
// told it; "" of a turn that is run for the first time.
void script_begin_turn(struct script *script, struct slice stops);
// What the wall clock stopped in this turn, "" for nothing: text for the journal, in `arena`.
const char *script_stops(const struct script *script, struct arena *arena);

// Inside a turn, after reduce_event: every handler that the event concerns. A handler that fails
// loses what it did (savepoint), its error is parked and reported through script_on_error; the
// others and the facts stay.
void script_event(struct script *script, const struct event *event, const struct facts *facts);
// --- halted.c: what failed and goes on. Inside a turn. ---
// Handlers that are suspended and scenes that are halted, of every day of the playbook: go on.
// How many there were. Their events are played, and the scenes run, in turns to come.
size_t script_resume(struct script *script, struct slice playbook);
// The first event that a handler which goes on is to be given; 0: none. A turn of EVENT_KEPT each.
uint32_t script_next_kept(const struct script *script);
void script_play_kept(struct script *script, uint32_t id);
// Handlers and scenes that don't go on, and days suspended by kills.
size_t script_halted(const struct script *script);

// Inside a turn: a schedule entry (kinds entry, library, day_start, day_end) or a scene's wake-up.
void script_timer(struct script *script, uint32_t entry);
void script_wake(struct script *script, uint32_t scene);

typedef void (*script_error_fn)(void *ctx, const char *playbook, const char *scene,
                                const char *error);
void script_on_error(struct script *script, script_error_fn on_error, void *ctx);
size_t script_errors(const struct script *script);  // Since the start.

// --- console.c: lines of operators. ---
#define CONSOLE_LINE_MAX ((size_t)64 * 1024)  // As a playbook's file.
#define CONSOLE_ANSWER_MAX ((size_t)1 << 20)
// Inside a turn: runs a line (an expression, or statements) with the words of the console and those
// that playbooks have while they run, in a sandbox of its own, which is asked about one campaign.
// What the line changed is in the turn, for the caller to keep or drop. `answer` gets JSON:
//   {"show":[{"text":"..."} | {"heads":"group|>members","rows":[["old-1","500"],...]}],
//    "confirm":{"amount":n,"what":"the new cap"} (not always),
//    "inputs":[{"day":id,"name":"price",...}]} (inputs that the line changed: script_rebind)
// false: `e`; ERR_INVALID with console_is_partial: the line goes on.
MUST_USE bool script_console(struct script *script, uint32_t campaign, const char *line,
                             size_t size, struct buf *answer, struct err *e);
bool script_console_is_partial(const struct err *e);
// The list of inputs that a line changed, kept as JSON: they get their values of before, unless
// they were changed since. `answer` as above.
MUST_USE bool script_console_inputs_back(struct script *script, uint32_t campaign, uint32_t tweak,
                                         const struct bytes *changes, struct buf *answer,
                                         struct err *e);
// Names that may stand where `line` ends, and where what is there of them begins, as JSON:
//   {"from":3,"items":["groups","games"]}
MUST_USE bool script_console_complete(struct script *script, uint32_t campaign, const char *line,
                                      size_t size, struct buf *answer, struct err *e);

// The instance of a day as JSON, for plan and help: entries with their names and times, things with
// worst costs.
MUST_USE bool script_describe_day(struct script *script, uint32_t day, struct buf *json,
                                  struct err *e);
size_t script_memory(const struct script *script);
// For monitoring, since the start. What words were refused by (budget, coupon, ...), looks ahead
// included; how long entries into playbooks took, one of sixteen measured.
enum script_guard {
    SCRIPT_GUARD_BUDGET,
    SCRIPT_GUARD_COUPON,
    SCRIPT_GUARD_VOUCHER,
    SCRIPT_GUARD_PROMOTION,
    SCRIPT_GUARD_PLAY,
    SCRIPT_GUARD_OTHER,
    SCRIPT_GUARD_COUNT
};
extern const char *const script_guard_names[SCRIPT_GUARD_COUNT];
uint64_t script_refusals(const struct script *script, enum script_guard guard);
void script_get_times(const struct script *script, struct histogram *out);
