// Two databases compared by what people would notice, not by rows: ids and times may differ.

#include "app/replay_with.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fact {
    char *name, *who, *value;
};

struct facts_list {
    struct fact *items;
    size_t count, capacity;
};

// What goes out, the money there is, and what each member has. Ops stand as in outbox_op_names.
static const char *const QUERIES[] = {
    "SELECT 'day ' || coalesce(d.name, '') || ': ' || CASE o.op WHEN 0 THEN 'send' WHEN 1 THEN 'dm'"
    " WHEN 2 THEN 'kick' WHEN 3 THEN 'title' WHEN 4 THEN 'pin' WHEN 5 THEN 'invite_code'"
    " WHEN 6 THEN 'members' WHEN 7 THEN 'price' WHEN 8 THEN 'voucher' ELSE 'pay' END || ' ' ||"
    " o.kind, coalesce(g.ext, '') || ' ' || coalesce(m.ext, ''), coalesce(o.body, '')"
    " FROM outbox o LEFT JOIN days d ON d.id = o.day LEFT JOIN \"groups\" g ON g.id = o.\"group\""
    " LEFT JOIN members m ON m.id = o.member",
    "SELECT 'money', coalesce(c.name || ' ', '') || a.name, a.balance FROM accounts a"
    " LEFT JOIN campaigns c ON c.id = a.campaign",
    "SELECT 'members', m.ext, coalesce(v.n, 0) || ' vouchers, ' || coalesce(p.n, 0) || ' prizes, '"
    " || coalesce(p.a, 0) || ' won, ' || m.orders || ' orders, ' || m.spent || ' spent'"
    " FROM members m LEFT JOIN (SELECT member, count(*) AS n FROM vouchers GROUP BY member) v"
    " ON v.member = m.id LEFT JOIN (SELECT member, count(*) AS n, sum(amount) AS a FROM plays"
    " WHERE prize <> 0 OR amount <> 0 GROUP BY member) p ON p.member = m.id",
};

static char *text_of(const struct value *value)
{
    if (value->type == VALUE_INT) {
        char number[32];
        snprintf(number, sizeof(number), "%" PRId64, value->integer);
        return xstrdup(number);
    }
    return value->type == VALUE_NULL ? xstrdup("") : xstrndup(value->data, value->size);
}

static bool on_fact(void *ctx, const struct store_row *row, struct err *e)
{
    struct facts_list *list = ctx;
    (void)e;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 1024 : list->capacity * 2;
        list->items = xrealloc(list->items, list->capacity * sizeof(*list->items));
    }
    list->items[list->count++] =
        (struct fact){text_of(&row->values[0]), text_of(&row->values[1]), text_of(&row->values[2])};
    return true;
}

static int compare_places(const struct fact *a, const struct fact *b)
{
    const int names = strcmp(a->name, b->name);
    return names != 0 ? names : strcmp(a->who, b->who);
}

static int compare_facts(const void *a, const void *b)
{
    const int places = compare_places(a, b);
    return places != 0 ? places
                       : strcmp(((const struct fact *)a)->value, ((const struct fact *)b)->value);
}

static bool load_facts(struct store *store, struct facts_list *out, struct err *e)
{
    for (size_t i = 0; i < sizeof(QUERIES) / sizeof(QUERIES[0]); i++) {
        if (!store_query(store, QUERIES[i], NULL, 0, on_fact, out, e)) {
            return false;
        }
    }
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof(*out->items), compare_facts);
    }
    return true;
}

static void free_facts(struct facts_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].who);
        free(list->items[i].value);
    }
    free(list->items);
}

static void note(struct replay_changes *changes, const struct fact *old, const struct fact *now)
{
    const struct fact *fact = old == NULL ? now : old;
    struct replay_change *change = changes->count == 0 ? NULL : &changes->items[changes->count - 1];
    if (change == NULL || strcmp(change->name, fact->name) != 0) {
        if (changes->count == changes->capacity) {
            changes->capacity = changes->capacity == 0 ? 16 : changes->capacity * 2;
            changes->items = xrealloc(changes->items, changes->capacity * sizeof(*changes->items));
        }
        change = &changes->items[changes->count++];
        *change = (struct replay_change){.name = xstrdup(fact->name)};
    }
    change->added += old == NULL;
    change->gone += now == NULL;
    change->changed += old != NULL && now != NULL;
    if (change->sample_count < REPLAY_SAMPLES_MAX) {
        change->samples[change->sample_count++] = (struct replay_sample){
            .who = xstrdup(fact->who),
            .old = old == NULL ? NULL : xstrdup(old->value),
            .now = now == NULL ? NULL : xstrdup(now->value),
        };
    }
}

// The facts of one place: those that both have cancel out, what is left is paired off.
static void compare_place(const struct fact *old, size_t old_count, const struct fact *now,
                          size_t now_count, struct replay_changes *out)
{
    const struct fact **gone = xcalloc(old_count + 1, sizeof(*gone));
    const struct fact **added = xcalloc(now_count + 1, sizeof(*added));
    size_t gone_count = 0;
    size_t added_count = 0;
    size_t a = 0;
    size_t b = 0;
    while (a < old_count || b < now_count) {
        const int order = a == old_count   ? 1
                          : b == now_count ? -1
                                           : strcmp(old[a].value, now[b].value);
        if (order < 0) {
            gone[gone_count++] = &old[a];
        } else if (order > 0) {
            added[added_count++] = &now[b];
        }
        a += order <= 0;
        b += order >= 0;
    }
    for (size_t i = 0; i < gone_count || i < added_count; i++) {
        note(out, i < gone_count ? gone[i] : NULL, i < added_count ? added[i] : NULL);
    }
    free(gone);
    free(added);
}

static size_t same_place(const struct facts_list *list, size_t from, const struct fact *place)
{
    size_t end = from;
    while (end < list->count && compare_places(&list->items[end], place) == 0) {
        end++;
    }
    return end - from;
}

bool replay_diff(struct store *old, struct store *now, struct replay_changes *out, struct err *e)
{
    struct facts_list before = {0};
    struct facts_list after = {0};
    const bool done = load_facts(old, &before, e) && load_facts(now, &after, e);
    size_t a = 0;
    size_t b = 0;
    while (done && (a < before.count || b < after.count)) {
        const struct fact *place = &after.items[b];
        if (b == after.count || (a < before.count && compare_places(&before.items[a], place) < 0)) {
            place = &before.items[a];
        }
        const size_t old_count = same_place(&before, a, place);
        const size_t now_count = same_place(&after, b, place);
        compare_place(before.items + a, old_count, after.items + b, now_count, out);
        a += old_count;
        b += now_count;
    }
    free_facts(&before);
    free_facts(&after);
    return done;
}
