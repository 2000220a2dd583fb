// Operators' changes as turns: see tweak.h.
#include "app/tweak.h"

#include <stdio.h>
#include <string.h>

#include "app/tell.h"
#include "app/tweak_inputs.h"
#include "base/hash.h"
#include "base/json.h"
#include "core/changes.h"
#include "script/reload.h"

#define TWEAK_PLAN_MAX ((size_t)8 << 20)

enum tweak_status { TWEAK_WAITING, TWEAK_APPLIED, TWEAK_UNDONE, TWEAK_REFUSED };

void tweak_view_init(struct tweak_view *view)
{
    *view = (struct tweak_view){0};
    buf_init(&view->answer, CONSOLE_ANSWER_MAX);
    buf_init(&view->told, TWEAK_TOLD_MAX);
    buf_init(&view->inputs, CONSOLE_ANSWER_MAX);
    buf_init(&view->plan, TWEAK_PLAN_MAX);
}

void tweak_view_deinit(struct tweak_view *view)
{
    buf_deinit(&view->answer);
    buf_deinit(&view->told);
    buf_deinit(&view->inputs);
    buf_deinit(&view->plan);
}

bool tweak_is(const struct event *event)
{
    return event->kind == EVENT_OPERATOR && slice_is(event->text, "tweak");
}

// The number that the console's answer asks for.
static void take_confirm(struct tweak_view *view)
{
    struct json_reader *reader = json_reader_new(CONSOLE_ANSWER_MAX * 2);
    const struct json_node *root;
    struct err ignored = {0};
    if (view->answer.size > 0 &&
        json_parse(reader, view->answer.data, view->answer.size, &root, &ignored)) {
        const struct json_node *confirm = json_field(root, "confirm");
        const struct json_node *amount = confirm == NULL ? NULL : json_field(confirm, "amount");
        const struct json_node *what = confirm == NULL ? NULL : json_field(confirm, "what");
        if (amount != NULL && amount->type == JSON_INT && what != NULL && what->type == JSON_TEXT) {
            view->asks = true;
            view->confirm = amount->integer;
            snprintf(view->confirm_what, sizeof(view->confirm_what), "%.*s", (int)what->text_size,
                     what->text);
        }
    }
    json_reader_free(reader);
    if (!view->asks && view->about.class >= TWEAK_MONEY) {
        view->asks = true;
        view->confirm = view->about.amount > 0  ? view->about.amount
                        : view->about.sends > 0 ? (int64_t)view->about.sends
                                                : (int64_t)view->about.rows;
        snprintf(view->confirm_what, sizeof(view->confirm_what), "%s",
                 view->about.amount > 0  ? (tweak_inputs_any(view) ? "what it may cost more at most"
                                                                   : "the amount it moves")
                 : view->about.sends > 0 ? "how many messages it sends"
                                         : "how many things it changes");
    }
    if (view->about.class < TWEAK_MONEY) {
        view->asks = false;
    }
}

// What the turn changed so far, weighed and told. Looks have neither.
static void view_changes(struct engine *engine, uint32_t campaign, struct tweak_view *view)
{
    const bool inputs = tweak_inputs_any(view);
    changes_weigh(engine->state, &view->about);
    if (inputs) {
        tweak_inputs_weigh(view);
    } else if (!view->about.kept) {
        view->about.class = TWEAK_FINAL;
        snprintf(view->about.final, sizeof(view->about.final), "it changes more than can be kept");
    }
    take_confirm(view);
    if (view->about.class == TWEAK_LOOK) {
        return;
    }
    if (inputs) {
        tweak_inputs_tell(engine, campaign, view);
    } else {
        tell_changes(engine->state, campaign, &view->told);
    }
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    view->second_person = row != NULL && row->second_person_above > 0 &&
                          view->about.amount > row->second_person_above;
    if (!inputs) {
        const struct sha256 hash = sha256_of(view->told.data, view->told.size);
        hex_encode(hash.bytes, sizeof(hash.bytes), view->token);
    }
}

static struct tweak *add_row(struct engine *engine, const struct event *event, uint32_t campaign,
                             const struct tweak_view *view, enum tweak_status status)
{
    const struct tweak row = {
        .at = state_now(engine->state),
        .amount = event->amount,
        .by = state_text(engine->state, event->by.data, event->by.size),
        .campaign = (int32_t)campaign,
        .class = (uint8_t)view->about.class,
        .status = (uint8_t)status,
    };
    struct tweak *added = table_insert(engine->state, T_TWEAKS, &row);
    table_set_bytes(engine->state, &added->code, event->code.data, event->code.size);
    table_set_bytes(engine->state, &added->told, view->told.data, view->told.size);
    return added;
}

static void keep_changes(struct engine *engine, struct tweak *row, const struct tweak_view *view)
{
    struct buf json;
    if (tweak_inputs_any(view)) {
        table_set_bytes(engine->state, &row->changes, view->inputs.data, view->inputs.size);
        return;
    }
    buf_init(&json, CHANGES_BYTES_MAX * 2);
    if (view->about.class != TWEAK_FINAL && changes_pack(engine->state, &json)) {
        table_set_bytes(engine->state, &row->changes, json.data, json.size);
    }
    buf_deinit(&json);
}

static bool run_line(struct engine *engine, const struct event *event, uint32_t campaign,
                     struct slice line, struct tweak_view *view, struct err *e)
{
    if (table_get(engine->state, T_CAMPAIGNS, campaign) == NULL) {
        return err_set(e, ERR_INVALID, "there is no campaign to change");
    }
    if (!script_console(engine->script, campaign, line.data, line.size, &view->answer, e) ||
        !tweak_inputs_bind(engine, campaign, event->by, view, e)) {
        return false;
    }
    view_changes(engine, campaign, view);
    return true;
}

static bool apply_line(struct engine *engine, const struct event *event, struct tweak_view *view,
                       struct err *e)
{
    const uint32_t campaign = (uint32_t)event->ref;
    const bool propose = slice_is(event->how, "propose");
    const size_t savepoint = state_savepoint(engine->state);
    if (!run_line(engine, event, campaign, event->code, view, e)) {
        return false;
    }
    if (view->about.class == TWEAK_LOOK) {
        return true;
    }
    if (propose) {
        state_rollback(engine->state, savepoint);
    }
    struct tweak *row =
        add_row(engine, event, campaign, view, propose ? TWEAK_WAITING : TWEAK_APPLIED);
    view->tweak = row->id;
    if (!propose) {
        keep_changes(engine, row, view);
    }
    return true;
}

static const struct tweak *find_tweak(const struct engine *engine, const struct event *event,
                                      struct err *e)
{
    const struct tweak *row = table_get(engine->state, T_TWEAKS, (uint32_t)event->ref);
    if (row == NULL || event->ref > UINT32_MAX) {
        err_set(e, ERR_INVALID, "there is no tweak %lld", (long long)event->ref);
        return NULL;
    }
    return row;
}

static bool decide(struct engine *engine, const struct event *event, struct tweak_view *view,
                   struct err *e)
{
    const struct tweak *row = find_tweak(engine, event, e);
    if (row == NULL) {
        return false;
    }
    const text_id by = state_text(engine->state, event->by.data, event->by.size);
    const bool refuse = slice_is(event->how, "refuse");
    if (row->status != TWEAK_WAITING) {
        return err_set(e, ERR_REFUSED, "tweak %u doesn't wait for anybody", row->id);
    }
    if (!refuse && row->by == by) {
        return err_set(e, ERR_REFUSED, "tweak %u is your own: a second person approves it",
                       row->id);
    }
    if (!refuse && state_now(engine->state) > row->at + TWEAK_WAITS_MS) {
        return err_set(e, ERR_REFUSED,
                       "tweak %u has waited for more than %d minutes: type it again", row->id,
                       TWEAK_WAITS_MS / 60000);
    }
    view->tweak = row->id;
    const struct slice line = {row->code->data, row->code->size};
    if (!refuse && !run_line(engine, event, (uint32_t)row->campaign, line, view, e)) {
        return false;
    }
    struct tweak *open = table_edit(engine->state, T_TWEAKS, view->tweak);
    open->status = refuse ? TWEAK_REFUSED : TWEAK_APPLIED;
    open->approved_by = refuse ? 0 : by;
    open->undone_by = refuse ? by : 0;
    if (!refuse) {
        open->class = (uint8_t)view->about.class;
        table_set_bytes(engine->state, &open->told, view->told.data, view->told.size);
        keep_changes(engine, open, view);
    }
    return true;
}

static bool undo(struct engine *engine, const struct event *event, struct tweak_view *view,
                 struct err *e)
{
    const struct tweak *row = find_tweak(engine, event, e);
    if (row == NULL) {
        return false;
    }
    struct changes_undoing how = {.tweak = row->id, .nearest = event->qty == 1};
    if (row->status != TWEAK_APPLIED) {
        return err_set(e, ERR_REFUSED, "tweak %u %s", row->id,
                       row->status == TWEAK_UNDONE ? "was undone already" : "was never applied");
    }
    if (row->changes == NULL) {
        return err_set(e, ERR_REFUSED, "tweak %u can't be taken back: %s", row->id,
                       row->class == TWEAK_FINAL ? "what it did has left" : "it changed too much");
    }
    view->tweak = row->id;
    const uint32_t campaign = (uint32_t)row->campaign;
    const bool ok =
        tweak_inputs_kept(row)
            ? script_console_inputs_back(engine->script, campaign, row->id, row->changes,
                                         &view->answer, e) &&
                  tweak_inputs_bind(engine, campaign, event->by, view, e)
            : changes_undo(&engine->core, row->changes->data, row->changes->size, &how, e);
    view->has_nearest = how.has_nearest && !how.nearest;
    if (!ok) {
        return false;
    }
    view_changes(engine, campaign, view);
    struct tweak *open = table_edit(engine->state, T_TWEAKS, view->tweak);
    open->status = TWEAK_UNDONE;
    open->undone_at = state_now(engine->state);
    open->undone_by = state_text(engine->state, event->by.data, event->by.size);
    return true;
}

bool tweak_facts(struct engine *engine, const struct event *event, struct tweak_view *view,
                 struct err *e)
{
    if (slice_is(event->how, "apply") || slice_is(event->how, "propose")) {
        return apply_line(engine, event, view, e);
    }
    if (slice_is(event->how, "approve") || slice_is(event->how, "refuse")) {
        return decide(engine, event, view, e);
    }
    if (slice_is(event->how, "undo")) {
        return undo(engine, event, view, e);
    }
    return err_set(e, ERR_INVALID, "how: apply, propose, approve, refuse or undo");
}

bool tweak_preview(struct engine *engine, const struct event *event, struct tweak_view *view,
                   struct err *e)
{
    state_begin(engine->state, event->at);
    script_begin_turn(engine->script, (struct slice){"", 0});
    const bool ok = tweak_facts(engine, event, view, e);
    outbox_turn_dropped(engine->core.outbox);
    state_drop(engine->state);
    return ok;
}

bool tweak_apply(struct engine *engine, const struct event *event, struct tweak_view *view,
                 struct err *e)
{
    if (!tweak_preview(engine, event, view, e)) {
        return false;
    }
    if (view->about.class == TWEAK_LOOK && slice_is(event->how, "apply")) {
        return true;
    }
    if (turn_run(engine, event) == TURN_DONE) {
        return true;
    }
    *e = engine->refusal;  // It did what it said a moment ago, at the same instant: a bug.
    return err_add(e, "the line was parked");
}
