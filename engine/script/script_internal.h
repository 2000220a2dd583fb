#pragma once
// What the files of script share: instances (one sandbox each) and the context of the running
// entry.

#include <lua5.4/lua.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/tz.h"
#include "script/sandbox.h"
#include "script/script.h"
#include "script/trace.h"
#include "script/value.h"

enum day_status { DAY_PLANNED, DAY_RUNNING, DAY_SUSPENDED, DAY_OVER };

enum scene_status { SCENE_RUNNING, SCENE_WAITING, SCENE_DONE, SCENE_HALTED };

// Column `resumes` of scenes.
enum scene_resumes { SCENE_NOT_HALTED, SCENE_FROM_START, SCENE_FROM_REACHED, SCENE_FROM_MISSED };

enum context_kind { CONTEXT_NONE, CONTEXT_LOAD, CONTEXT_HANDLER, CONTEXT_SCENE };

// What runs now, for bindings. Set before each entry, cleared after it.
// Effects of a scene are numbered within the step that sent them: room for 2^20 in each of 1000.
#define CONTEXT_EFFECTS_SHIFT 20

struct context {
    enum context_kind kind;
    const struct event *event;  // Handler: readable through the event handle.
    const struct facts *facts;
    uint32_t group;
    uint32_t scene;
    uint64_t scope_high, scope_low;  // Of outbox keys.
    uint32_t effects;                // Numbered within the scope.
    uint32_t looked;  // Handler: objects of the event that have been made, a bit each.
    // Scene being rebuilt: recorded steps 1..recorded are replayed.
    uint32_t step;  // Last step asked for.
    uint32_t recorded;
    const uint32_t *steps;  // Ids of steps rows in order; recorded of them.
    int64_t step_at;        // Time of the last replayed step.
    bool waiting;           // engine.wait yields.
    bool adopting;          // ... and nothing but the pending wait may come behind them.
};

struct scene_run {
    uint32_t scene;
    int coroutine;
    uint32_t step;  // Steps asked for so far by the living coroutine.
    uint32_t effects;
    struct rng rng;
};

// Registry references.
struct handler {
    int function;
    int given;  // What it gets instead of the event's plain handle; LUA_NOREF: that handle.
};

struct handlers {
    struct handler *items;
    size_t count;
};

// Tables and columns by the address of their name.
#define NAME_SLOT_BITS 8
struct name_slot {
    enum table_id table;
    const struct table_desc *desc;  // NULL: empty
    const struct column *column;    // NULL: the table itself
};

// Whether private messages wait: found once for a night and once for a day.
struct quiet {
    int64_t from_at, until_at;  // For these times hold_until is right.
    int64_t hold_until;         // 0: they go at once.
};

#define INSTANCE_KILLS 3
#define VALUE_SCRATCH_MAX ((size_t)16 << 20)

struct instance {
    struct script *script;
    uint32_t day;  // 0: a campaign.lua being bound.
    uint32_t campaign;
    struct sandbox *box;
    uint32_t row;     // In `versions`: what it was built from; 0 while a file is checked.
    text_id version;  // Content hash of its sources.
    bool is_new;      // Its source is to be read for mistakes: nothing ran with it yet.
    char playbook[64];
    struct context context;
    struct handlers handlers[EVENT_KIND_COUNT];
    int on_timer, on_entry;  // Registry references; LUA_NOREF until set.
    int main;                // Library's main module.
    int event_handle;        // The one event userdata.
    struct scene_run *runs;
    size_t run_count, run_capacity;
    struct name_slot names[1 << NAME_SLOT_BITS];
    struct buf scratch;  // For value_put.
    struct rng handler_rng;
    struct quiet quiet;
    int64_t kills_at[INSTANCE_KILLS];  // Engine times of the last kills.
    bool suspended;
    bool built;             // Its file has run to the end and was looked at.
    bool mended;            // It did so without what broke it: good for its other faults only.
    int64_t fuel, wall_ms;  // Of one entry, 0: the sandbox's own.
};

struct script_chunk {
    const char *name;  // Module name, "games".
    const char *code;  // Bytecode of the binary, or
    char *own;         // made once by this process.
    size_t size;
};

struct script {
    struct core *core;
    struct state *state;
    struct script_options options;
    struct instance **instances;  // The newest version of each day.
    size_t instance_count, instance_capacity;
    struct instance **old;  // Earlier versions on which scenes still run.
    size_t old_count;
    struct instance **
        *by_group;  // [group id] -> NULL-terminated instances whose day includes the group.
    size_t by_group_count;
    struct script_chunk *chunks;
    size_t chunk_count;
    struct sandbox_clock clock;
    struct json_reader *reader;
    struct chance *chance;
    struct tz *zone;  // Of the campaign that runs in the context.
    text_id zone_name;
    uint64_t scope_turn, scope_entries;  // Entries of handlers in this turn, for outbox keys.
    struct instance *console;  // Of the campaign that was asked about last; NULL: none yet.
    script_error_fn on_error;
    void *on_error_ctx;
    size_t errors;
    uint64_t refusals[SCRIPT_GUARD_COUNT];
};

struct instance *instance_of(lua_State *L);
struct state *instance_state(lua_State *L);

// trace.c
void trace_line(lua_State *L, lua_Debug *ar);
void trace_refused(lua_State *L, const char *why);

// library.c: builds a sandbox with the library in it.
MUST_USE bool library_open(struct instance *instance, struct err *e);
// Calls main.<name> with `args` values on the main stack; `results` left there.
MUST_USE bool library_call(struct instance *instance, const char *name, int args, int results,
                           struct err *e);
void library_free_chunks(struct script *script);

// script.c
// What math.random is keyed by besides scene or turn: the campaign's secret, 0 before it has one.
uint64_t script_seed(const struct script *script, uint32_t campaign);
MUST_USE bool script_index_groups(struct script *script, struct err *e);
void script_add_instance(struct script *script, struct instance *instance);
// All but the first `count`, which no group has been told of yet.
void script_drop_instances(struct script *script, size_t count);
// The newest version of a day; NULL: none runs.
struct instance *script_instance(const struct script *script, uint32_t day);

// versions.c
// Notes what a day (0: campaign.lua itself) runs from now on. The row in `versions`.
uint32_t version_add(struct script *script, const struct version *row, const char *package,
                     const struct bytes *inputs);
// The row in use by now, or at reload `number` (0: now); 0: none.
uint32_t version_find(const struct script *script, uint32_t campaign, uint32_t day, int32_t number);
// The last row of a day that says what its row says now, 0: none. Taking rows behind it back makes
// it the one in use again; no scene may stand on them.
uint32_t version_like(const struct script *script, const struct day *day);
void version_withdraw(struct script *script, const struct day *day, uint32_t after);
// The instance on which a scene runs: the newest of its day, or one of an earlier version, made if
// need be. NULL: the day's playbook is not in use.
struct instance *version_instance(struct script *script, const struct scene *scene);
void version_keep_old(struct script *script, struct instance *instance);
// Frees earlier versions on which no scene runs any more.
void version_drop_unused(struct script *script);

// bind_stage.c
void bind_store_sources(struct script *script, const struct package *package);
void bind_push_overrides(lua_State *L, const struct script_overrides *overrides);
// Days of a campaign in the order they were written; in the turn's arena.
uint32_t *bind_campaign_days(struct script *script, uint32_t campaign, size_t *count);
// Where the packages of a campaign and its playbooks come from.
struct bind_source {
    script_package_fn package;
    void *ctx;
};
// A campaign.lua that was looked at and has mistakes: those of its days' playbooks are told as
// well. Writes rows; the turn must be dropped.
void bind_judge_days(struct instance *head, const struct bind_source *from, struct buf *problems);
void bind_day_edges(struct script *script, const struct day *day);
// Worst costs of all days against the budgets: the campaign's own state adds them up. Days that
// couldn't be built are left out; what is told of the others holds all the same.
MUST_USE bool bind_costs(struct instance *campaign, struct instance *const *instances, size_t count,
                         struct buf *problems, struct err *e);

// instance.c
struct instance *instance_new(struct script *script, uint32_t campaign, uint32_t day);
void instance_free(struct instance *instance);
// Builds the sandbox: library, playbook source of the day's version, inputs. problems as in
// script_bind.
MUST_USE bool instance_build(struct instance *instance, struct buf *problems, struct err *e);
void instance_reset(struct instance *instance);  // Before it is built again.
void script_rest(struct script *script);         // script.c
// Builds it if that wasn't done yet. false: it can't be built any more, and is suspended.
bool instance_ready(struct instance *instance);
// Steps of building: the sandbox with its words (main.<begin>); a function of main that gives an
// array of problems.
MUST_USE bool instance_open(struct instance *instance, const char *begin, struct err *e);
MUST_USE bool instance_collect(struct instance *instance, const char *function, int args,
                               struct buf *problems, struct err *e);
// Appends what the library found wrong: an array of lines on top of the main stack, popped.
void instance_take_problems(struct instance *instance, struct buf *problems);
// A handler or scene failed and was undone: parks the error, tells the app (`told`; NULL: nothing),
// rebuilds a killed state.
void instance_failed(struct instance *instance, const char *what, const struct err *why,
                     const char *told);
struct tz *script_zone(struct script *script, uint32_t campaign);

// problems.c: one line more, if it isn't there (a playbook of several days has the same fault on
// each), before those of the same file that are farther down.
void problems_add(struct buf *problems, const char *text);

// declare.c
struct declare_file {
    const char *begin;  // Function of main that adds its words.
    const char *path;   // In the package.
    const char *shown;  // In messages.
};
// Opens the sandbox and runs the file's body. Of one that broke off (`problems` say so) the rest
// has run all the same if this is true and instance->mended; that is tried if instance->is_new.
MUST_USE bool declare_run(struct instance *instance, const struct declare_file *file,
                          struct buf *problems, struct err *e);

// flow.c
void flow_start(struct instance *instance, const char *name, uint32_t group, uint32_t entry);
void flow_resume(struct instance *instance, uint32_t scene);
void flow_drop(struct instance *instance, uint32_t scene);  // Its coroutine, if it lives.
void flow_drop_all(struct instance *instance);
// A scene of an earlier version, waiting or halted, on this instance: runs it again up to its wait,
// which is asked anew if it hasn't ended. true: it stands there, and is this version's from now on.
// false: it does something else ("recorded X, the code asks Y"), ends or fails; nothing has
// changed, but a killed state.
MUST_USE bool flow_adopt(struct instance *instance, uint32_t scene, struct err *why);

// A halted scene goes on at the next turn of a timer.
void flow_go_on(struct script *script, uint32_t scene);

// halted.c
// The event to the number-th handler of its kind, unless that is suspended: then it is kept.
void halted_hear(struct instance *instance, size_t number, const struct event *event,
                 const struct facts *facts);
// Of an `every`, by its name: whether it is suspended, so that this time passes without it; and
// what became of its function (why: NULL, it is well).
bool halted_passes(const struct instance *instance, const char *name);
void halted_ran(struct instance *instance, const char *name, const struct err *why);
// Handlers of a day that are suspended go on, functions of `every` among them. How many there were.
size_t halted_resume_handlers(struct script *script, uint32_t day);

// dispatch.c
// false: it failed, and what it did is undone.
MUST_USE bool dispatch_call(struct instance *instance, struct handler handler,
                            const struct event *event, const struct facts *facts, struct err *why);
void dispatch_timer(struct instance *instance, const struct schedule_entry *entry);
void dispatch_open_handle(struct instance *instance);
// Around an entry that is neither scene nor handler: the scope of its effects, its chance.
void dispatch_open_context(struct instance *instance, const struct event *event,
                           const struct facts *facts, uint32_t group);
void dispatch_close_context(struct instance *instance);
// Looks by name (argument 1: name -> function of the plain handle, or metatable of an object {id =}
// about the row of that field) -> the event as playbooks see it.
void dispatch_push_view(lua_State *L);
void handlers_add(struct instance *instance, enum event_kind kind, struct handler handler);

// bind_*.c: rows of functions for the table `engine`.
struct bind_fn {
    const char *name;
    lua_CFunction call;
};
extern const struct bind_fn bind_rows[], bind_scene[], bind_time[], bind_money[], bind_chance[],
    bind_effect[], bind_memory[], bind_other[], bind_campaign[], bind_source[], bind_price[],
    bind_console[];

// Carts and quotes, which have metatables: adds what makes them to the table on top of the stack.
void bind_price_open(lua_State *L);

// Shared by bindings: checked arguments in the library's terms.
enum table_id bind_table(lua_State *L, int arg);
uint32_t bind_id(lua_State *L, int arg);
int bind_refusal(lua_State *L, const struct err *e);  // nil, message; a fault raises.
const char *bind_keep_text(lua_State *L, int arg, text_id *out);
