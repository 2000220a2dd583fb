// The declaring stage: a stored file's body runs in a new sandbox. One that breaks off would hide
// the faults behind the place, so a file that nothing ran with yet is mended and run anew, each
// time in a fresh sandbox: what a run has noted must not be there twice.
//
//   run ─► broke off at line n ─► the same text without that statement (lua/mend.lua) ─┐
//    ▲                                                                                 │
//    └─────────────────────────────────────────────────────────────────────────────────┘
#include <stdio.h>
#include <string.h>

#include "script/script_internal.h"

#define RUNS_MAX 24
#define KILLS_MAX 3  // A run that is stopped takes as long as any may.

// Runs a text; *line: where it broke off, 0 if it is no Lua.
static bool run_text(struct instance *instance, const struct buf *text, const char *shown,
                     bool mended, int *line, struct err *e)
{
    *line = 0;
    instance->context.kind = CONTEXT_LOAD;
    bool ok =
        sandbox_compile(instance->box, text->size == 0 ? "" : text->data, text->size, shown, e);
    if (ok && mended) {
        ok = library_call(instance, "mend_stand_in", 0, 1, e);
    }
    if (ok) {
        ok = sandbox_call(instance->box, mended ? 1 : 0, 0, e);
        *line = ok ? 0 : sandbox_broke_at(instance->box);
    }
    instance->context.kind = CONTEXT_NONE;
    return ok;
}

static bool stored_text(struct instance *instance, const struct declare_file *file, struct buf *out,
                        struct err *e)
{
    struct state *state = instance->script->state;
    const uint32_t id = TABLE_FIND(state, T_SOURCES, SOURCES_BY_PATH, instance->version,
                                   state_text(state, file->path, strlen(file->path)));
    const struct source *source = table_get(state, T_SOURCES, id);
    if (source == NULL) {
        return err_set(e, ERR_INVALID, "%s is missing", file->shown);
    }
    if (source->body != NULL) {
        buf_append(out, source->body->data, source->body->size);
    }
    return true;
}

// In a fresh sandbox: the text without what broke it. false: there is no such text.
static bool mend(struct instance *instance, const struct declare_file *file, int line,
                 const char *why, struct buf *text, struct buf *problems)
{
    struct err e = {0};
    instance_reset(instance);
    instance->mended = true;
    if (!instance_open(instance, file->begin, &e)) {
        return false;
    }
    lua_State *L = sandbox_state(instance->box);
    lua_pushlstring(L, text->data, text->size);
    lua_pushstring(L, file->shown);
    lua_pushinteger(L, line);
    lua_pushstring(L, why);
    if (!library_call(instance, "mend", 4, 2, &e)) {
        return false;
    }
    instance_take_problems(instance, problems);
    size_t size;
    const char *mended = lua_tolstring(L, -1, &size);
    buf_clear(text);
    buf_append(text, mended, size);
    lua_pop(L, 1);
    return size > 0 && size <= PACKAGE_FILE_SIZE_MAX;  // Stand-ins may be longer than what broke.
}

// What was noted before the file broke off, and why it did. After a kill nothing can be asked.
static void tell(struct instance *instance, struct err *e, struct buf *problems)
{
    struct err ignored = {0};
    // Also a file that never ends is a file that is wrong.
    e->kind = e->kind == ERR_LIMIT ? ERR_INVALID : e->kind;
    if (sandbox_dead(instance->box)) {
        problems_add(problems, e->text);
        return;
    }
    lua_pushstring(sandbox_state(instance->box), e->text);
    if (library_call(instance, "load_problems", 1, 1, &ignored)) {
        instance_take_problems(instance, problems);
    } else {
        problems_add(problems, e->text);
    }
}

static bool run_and_mend(struct instance *instance, const struct declare_file *file,
                         struct buf *text, struct buf *problems, struct err *e)
{
    // While people wait for the engine, one entry's time is all that a file gets.
    struct err first = {0};
    int kills_left = instance->script->options.virtual_time ? KILLS_MAX : 1;
    for (int run = 1;; run++) {
        int line;
        struct err why = {0};
        if (run_text(instance, text, file->shown, instance->mended, &line, &why)) {
            return true;
        }
        kills_left -= sandbox_dead(instance->box) ? 1 : 0;
        tell(instance, &why, problems);
        first = run == 1 ? why : first;
        if (!instance->is_new || run == RUNS_MAX || kills_left == 0 || text->size == 0 ||
            !mend(instance, file, line, why.text, text, problems)) {
            *e = first;
            return false;
        }
    }
}

bool declare_run(struct instance *instance, const struct declare_file *file, struct buf *problems,
                 struct err *e)
{
    struct buf text;
    instance->mended = false;
    if (!instance_open(instance, file->begin, e)) {
        return false;
    }
    buf_init(&text, PACKAGE_FILE_SIZE_MAX * 2);
    bool ok = stored_text(instance, file, &text, e);
    if (ok) {
        ok = run_and_mend(instance, file, &text, problems, e);
    } else {
        problems_add(problems, e->text);
    }
    buf_deinit(&text);
    return ok;
}
