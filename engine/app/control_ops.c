// What operators ask, op by op: see control.md.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control_impl.h"
#include "app/reload.h"
#include "base/money.h"
#include "base/tz.h"
#include "base/utf8.h"

#define CONTROL_TEXT_MAX ((size_t)2 << 20)

struct ask {
    struct control_client *client;
    struct control *control;
    struct engine *engine;
    const struct json_node *root;
    int64_t id;
    struct slice text;
    int64_t at_ms;
};

static int64_t int_of(const struct ask *ask, const char *name, int64_t otherwise)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_INT ? node->integer : otherwise;
}

static struct slice text_of(const struct ask *ask, const char *name)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_TEXT ? (struct slice){node->text, node->text_size}
                                                   : (struct slice){"", 0};
}

static bool bool_of(const struct ask *ask, const char *name)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_TRUE;
}

// --- Answers. ---

static struct buf *begin(const struct ask *ask, bool ok)
{
    struct buf *out = &ask->control->out;
    buf_clear(out);
    buf_printf(out, "{\"id\":%lld,\"ok\":%s", (long long)ask->id, ok ? "true" : "false");
    return out;
}

static void end(const struct ask *ask, bool durable_first)
{
    buf_putc(&ask->control->out, '}');
    control_send(ask->client, durable_first);
}

static void put_error(struct buf *out, const struct err *e)
{
    static const char *const KINDS[] = {"",      "refused", "invalid", "limit",
                                        "fault", "corrupt", "busy",    "full"};
    json_key(out, "error");
    json_put_z(out, e->text);
    json_key(out, "kind");
    json_put_z(out, e->kind < sizeof(KINDS) / sizeof(KINDS[0]) ? KINDS[e->kind] : "");
}

static void fail(const struct ask *ask, const struct err *e)
{
    put_error(begin(ask, false), e);
    end(ask, false);
}

static void fail_text(const struct ask *ask, const char *text)
{
    struct err e;
    err_set(&e, ERR_INVALID, "%s", text);
    fail(ask, &e);
}

// What the console gave, as lines of at most `width` cells.
static void put_shown(const struct ask *ask, const struct json_node *show, struct buf *text)
{
    struct term term = {.width = (size_t)int_of(ask, "width", 80), .height = 24};
    term.width = term.width < TERM_WIDTH_MIN   ? TERM_WIDTH_MIN
                 : term.width > TERM_WIDTH_MAX ? TERM_WIDTH_MAX
                                               : term.width;
    term.color = bool_of(ask, "color");
    for (const struct json_node *part = json_child(show); part != json_end(show);
         part = json_next(part)) {
        const struct json_node *heads = json_field(part, "heads");
        const struct json_node *line = json_field(part, "text");
        if (line != NULL) {
            for (uint32_t from = 0; from < line->text_size;) {  // Its own lines stay lines.
                const char *stop = memchr(line->text + from, '\n', line->text_size - from);
                const uint32_t to = stop == NULL ? line->text_size : (uint32_t)(stop - line->text);
                utf8_escape(line->text + from, to - from, text);
                buf_putc(text, '\n');
                from = to + 1;
            }
            continue;
        }
        const struct json_node *rows = json_field(part, "rows");
        char names[512];
        struct term_table table;
        snprintf(names, sizeof(names), "%.*s", (int)heads->text_size, heads->text);
        term_table_init(&table, names);
        for (const struct json_node *row = json_child(rows); row != json_end(rows);
             row = json_next(row)) {
            size_t cells = 0;
            for (const struct json_node *cell = json_child(row);
                 cell != json_end(row) && cells < table.columns; cell = json_next(cell)) {
                term_table_cell(&table, "%.*s", (int)cell->text_size, cell->text);
                cells++;
            }
            for (; cells < table.columns; cells++) {
                term_table_cell(&table, "%s", "");
            }
        }
        term_table_print(&table, &term, 0, text);
        term_table_deinit(&table);
    }
}

// The console's answer as text, and as it is for whoever wants data.
static void put_answer(const struct ask *ask, const struct tweak_view *view, struct buf *out)
{
    struct json_reader *reader = json_reader_new(CONSOLE_ANSWER_MAX * 2);
    const struct json_node *root;
    struct err ignored = {0};
    struct buf text;
    buf_init(&text, CONTROL_TEXT_MAX);
    if (view->answer.size > 0 &&
        json_parse(reader, view->answer.data, view->answer.size, &root, &ignored)) {
        const struct json_node *show = json_field(root, "show");
        if (show != NULL) {
            put_shown(ask, show, &text);
        }
        if (show != NULL && bool_of(ask, "data")) {
            json_key(out, "data");
            json_canonical(show, out);
        }
    }
    json_key(out, "text");
    json_put_text(out, text.size == 0 ? "" : text.data, text.size);
    buf_deinit(&text);
    json_reader_free(reader);
}

// An amount as it is typed: "95000" or "95000.50" for money, a count as it is.
static int currency_decimals(const struct ask *ask)
{
    const struct campaign *row =
        table_get(ask->engine->state, T_CAMPAIGNS, ask->control->options.campaign);
    const int decimals =
        row == NULL ? 2 : money_decimals(state_get_text(ask->engine->state, row->currency));
    return decimals < 0 ? 2 : decimals;
}

static bool counts(const struct tweak_view *view)
{
    return strstr(view->confirm_what, "how many") != NULL;
}

static void confirm_text(const struct ask *ask, const struct tweak_view *view, char out[48])
{
    char with[48];
    size_t size = 0;
    if (counts(view)) {
        snprintf(out, 48, "%lld", (long long)view->confirm);
        return;
    }
    money_format(view->confirm, currency_decimals(ask), with, sizeof(with));
    for (const char *at = with; *at != '\0'; at++) {
        if (*at != ',') {
            out[size++] = *at;
        }
    }
    out[size] = '\0';
    char *point = strchr(out, '.');
    if (point != NULL && strspn(point + 1, "0") == strlen(point + 1)) {
        *point = '\0';
    }
}

static void put_change(const struct ask *ask, const struct tweak_view *view, struct buf *out)
{
    json_key(out, "class");
    json_put_z(out, tweak_class_names[view->about.class]);
    if (view->told.size == 0) {
        return;
    }
    json_key(out, "change");
    json_put_text(out, view->told.data, view->told.size);
    json_key(out, "token");
    json_put_z(out, view->token);
    json_key(out, "can_undo");
    buf_puts(out, view->about.class != TWEAK_FINAL && view->about.kept ? "true" : "false");
    if (view->about.final[0] != '\0') {
        json_key(out, "why");
        json_put_z(out, view->about.final);
    }
    if (view->asks) {
        char typed[48];
        confirm_text(ask, view, typed);
        json_key(out, "confirm");
        json_put_z(out, typed);
        json_key(out, "confirm_what");
        json_put_z(out, view->confirm_what);
    }
    if (view->second_person) {
        json_key(out, "second_person");
        buf_puts(out, "true");
    }
}

// --- Ops. ---

static struct event tweak_event(const struct ask *ask, const char *how)
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
    const struct event event = tweak_event(ask, "apply");
    tweak_view_init(&view);
    if (!tweak_preview(ask->engine, &event, &view, &e)) {
        struct buf *out = begin(ask, false);
        put_error(out, &e);
        if (script_console_is_partial(&e)) {
            buf_puts(out, ",\"partial\":true");
        }
        end(ask, false);
    } else {
        struct buf *out = begin(ask, true);
        put_answer(ask, &view, out);
        put_change(ask, &view, out);
        json_key(out, "applied");
        buf_puts(out, "false");
        end(ask, false);
    }
    tweak_view_deinit(&view);
}

// What was typed, as an amount. false: an answer was given.
static bool take_confirm(struct ask *ask, const struct tweak_view *view, int64_t *amount)
{
    const struct slice typed = text_of(ask, "confirm");
    char wanted[48];
    struct err e = {0};
    *amount = 0;
    if (!view->asks) {
        return true;
    }
    confirm_text(ask, view, wanted);
    if (typed.size == 0) {
        err_set(&e, ERR_REFUSED, "%s is to be typed to confirm it: %s", view->confirm_what, wanted);
        struct buf *out = begin(ask, false);
        put_error(out, &e);
        buf_puts(out, ",\"needs_confirm\":true");
        end(ask, false);
        return false;
    }
    const int decimals = counts(view) ? 0 : currency_decimals(ask);
    if (!money_parse(typed.data, typed.size, decimals, amount, &e) || *amount != view->confirm) {
        err_set(&e, ERR_REFUSED, "%.*s isn't %s (%s): nothing was changed",
                (int)(typed.size > 40 ? 40 : typed.size), typed.data, view->confirm_what, wanted);
        fail(ask, &e);
        return false;
    }
    return true;
}

// The change must still be what was shown. false: an answer was given.
static bool is_as_shown(struct ask *ask, const struct tweak_view *view)
{
    const struct slice token = text_of(ask, "token");
    if (token.size == 0 || slice_is(token, view->token)) {
        return true;
    }
    struct err e;
    err_set(&e, ERR_REFUSED, "it would do something else now than what was shown: look again");
    struct buf *out = begin(ask, false);
    put_error(out, &e);
    put_change(ask, view, out);
    end(ask, false);
    return false;
}

static void applied(struct ask *ask, const struct tweak_view *view, const char *how)
{
    struct buf *out = begin(ask, true);
    const struct tweak *row = table_get(ask->engine->state, T_TWEAKS, view->tweak);
    put_answer(ask, view, out);
    put_change(ask, view, out);
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
    end(ask, true);
}

// Previews the event, checks what was shown and typed, does it.
static void change(struct ask *ask, struct event *event)
{
    struct tweak_view view;
    struct err e = {0};
    tweak_view_init(&view);
    if (!tweak_preview(ask->engine, event, &view, &e)) {
        struct buf *out = begin(ask, false);
        put_error(out, &e);
        if (view.has_nearest) {
            json_key(out, "nearest");
            buf_puts(out, "true");
        }
        end(ask, false);
        tweak_view_deinit(&view);
        return;
    }
    const bool undoing = slice_is(event->how, "undo");
    if (bool_of(ask, "preview")) {
        put_change(ask, &view, begin(ask, true));
        json_key(&ask->control->out, "applied");
        buf_puts(&ask->control->out, "false");
        end(ask, false);
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
            fail(ask, &e);
        }
    }
    tweak_view_deinit(&view);
}

static void op_apply(struct ask *ask)
{
    struct event event = tweak_event(ask, "apply");
    change(ask, &event);
}

static void op_tweak(struct ask *ask, const char *how)
{
    struct event event = tweak_event(ask, how);
    event.ref = int_of(ask, "tweak", 0);
    event.qty = bool_of(ask, "nearest") ? 1 : 0;
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
        struct buf *out = begin(ask, true);
        json_key(out, "complete");
        buf_append(out, answer.data, answer.size);
        end(ask, false);
    } else {
        fail(ask, &e);
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
    const int64_t every = int_of(ask, "every_ms", 1000);
    if (ask->text.size == 0) {
        fail_text(ask, "watch: what? a line that looks at something");
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
    client->watch_width = int_of(ask, "width", 80);
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
    free(ask->client->watch);
    ask->client->watch = NULL;
    begin(ask, true);
    end(ask, false);
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

static void op_hello(struct ask *ask)
{
    struct state *state = ask->engine->state;
    const struct campaign *row = table_get(state, T_CAMPAIGNS, ask->control->options.campaign);
    struct buf *out = begin(ask, true);
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
    json_key(out, "paused");
    buf_puts(out, row != NULL && row->paused_at != 0 ? "true" : "false");
    end(ask, false);
}

static void op_status(struct ask *ask)
{
    struct buf *out = begin(ask, true);
    if (ask->control->options.on_status != NULL) {
        ask->control->options.on_status(ask->control->options.ctx, out);
    }
    end(ask, false);
}

// "folder": the edited campaign's, or "version": an earlier one; "token": as shown, to do it.
static void op_reload(struct ask *ask)
{
    struct buf told;
    struct err e = {0};
    const struct reload_ask reload = {.campaign = ask->control->options.campaign,
                                      .folder = text_of(ask, "folder"),
                                      .number = (int32_t)int_of(ask, "version", 0),
                                      .token = text_of(ask, "token"),
                                      .by = ask->client->user,
                                      .at_ms = ask->at_ms};
    buf_init(&told, CONTROL_TEXT_MAX);
    const bool ok = reload_answer(ask->engine, &reload, &told, &e);
    struct buf *out = begin(ask, ok);
    if (!ok) {
        put_error(out, &e);
    }
    buf_printf(out, ",%s", told.data);
    buf_deinit(&told);
    end(ask, ok && reload.token.size > 0);
}

// Over all rows but the tweaks themselves: what was changed and taken back leaves it as it was.
static void op_hash(struct ask *ask)
{
    char hex[65];
    state_hash_without(ask->engine->state, T_TWEAKS, hex);
    struct buf *out = begin(ask, true);
    json_key(out, "hash");
    json_put_z(out, hex);
    end(ask, false);
}

static const struct {
    const char *name;
    bool operate;  // Only over operate.sock.
    void (*run)(struct ask *ask);
} OPS[] = {
    {"hello", false, op_hello},         {"eval", false, op_eval},     {"preview", false, op_eval},
    {"complete", false, op_complete},   {"doc", false, op_doc},       {"watch", false, op_watch},
    {"interrupt", false, op_interrupt}, {"status", false, op_status}, {"hash", false, op_hash},
    {"apply", true, op_apply},          {"undo", true, op_undo},      {"approve", true, op_approve},
    {"refuse", true, op_refuse},        {"reload", true, op_reload},
};

void control_ask(struct control_client *client, const char *line, size_t size)
{
    struct control *control = client->control;
    struct err e = {0};
    struct ask ask = {
        .client = client, .control = control, .engine = control->engine, .at_ms = loop_wall_ms()};
    control->lines++;
    if (!json_parse(control->reader, line, size, &ask.root, &e) || ask.root->type != JSON_OBJECT) {
        fail_text(&ask, e.kind == ERR_NONE ? "a line is a JSON object" : e.text);
        return;
    }
    ask.id = int_of(&ask, "id", 0);
    ask.text = text_of(&ask, "text");
    const struct slice op = text_of(&ask, "op");
    const char *names[sizeof(OPS) / sizeof(OPS[0])];
    for (size_t i = 0; i < sizeof(OPS) / sizeof(OPS[0]); i++) {
        names[i] = OPS[i].name;
        if (!slice_is(op, OPS[i].name)) {
            continue;
        }
        if (OPS[i].operate && !client->operate) {
            err_set(&e, ERR_REFUSED, "you are here to look: `%s` needs the operate socket",
                    OPS[i].name);
            fail(&ask, &e);
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
    fail(&ask, &e);
}
