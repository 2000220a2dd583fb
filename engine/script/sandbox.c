// The state of one playbook and its doors; see sandbox.h and sandbox_internal.h.
#include "script/sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lua5.4/lauxlib.h>

#include "base/mem.h"
#include "script/sandbox_internal.h"

#define FUEL_DEFAULT 20000000
#define MEMORY_DEFAULT ((size_t)32 * 1024 * 1024)
#define BLOCK_DEFAULT ((size_t)512 * 1024)
#define WALL_DEFAULT_MS 250
#define FUEL_UNLIMITED (INT64_MAX / 2)
#define LOOK_STEP 100000  // Fuel between two looks at the clock in bounded functions.
#define ALLOC_FUEL                                                                                 \
    4  // A new block, with what collecting it costs, takes as long as four instructions.
#define BIG_BLOCK 4096   // Allocations above it cost fuel.
#define DEPTH_MAX 8      // Doors inside doors.
#define DEEP_CALLS 2000  // Call depth from which a too large block is blamed on recursion.

// Keys of the registry; the addresses are what counts.
const char sandbox_library_key;
const char sandbox_words_key;
const char sandbox_env_key;

static void limits_fill(struct sandbox_limits *limits)
{
    limits->fuel = limits->fuel > 0 ? limits->fuel : FUEL_DEFAULT;
    limits->memory_soft = limits->memory_soft > 0 ? limits->memory_soft : MEMORY_DEFAULT;
    limits->block_max = limits->block_max > 0 ? limits->block_max : BLOCK_DEFAULT;
    limits->wall_ms = limits->wall_ms > 0 ? limits->wall_ms : WALL_DEFAULT_MS;
}

// ---------------------------------------------------------------- limits

noreturn void sandbox_kill(struct sandbox *box, const char *format, ...)
{
    CHECK(box->door != NULL);
    if (!box->dead) {
        char reason[256];
        char where[SANDBOX_WHERE_MAX];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(reason, sizeof(reason), format, args);
        va_end(args);
        sandbox_where(box->running, where, sizeof(where));
        box->broke_at = sandbox_outer_line(box->running);
        (void)snprintf(box->kill_text, sizeof(box->kill_text), "%s%sstopped: %s", where,
                       where[0] == '\0' ? "" : ": ", reason);
        box->dead = true;
    }
    longjmp(*box->door, 1);
}

// The one place in this folder that looks at a clock: a backstop for work that fuel underestimates,
// and how long entries take, for whoever monitors.
static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static noreturn void kill_for_time(struct sandbox *box, int64_t ms)
{
    const int64_t limit = box->limits.fuel;
    sandbox_kill(box, "it ran for %lld ms (limit %lld ms, after %lld of %lld steps)", (long long)ms,
                 (long long)box->limits.wall_ms, (long long)(limit - box->fuel_left),
                 (long long)limit);
}

static void look_at_clock(struct sandbox *box)
{
    struct sandbox_clock *clock = box->limits.clock;
    if (clock != NULL && clock->replays) {
        for (uint32_t i = 0; i < clock->stop_count; i++) {
            const struct sandbox_stop *stop = &clock->stops[i];
            if (stop->entry == clock->entries && box->fuel_left <= stop->fuel_left) {
                kill_for_time(box, stop->ms);
            }
        }
        return;
    }
    // The entry itself reads no clock: what runs before the first look is far below a millisecond.
    const int64_t now = now_ns();
    if (box->wall_start_ns == 0) {
        box->wall_start_ns = now;
    } else if (now - box->wall_start_ns > box->limits.wall_ms * 1000000) {
        const int64_t ms = (now - box->wall_start_ns) / 1000000;
        if (clock != NULL && clock->stop_count < SANDBOX_STOPS_MAX) {
            clock->stops[clock->stop_count++] =
                (struct sandbox_stop){clock->entries, box->fuel_left, ms};
        }
        kill_for_time(box, ms);
    }
}

void sandbox_look(struct sandbox *box)
{
    if (box->depth == 0 || box->unlimited_fuel) {
        box->fuel_look = box->fuel_left - FUEL_UNLIMITED;
        return;
    }
    if (box->dead) {
        sandbox_kill(box, "it was stopped before");
    }
    const int64_t limit = box->limits.fuel;
    if (box->fuel_left < 0) {
        sandbox_kill(box, "it worked too long without a pause (limit %lld steps)",
                     (long long)limit);
    }
    look_at_clock(box);
    box->fuel_look = box->fuel_left > LOOK_STEP ? box->fuel_left - LOOK_STEP : 0;
}

static void collect_or_kill(struct sandbox *box, lua_State *L);

static void limit_hook(lua_State *L, lua_Debug *ar)
{
    struct sandbox *box = sandbox_of(L);
    if (ar->event == LUA_HOOKLINE) {
        box->on_line(L, ar);
        return;
    }
    if (box->dead) {
        sandbox_kill(box, "it was stopped before");
    }
    box->fuel_left -= box->hook_step;
    if (box->armed) {
        collect_or_kill(box, L);
    }
    sandbox_look(box);
}

static void hook_set(struct sandbox *box, lua_State *L, int step)
{
    box->hook_step = step;
    lua_sethook(L, limit_hook, LUA_MASKCOUNT | (box->on_line != NULL ? LUA_MASKLINE : 0), step);
}

void sandbox_on_line(struct sandbox *box, void (*on_line)(lua_State *L, lua_Debug *ar))
{
    box->on_line = on_line;
}

static noreturn void kill_for_memory(struct sandbox *box, size_t held)
{
    sandbox_kill(box, "it holds %zu KiB of memory (limit %zu KiB)", held / 1024,
                 box->limits.memory_soft / 1024);
}

static void collect_or_kill(struct sandbox *box, lua_State *L)
{
    box->fuel_left -=
        (int64_t)(box->used / 16);  // What the collection costs, or it could be asked for
    lua_gc(L, LUA_GCCOLLECT);       // thousands of times.
    if (box->used > box->limits.memory_soft) {
        kill_for_memory(box, box->used);
    }
    box->armed = false;
    hook_set(box, L, SANDBOX_HOOK_STEP);
}

static noreturn void kill_for_block(struct sandbox *box, size_t size)
{
    lua_Debug ar;
    if (lua_getstack(box->running, DEEP_CALLS, &ar)) {
        sandbox_kill(box, "functions call each other too deeply (over %d calls)", DEEP_CALLS);
    }
    sandbox_kill(box, "one text or table takes %zu KiB (limit %zu KiB)", size / 1024,
                 box->block_max / 1024);
}

// A growing allocation inside of a door. Never answers NULL: this release of Lua doesn't survive
// that.
static void alloc_check(struct sandbox *box, size_t old_size, size_t new_size)
{
    if (box->dead) {
        sandbox_kill(box, "it was stopped before");
    }
    if (new_size > BIG_BLOCK) {
        if (new_size > box->block_max) {
            kill_for_block(box, new_size);
        }
        sandbox_spend(box, (int64_t)(new_size / 64));
    }
    if (old_size == 0) {
        box->fuel_left -= ALLOC_FUEL;  // Seen by the next hook.
    }
    const size_t held = box->used + new_size - old_size;
    if (held > box->limits.memory_soft) {
        if (held > 2 * box->limits.memory_soft) {
            kill_for_memory(box, held);
        }
        if (!box->armed) {
            box->armed = true;
            hook_set(box, box->running, 1);
        }
    }
}

void *sandbox_alloc(void *ud, void *old, size_t old_size, size_t new_size)
{
    struct sandbox *box = ud;
    if (old == NULL) {
        old_size = 0;  // Lua passes the kind of object instead.
    }
    if (new_size == 0) {
        sandbox_heap_free(&box->heap, old, old_size);
        box->used -= old_size;
        return NULL;
    }
    if (new_size > old_size && box->depth > 0) {
        alloc_check(box, old_size, new_size);
    }
    box->used += new_size - old_size;
    if (old == NULL) {
        return sandbox_heap_alloc(&box->heap, new_size);
    }
    return sandbox_heap_resize(&box->heap, old, old_size, new_size);
}

void *sandbox_scratch(struct sandbox *box, size_t size)
{
    if (size > box->scratch_size) {
        box->scratch = xrealloc(box->scratch, size);
        box->scratch_size = size;
    }
    return box->scratch;
}

// ---------------------------------------------------------------- doors

// Starts the count of a thread anew, and stops it at its next instruction if there is a reason.
static void hook_start(struct sandbox *box, lua_State *L)
{
    const bool now = box->armed || box->dead || box->fuel_left < 0;
    hook_set(box, L, now ? 1 : SANDBOX_HOOK_STEP);
}

struct door {
    jmp_buf jump;
    jmp_buf *outer;
    lua_State *outer_running;
};

static bool is_timed(struct sandbox_clock *clock)
{
    if (clock->replays || ++clock->untimed < SANDBOX_TIMED) {
        return false;
    }
    clock->untimed = 0;
    return true;
}

static void take_time(struct sandbox *box)
{
    struct sandbox_clock *clock = box->limits.clock;
    const int64_t taken_ns = now_ns() - box->timed_from_ns;
    histogram_add(&clock->times, taken_ns / 1000);
    clock->times_ns += taken_ns;
    box->timed_from_ns = 0;
}

static void door_open(struct sandbox *box, struct door *door, lua_State *L)
{
    door->outer = box->door;
    door->outer_running = box->running;
    box->door = &door->jump;
    box->running = L;
    if (box->depth++ == 0) {
        box->fuel_left = box->limits.fuel;
        box->fuel_look = box->fuel_left - LOOK_STEP;
        box->wall_start_ns = 0;
        if (box->limits.clock != NULL) {
            box->limits.clock->entries++;
            box->timed_from_ns = is_timed(box->limits.clock) ? now_ns() : 0;
        }
        box->armed = box->used > box->limits.memory_soft;
    } else {
        box->fuel_left -= SANDBOX_HOOK_STEP;  // The inner thread's count starts anew.
    }
    hook_start(box, L);
}

static void door_close(struct sandbox *box, const struct door *door)
{
    box->door = door->outer;
    box->running = door->outer_running;
    box->depth--;
    if (box->depth > 0) {
        hook_start(box, box->running);
    } else if (box->timed_from_ns != 0) {
        take_time(box);
    }
}

bool sandbox_door_refuses(struct sandbox *box, struct err *e)
{
    if (box->dead) {
        err_set(e, ERR_LIMIT, "%s", box->kill_text);
        return true;
    }
    if (box->depth >= DEPTH_MAX) {
        err_set(e, ERR_LIMIT, "playbook functions start each other too deeply (limit %d)",
                DEPTH_MAX);
        return true;
    }
    return false;
}

// Message handler: the stack still stands, so the playbook's line can be found. Changes nothing.
static int locate(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    sandbox_where(L, box->where, sizeof(box->where));
    box->broke_at = sandbox_outer_line(L);
    return 1;
}

#define STATUS_KILLED (-1)

static int door_pcall(struct sandbox *box, int args, int results)
{
    struct door door;
    door_open(box, &door, box->main);
    if (setjmp(door.jump) != 0) {
        door_close(box, &door);
        return STATUS_KILLED;
    }
    const int handler = lua_gettop(box->main) - args - 1;
    const int status = lua_pcall(box->main, args, results, handler);
    door_close(box, &door);
    return status;
}

static int door_resume(struct sandbox *box, lua_State *co, int args, int *results)
{
    struct door door;
    lua_State *from = box->running != NULL ? box->running : box->main;
    door_open(box, &door, co);
    if (setjmp(door.jump) != 0) {
        door_close(box, &door);
        return STATUS_KILLED;
    }
    const int status = lua_resume(co, from, args, results);
    door_close(box, &door);
    return status;
}

bool sandbox_guarded_pcall(struct sandbox *box, int args, int results, struct err *e)
{
    lua_State *L = box->main;
    const int handler = lua_gettop(L) - args;
    lua_pushcfunction(L, locate);
    lua_insert(L, handler);
    const int status = door_pcall(box, args, results);
    if (status == STATUS_KILLED) {
        return err_set(e, ERR_LIMIT, "%s", box->kill_text);
    }
    lua_remove(L, handler);
    if (status != LUA_OK) {
        sandbox_describe(L, -1, box->where, e);
        lua_pop(L, 1);
        return false;
    }
    return true;
}

bool sandbox_call(struct sandbox *box, int args, int results, struct err *e)
{
    CHECK(args >= 0 && lua_gettop(box->main) > args);
    if (sandbox_door_refuses(box, e)) {
        lua_pop(box->main, args + 1);
        return false;
    }
    return sandbox_guarded_pcall(box, args, results, e);
}

int sandbox_start(struct sandbox *box, int args)
{
    lua_State *L = box->main;
    CHECK(!box->dead);
    CHECK(args >= 0 && lua_gettop(L) > args);
    lua_State *co = lua_newthread(L);
    const int coroutine = luaL_ref(L, LUA_REGISTRYINDEX);
    CHECK(lua_checkstack(co, args + LUA_MINSTACK));
    lua_xmove(L, co, args + 1);
    return coroutine;
}

static lua_State *coroutine_of(struct sandbox *box, int coroutine)
{
    lua_rawgeti(box->main, LUA_REGISTRYINDEX, coroutine);
    lua_State *co = lua_tothread(box->main, -1);
    lua_pop(box->main, 1);
    CHECK(co != NULL);
    return co;
}

enum sandbox_status sandbox_resume(struct sandbox *box, int coroutine, int args, struct err *e)
{
    if (sandbox_door_refuses(box, e)) {
        lua_pop(box->main, args);
        return box->dead ? SANDBOX_KILLED : SANDBOX_FAILED;
    }
    lua_State *co = coroutine_of(box, coroutine);
    CHECK(lua_checkstack(co, args + LUA_MINSTACK));
    lua_xmove(box->main, co, args);
    // The first resume also moves what sandbox_start has put there besides the function.
    const int moved = lua_status(co) == LUA_YIELD ? args : lua_gettop(co) - 1;
    CHECK(moved >= 0);
    int results = 0;
    const int status = door_resume(box, co, moved, &results);
    switch (status) {
    case LUA_YIELD:
        lua_pop(co, results);
        return SANDBOX_WAITS;
    case LUA_OK:
        lua_settop(co, 0);
        return SANDBOX_DONE;
    case STATUS_KILLED:
        err_set(e, ERR_LIMIT, "%s", box->kill_text);
        return SANDBOX_KILLED;
    default:
        sandbox_where(co, box->where, sizeof(box->where));
        sandbox_describe(co, -1, box->where, e);
        return SANDBOX_FAILED;
    }
}

void sandbox_drop(struct sandbox *box, int coroutine)
{
    if (!box->dead) {
        luaL_unref(box->main, LUA_REGISTRYINDEX, coroutine);
    }
}

// ---------------------------------------------------------------- life and small questions

static int panic(lua_State *L)
{
    // C called a raising function outside of every door: a bug of ours.
    (void)fprintf(stderr, "sandbox: error outside of a door: %s\n", lua_tostring(L, -1));
    const bool behind_a_door = false;
    CHECK(behind_a_door);
    return 0;
}

struct sandbox *sandbox_new(const struct sandbox_limits *limits, void *owner)
{
    struct sandbox *box = xcalloc(1, sizeof(*box));
    if (limits != NULL) {
        box->limits = *limits;
    }
    limits_fill(&box->limits);
    box->block_max = box->limits.block_max;
    box->owner = owner;
    sandbox_heap_init(&box->heap);
    lua_State *L = lua_newstate(sandbox_alloc, box);
    CHECK(L != NULL);
    box->main = L;
    memcpy(lua_getextraspace(L), &box, sizeof(box));
    lua_atpanic(L, panic);

    sandbox_words_push(L);  // library, words
    sandbox_words_push_env(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_env_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_words_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_library_key);
    CHECK(lua_gettop(L) == 0);
    return box;
}

void sandbox_free(struct sandbox *box)
{
    if (box == NULL) {
        return;
    }
    CHECK(box->depth == 0);
    // Nothing in it has a __gc, so its memory is thrown away in one piece, as a killed state's is.
    sandbox_heap_deinit(&box->heap);
    free(box->scratch);
    free(box);
}

lua_State *sandbox_state(struct sandbox *box)
{
    return box->main;
}

struct sandbox *sandbox_of(lua_State *L)
{
    struct sandbox *box;
    memcpy(&box, lua_getextraspace(L), sizeof(box));
    return box;
}

void *sandbox_owner(lua_State *L)
{
    return sandbox_of(L)->owner;
}

void sandbox_push_globals(struct sandbox *box)
{
    lua_rawgetp(box->main, LUA_REGISTRYINDEX, &sandbox_words_key);
}

void sandbox_push_library(struct sandbox *box)
{
    lua_rawgetp(box->main, LUA_REGISTRYINDEX, &sandbox_library_key);
}

void sandbox_collects(struct sandbox *box, bool on)
{
    lua_gc(box->main, on ? LUA_GCRESTART : LUA_GCSTOP);
}

void sandbox_seal(struct sandbox *box)
{
    CHECK(!box->sealed);
    box->sealed = true;
    sandbox_push_globals(box);
    sandbox_words_seal(box->main, lua_gettop(box->main));
    lua_pop(box->main, 1);
}

bool sandbox_dead(const struct sandbox *box)
{
    return box->dead;
}

int sandbox_broke_at(const struct sandbox *box)
{
    return box->broke_at;
}

void sandbox_charge(lua_State *L, int64_t fuel)
{
    sandbox_spend(sandbox_of(L), fuel);
}

bool sandbox_may_wait(lua_State *L)
{
    return lua_isyieldable(L) != 0;
}

void sandbox_set_random(struct sandbox *box, struct rng *rng)
{
    box->rng = rng;
}

int64_t sandbox_fuel_used(const struct sandbox *box)
{
    return box->limits.fuel - box->fuel_left;
}

size_t sandbox_memory(const struct sandbox *box)
{
    return box->used;
}
