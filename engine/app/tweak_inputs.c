// Changed inputs of days as part of a tweak: see tweak_inputs.h.
#include "app/tweak_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "app/reload.h"
#include "base/hash.h"
#include "base/json.h"
#include "script/reload.h"

#define PLAN_MAX ((size_t)8 << 20)
#define DAYS_MAX 100

static const char KEPT_BEGINS[] = "[{\"day\":";

bool tweak_inputs_any(const struct tweak_view *view)
{
    return view->inputs.size > 0;
}

bool tweak_inputs_kept(const struct tweak *row)
{
    const size_t size = sizeof(KEPT_BEGINS) - 1;
    return row->changes != NULL && row->changes->size > size &&
           memcmp(row->changes->data, KEPT_BEGINS, size) == 0;
}

// --- Binding. ---

static void note_other(void *ctx, const struct state_change *change)
{
    bool *other = ctx;
    *other |= change->table != T_DAYS;
}

// Its own undo takes inputs back and nothing else.
static bool is_alone(const struct engine *engine, struct err *e)
{
    bool other = false;
    state_each_change(engine->state, note_other, &other);
    return !other || err_set(e, ERR_REFUSED,
                             "change_input stands in a line of its own: what else the line does "
                             "couldn't be taken back together with it");
}

static size_t read_days(const struct json_node *inputs, uint32_t days[DAYS_MAX])
{
    size_t count = 0;
    for (const struct json_node *n = json_child(inputs); n != json_end(inputs); n = json_next(n)) {
        const uint32_t day = (uint32_t)json_field(n, "day")->integer;
        size_t i = 0;
        while (i < count && days[i] != day) {
            i++;
        }
        if (i == count && count < DAYS_MAX) {
            days[count++] = day;
        }
    }
    return count;
}

// Faults, one behind the other: what an operator's line is answered with is a sentence.
static bool refuse(const struct buf *problems, struct err *e)
{
    struct buf text;
    buf_init(&text, ERR_TEXT_MAX);
    const char *at = problems->size == 0 ? "" : problems->data;
    const char *end = at + problems->size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t size = (size_t)((stop == NULL ? end : stop) - at);
        if (size > 0 && strncmp(at, "warning: ", 9) != 0) {
            buf_puts(&text, text.size == 0 ? "" : "; ");
            buf_append(&text, at, size);
        }
        at += size + 1;
    }
    if (text.size > 0) {
        err_set(e, ERR_REFUSED, "%.*s", (int)text.size, text.data);
    }
    buf_deinit(&text);
    return false;
}

static const struct json_node *read_plan(const struct tweak_view *view, struct json_reader **reader)
{
    const struct json_node *root;
    struct err e = {0};
    *reader = json_reader_new(view->plan.size + 1);
    CHECK(json_parse(*reader, view->plan.data, view->plan.size, &root, &e));
    return root;
}

static bool changes_nothing(const struct tweak_view *view)
{
    struct json_reader *reader;
    const bool nothing = json_field(read_plan(view, &reader), "changes")->count == 0;
    json_reader_free(reader);
    return nothing;
}

static bool bind(struct engine *engine, const struct script_rebind *rebind, struct tweak_view *view,
                 struct err *e)
{
    struct buf problems;
    buf_init(&problems, (size_t)1 << 20);
    buf_putc(&view->plan, '{');
    bool ok = script_rebind(engine->script, rebind, &view->plan, &problems, e);
    buf_putc(&view->plan, '}');
    if (!ok) {
        refuse(&problems, e);
    } else if (view->plan.overflow) {
        ok = err_set(e, ERR_LIMIT, "it changes too much to be told");
    } else if (changes_nothing(view)) {
        ok = err_set(e, ERR_REFUSED, "change_input: it has that value already");
    }
    buf_deinit(&problems);
    return ok;
}

bool tweak_inputs_bind(struct engine *engine, uint32_t campaign, struct slice by,
                       struct tweak_view *view, struct err *e)
{
    struct json_reader *reader = json_reader_new(CONSOLE_ANSWER_MAX * 2);
    const struct json_node *root;
    uint32_t days[DAYS_MAX];
    bool ok = json_parse(reader, view->answer.data, view->answer.size, &root, e);
    const struct json_node *inputs = ok ? json_field(root, "inputs") : NULL;
    if (inputs != NULL) {
        const struct script_rebind rebind = {
            .campaign = campaign,
            .by = state_get_text(engine->state, state_text(engine->state, by.data, by.size)),
            .days = days,
            .day_count = read_days(inputs, days),
        };
        for (const struct json_node *n = json_child(inputs); n != json_end(inputs);
             n = json_next(n)) {
            view->money |= json_field(n, "money")->type == JSON_TRUE;
        }
        json_canonical(inputs, &view->inputs);
        ok = is_alone(engine, e) && bind(engine, &rebind, view, e);
    }
    json_reader_free(reader);
    return ok;
}

// --- What it is. ---

// How much more all budgets may have to give.
static int64_t costs_more(const struct json_node *budgets)
{
    int64_t sum = 0;
    for (const struct json_node *n = json_child(budgets); n != json_end(budgets);
         n = json_next(n)) {
        const struct json_node *worst = json_field(n, "worst");
        const struct json_node *before = json_field(n, "worst_before");
        const int64_t more =
            (worst == NULL ? 0 : worst->integer) - (before == NULL ? 0 : before->integer);
        if (more > 0 && __builtin_add_overflow(sum, more, &sum)) {
            return INT64_MAX;
        }
    }
    return sum;
}

void tweak_inputs_weigh(struct tweak_view *view)
{
    struct json_reader *reader;
    const struct json_node *root = read_plan(view, &reader);
    const int64_t more = costs_more(json_field(root, "budgets"));
    view->about.kept = true;
    view->about.rows = json_field(root, "changes")->count;
    view->about.amount = more > view->about.amount ? more : view->about.amount;
    if ((more > 0 || view->money) && view->about.class < TWEAK_MONEY) {
        view->about.class = TWEAK_MONEY;
    }
    json_reader_free(reader);
}

void tweak_inputs_tell(struct engine *engine, uint32_t campaign, struct tweak_view *view)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    struct json_reader *reader;
    struct buf changes;
    struct sha256_state hash;
    const struct json_node *root = read_plan(view, &reader);
    buf_init(&changes, PLAN_MAX);
    reload_tell(root, state_get_text(engine->state, row->currency), &view->told);
    // Not the scenes, which come and go while somebody reads it.
    json_canonical(json_field(root, "changes"), &changes);
    sha256_begin(&hash);
    sha256_add(&hash, view->inputs.data, view->inputs.size);
    sha256_add(&hash, changes.data == NULL ? "" : changes.data, changes.size);
    const struct sha256 digest = sha256_end(&hash);
    hex_encode(digest.bytes, sizeof(digest.bytes), view->token);
    buf_deinit(&changes);
    json_reader_free(reader);
}
