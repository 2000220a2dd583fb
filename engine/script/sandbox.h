#pragma once
// The sandbox: one lua_State a playbook instance in which code of strangers runs (design:
// sandbox.md). It may not hang, crash, read what isn't its own, or see anything that differs
// between two runs. This file knows Lua and limits; it knows nothing of campaigns, tables or words.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.4/lua.h>

#include "base/err.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "base/rng.h"

// What the wall clock stopped in a turn: the one verdict that the same work can't find again, so it
// is kept, and given again by a replay. One clock for all sandboxes that share turns.
#define SANDBOX_STOPS_MAX 8
#define SANDBOX_TIMED 16
struct sandbox_stop {
    uint32_t entry;     // Which entry of the turn, from 1.
    int64_t fuel_left;  // How far it had come.
    int64_t ms;
};
struct sandbox_clock {
    bool replays;      // The stops are given; time itself stops nobody.
    uint32_t entries;  // Into sandboxes, since the turn began.
    uint32_t stop_count;
    struct sandbox_stop stops[SANDBOX_STOPS_MAX];
    // How long entries take: one of SANDBOX_TIMED is measured, none while it replays.
    uint32_t untimed;
    struct histogram times;
    int64_t times_ns;  // Their sum: most take less than a microsecond.
};

struct sandbox_limits {
    int64_t fuel;        // VM instructions and charged work of one entry. 0: 20,000,000.
    size_t memory_soft;  // Bytes; above it one full collection, then a kill. 0: 32 MiB.
    size_t block_max;    // A single block above it is refused. 0: 512 KiB (raised while our library
                         // loads).
    int64_t wall_ms;     // Backstop of one entry, 0: 250.
    struct sandbox_clock *clock;  // May be NULL.
};

struct sandbox;

// Creates the state with the allow-listed globals (see sandbox.md, Words). `owner` is what
// sandbox_owner returns in bindings (lua_getextraspace holds the sandbox).
struct sandbox *sandbox_new(const struct sandbox_limits *limits, void *owner);
void sandbox_free(struct sandbox *box);
// Called before each line that runs from now on. It may neither raise nor wait.
void sandbox_on_line(struct sandbox *box, void (*on_line)(lua_State *L, lua_Debug *ar));
lua_State *sandbox_state(struct sandbox *box);  // The main thread of the state.
struct sandbox *sandbox_of(lua_State *L);
void *sandbox_owner(lua_State *L);

// Our own library (lua/): runs a chunk of trusted source or bytecode in the
// library environment (full base library, no limits but memory; an entry that needs it pays no
// fuel); leaves its one return value on the
// main stack.
MUST_USE bool sandbox_load_library(struct sandbox *box, const char *chunk, size_t size,
                                   const char *name, struct err *e);
// The same chunk as bytecode with its line numbers, appended to `out`: what the next
// sandbox_load_library may take instead of the text, as it may what embed_lua.c made of our own
// files (bytecode of any other origin can crash it).
MUST_USE bool sandbox_dump_library(struct sandbox *box, const char *chunk, size_t size,
                                   const char *name, struct buf *out, struct err *e);
// Whether garbage is collected by and by. Off, the memory limit still collects rather than kills.
void sandbox_collects(struct sandbox *box, bool on);
// Pushes the library's environment, to add C functions that only lua/ may call.
void sandbox_push_library(struct sandbox *box);
// Pushes the table of globals that playbooks see (to add words); after sandbox_seal nothing can be
// added, unknown names raise "unknown word 'anounce', did you mean 'announce'?" and assignments to
// globals are refused.
void sandbox_push_globals(struct sandbox *box);
void sandbox_seal(struct sandbox *box);
// Compiles a playbook file (text only, UTF-8, no NUL, <= 64 KiB, <= 16,384 instructions a function)
// with the sealed globals as its environment; leaves the function on the main stack. `name` is
// shown as file name.
MUST_USE bool sandbox_compile(struct sandbox *box, const char *source, size_t size,
                              const char *name, struct err *e);

// The one door. Every entry from C goes through these; limits are reset at the start of each,
// except of one inside of another (a binding that starts a handler), which spends what the outer
// one has.
//
// A limit is a kill, and a kill jumps (longjmp) to the innermost door: over the frames of the
// binding that charged or allocated. So a binding holds nothing that needs freeing while it calls a
// lua_ function that may raise or allocate, or sandbox_charge; and a __gc never runs in a killed
// state.
//
// sandbox_call: function and `args` values on the main stack, runs it to its end (it may not wait);
// leaves exactly `results` values on the main stack. On failure all is popped and `e` names
// file:line. The function may be a C function: that is how to show or read a playbook's value.
MUST_USE bool sandbox_call(struct sandbox *box, int args, int results, struct err *e);
// Coroutines that may wait (scenes). sandbox_start: function and args on the main stack -> a new
// coroutine, not yet run; returns a reference for sandbox_resume / sandbox_drop. Not on a dead box.
enum sandbox_status { SANDBOX_DONE, SANDBOX_WAITS, SANDBOX_FAILED, SANDBOX_KILLED };
int sandbox_start(struct sandbox *box, int args);
// Moves `args` values from the main stack into the coroutine and resumes it. WAITS: it called a
// waiting binding (what that yielded is discarded). DONE: it returned (results are discarded).
// FAILED: an error. KILLED: a limit; the whole state is dead. Except after WAITS the caller drops
// it, exactly once.
enum sandbox_status sandbox_resume(struct sandbox *box, int coroutine, int args, struct err *e);
void sandbox_drop(struct sandbox *box, int coroutine);

bool sandbox_dead(const struct sandbox *box);  // Killed: free it and build a new one.
// After sandbox_call failed: the line of the called function at which it broke off, however deep
// the error lay; 0: it isn't a playbook's function.
int sandbox_broke_at(const struct sandbox *box);
// For bindings: charge work (raises when spent), and say whether the caller runs inside a coroutine
// that may wait.
void sandbox_charge(lua_State *L, int64_t fuel);
bool sandbox_may_wait(lua_State *L);
// Source of math.random of the running entry; NULL makes math.random raise "not here".
void sandbox_set_random(struct sandbox *box, struct rng *rng);
int64_t sandbox_fuel_used(const struct sandbox *box);  // Of the last entry.
size_t sandbox_memory(const struct sandbox *box);
