// Answers to operators' questions: what they hold, as JSON and as text for people. See control.md.
#include <stdio.h>
#include <string.h>

#include "app/control_impl.h"
#include "base/money.h"
#include "base/utf8.h"

#define CONTROL_TEXT_MAX ((size_t)2 << 20)

int64_t ask_int(const struct ask *ask, const char *name, int64_t otherwise)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_INT ? node->integer : otherwise;
}

struct slice ask_text(const struct ask *ask, const char *name)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_TEXT ? (struct slice){node->text, node->text_size}
                                                   : (struct slice){"", 0};
}

bool ask_is(const struct ask *ask, const char *name)
{
    const struct json_node *node = json_field(ask->root, name);
    return node != NULL && node->type == JSON_TRUE;
}

// --- Answers. ---

struct buf *answer_begin(const struct ask *ask, bool ok)
{
    struct buf *out = &ask->control->out;
    buf_clear(out);
    buf_printf(out, "{\"id\":%lld,\"ok\":%s", (long long)ask->id, ok ? "true" : "false");
    return out;
}

void answer_end(const struct ask *ask, bool durable_first)
{
    buf_putc(&ask->control->out, '}');
    control_send(ask->client, durable_first);
}

void answer_put_error(struct buf *out, const struct err *e)
{
    static const char *const KINDS[] = {"",      "refused", "invalid", "limit",
                                        "fault", "corrupt", "busy",    "full"};
    json_key(out, "error");
    json_put_z(out, e->text);
    json_key(out, "kind");
    json_put_z(out, e->kind < sizeof(KINDS) / sizeof(KINDS[0]) ? KINDS[e->kind] : "");
}

void answer_fail(const struct ask *ask, const struct err *e)
{
    answer_put_error(answer_begin(ask, false), e);
    answer_end(ask, false);
}

void answer_fail_text(const struct ask *ask, const char *text)
{
    struct err e;
    err_set(&e, ERR_INVALID, "%s", text);
    answer_fail(ask, &e);
}

// What the console gave, as lines of at most `width` cells.
static void put_shown(const struct ask *ask, const struct json_node *show, struct buf *text)
{
    struct term term = {.width = (size_t)ask_int(ask, "width", 80), .height = 24};
    term.width = term.width < TERM_WIDTH_MIN   ? TERM_WIDTH_MIN
                 : term.width > TERM_WIDTH_MAX ? TERM_WIDTH_MAX
                                               : term.width;
    term.color = ask_is(ask, "color");
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
void answer_put_shown(const struct ask *ask, const struct tweak_view *view, struct buf *out)
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
        if (show != NULL && ask_is(ask, "data")) {
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
int ask_decimals(const struct ask *ask)
{
    const struct campaign *row =
        table_get(ask->engine->state, T_CAMPAIGNS, ask->control->options.campaign);
    const int decimals =
        row == NULL ? 2 : money_decimals(state_get_text(ask->engine->state, row->currency));
    return decimals < 0 ? 2 : decimals;
}

bool answer_counts(const struct tweak_view *view)
{
    return strstr(view->confirm_what, "how many") != NULL;
}

void answer_confirm_text(const struct ask *ask, const struct tweak_view *view, char out[48])
{
    char with[48];
    size_t size = 0;
    if (answer_counts(view)) {
        snprintf(out, 48, "%lld", (long long)view->confirm);
        return;
    }
    money_format(view->confirm, ask_decimals(ask), with, sizeof(with));
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

void answer_put_change(const struct ask *ask, const struct tweak_view *view, struct buf *out)
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
        answer_confirm_text(ask, view, typed);
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
