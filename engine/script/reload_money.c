// Worst costs against budgets, before a reload and after.
#include <stdio.h>
#include <stdlib.h>

#include "script/reload_internal.h"

static bool add_up(struct reload *reload, struct instance *head, struct instance *const *list,
                   size_t count, struct buf *problems, struct buf *sums, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i]->campaign == reload->asked->campaign) {
            (void)instance_ready(list[i]);  // What can't be built costs nothing.
        }
    }
    return bind_costs(head, list, count, problems, e) &&
           reload_call_json(head, "campaign_sums", NULL, sums, e);
}

static const struct json_node *find_budget(const struct json_node *list, const char *name)
{
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (json_text_is(json_field(n, "budget"), name)) {
            return n;
        }
    }
    return NULL;
}

static void copy_amount(struct buf *out, const char *key, const struct json_node *budget,
                        const char *field)
{
    const struct json_node *amount = budget == NULL ? NULL : json_field(budget, field);
    if (amount != NULL && amount->type == JSON_INT) {
        json_key(out, key);
        json_put_int(out, amount->integer);
    }
}

static bool list_budgets(struct reload *reload, const struct buf *before, const struct buf *after,
                         struct err *e)
{
    struct json_reader *other = json_reader_new(RELOAD_JSON_MAX);
    const struct json_node *old;
    const struct json_node *now;
    const bool ok = json_parse(other, before->data, before->size, &old, e) &&
                    json_parse(reload->script->reader, after->data, after->size, &now, e);
    for (const struct json_node *n = ok ? json_child(now) : NULL; ok && n != json_end(now);
         n = json_next(n)) {
        const struct json_node *name = json_field(n, "budget");
        char text[100];
        snprintf(text, sizeof(text), "%.*s", (int)name->text_size, name->text);
        const struct json_node *was = find_budget(old, text);
        json_comma(&reload->budgets);
        buf_putc(&reload->budgets, '{');
        json_key(&reload->budgets, "budget");
        json_put_z(&reload->budgets, text);
        copy_amount(&reload->budgets, "cap", n, "cap");
        copy_amount(&reload->budgets, "left", n, "left");
        copy_amount(&reload->budgets, "worst", n, "worst");
        copy_amount(&reload->budgets, "cap_before", was, "cap");
        copy_amount(&reload->budgets, "worst_before", was, "worst");
        buf_putc(&reload->budgets, '}');
    }
    json_reader_free(other);
    return ok;
}

bool reload_carry(struct reload *reload, const struct buf *before, struct err *e)
{
    struct buf after;
    struct instance **list = xcalloc(reload->day_count + 1, sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < reload->day_count; i++) {
        if (reload->days[i].now != NULL) {
            list[count++] = reload->days[i].now;
        }
    }
    buf_init(&after, RELOAD_JSON_MAX);
    const bool ok = add_up(reload, reload->head, list, count, reload->problems, &after, e) &&
                    list_budgets(reload, before, &after, e);
    buf_deinit(&after);
    free(list);
    return ok;
}

bool reload_cost_before(struct reload *reload, struct buf *sums, struct err *e)
{
    const struct script *script = reload->script;
    struct buf ignored;
    buf_init(&ignored, RELOAD_JSON_MAX);
    const bool ok = add_up(reload, reload->old_head, script->instances, script->instance_count,
                           &ignored, sums, e);
    buf_deinit(&ignored);
    return ok;
}
