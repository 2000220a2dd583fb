// What operators ask, op by op: see control.md.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control_impl.h"
#include "base/money.h"
#include "base/tz.h"
#include "base/utf8.h"

#define CONTROL_TEXT_MAX ((size_t)2 << 20)

// --- Ops. ---

struct event control_event(const struct ask *ask, const char *how)
{
    return (struct event){
        .kind = EVENT_OPERATOR,
        .at = ask->at_ms,
        .text = slice_of("tweak"),
        .how = slice_of(how),
        .by = slice_of(ask->client->user),
        .code = ask->text,
        .ref = ask->control->options.campaign,
    };
}

static void op_eval(struct ask *ask)
{
    struct tweak_view view;
    struct err e = {0};
    const struct event event = control_event(ask, "apply");
    tweak_view_init(&view);
    if (!tweak_preview(ask->engine, &event, &view, &e)) {
        struct buf *out = answer_begin(ask, false);
        answer_put_error(out, &e);
        if (script_console_is_partial(&e)) {
            buf_puts(out, ",\"partial\":true");
        }
        answer_end(ask, false);
    } else {
        struct buf *out = answer_begin(ask, true);
        answer_put_shown(ask, &view, out);
        answer_put_change(ask, &view, out);
        json_key(out, "applied");
        buf_puts(out, "false");
        answer_end(ask, false);
    }
    tweak_view_deinit(&view);
}

// What was typed, as an amount. false: an answer was given.
static bool take_confirm(struct ask *ask, const struct tweak_view *view, int64_t *amount)
{
    const struct slice typed = ask_text(ask, "confirm");
    char wanted[48];
    struct err e = {0};
    *amount = 0;
    if (!view->asks) {
        return true;
    }
    answer_confirm_text(ask, view, wanted);
    if (typed.size == 0) {
        err_set(&e, ERR_REFUSED, "%s is to be typed to confirm it: %s", view->confirm_what, wanted);
        struct buf *out = answer_begin(ask, false);
        answer_put_error(out, &e);
        buf_puts(out, ",\"needs_confirm\":true");
        answer_end(ask, false);
        return false;
    }
    const int decimals = answer_counts(view) ? 0 : ask_decimals(ask);
    if (!money_parse(typed.data, typed.size, decimals, amount, &e) || *amount != view->confirm) {
        err_set(&e, ERR_REFUSED, "%.*s isn't %s (%s): nothing was changed",
                (int)(typed.size > 40 ? 40 : typed.size), typed.data, view->confirm_what, wanted);
        answer_fail(ask, &e);
        return false;
    }
    return true;
}

// The change must still be what was shown. false: an answer was given.
static bool is_as_shown(struct ask *ask, const struct tweak_view *view)
{
    const struct slice token = ask_text(ask, "token");
    if (token.size == 0 || slice_is(token, view->token)) {
        return true;
    }
    struct err e;
    err_set(&e, ERR_REFUSED, "it would do something else now than what was shown: look again");
    struct buf *out = answer_begin(ask, false);
    answer_put_error(out, &e);
    answer_put_change(ask, view, out);
    answer_end(ask, false);
    return false;
}

static void applied(struct ask *ask, const struct tweak_view *view, const char *how)
{
    struct buf *out = answer_begin(ask, true);
    const struct tweak *row = table_get(ask->engine->state, T_TWEAKS, view->tweak);
    answer_put_shown(ask, view, out);
    answer_put_change(ask, view, out);
    json_key(out, "applied");
    buf_puts(out, "true");
    json_key(out, "how");
    json_put_z(out, how);
    if (row != NULL) {
        json_key(out, "tweak");
        json_put_int(out, row->id);
        json_key(out, "undo");
        buf_puts(out, row->changes != NULL ? "true" : "false");
    }
    answer_end(ask, true);
}

// Previews the event, checks what was shown and typed, does it.
static void change(struct ask *ask, struct event *event)
{
    struct tweak_view view;
    struct err e = {0};
    tweak_view_init(&view);
    if (!tweak_preview(ask->engine, event, &view, &e)) {
        struct buf *out = answer_begin(ask, false);
        answer_put_error(out, &e);
        if (view.has_nearest) {
            json_key(out, "nearest");
            buf_puts(out, "true");
        }
        answer_end(ask, false);
        tweak_view_deinit(&view);
        return;
    }
    const bool undoing = slice_is(event->how, "undo");
    if (ask_is(ask, "preview")) {
        answer_put_change(ask, &view, answer_begin(ask, true));
        json_key(&ask->control->out, "applied");
        buf_puts(&ask->control->out, "false");
        answer_end(ask, false);
    } else if (is_as_shown(ask, &view) && (undoing || slice_is(event->how, "refuse") ||
                                           take_confirm(ask, &view, &event->amount))) {
        if (slice_is(event->how, "apply") && view.second_person) {
            event->how = slice_of("propose");
        }
        char how[16];
        snprintf(how, sizeof(how), "%.*s", (int)event->how.size, event->how.data);
        tweak_view_deinit(&view);
        tweak_view_init(&view);
        if (tweak_apply(ask->engine, event, &view, &e)) {
            if (view.tweak == 0 &&
                (slice_is(event->how, "apply") || slice_is(event->how, "propose"))) {
                view.tweak =
                    view.about.class == TWEAK_LOOK ? 0 : table_last(ask->engine->state, T_TWEAKS);
            }
            applied(ask, &view, how);
        } else {
            answer_fail(ask, &e);
        }
    }
    tweak_view_deinit(&view);
}

static void op_apply(struct ask *ask)
{
    struct event event = control_event(ask, "apply");
    change(ask, &event);
}

static void op_tweak(struct ask *ask, const char *how)
{
    struct event event = control_event(ask, how);
    event.ref = ask_int(ask, "tweak", 0);
    event.qty = ask_is(ask, "nearest") ? 1 : 0;
    event.code = (struct slice){"", 0};
    change(ask, &event);
}

static void op_undo(struct ask *ask)
{
    op_tweak(ask, "undo");
}

static void op_approve(struct ask *ask)
{
    op_tweak(ask, "approve");
}

static void op_refuse(struct ask *ask)
{
    op_tweak(ask, "refuse");
}

// A parked event for which others wait: handled again now ("again"), or given up. Those behind it
// follow.
static void op_settle(struct ask *ask)
{
    const int64_t id = ask_int(ask, "parked", 0);
    const struct parked *row =
        id < 1 || id > UINT32_MAX ? NULL : table_get(ask->engine->state, T_PARKED, (uint32_t)id);
    struct err e = {0};
    if (row == NULL) {
        err_set(&e, ERR_INVALID,
                "nothing waits for parked %lld: the engine need not be asked (drumbeat parked)",
                (long long)id);
        answer_fail(ask, &e);
        return;
    }
    struct buf hex;
    buf_init(&hex, CONTROL_LINE_MAX * 8);
    for (uint32_t i = 0; row->body != NULL && i < row->body->size; i++) {
        buf_printf(&hex, "%02x", (unsigned)(uint8_t)row->body->data[i]);
    }
    const struct event event = {
        .kind = EVENT_OPERATOR,
        .at = ask->at_ms,
        .text = slice_of("parked"),
        .code = {hex.size == 0 ? "" : hex.data, (uint32_t)hex.size},
        .how = slice_of(ask_is(ask, "again") ? "replayed" : "discarded"),
        .by = slice_of(ask->client->user),
        .ref = id,
    };
    const enum turn_outcome outcome = turn_run(ask->engine, &event);
    buf_deinit(&hex);
    if (outcome == TURN_PARKED) {
        answer_fail(ask, &ask->engine->refusal);
        return;
    }
    answer_begin(ask, true);
    answer_end(ask, true);
}

static void op_complete(struct ask *ask)
{
    struct buf answer;
    struct err e = {0};
    buf_init(&answer, CONSOLE_ANSWER_MAX);
    state_begin(ask->engine->state, ask->at_ms);
    const bool ok = script_console_complete(ask->engine->script, ask->control->options.campaign,
                                            ask->text.data, ask->text.size, &answer, &e);
    state_drop(ask->engine->state);
    if (ok) {
        struct buf *out = answer_begin(ask, true);
        json_key(out, "complete");
        buf_append(out, answer.data, answer.size);
        answer_end(ask, false);
    } else {
        answer_fail(ask, &e);
    }
    buf_deinit(&answer);
}

static void op_doc(struct ask *ask)
{
    char line[200];
    const int size = snprintf(line, sizeof(line), "?%.*s",
                              (int)(ask->text.size > 100 ? 100 : ask->text.size), ask->text.data);
    ask->text = (struct slice){line, (uint32_t)size};
    op_eval(ask);
}

static void op_watch(struct ask *ask)
{
    struct control_client *client = ask->client;
    const int64_t every = ask_int(ask, "every_ms", 1000);
    if (ask->text.size == 0) {
        answer_fail_text(ask, "watch: what? a line that looks at something");
        return;
    }
    free(client->watch);
    client->watch = xstrndup(ask->text.data, ask->text.size);
    client->watch_size = ask->text.size;
    client->watch_every_ms = every < CONTROL_WATCH_MIN_MS   ? CONTROL_WATCH_MIN_MS
                             : every > CONTROL_WATCH_MAX_MS ? CONTROL_WATCH_MAX_MS
                                                            : every;
    client->watch_at = 0;
    client->watch_id = ask->id;
    client->watch_width = ask_int(ask, "width", 80);
}

void control_watch(struct control_client *client, int64_t now_ms)
{
    const struct json_node node = {.type = JSON_OBJECT, .next = 1};
    struct ask ask = {
        .client = client,
        .control = client->control,
        .engine = client->control->engine,
        .root = &node,
        .id = client->watch_id,
        .text = {client->watch, (uint32_t)client->watch_size},
        .at_ms = now_ms,
    };
    op_eval(&ask);
}

static void op_interrupt(struct ask *ask)
{
    control_child_stop(ask->control, ask->client);
    free(ask->client->watch);
    ask->client->watch = NULL;
    answer_begin(ask, true);
    answer_end(ask, false);
}

static void put_clock(const struct ask *ask, const struct campaign *row, int64_t at_ms,
                      struct buf *out)
{
    struct tz *zone;
    struct err ignored = {0};
    if (tz_open(state_get_text(ask->engine->state, row->zone), &zone, &ignored)) {
        struct tz_civil at;
        char text[32];
        tz_to_local(zone, at_ms, &at);
        snprintf(text, sizeof(text), "%02d:%02d:%02d", at.hour, at.minute, at.second);
        json_put_z(out, text);
        tz_close(zone);
    } else {
        json_put_z(out, "?");
    }
}

// The change that stands last, for whoever wasn't looking.
static void put_last_change(const struct ask *ask, const struct campaign *row, struct buf *out)
{
    const struct state *state = ask->engine->state;
    const struct tweak *tweak = table_get(state, T_TWEAKS, table_last(state, T_TWEAKS));
    json_key(out, "last");
    if (tweak == NULL || row == NULL || (uint32_t)tweak->campaign != row->id) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '{');
    json_key(out, "tweak");
    json_put_int(out, tweak->id);
    json_key(out, "by");
    json_put_z(out, state_get_text(state, tweak->by));
    json_key(out, "time");
    put_clock(ask, row, tweak->at, out);
    json_key(out, "waiting");
    buf_puts(out, tweak->status == 0 ? "true" : "false");
    json_key(out, "line");
    json_put_text(out, tweak->code == NULL ? "" : tweak->code->data,
                  tweak->code == NULL ? 0 : tweak->code->size);
    buf_putc(out, '}');
}

static void op_hello(struct ask *ask)
{
    struct state *state = ask->engine->state;
    const struct campaign *row = table_get(state, T_CAMPAIGNS, ask->control->options.campaign);
    struct buf *out = answer_begin(ask, true);
    json_key(out, "proto");
    json_put_z(out, "drumbeat.control/1");
    json_key(out, "you");
    json_put_z(out, ask->client->user);
    json_key(out, "mode");
    json_put_z(out, ask->client->operate ? "operate" : "view");
    json_key(out, "campaign");
    json_put_z(out, row == NULL ? "" : state_get_text(state, row->name));
    json_key(out, "time");
    if (row == NULL) {
        json_put_z(out, "?");
    } else {
        put_clock(ask, row, ask->at_ms, out);
    }
    json_key(out, "here");
    json_put_int(out, (int64_t)control_clients(ask->control));
    json_key(out, "groups");
    json_put_int(out, table_count(state, T_GROUPS));
    put_last_change(ask, row, out);
    char *db = realpath(store_path(ask->engine->store), NULL);
    json_key(out, "db");
    json_put_z(out, db == NULL ? "" : db);
    free(db);
    json_key(out, "paused");
    buf_puts(out, row != NULL && row->paused_at != 0 ? "true" : "false");
    answer_end(ask, false);
}

static void op_status(struct ask *ask)
{
    struct buf *out = answer_begin(ask, true);
    if (ask->control->options.on_status != NULL) {
        ask->control->options.on_status(ask->control->options.ctx, out);
    }
    answer_end(ask, false);
}

// Over all rows but those that only tell of changes: what was changed and taken back leaves it as
// it was.
static void op_hash(struct ask *ask)
{
    char hex[65];
    state_hash_without(ask->engine->state, (1ULL << T_TWEAKS) | (1ULL << T_VERSIONS), hex);
    struct buf *out = answer_begin(ask, true);
    json_key(out, "hash");
    json_put_z(out, hex);
    answer_end(ask, false);
}

static const struct {
    const char *name;
    bool operate;  // Only over operate.sock.
    void (*run)(struct ask *ask);
} OPS[] = {
    {"hello", false, op_hello},         {"eval", false, op_eval},     {"preview", false, op_eval},
    {"complete", false, op_complete},   {"doc", false, op_doc},       {"watch", false, op_watch},
    {"interrupt", false, op_interrupt}, {"status", false, op_status}, {"hash", false, op_hash},
    {"apply", true, op_apply},          {"undo", true, op_undo},      {"settle", true, op_settle},
    {"approve", true, op_approve},      {"refuse", true, op_refuse},  {"reload", true, op_reload},
    {"whatif", false, op_whatif},       {"why", false, op_why},
};

// A word at the beginning of a line that isn't the console's: the rest of the line is left.
static bool take_word(struct slice *line, const char *word)
{
    const uint32_t size = (uint32_t)strlen(word);
    const bool bare = line->size == size - 1;  // Without what comes behind it: the op says what.
    if ((line->size < size && !bare) || memcmp(line->data, word, bare ? size - 1 : size) != 0) {
        return false;
    }
    if (bare) {
        *line = (struct slice){"", 0};
        return true;
    }
    *line = (struct slice){line->data + size, line->size - size};
    return true;
}

void control_ask(struct control_client *client, const char *line, size_t size)
{
    struct control *control = client->control;
    struct err e = {0};
    struct ask ask = {
        .client = client, .control = control, .engine = control->engine, .at_ms = loop_wall_ms()};
    control->lines++;
    if (!json_parse(control->reader, line, size, &ask.root, &e) || ask.root->type != JSON_OBJECT) {
        answer_fail_text(&ask, e.kind == ERR_NONE ? "a line is a JSON object" : e.text);
        return;
    }
    ask.id = ask_int(&ask, "id", 0);
    ask.text = ask_text(&ask, "text");
    struct slice op = ask_text(&ask, "op");
    if (slice_is(op, "eval") || slice_is(op, "preview")) {
        op = take_word(&ask.text, "whatif ")                                ? slice_of("whatif")
             : take_word(&ask.text, "why ") || take_word(&ask.text, "why(") ? slice_of("why")
                                                                            : op;
    }
    const char *names[sizeof(OPS) / sizeof(OPS[0])];
    for (size_t i = 0; i < sizeof(OPS) / sizeof(OPS[0]); i++) {
        names[i] = OPS[i].name;
        if (!slice_is(op, OPS[i].name)) {
            continue;
        }
        if (OPS[i].operate && !client->operate) {
            err_set(&e, ERR_REFUSED, "you are here to look: `%s` needs the operate socket",
                    OPS[i].name);
            answer_fail(&ask, &e);
            return;
        }
        OPS[i].run(&ask);
        return;
    }
    char wrong[64];
    snprintf(wrong, sizeof(wrong), "%.*s", (int)(op.size > 60 ? 60 : op.size), op.data);
    const char *near = text_nearest(wrong, names, sizeof(OPS) / sizeof(OPS[0]));
    err_set(&e, ERR_INVALID, "op: no op '%s'%s%s%s", wrong, near ? ", did you mean '" : "",
            near ? near : "", near ? "'?" : "");
    answer_fail(&ask, &e);
}
