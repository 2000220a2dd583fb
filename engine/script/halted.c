// What failed and goes on once its playbook was mended.
//
//   handler ─► fails 5 times in a row ─► suspended: its events are kept, those five first
//                                          └─► mended: they are played in order, a turn each; what
//                                              comes meanwhile is kept behind them
//   every   ─► fails 5 times in a row ─► suspended: its times pass without it
//                                          └─► mended: called again at its next time
//   scene   ─► fails ─► halted where its last wait ended, its steps kept
//                                          └─► mended: goes on from there (flow.c)
//
// A handler is known by its day, its event and its place among the day's handlers of that event; a
// function of `every` by its day and name: it is a handler of EVENT_TIMER for which nothing is
// kept. All of it is rows, so it is the same after a restart and in a replay. Bounded: what comes
// when KEPT_EVENTS_MAX are kept is counted as lost to its handler; its facts count all the same.
#include <stdio.h>
#include <string.h>

#include "script/script_internal.h"

#define FAILS_MAX 5  // In a row; then it is suspended.
#define KEPT_EVENTS_MAX 10000
#define KEPT_BYTES_MAX ((size_t)16384)  // Of one event, packed.

enum { HANDLER_RUNS, HANDLER_SUSPENDED, HANDLER_CATCHES_UP };

static struct handler_row *edit_handler(struct script *script, uint32_t id)
{
    return table_edit(script->state, T_HANDLERS, id);
}

// Its row, made with its first error. Inside the turn.
static uint32_t ensure_handler(struct instance *instance, enum event_kind kind, size_t number)
{
    struct state *state = instance->script->state;
    uint32_t id = TABLE_FIND(state, T_HANDLERS, HANDLERS_BY_NUMBER, instance->day, kind, number);
    if (id == 0) {
        char name[120];
        snprintf(name, sizeof(name), number == 0 ? "%s %s" : "%s %s #%zu", instance->playbook,
                 event_kind_names[kind], number + 1);
        const struct handler_row row = {
            .name = state_text(state, name, strlen(name)),
            .day = (int32_t)instance->day,
            .number = (int32_t)number,
            .event = (uint8_t)kind,
        };
        id = ((const struct handler_row *)table_insert(state, T_HANDLERS, &row))->id;
    }
    return id;
}

static const char *every_name(const struct instance *instance, const char *name)
{
    return arena_printf(state_arena(instance->script->state), "%s %s", instance->playbook, name);
}

// The row of an `every`; 0: it has never failed.
static uint32_t find_every(const struct instance *instance, const char *name)
{
    struct state *state = instance->script->state;
    if (table_count(state, T_HANDLERS) == 0) {
        return 0;
    }
    const char *full = every_name(instance, name);
    const text_id text = text_find(state_texts(state), full, strlen(full));
    for (uint32_t id = 0; text != 0 && (id = table_next(state, T_HANDLERS, id)) != 0;) {
        const struct handler_row *row = table_get(state, T_HANDLERS, id);
        if (row->day == (int32_t)instance->day && row->event == EVENT_TIMER && row->name == text) {
            return id;
        }
    }
    return 0;
}

static uint32_t ensure_every(struct instance *instance, const char *name)
{
    struct state *state = instance->script->state;
    const uint32_t found = find_every(instance, name);
    if (found != 0) {
        return found;
    }
    const char *full = every_name(instance, name);
    struct handler_row row = {
        .name = state_text(state, full, strlen(full)),
        .day = (int32_t)instance->day,
        .event = EVENT_TIMER,
    };
    while (TABLE_FIND(state, T_HANDLERS, HANDLERS_BY_NUMBER, row.day, row.event, row.number) != 0) {
        row.number++;
    }
    return ((const struct handler_row *)table_insert(state, T_HANDLERS, &row))->id;
}

// --- Its events. ---

static void lose(struct instance *instance, struct handler_row *row)
{
    if (row->lost++ == 0) {
        milestone_add(instance->script->state, "handler_full", instance->campaign, instance->day, 0,
                      row->kept, row->id, state_get_text(instance->script->state, row->name));
    }
}

static void keep(struct instance *instance, uint32_t id, const struct event *event,
                 const struct facts *facts, bool tried)
{
    struct state *state = instance->script->state;
    struct handler_row *row = edit_handler(instance->script, id);
    struct buf packed;
    buf_init(&packed, (size_t)4 << 20);
    event_pack(event, &packed);
    if (table_count(state, T_KEPT_EVENTS) >= KEPT_EVENTS_MAX || packed.size > KEPT_BYTES_MAX) {
        lose(instance, row);
        buf_deinit(&packed);
        return;
    }
    const struct kept_event kept = {
        .at = event->at,
        .handler = (int32_t)id,
        .campaign = (int32_t)facts->campaign,
        .group = (int32_t)facts->group,
        .member = (int32_t)facts->member,
        .membership = (int32_t)facts->membership,
        .chain = (int32_t)facts->chain,
        .reply_place = (int32_t)facts->reply_place,
        .order = (int32_t)facts->order,
        .game = (int32_t)facts->game,
        .post = (int32_t)facts->post,
        .inviter = (int32_t)facts->inviter,
        .guide = (int32_t)facts->guide,
        .first_join = facts->first_join,
        .first_order = facts->first_order,
        .new_visitor = facts->new_visitor,
        .tried = tried,
    };
    struct kept_event *added = table_insert(state, T_KEPT_EVENTS, &kept);
    table_set_bytes(state, &added->body, packed.data, packed.size);
    row->kept++;
    row->waiting += !tried;
    buf_deinit(&packed);
}

static void kept_facts(const struct kept_event *kept, struct facts *facts)
{
    *facts = (struct facts){
        .campaign = (uint32_t)kept->campaign,
        .group = (uint32_t)kept->group,
        .member = (uint32_t)kept->member,
        .membership = (uint32_t)kept->membership,
        .chain = (uint32_t)kept->chain,
        .reply_place = (uint32_t)kept->reply_place,
        .order = (uint32_t)kept->order,
        .game = (uint32_t)kept->game,
        .post = (uint32_t)kept->post,
        .inviter = (uint32_t)kept->inviter,
        .guide = (uint32_t)kept->guide,
        .first_join = kept->first_join,
        .first_order = kept->first_order,
        .new_visitor = kept->new_visitor,
    };
}

static uint32_t next_kept(const struct state *state, uint32_t handler, uint32_t after, bool tried)
{
    for (uint32_t id = after; (id = table_next(state, T_KEPT_EVENTS, id)) != 0;) {
        const struct kept_event *kept = table_get(state, T_KEPT_EVENTS, id);
        if (kept->handler == (int32_t)handler && kept->tried == tried) {
            return id;
        }
    }
    return 0;
}

static void let_go(struct script *script, uint32_t handler, bool tried)
{
    struct handler_row *row = edit_handler(script, handler);
    for (uint32_t id = 0;
         row->kept > 0 && (id = next_kept(script->state, handler, id, tried)) != 0;) {
        table_delete(script->state, T_KEPT_EVENTS, id);
        row->kept--;
        row->waiting -= !tried;
    }
}

// --- What became of a call. ---

// The error itself the first time, then how often: a chat brings the same one a thousand times.
static const char *told(const struct script *script, const struct handler_row *row, bool same,
                        const char *error)
{
    struct arena *arena = state_arena(script->state);
    const int64_t times = row->errors;
    if (row->status == HANDLER_SUSPENDED) {
        return arena_printf(arena,
                            "%s: failed %d times in a row and is suspended; its %s. Mend the "
                            "playbook and start again, or reload",
                            error, FAILS_MAX,
                            row->event == EVENT_TIMER ? "times pass without it"
                                                      : "events are kept in order");
    }
    if (!same) {
        return row->fails == 1 ? error
                               : arena_printf(arena, "%s (%d of %d before it is suspended)", error,
                                              row->fails, FAILS_MAX);
    }
    bool round = times <= FAILS_MAX;
    for (int64_t power = 10; power <= times; power *= 10) {
        round |= power == times;
    }
    if (!round) {
        return NULL;
    }
    return row->fails == 1 ? arena_printf(arena, "again, %d times so far", row->errors)
                           : arena_printf(arena, "again, %d of %d before it is suspended",
                                          row->fails, FAILS_MAX);
}

static void failed(struct instance *instance, uint32_t id, const char *what, const struct err *why)
{
    struct state *state = instance->script->state;
    struct handler_row *row = edit_handler(instance->script, id);
    const text_id error = state_text(state, why->text, strlen(why->text));
    const bool same = row->error == error;
    row->error = error;
    row->fails++;
    row->errors += row->errors < INT32_MAX;
    if (row->fails >= FAILS_MAX) {
        row->status = HANDLER_SUSPENDED;
        row->since_at = state_now(state);
        milestone_add(state, "handler_suspended", instance->campaign, instance->day, 0, row->fails,
                      id, state_get_text(state, row->name));
    }
    // A kill is told each time: there are three at most until the day is suspended.
    const bool killed = sandbox_dead(instance->box) && row->status != HANDLER_SUSPENDED;
    instance_failed(instance, what, why,
                    killed ? why->text : told(instance->script, row, same, why->text));
}

void halted_hear(struct instance *instance, size_t number, const struct event *event,
                 const struct facts *facts)
{
    struct script *script = instance->script;
    const enum event_kind kind = event->kind;
    uint32_t id = table_count(script->state, T_HANDLERS) == 0
                      ? 0
                      : TABLE_FIND(script->state, T_HANDLERS, HANDLERS_BY_NUMBER, instance->day,
                                   kind, number);
    const struct handler_row *row = table_get(script->state, T_HANDLERS, id);
    if (row != NULL && row->status != HANDLER_RUNS) {
        keep(instance, id, event, facts, false);
        return;
    }
    struct err why = {0};
    if (!dispatch_call(instance, instance->handlers[kind].items[number], event, facts, &why)) {
        id = ensure_handler(instance, kind, number);
        keep(instance, id, event, facts, true);
        failed(instance, id, event_kind_names[kind], &why);
    } else if (row != NULL && row->fails > 0) {
        let_go(script, id, true);
        edit_handler(script, id)->fails = 0;
    }
}

bool halted_passes(const struct instance *instance, const char *name)
{
    const struct handler_row *row =
        table_get(instance->script->state, T_HANDLERS, find_every(instance, name));
    return row != NULL && row->status != HANDLER_RUNS;
}

void halted_ran(struct instance *instance, const char *name, const struct err *why)
{
    struct script *script = instance->script;
    if (why != NULL) {
        failed(instance, ensure_every(instance, name), name, why);
        return;
    }
    const uint32_t id = find_every(instance, name);
    const struct handler_row *row = table_get(script->state, T_HANDLERS, id);
    if (row != NULL && row->fails > 0) {
        edit_handler(script, id)->fails = 0;
    }
}

// --- Going on. ---

uint32_t script_next_kept(const struct script *script)
{
    const struct state *state = script->state;
    uint32_t found = 0;
    for (uint32_t id = 0; (id = table_next(state, T_HANDLERS, id)) != 0;) {
        const struct handler_row *row = table_get(state, T_HANDLERS, id);
        const uint32_t kept =
            row->status != HANDLER_CATCHES_UP ? 0 : next_kept(state, id, 0, false);
        found = kept != 0 && (found == 0 || kept < found) ? kept : found;
    }
    return found;
}

// Nothing is left to play: what comes next is handled at once again.
static void caught_up(struct script *script, uint32_t id)
{
    struct handler_row *row = edit_handler(script, id);
    if (row->status == HANDLER_CATCHES_UP && row->waiting == 0) {
        row->status = HANDLER_RUNS;
        milestone_add(script->state, "handler_resumed", 0, (uint32_t)row->day, 0, row->kept, id,
                      state_get_text(script->state, row->name));
    }
}

static void play(struct instance *instance, uint32_t id, uint32_t handler, struct arena *arena)
{
    struct script *script = instance->script;
    const struct kept_event *kept = table_get(script->state, T_KEPT_EVENTS, id);
    const size_t number =
        (size_t)((const struct handler_row *)table_get(script->state, T_HANDLERS, handler))->number;
    struct event event;
    struct facts facts;
    struct err why = {0};
    kept_facts(kept, &facts);
    CHECK(event_unpack(kept->body->data, kept->body->size, arena, &event, &why));
    const bool done =
        dispatch_call(instance, instance->handlers[event.kind].items[number], &event, &facts, &why);
    edit_handler(script, handler)->waiting--;
    if (!done) {
        ((struct kept_event *)table_edit(script->state, T_KEPT_EVENTS, id))->tried = 1;
        failed(instance, handler, event_kind_names[event.kind], &why);
        return;
    }
    table_delete(script->state, T_KEPT_EVENTS, id);
    edit_handler(script, handler)->kept--;
    let_go(script, handler, true);
    edit_handler(script, handler)->fails = 0;
}

void script_play_kept(struct script *script, uint32_t id)
{
    const struct kept_event *kept = table_get(script->state, T_KEPT_EVENTS, id);
    if (kept == NULL) {
        return;
    }
    const uint32_t handler = (uint32_t)kept->handler;
    const struct handler_row *row = table_get(script->state, T_HANDLERS, handler);
    struct instance *instance = script_instance(script, (uint32_t)row->day);
    if (instance == NULL || instance->suspended || !instance_ready(instance) ||
        (size_t)row->number >= instance->handlers[row->event].count) {
        let_go(script, handler, false);  // Nobody listens any more.
    } else {
        play(instance, id, handler, state_arena(script->state));
    }
    caught_up(script, handler);
}

static void resume_handler(struct script *script, uint32_t id)
{
    struct handler_row *row = edit_handler(script, id);
    for (uint32_t kept = 0; (kept = next_kept(script->state, id, kept, true)) != 0;) {
        ((struct kept_event *)table_edit(script->state, T_KEPT_EVENTS, kept))->tried = 0;
        row->waiting++;
    }
    row->status = HANDLER_CATCHES_UP;
    row->fails = 0;
    row->since_at = 0;
    caught_up(script, id);
}

size_t halted_resume_handlers(struct script *script, uint32_t day)
{
    size_t count = 0;
    for (uint32_t id = 0; (id = table_next(script->state, T_HANDLERS, id)) != 0;) {
        const struct handler_row *row = table_get(script->state, T_HANDLERS, id);
        if (row->day == (int32_t)day && row->status == HANDLER_SUSPENDED) {
            resume_handler(script, id);
            count++;
        }
    }
    return count;
}

static size_t resume_day(struct script *script, uint32_t day)
{
    size_t count = halted_resume_handlers(script, day);
    for (uint32_t id = 0; (id = table_next(script->state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(script->state, T_SCENES, id);
        if (scene->day == (int32_t)day && scene->status == SCENE_HALTED) {
            flow_go_on(script, id);
            count++;
        }
    }
    return count;
}

size_t script_resume(struct script *script, struct slice playbook)
{
    size_t count = 0;
    for (size_t i = 0; i < script->instance_count; i++) {
        const struct day *day = table_get(script->state, T_DAYS, script->instances[i]->day);
        if (slice_is(playbook, state_get_text(script->state, day->playbook))) {
            count += resume_day(script, day->id);
        }
    }
    return count;
}

size_t script_halted(const struct script *script)
{
    size_t count = 0;
    for (uint32_t id = 0; (id = table_next(script->state, T_DAYS, id)) != 0;) {
        count +=
            ((const struct day *)table_get(script->state, T_DAYS, id))->status == DAY_SUSPENDED;
    }
    for (uint32_t id = 0; (id = table_next(script->state, T_HANDLERS, id)) != 0;) {
        count += ((const struct handler_row *)table_get(script->state, T_HANDLERS, id))->status ==
                 HANDLER_SUSPENDED;
    }
    for (uint32_t id = 0; (id = table_next(script->state, T_SCENES, id)) != 0;) {
        count +=
            ((const struct scene *)table_get(script->state, T_SCENES, id))->status == SCENE_HALTED;
    }
    return count;
}
