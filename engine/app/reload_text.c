// A plan of a reload in words.
#include <stdio.h>
#include <string.h>

#include "app/reload_internal.h"
#include "app/term.h"
#include "base/json.h"
#include "base/money.h"
#include "base/utf8.h"

#define TEXT_CELLS_MAX 48  // Of a text that was or is.
#define ALIKE_MAX 200

static const char *text_of(const struct json_node *object, const char *name, char *out, size_t size)
{
    const struct json_node *node = json_field(object, name);
    const bool has = node != NULL && node->type == JSON_TEXT;
    snprintf(out, size, "%.*s", has ? (int)node->text_size : 0, has ? node->text : "");
    return out;
}

// Texts may be long and have lines.
static void put_short(struct buf *out, const char *text)
{
    const size_t size = strlen(text);
    const size_t fit = utf8_fit(text, size, TEXT_CELLS_MAX);
    utf8_escape(text, fit, out);
    buf_puts(out, fit < size ? "…" : "");
}

static const char *sign_of(const char *how)
{
    return strncmp(how, "added", 5) == 0 ? "+" : strcmp(how, "gone") == 0 ? "-" : "~";
}

static void put_change(const struct json_node *change, struct buf *out)
{
    char what[32];
    char name[160];
    char how[64];
    char from[2048];
    char to[2048];
    char note[512];
    char where[300];
    text_of(change, "how", how, sizeof(how));
    text_of(change, "note", note, sizeof(note));
    text_of(change, "from", from, sizeof(from));
    text_of(change, "to", to, sizeof(to));
    text_of(change, "where", where, sizeof(where));
    buf_printf(out, "  %s %-8s ", sign_of(how), text_of(change, "what", what, sizeof(what)));
    utf8_pad(out, text_of(change, "name", name, sizeof(name)), 28, false);
    if (from[0] != '\0' && to[0] != '\0' && strcmp(from, to) != 0) {
        buf_puts(out, " ");
        put_short(out, from);
        buf_puts(out, " → ");
        put_short(out, to);
    } else if (from[0] != '\0' || to[0] != '\0') {
        buf_puts(out, " ");
        put_short(out, to[0] != '\0' ? to : from);
    }
    const bool code = strcmp(how, "changed") == 0 && note[0] == '\0' && from[0] == '\0';
    buf_printf(out, "%s%s%s", code ? " what it does" : "", note[0] == '\0' ? "" : "; ", note);
    buf_printf(out, "%s%s%s\n", where[0] == '\0' ? "" : "  (", where, where[0] == '\0' ? "" : ")");
}

static void put_changes(const struct json_node *list, struct buf *out)
{
    char last[64] = "?";
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        char day[64];
        text_of(n, "day", day, sizeof(day));
        if (strcmp(day, last) != 0) {
            buf_printf(out, "%s%s\n", day[0] == '\0' ? "campaign.lua" : "day ", day);
            snprintf(last, sizeof(last), "%s", day);
        }
        put_change(n, out);
    }
}

static bool same_scene(const struct json_node *a, const struct json_node *b)
{
    static const char *const FIELDS[] = {"day", "entry", "verdict", "why"};
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        const struct json_node *x = json_field(a, FIELDS[i]);
        const struct json_node *y = json_field(b, FIELDS[i]);
        if (x->text_size != y->text_size || memcmp(x->text, y->text, x->text_size) != 0) {
            return false;
        }
    }
    return true;
}

// One line for all groups with which it is the same.
static void put_scene(const struct json_node *list, const struct json_node *scene, struct buf *out)
{
    char field[ERR_TEXT_MAX];
    size_t alike = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (same_scene(n, scene)) {
            if (n < scene) {
                return;  // Told with that one.
            }
            alike++;
        }
    }
    buf_printf(out, "  %-7s", text_of(scene, "verdict", field, sizeof(field)));
    buf_printf(out, "day %s  ", text_of(scene, "day", field, sizeof(field)));
    buf_printf(out, "%s  ", text_of(scene, "entry", field, sizeof(field)));
    text_of(scene, "group", field, sizeof(field));
    if (alike > 1) {
        buf_printf(out, "(%s and %zu more)", field, alike - 1);
    } else if (field[0] != '\0') {
        buf_printf(out, "(%s)", field);
    }
    text_of(scene, "why", field, sizeof(field));
    buf_printf(out, "%s%s\n", field[0] == '\0' ? "" : "\n          ", field);
}

static void put_scenes(const struct json_node *list, struct buf *out)
{
    if (list->count == 0) {
        return;
    }
    static const char *const VERDICTS[][2] = {{"adopts", "adopt the new version"},
                                              {"stays", "stay on the old one"},
                                              {"goes on", "that were halted go on"},
                                              {"halted", "stay halted"}};
    bool first = true;
    for (size_t i = 0; i < sizeof(VERDICTS) / sizeof(VERDICTS[0]); i++) {
        size_t count = 0;
        for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
            count += json_text_is(json_field(n, "verdict"), VERDICTS[i][0]);
        }
        if (count > 0 || i < 2) {
            buf_printf(out, "%s %zu %s", first ? "scenes that run:" : ",", count, VERDICTS[i][1]);
            first = false;
        }
    }
    buf_puts(out, "\n");
    size_t told = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list) && told < ALIKE_MAX;
         n = json_next(n), told++) {
        put_scene(list, n, out);
    }
    if (told < list->count) {
        buf_printf(out, "  ... and %zu more\n", (size_t)list->count - told);
    }
}

static void put_money(const char *currency, const struct json_node *amount, struct buf *out)
{
    char text[48] = "-";
    const int decimals = money_decimals(currency);
    if (amount != NULL && amount->type == JSON_INT) {
        money_format(amount->integer, decimals < 0 ? 2 : decimals, text, sizeof(text));
        buf_puts(out, money_symbol(currency));
        const size_t size = strlen(text);
        const bool whole = size > 3 && strcmp(text + size - 3, ".00") == 0;
        text[whole ? size - 3 : size] = '\0';
    }
    buf_puts(out, text);
}

static bool same_amount(const struct json_node *a, const struct json_node *b)
{
    return a != NULL && b != NULL && a->integer == b->integer;
}

static void put_budgets(const char *currency, const struct json_node *list, struct buf *out)
{
    bool titled = false;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        const struct json_node *cap = json_field(n, "cap");
        const struct json_node *worst = json_field(n, "worst");
        const struct json_node *cap_before = json_field(n, "cap_before");
        const struct json_node *worst_before = json_field(n, "worst_before");
        char name[100];
        if (same_amount(cap, cap_before) && same_amount(worst, worst_before)) {
            continue;
        }
        buf_puts(out, titled ? "" : "the most it may cost\n");
        titled = true;
        buf_puts(out, "  ");
        utf8_pad(out, text_of(n, "budget", name, sizeof(name)), 20, false);
        buf_puts(out, " ");
        put_money(currency, worst, out);
        buf_puts(out, " of ");
        put_money(currency, cap, out);
        buf_puts(out, ", before ");
        put_money(currency, worst_before, out);
        buf_puts(out, " of ");
        put_money(currency, cap_before, out);
        buf_puts(out, "; left now ");
        put_money(currency, json_field(n, "left"), out);
        buf_puts(out, "\n");
    }
}

void reload_tell(const struct json_node *root, const char *currency, struct buf *out)
{
    put_changes(json_field(root, "changes"), out);
    put_scenes(json_field(root, "scenes"), out);
    put_budgets(currency, json_field(root, "budgets"), out);
}

void reload_plan_text(const struct reload_plan *plan, struct buf *out)
{
    struct json_reader *reader = json_reader_new(plan->json.size + 1);
    const struct json_node *root;
    struct err e = {0};
    CHECK(json_parse(reader, plan->json.data, plan->json.size, &root, &e));
    if (plan->empty) {
        buf_printf(out, "%s: nothing has changed, version %d goes on\n", plan->name,
                   plan->number - 1);
    } else {
        buf_printf(out, "%s: version %d becomes %d", plan->name, plan->number - 1, plan->number);
        if (plan->back != 0) {
            buf_printf(out, ", the sources of version %d again", plan->back);
        }
        buf_puts(out, "\n");
        reload_tell(root, plan->currency, out);
    }
    if (plan->warnings.size > 0) {
        buf_append(out, plan->warnings.data, plan->warnings.size);
    }
    json_reader_free(reader);
}

void reload_plan_json(const struct reload_plan *plan, struct buf *out)
{
    CHECK(plan->json.size > 1);
    buf_append(out, plan->json.data, plan->json.size - 1);
    json_key(out, "token");
    json_put_z(out, plan->token);
    json_key(out, "empty");
    buf_puts(out, plan->empty ? "true" : "false");
    json_key(out, "back_to");
    json_put_int(out, plan->back);
    json_key(out, "warnings");
    json_put_text(out, plan->warnings.data == NULL ? "" : plan->warnings.data, plan->warnings.size);
    buf_putc(out, '}');
}
