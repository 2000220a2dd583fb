// A plan as text and as JSON (schema drumbeat.plan/1).
#include <stdio.h>
#include <string.h>

#include "app/plan.h"
#include "base/money.h"
#include "base/utf8.h"

#define TEXT_CELLS 60
#define BUDGET_PREFIX "budget:"

enum plan_word {
    W_QUIET,
    W_DAY,
    W_EVERYBODY,
    W_AS_IN,
    W_ITEMS,
    W_THINGS,
    W_LIMIT,
    W_NOTHING,
    W_TOTALS,
    W_TOTAL_HEADS,
    W_SUM,
    W_BUDGETS,
    W_BUDGET_HEADS,
};

static const char *const WORDS[2][W_BUDGET_HEADS + 1] = {
    {
        "A plan, not a forecast: nobody answers here. Gates and waits are shown as if nobody "
        "answered; what depends on answers, orders and peaks is missing.",
        "DAY",
        "the whole campaign",
        "texts as in",
        "time|what|text",
        "can give|name|budget|>at worst",
        "as the budget allows",
        "nothing",
        "TOTALS",
        "day|playbook|>groups|>messages|>private|>things|>at worst",
        "all",
        "BUDGETS",
        "budget|>cap|>things at worst|>to spare",
    },
    {
        "这是计划，不是预测：这里没有人回应。门槛和等待按无人回应显示；取决于回应、订单和高峰的"
        "内容不在其中。",
        "第",
        "整场活动",
        "文字同",
        "时间|内容|文字",
        "可送出|名称|预算|>最多花费",
        "以预算为限",
        "无",
        "合计",
        "天|剧本|>群|>消息|>私信|>物品|>最多花费",
        "全部",
        "预算",
        "预算|>上限|>物品最多花费|>余额",
    },
};

struct view {
    const struct plan *plan;
    const struct state *state;
    const struct term *term;
    const char *const *words;
    struct buf *out;
};

static const struct day *day_of(const struct plan *plan, size_t place)
{
    return table_get(plan->engine->state, T_DAYS, plan->days[place]);
}

static const char *group_name(const struct plan *plan, uint32_t group)
{
    const struct group *row = table_get(plan->engine->state, T_GROUPS, group);
    return row == NULL ? "" : state_get_text(plan->engine->state, row->ext);
}

// "20:30" or "20:30:15"; with the date where it is another than the day's.
static void put_time(const struct plan *plan, const struct day *day, int64_t at_ms, char *out,
                     size_t size)
{
    struct tz_civil at;
    struct tz_civil first;
    char clock[16];
    tz_to_local(plan->zone, at_ms, &at);
    tz_to_local(plan->zone, day->from_at, &first);
    if (at.second == 0) {
        snprintf(clock, sizeof(clock), "%02d:%02d", at.hour, at.minute);
    } else {
        snprintf(clock, sizeof(clock), "%02d:%02d:%02d", at.hour, at.minute, at.second);
    }
    if (at.day == first.day && at.month == first.month) {
        snprintf(out, size, "%s", clock);
    } else {
        snprintf(out, size, "%02d-%02d %s", at.month, at.day, clock);
    }
}

static void put_date(const struct plan *plan, int64_t at_ms, char *out, size_t size)
{
    struct tz_civil at;
    tz_to_local(plan->zone, at_ms, &at);
    snprintf(out, size, "%04d-%02d-%02d", at.year, at.month, at.day);
}

static void put_money(const struct plan *plan, int64_t amount, char *out, size_t size)
{
    char number[40];
    money_format(amount, plan->decimals, number, sizeof(number));
    snprintf(out, size, "%s%s", plan->symbol, number);
}

static const char *item_kind(const struct plan_item *item)
{
    return item->kind[0] == '\0' ? outbox_op_names[item->op] : item->kind;
}

// --- Groups of a day, those with the same items together: their texts differ in names only. ---

// The range of items of a group in `items`, which stand in order of group.
static size_t group_start(const struct plan *plan, uint32_t group)
{
    size_t at = 0;
    while (at < plan->item_count && plan->items[at].group < group) {
        at++;
    }
    return at;
}

static size_t next_of_day(const struct plan *plan, size_t at, uint32_t group, uint32_t day)
{
    while (at < plan->item_count && plan->items[at].group == group && plan->items[at].day != day) {
        at++;
    }
    return at < plan->item_count && plan->items[at].group == group ? at : SIZE_MAX;
}

static bool same_items(const struct plan *plan, uint32_t a, uint32_t b, uint32_t day)
{
    size_t x = next_of_day(plan, group_start(plan, a), a, day);
    size_t y = next_of_day(plan, group_start(plan, b), b, day);
    while (x != SIZE_MAX && y != SIZE_MAX) {
        const struct plan_item *p = &plan->items[x];
        const struct plan_item *q = &plan->items[y];
        if (p->at_ms != q->at_ms || p->op != q->op || p->count != q->count ||
            strcmp(p->kind, q->kind) != 0) {
            return false;
        }
        x = next_of_day(plan, x + 1, a, day);
        y = next_of_day(plan, y + 1, b, day);
    }
    return x == y;
}

static bool has_items(const struct plan *plan, uint32_t group, uint32_t day)
{
    return next_of_day(plan, group_start(plan, group), group, day) != SIZE_MAX;
}

static bool shown_before(const struct plan *plan, uint32_t group, uint32_t day)
{
    for (uint32_t other = 1; other < group; other++) {
        if (has_items(plan, other, day) && same_items(plan, other, group, day)) {
            return true;
        }
    }
    return false;
}

static void put_items(const struct view *view, uint32_t group, const struct day *day)
{
    const struct plan *plan = view->plan;
    struct term_table table;
    term_table_init(&table, view->words[W_ITEMS]);
    for (size_t i = next_of_day(plan, group_start(plan, group), group, day->id); i != SIZE_MAX;
         i = next_of_day(plan, i + 1, group, day->id)) {
        const struct plan_item *item = &plan->items[i];
        char clock[32];
        char times[24] = "";
        const size_t size = strlen(item->text);
        const size_t fits = utf8_fit(item->text, size, TEXT_CELLS);
        put_time(plan, day, item->at_ms, clock, sizeof(clock));
        if (item->count > 1) {
            snprintf(times, sizeof(times), " ×%d", (int)item->count);
        }
        term_table_cell(&table, "%s", clock);
        term_table_cell(&table, "%s%s", item_kind(item), times);
        term_table_cell(&table, "%.*s%s", (int)fits, item->text, fits < size ? "…" : "");
    }
    term_table_print(&table, view->term, 4, view->out);
    term_table_deinit(&table);
}

static void put_groups(const struct view *view, const struct day *day)
{
    const struct plan *plan = view->plan;
    const uint32_t last = table_last(view->state, T_GROUPS);
    for (uint32_t group = 0; group <= last; group++) {
        if (!has_items(plan, group, day->id) || (group > 0 && shown_before(plan, group, day->id))) {
            continue;
        }
        buf_puts(view->out, "  ");
        buf_puts(view->out, group == 0 ? view->words[W_EVERYBODY] : group_name(plan, group));
        bool alone = true;
        for (uint32_t other = group + 1; group > 0 && other <= last; other++) {
            if (has_items(plan, other, day->id) && same_items(plan, group, other, day->id)) {
                buf_printf(view->out, ", %s", group_name(plan, other));
                alone = false;
            }
        }
        if (!alone) {
            buf_printf(view->out, " (%s %s)", view->words[W_AS_IN], group_name(plan, group));
        }
        buf_putc(view->out, '\n');
        put_items(view, group, day);
    }
}

// --- Days. ---

static void put_things(const struct view *view, uint32_t day)
{
    const struct plan *plan = view->plan;
    struct term_table table;
    size_t count = 0;
    term_table_init(&table, view->words[W_THINGS]);
    for (size_t i = 0; i < plan->thing_count; i++) {
        const struct plan_thing *thing = &plan->things[i];
        char money[64];
        if (thing->day != day) {
            continue;
        }
        put_money(plan, thing->worst, money, sizeof(money));
        term_table_cell(&table, "%s", thing->word);
        term_table_cell(&table, "%s", thing->name);
        term_table_cell(&table, "%s", thing->budget);
        term_table_cell(&table, "%s", thing->worst < 0 ? view->words[W_LIMIT] : money);
        count++;
    }
    if (count > 0) {
        term_table_print(&table, view->term, 2, view->out);
    }
    term_table_deinit(&table);
}

static void put_day(const struct view *view, const struct day *day)
{
    char date[32];
    char head[400];
    const bool chinese = view->words == WORDS[1];
    put_date(view->plan, day->from_at, date, sizeof(date));
    snprintf(head, sizeof(head), "%s%s%s%s · %s · %s (%s)", view->words[W_DAY], chinese ? "" : " ",
             state_get_text(view->state, day->name), chinese ? "天" : "", date,
             state_get_text(view->state, day->playbook), state_get_text(view->state, day->goal));
    buf_putc(view->out, '\n');
    term_style(view->term, view->out, TERM_BOLD, head);
    buf_putc(view->out, '\n');
    put_groups(view, day);
    put_things(view, day->id);
}

// --- Totals. ---

struct sums {
    int64_t groups, messages, private, things, worst;
};

static void sum_day(const struct plan *plan, uint32_t day, struct sums *sums)
{
    uint32_t last_group = 0;
    for (size_t i = 0; i < plan->item_count; i++) {
        const struct plan_item *item = &plan->items[i];
        if (item->day != day) {
            continue;
        }
        sums->groups += item->group != last_group;
        last_group = item->group;
        *(item->op == OUTBOX_DM ? &sums->private : &sums->messages) += item->count;
    }
    for (size_t i = 0; i < plan->thing_count; i++) {
        if (plan->things[i].day == day) {
            sums->things++;
            // A sum of worst costs that doesn't fit is beyond any budget anyway.
            if (plan->things[i].worst > 0 &&
                !money_add(sums->worst, plan->things[i].worst, &sums->worst)) {
                sums->worst = INT64_MAX;
            }
        }
    }
}

static void put_sums(const struct view *view, struct term_table *table, const char *day,
                     const char *playbook, const struct sums *sums)
{
    char money[64];
    put_money(view->plan, sums->worst, money, sizeof(money));
    term_table_cell(table, "%s", day);
    term_table_cell(table, "%s", playbook);
    term_table_cell(table, "%lld", (long long)sums->groups);
    term_table_cell(table, "%lld", (long long)sums->messages);
    term_table_cell(table, "%lld", (long long)sums->private);
    term_table_cell(table, "%lld", (long long)sums->things);
    term_table_cell(table, "%s", money);
}

static const char *budget_of(const struct plan *plan, const struct account *account)
{
    const char *name = state_get_text(plan->engine->state, account->name);
    const size_t prefix = sizeof(BUDGET_PREFIX) - 1;
    return account->campaign == (int32_t)plan->campaign && strncmp(name, BUDGET_PREFIX, prefix) == 0
               ? name + prefix
               : NULL;
}

// What several days name is counted once.
static int64_t all_budgets_worst(const struct plan *plan)
{
    const struct state *state = plan->engine->state;
    int64_t sum = 0;
    for (uint32_t id = 0; (id = table_next(state, T_ACCOUNTS, id)) != 0;) {
        const char *budget = budget_of(plan, table_get(state, T_ACCOUNTS, id));
        const int64_t worst = budget == NULL ? 0 : plan_budget_worst(plan, budget);
        if (worst > 0 && !money_add(sum, worst, &sum)) {
            return INT64_MAX;
        }
    }
    return sum;
}

static void put_totals(const struct view *view)
{
    const struct plan *plan = view->plan;
    struct term_table table;
    struct sums all = {0};
    buf_putc(view->out, '\n');
    term_style(view->term, view->out, TERM_BOLD, view->words[W_TOTALS]);
    buf_putc(view->out, '\n');
    term_table_init(&table, view->words[W_TOTAL_HEADS]);
    for (size_t i = 0; i < plan->day_count; i++) {
        const struct day *day = day_of(plan, i);
        struct sums sums = {0};
        sum_day(plan, day->id, &sums);
        put_sums(view, &table, state_get_text(view->state, day->name),
                 state_get_text(view->state, day->playbook), &sums);
        all.messages += sums.messages;
        all.private += sums.private;
        all.things += sums.things;
    }
    all.worst = all_budgets_worst(plan);
    all.groups = table_count(view->state, T_GROUPS);
    put_sums(view, &table, view->words[W_SUM], "", &all);
    term_table_print(&table, view->term, 1, view->out);
    term_table_deinit(&table);
}

static void put_budgets(const struct view *view)
{
    const struct plan *plan = view->plan;
    struct term_table table;
    buf_putc(view->out, '\n');
    term_style(view->term, view->out, TERM_BOLD, view->words[W_BUDGETS]);
    buf_putc(view->out, '\n');
    term_table_init(&table, view->words[W_BUDGET_HEADS]);
    for (uint32_t id = 0; (id = table_next(view->state, T_ACCOUNTS, id)) != 0;) {
        const struct account *account = table_get(view->state, T_ACCOUNTS, id);
        const char *budget = budget_of(plan, account);
        if (budget == NULL) {
            continue;
        }
        const int64_t worst = plan_budget_worst(plan, budget);
        char money[64];
        term_table_cell(&table, "%s", budget);
        put_money(plan, account->opening, money, sizeof(money));
        term_table_cell(&table, "%s", money);
        put_money(plan, worst, money, sizeof(money));
        term_table_cell(&table, "%s", worst < 0 ? view->words[W_LIMIT] : money);
        put_money(plan, account->opening - worst, money, sizeof(money));
        term_table_cell(&table, "%s", worst < 0 ? "" : money);
    }
    term_table_print(&table, view->term, 1, view->out);
    term_table_deinit(&table);
}

void plan_put_text(const struct plan *plan, const struct term *term, bool chinese, struct buf *out)
{
    const struct view view = {
        .plan = plan,
        .state = plan->engine->state,
        .term = term,
        .words = WORDS[chinese ? 1 : 0],
        .out = out,
    };
    const struct campaign *row = table_get(view.state, T_CAMPAIGNS, plan->campaign);
    char from[32];
    char until[32];
    put_date(plan, row->from_at, from, sizeof(from));
    put_date(plan, row->until_at - 1, until, sizeof(until));
    buf_printf(out, "%s · %s – %s (%s)\n", state_get_text(view.state, row->name), from, until,
               state_get_text(view.state, row->zone));
    term_wrap(out, view.words[W_QUIET], 0, 0, term->width);
    buf_putc(out, '\n');
    for (size_t i = 0; i < plan->day_count; i++) {
        put_day(&view, day_of(plan, i));
    }
    put_totals(&view);
    put_things(&view, 0);  // Of the campaign: its promotions.
    put_budgets(&view);
}

// --- JSON. ---

static void json_pair(struct buf *out, const char *name, const char *text)
{
    json_key(out, name);
    json_put_z(out, text);
}

static void json_number(struct buf *out, const char *name, int64_t number)
{
    json_key(out, name);
    json_put_int(out, number);
}

static void json_items(const struct plan *plan, const struct day *day, struct buf *out)
{
    json_key(out, "sends");
    buf_putc(out, '[');
    for (size_t i = 0; i < plan->item_count; i++) {
        const struct plan_item *item = &plan->items[i];
        if (item->day != day->id) {
            continue;
        }
        char clock[32];
        put_time(plan, day, item->at_ms, clock, sizeof(clock));
        json_comma(out);
        buf_putc(out, '{');
        json_pair(out, "group", group_name(plan, item->group));
        json_pair(out, "at", clock);
        json_number(out, "at_ms", item->at_ms);
        json_pair(out, "op", outbox_op_names[item->op]);
        json_pair(out, "kind", item->kind);
        json_number(out, "count", item->count);
        json_pair(out, "text", item->text);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_worst(struct buf *out, int64_t worst)
{
    json_key(out, "worst_fen");
    if (worst < 0) {
        buf_puts(out, "null");
    } else {
        json_put_int(out, worst);
    }
}

static void json_things(const struct plan *plan, uint32_t day, struct buf *out)
{
    json_key(out, "gives");
    buf_putc(out, '[');
    for (size_t i = 0; i < plan->thing_count; i++) {
        const struct plan_thing *thing = &plan->things[i];
        if (thing->day != day) {
            continue;
        }
        json_comma(out);
        buf_putc(out, '{');
        json_pair(out, "word", thing->word);
        json_pair(out, "name", thing->name);
        json_pair(out, "budget", thing->budget);
        json_worst(out, thing->worst);
        json_pair(out, "where", thing->where);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_day(const struct plan *plan, const struct day *day, struct buf *out)
{
    const struct state *state = plan->engine->state;
    struct sums sums = {0};
    char date[32];
    put_date(plan, day->from_at, date, sizeof(date));
    sum_day(plan, day->id, &sums);
    json_comma(out);
    buf_putc(out, '{');
    json_number(out, "number", day->number);
    json_pair(out, "name", state_get_text(state, day->name));
    json_pair(out, "date", date);
    json_pair(out, "playbook", state_get_text(state, day->playbook));
    json_pair(out, "goal", state_get_text(state, day->goal));
    json_number(out, "messages", sums.messages);
    json_number(out, "private", sums.private);
    json_number(out, "worst_fen", sums.worst);
    json_items(plan, day, out);
    json_things(plan, day->id, out);
    buf_putc(out, '}');
}

void plan_put_json(const struct plan *plan, struct buf *out)
{
    const struct state *state = plan->engine->state;
    const struct campaign *row = table_get(state, T_CAMPAIGNS, plan->campaign);
    buf_puts(out, "{\"schema\":\"drumbeat.plan/1\",\"quiet\":true");
    json_pair(out, "campaign", state_get_text(state, row->name));
    json_pair(out, "currency", state_get_text(state, row->currency));
    json_pair(out, "zone", state_get_text(state, row->zone));
    json_number(out, "from_at", row->from_at);
    json_number(out, "until_at", row->until_at);
    json_key(out, "days");
    buf_putc(out, '[');
    for (size_t i = 0; i < plan->day_count; i++) {
        json_day(plan, day_of(plan, i), out);
    }
    buf_putc(out, ']');
    json_things(plan, 0, out);  // Of the campaign: its promotions.
    json_key(out, "budgets");
    buf_putc(out, '[');
    for (uint32_t id = 0; (id = table_next(state, T_ACCOUNTS, id)) != 0;) {
        const struct account *account = table_get(state, T_ACCOUNTS, id);
        const char *budget = budget_of(plan, account);
        if (budget != NULL) {
            json_comma(out);
            buf_putc(out, '{');
            json_pair(out, "name", budget);
            json_number(out, "cap_fen", account->opening);
            json_worst(out, plan_budget_worst(plan, budget));
            buf_putc(out, '}');
        }
    }
    buf_puts(out, "]}\n");
}
