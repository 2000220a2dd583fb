// Collecting a plan: effects as they leave, things as the playbooks describe them.
#include "app/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/utf8.h"

#define PLAN_BLOCK ((size_t)1 << 16)
#define PLAN_TEXT_MAX ((size_t)1 << 16)
#define PLAN_JSON_MAX ((size_t)1 << 20)
#define MINUTE_MS 60000

void plan_init(struct plan *plan)
{
    *plan = (struct plan){0};
    arena_init(&plan->arena, PLAN_BLOCK);
    plan->reader = json_reader_new(PLAN_JSON_MAX);
}

void plan_deinit(struct plan *plan)
{
    free(plan->items);
    free(plan->things);
    free(plan->days);
    json_reader_free(plan->reader);
    tz_close(plan->zone);
    arena_deinit(&plan->arena);
}

static const char *keep_text(struct plan *plan, const char *text, size_t size)
{
    return arena_printf(&plan->arena, "%.*s", (int)size, size == 0 ? "" : text);
}

// The "text" of a body, on one line.
static const char *body_text(struct plan *plan, const struct bytes *body)
{
    const struct json_node *root;
    struct err e;
    if (body == NULL || !json_parse(plan->reader, body->data, body->size, &root, &e) ||
        root->type != JSON_OBJECT) {
        return "";
    }
    const struct json_node *text = json_field(root, "text");
    if (text == NULL || text->type != JSON_TEXT) {
        return "";
    }
    struct buf line;
    struct buf shown;
    buf_init(&line, PLAN_TEXT_MAX);
    buf_init(&shown, 4 * PLAN_TEXT_MAX);
    buf_append(&line, text->text, text->text_size);
    for (size_t i = 0; i < line.size; i++) {
        line.data[i] = line.data[i] == '\n' ? ' ' : line.data[i];
    }
    utf8_escape(line.data, line.size, &shown);
    const char *kept = keep_text(plan, shown.data, shown.size);
    buf_deinit(&shown);
    buf_deinit(&line);
    return kept;
}

static void add_item(struct plan *plan, const struct plan_item *item)
{
    if (plan->item_count == plan->item_capacity) {
        plan->item_capacity = plan->item_capacity == 0 ? 256 : plan->item_capacity * 2;
        plan->items = xrealloc(plan->items, plan->item_capacity * sizeof(*plan->items));
    }
    plan->items[plan->item_count++] = *item;
}

// Private messages come by the hundred: the item of the same minute, if there is one.
static struct plan_item *same_minute(struct plan *plan, const struct plan_item *item)
{
    for (size_t i = plan->item_count; i-- > 0;) {
        struct plan_item *old = &plan->items[i];
        if (item->at_ms - old->at_ms > MINUTE_MS) {
            return NULL;
        }
        if (old->op == item->op && old->day == item->day && old->group == item->group &&
            strcmp(old->kind, item->kind) == 0) {
            return old;
        }
    }
    return NULL;
}

void plan_on_effect(void *ctx, struct engine *engine, uint32_t effect, int64_t now_ms)
{
    struct plan *plan = ctx;
    const struct outbox_row *row = table_get(engine->state, T_OUTBOX, effect);
    const char *kind = state_get_text(engine->state, row->kind);
    struct plan_item item = {
        .at_ms = now_ms,
        .day = (uint32_t)row->day,
        .group = (uint32_t)row->group,
        .op = row->op,
        .count = 1,
        .number = (uint32_t)plan->item_count,
        .kind = keep_text(plan, kind, strlen(kind)),
    };
    struct plan_item *same = row->member == 0 ? NULL : same_minute(plan, &item);
    if (same != NULL) {
        same->count++;
        return;
    }
    item.text = body_text(plan, row->body);
    add_item(plan, &item);
}

// --- Things. ---

static const char *field_text(struct plan *plan, const struct json_node *object, const char *name)
{
    const struct json_node *n = json_field(object, name);
    return n == NULL || n->type != JSON_TEXT ? "" : keep_text(plan, n->text, n->text_size);
}

static void thing_keep(struct plan *plan, const struct plan_thing *thing)
{
    if (plan->thing_count == plan->thing_capacity) {
        plan->thing_capacity = plan->thing_capacity == 0 ? 64 : plan->thing_capacity * 2;
        plan->things = xrealloc(plan->things, plan->thing_capacity * sizeof(*plan->things));
    }
    plan->things[plan->thing_count++] = *thing;
}

static void add_thing(struct plan *plan, uint32_t day, const struct json_node *n)
{
    const struct json_node *worst = json_field(n, "worst");
    const char *budget = field_text(plan, n, "budget");
    const char *word = field_text(plan, n, "word");
    if (budget[0] == '\0' || strcmp(word, "promotion") == 0) {
        return;  // It costs nothing, or stands in a row.
    }
    thing_keep(plan, &(struct plan_thing){
                         .day = day,
                         .word = word,
                         .name = field_text(plan, n, "name"),
                         .budget = budget,
                         .where = field_text(plan, n, "where"),
                         .worst = worst == NULL || worst->type != JSON_INT ? -1 : worst->integer,
                     });
}

// Promotions stand in rows, whether campaign.lua or a playbook declares them.
static void add_promotions(struct plan *plan)
{
    const struct state *state = plan->engine->state;
    for (uint32_t id = 0; (id = table_next(state, T_PROMOTIONS, id)) != 0;) {
        const struct promotion *row = table_get(state, T_PROMOTIONS, id);
        if (row->campaign == (int32_t)plan->campaign && row->budget != 0) {
            thing_keep(plan, &(struct plan_thing){
                                 .word = "promotion",
                                 .name = state_get_text(state, row->name),
                                 .budget = state_get_text(state, row->budget),
                                 .where = "",
                                 .worst = row->worst,
                             });
        }
    }
}

static bool read_things(struct plan *plan, uint32_t day, struct err *e)
{
    struct buf json;
    const struct json_node *root;
    buf_init(&json, PLAN_JSON_MAX);
    const bool ok = script_describe_day(plan->engine->script, day, &json, e) &&
                    json_parse(plan->reader, json.data, json.size, &root, e);
    if (ok) {
        const struct json_node *things = json_field(root, "things");
        for (const struct json_node *n = things == NULL ? NULL : json_child(things);
             n != NULL && n != json_end(things); n = json_next(n)) {
            add_thing(plan, day, n);
        }
    }
    buf_deinit(&json);
    return ok;
}

int64_t plan_budget_worst(const struct plan *plan, const char *budget)
{
    int64_t sum = 0;
    for (size_t i = 0; i < plan->thing_count; i++) {
        const struct plan_thing *thing = &plan->things[i];
        bool counted = false;
        // A coupon or card of a name is one in the whole campaign, whoever names it.
        const bool shared = strcmp(thing->word, "coupon") == 0 || strcmp(thing->word, "card") == 0;
        for (size_t j = 0; shared && j < i; j++) {
            counted |= strcmp(plan->things[j].word, thing->word) == 0 &&
                       strcmp(plan->things[j].name, thing->name) == 0;
        }
        if (strcmp(thing->budget, budget) != 0 || counted) {
            continue;
        }
        if (thing->worst < 0 || !money_add(sum, thing->worst, &sum)) {
            return -1;
        }
    }
    return sum;
}

// --- Order. ---

static int compare_items(const void *a, const void *b)
{
    const struct plan_item *x = a;
    const struct plan_item *y = b;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static void list_days(struct plan *plan)
{
    const struct state *state = plan->engine->state;
    plan->days = xcalloc((size_t)table_count(state, T_DAYS) + 1, sizeof(*plan->days));
    for (uint32_t id = 0; (id = table_next(state, T_DAYS, id)) != 0;) {
        const struct day *day = table_get(state, T_DAYS, id);
        size_t at = plan->day_count++;
        for (; at > 0; at--) {
            const struct day *before = table_get(state, T_DAYS, plan->days[at - 1]);
            if (before->number < day->number ||
                (before->number == day->number && strcmp(state_get_text(state, before->name),
                                                         state_get_text(state, day->name)) <= 0)) {
                break;
            }
            plan->days[at] = plan->days[at - 1];
        }
        plan->days[at] = id;
    }
}

bool plan_finish(struct plan *plan, struct rehearsal *rehearsal, struct err *e)
{
    plan->engine = &rehearsal->engine;
    plan->campaign = rehearsal->campaign;
    struct state *state = plan->engine->state;
    const struct campaign *row = table_get(state, T_CAMPAIGNS, plan->campaign);
    const char *currency = state_get_text(state, row->currency);
    plan->decimals = money_decimals(currency) < 0 ? 2 : money_decimals(currency);
    plan->symbol = money_symbol(currency);
    if (plan->item_count > 0) {
        qsort(plan->items, plan->item_count, sizeof(*plan->items), compare_items);
    }
    list_days(plan);
    add_promotions(plan);
    for (size_t i = 0; i < plan->day_count; i++) {
        if (!read_things(plan, plan->days[i], e)) {
            return false;
        }
    }
    return tz_open(state_get_text(state, row->zone), &plan->zone, e);
}
