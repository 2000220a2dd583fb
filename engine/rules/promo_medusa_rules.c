// Medusa's rules: an attribute path into the cart or one of its rows, an operator, values.

#include "rules/promo_medusa_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/promo_read.h"

static bool compare(const char *op, const struct json_node *rule, const struct json_node *found)
{
    int order = 0;
    bool comparable = false;
    if (found != NULL && found->type == JSON_TEXT) {
        uint32_t size = rule->text_size < found->text_size ? rule->text_size : found->text_size;
        order = memcmp(rule->text, found->text, size);
        if (order == 0) {
            order = (rule->text_size > found->text_size) - (rule->text_size < found->text_size);
        }
        comparable = true;
    }
    if (strcmp(op, "in") == 0 || strcmp(op, "eq") == 0) {
        return comparable && order == 0;
    }
    if (strcmp(op, "ne") == 0) {
        return !comparable || order != 0;
    }
    if (found != NULL && (found->type == JSON_INT || found->type == JSON_REAL)) {
        // Against a number, the rule's text counts as one, as in JavaScript.
        char text[64] = "";
        char *end;
        memcpy(text, rule->text, rule->text_size < 63 ? rule->text_size : 63);
        double left = strtod(text, &end);
        double right = found->type == JSON_INT ? (double)found->integer : found->real;
        comparable = *end == 0 && end != text && !isnan(left);
        order = (left > right) - (left < right);
    }
    // The rule's value stands on the left: "gt" asks whether it is greater than what was found.
    return comparable &&
           ((strcmp(op, "gt") == 0 && order > 0) || (strcmp(op, "gte") == 0 && order >= 0) ||
            (strcmp(op, "lt") == 0 && order < 0) || (strcmp(op, "lte") == 0 && order <= 0));
}

static bool any_value(const char *op, const struct json_node *values, const struct json_node *found)
{
    if (values == NULL) {
        return false;
    }
    if (values->type == JSON_TEXT) {
        return compare(op, values, found);
    }
    for (const struct json_node *n = json_child(values); n != json_end(values); n = json_next(n)) {
        if (compare(op, n, found)) {
            return true;
        }
    }
    return false;
}

// Every value at the path must satisfy the rule; a list on the way fans out. Depth: path segments.
static bool path_holds(const struct json_node *at, const char *path, size_t size, const char *op,
                       const struct json_node *values)
{
    if (at != NULL && at->type == JSON_ARRAY) {
        for (const struct json_node *n = json_child(at); n != json_end(at); n = json_next(n)) {
            if (!path_holds(n, path, size, op, values)) {
                return false;
            }
        }
        return true;
    }
    if (size == 0 || at == NULL || at->type != JSON_OBJECT) {
        return any_value(op, values, size == 0 ? at : NULL);
    }
    const char *dot = memchr(path, '.', size);
    size_t step = dot == NULL ? size : (size_t)(dot - path);
    char name[128];
    if (step >= sizeof name) {
        return false;
    }
    memcpy(name, path, step);
    name[step] = 0;
    size_t skip = dot == NULL ? size : step + 1;
    return path_holds(json_field(at, name), path + skip, size - skip, op, values);
}

bool promo_medusa_hold(const struct json_node *rules, const struct json_node *context, bool of_item)
{
    if (rules == NULL) {
        return true;
    }
    for (const struct json_node *n = json_child(rules); n != json_end(rules); n = json_next(n)) {
        const struct json_node *attribute = json_field(n, "attribute");
        const struct json_node *operator= json_field(n, "operator");
        const char *path = attribute->text;
        size_t size = attribute->text_size;
        if (of_item && size > 6 && memcmp(path, "items.", 6) == 0) {
            path += 6;
            size -= 6;
        }
        char op[8] = "";
        memcpy(op, operator->text, operator->text_size);
        if (!path_holds(context, path, size, op, json_field(n, "values"))) {
            return false;
        }
    }
    return true;
}

bool promo_medusa_rules(const struct json_node *object, const char *where, const char *name,
                        const struct json_node **out, struct err *e)
{
    static const struct promo_word words[] = {{"eq", 0},  {"in", 0}, {"ne", 0},  {"gt", 0},
                                              {"gte", 0}, {"lt", 0}, {"lte", 0}, {NULL, 0}};
    if (!promo_read_list(object, where, name, PROMO_PARTS_MAX, out, e)) {
        return false;
    }
    if (*out == NULL) {
        return true;
    }
    uint32_t index = 0;
    for (const struct json_node *n = json_child(*out); n != json_end(*out); n = json_next(n)) {
        struct promo_place at = promo_place("%s%s[%u].", where, name, index++);
        const struct json_node *attribute = NULL;
        const struct json_node *values = NULL;
        int unused;
        if (!promo_read_is_object(n, at.text, e) ||
            !promo_read_text(n, at.text, "attribute", &attribute, e) ||
            !promo_read_word(n, at.text, "operator", words, &unused, e) ||
            !promo_read_names(n, at.text, "values", &values, e)) {
            return false;
        }
        if (attribute == NULL) {
            return err_set(e, ERR_INVALID, "%sattribute: missing", at.text);
        }
    }
    return true;
}
