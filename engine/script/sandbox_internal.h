#pragma once
// Inside of the sandbox, shared by sandbox*.c and bounded_*.c only. Bindings include sandbox.h.
//
// A limit that is crossed is a kill, and a kill is a jump: from the hook, the allocator or a
// bounded function straight to the door that C came in by. No Lua code runs on the way (a raised
// error would run handlers), and nothing of the state is used again: its memory is thrown away in
// one piece.

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.4/lua.h>

#include "base/err.h"
#include "base/rng.h"
#include "script/sandbox.h"
#include "script/sandbox_heap.h"

#define SANDBOX_HOOK_STEP 1000         // Instructions between two looks at the limits.
#define SANDBOX_WHERE_MAX 96           // "file:line"; Lua shows at most 60 bytes of a file name.
#define SANDBOX_TEXT_MAX (256 * 1024)  // Longest text a bounded function makes.
#define SANDBOX_VALUES_MAX 4000  // Most values one function returns (unpack, byte, codepoint).

#define SANDBOX_BLOCK_TRUSTED                                                                      \
    ((size_t)16 * 1024 * 1024)  // While compiling and loading our library.

// Keys of the registry; the addresses are what counts.
extern const char sandbox_library_key;
extern const char sandbox_words_key;
extern const char sandbox_env_key;

struct sandbox {
    // Touched by every entry, hook and allocation.
    int64_t fuel_left;
    int64_t fuel_look;  // The clock is read when fuel_left falls below it.
    int hook_step;      // What one call of the hook costs: SANDBOX_HOOK_STEP, or 1 while armed.
    int depth;          // Doors open inside each other; 0: C is at work, no limit holds.
    bool armed;         // Memory is over the soft limit, the next instruction collects.
    bool dead;
    jmp_buf *door;          // Where a kill jumps to; NULL outside of a door.
    lua_State *running;     // The thread of the innermost door.
    size_t used;            // Bytes Lua holds.
    size_t block_max;       // Of this moment: compiling and our library may use larger blocks.
    int64_t wall_start_ns;  // Set by the first hook of an entry, 0 before.
    int64_t timed_from_ns;  // 0: this entry isn't measured.
    struct sandbox_limits limits;
    struct sandbox_heap heap;

    void (*on_line)(lua_State *L, lua_Debug *ar);  // NULL: nobody asks.
    void *scratch;                                 // Of sandbox_scratch.
    size_t scratch_size;
    lua_State *main;
    void *owner;
    struct rng *rng;
    bool sealed;
    bool unlimited_fuel;            // While our library loads.
    char where[SANDBOX_WHERE_MAX];  // Of the last error, written by the message handler.
    int broke_at;                   // Its line in the outermost function; 0: none of a playbook's.
    char kill_text[512];
};

// The allocator of lua_newstate; `ud` is the sandbox.
void *sandbox_alloc(void *ud, void *old, size_t old_size, size_t new_size);

// Ends the entry and the state. The text says which limit and how far.
noreturn void sandbox_kill(struct sandbox *box, const char *format, ...) PRINTF_LIKE(2, 3);
// Looks at fuel and clock after fuel_left went below fuel_look.
void sandbox_look(struct sandbox *box);
// The door for functions that run to their end: function and args on the main stack. Fails with
// `e`.
MUST_USE bool sandbox_guarded_pcall(struct sandbox *box, int args, int results, struct err *e);
// True, with `e`, if nothing may enter: the state is dead, or too many doors are open.
bool sandbox_door_refuses(struct sandbox *box, struct err *e);
// Takes fuel; the fast half of sandbox_charge.
static inline void sandbox_spend(struct sandbox *box, int64_t fuel)
{
    box->fuel_left -= fuel;
    if (box->fuel_left < box->fuel_look) {
        sandbox_look(box);
    }
}

// Memory for one C function while it calls no Lua: not of the state, so a kill doesn't lose it, and
// not bound to the limit of one block. The next call takes it back.
void *sandbox_scratch(struct sandbox *box, size_t size);

// "file:line" of the innermost playbook function on this thread, or "".
void sandbox_where(lua_State *L, char *out, size_t size);
// The line at which the outermost function of this thread stands; 0: it is no playbook's.
int sandbox_outer_line(lua_State *L);
// The error value at `index` as one clean line in `e`. Runs no playbook code.
void sandbox_describe(lua_State *L, int index, const char *where, struct err *e);

// Builds the library's environment and the table of words, and leaves both: library, words.
void sandbox_words_push(lua_State *L);
// The library may leave a function among the words under this name: it is told what is wrong with
// an unknown word, and what it returns stands for the word (nil: the error is raised).
#define SANDBOX_UNKNOWN "?"

// Makes the tables among the words read-only and gives unknown words their error.
void sandbox_words_seal(lua_State *L, int words);
// Pushes the environment playbooks are compiled with: empty, reads from `words`, refuses writing.
void sandbox_words_push_env(lua_State *L, int words);
