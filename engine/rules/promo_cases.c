// Runs a file of neutral cases: judges each by its family's policy and compares what the case
// expects with what came out, field by field.

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "rules/promo.h"

#define FILE_MAX ((size_t)64 << 20)
#define RESULT_MAX ((size_t)16 << 20)

struct runner {
    struct json_reader *reader;  // For results.
    struct buf result;
    struct buf *report;
    const char *only_policy;
    size_t passed, failed;
};

static bool number_of(const struct json_node *node, double *out)
{
    *out = node->type == JSON_INT ? (double)node->integer : node->real;
    return node->type == JSON_INT || node->type == JSON_REAL;
}

// Whole numbers must be equal; decimals (Medusa's unrounded thirds) agree to 10^-7.
static bool equal(const struct json_node *a, const struct json_node *b)
{
    double x, y;
    if (a->type == JSON_INT && b->type == JSON_INT) {
        return a->integer == b->integer;
    }
    if (number_of(a, &x)) {
        return number_of(b, &y) && fabs(x - y) < 1e-7;
    }
    if (a->type != b->type) {
        return false;
    }
    if (a->type == JSON_TEXT) {
        return a->text_size == b->text_size && memcmp(a->text, b->text, a->text_size) == 0;
    }
    if (a->type == JSON_ARRAY || a->type == JSON_OBJECT) {
        if (a->count != b->count) {
            return false;
        }
        const struct json_node *y_node = json_child(b);
        for (const struct json_node *n = json_child(a); n != json_end(a); n = json_next(n)) {
            const struct json_node *other = y_node;
            if (a->type == JSON_OBJECT) {
                char key[256];
                if (n->key_size >= sizeof key) {
                    return false;
                }
                memcpy(key, n->key, n->key_size);
                key[n->key_size] = 0;
                other = json_field(b, key);
            }
            if (other == NULL || !equal(n, other)) {
                return false;
            }
            y_node = json_next(y_node);
        }
    }
    return true;
}

static void fail(struct runner *r, const struct json_node *id, const char *field,
                 const struct json_node *member, const struct json_node *expected,
                 const struct json_node *got)
{
    buf_puts(r->report, "FAIL ");
    if (id != NULL && id->type == JSON_TEXT) {
        buf_append(r->report, id->text, id->text_size);
    }
    buf_printf(r->report, ": %s", field);
    if (member != NULL) {
        buf_putc(r->report, '[');
        buf_append(r->report, member->key, member->key_size);
        buf_putc(r->report, ']');
    }
    buf_puts(r->report, ": expected ");
    json_canonical(expected, r->report);
    buf_puts(r->report, ", got ");
    if (got == NULL) {
        buf_puts(r->report, "nothing");
    } else {
        json_canonical(got, r->report);
    }
    buf_putc(r->report, '\n');
}

static bool field_name(const struct json_node *node, char *out, size_t size)
{
    if (node->key_size >= size) {
        return false;
    }
    memcpy(out, node->key, node->key_size);
    out[node->key_size] = 0;
    return true;
}

// Maps by sku are compared member by member: a case names only the goods it cares about. Sylius'
// own tests speak of a line's discount sometimes with, sometimes without its share of discounts on
// the order ("line_discount" either way), so either counts.
static bool map_equal(struct runner *r, const struct json_node *id, const char *field,
                      const struct json_node *expected, const struct json_node *got,
                      const struct json_node *also)
{
    bool good = true;
    for (const struct json_node *n = json_child(expected); n != json_end(expected);
         n = json_next(n)) {
        char name[512];
        const struct json_node *value = NULL;
        const struct json_node *other = NULL;
        if (field_name(n, name, sizeof name)) {
            value = json_field(got, name);
            other = also == NULL ? NULL : json_field(also, name);
        }
        bool same = value == NULL ? n->type == JSON_NULL : equal(n, value);
        if (!same && other != NULL) {
            same = equal(n, other);
        }
        if (!same) {
            fail(r, id, field, n, n, value);
            good = false;
        }
    }
    return good;
}

static bool compare(struct runner *r, const struct json_node *id, const struct json_node *expect,
                    const struct json_node *result)
{
    bool good = true;
    for (const struct json_node *n = json_child(expect); n != json_end(expect); n = json_next(n)) {
        char name[128];
        if (!field_name(n, name, sizeof name)) {
            return false;
        }
        const struct json_node *got = json_field(result, name);
        if (got != NULL && got->type == JSON_OBJECT && n->type == JSON_OBJECT) {
            const struct json_node *also = strcmp(name, "line_discount") == 0
                                               ? json_field(result, "line_unit_discount")
                                               : NULL;
            good &= map_equal(r, id, name, n, got, also);
        } else if (got == NULL ? n->type != JSON_NULL : !equal(n, got)) {
            fail(r, id, name, NULL, n, got);
            good = false;
        }
    }
    return good;
}

// A case may expect a refusal: {"error": true} or a part of its words.
static bool refusal_expected(const struct json_node *expect, const struct err *e)
{
    const struct json_node *error = json_field(expect, "error");
    if (error == NULL) {
        return false;
    }
    return error->type != JSON_TEXT ||
           memmem(e->text, strlen(e->text), error->text, error->text_size) != NULL;
}

static void run_case(struct runner *r, const struct json_node *node)
{
    const struct json_node *id = node->type == JSON_OBJECT ? json_field(node, "id") : NULL;
    const struct json_node *family = node->type == JSON_OBJECT ? json_field(node, "family") : NULL;
    const struct json_node *expect = node->type == JSON_OBJECT ? json_field(node, "expect") : NULL;
    enum promo_policy policy = PROMO_DRUMBEAT;
    struct err e = {.kind = ERR_NONE};
    const struct json_node *result;
    bool good = false;
    if (family == NULL || family->type != JSON_TEXT || expect == NULL ||
        expect->type != JSON_OBJECT ||
        !promo_policy_of_family(family->text, family->text_size, &policy)) {
        (void)err_set(&e, ERR_INVALID, "family or expect: missing or unknown");
    } else if (r->only_policy != NULL && strcmp(r->only_policy, promo_policy_name(policy)) != 0) {
        return;
    } else {
        buf_clear(&r->result);
        if (!promo_judge(node, policy, &r->result, &e)) {
            good = refusal_expected(expect, &e);
        } else if (json_parse(r->reader, r->result.data, r->result.size, &result, &e)) {
            good = compare(r, id, expect, result);
        }
    }
    if (!good && e.kind != ERR_NONE) {
        buf_puts(r->report, "FAIL ");
        if (id != NULL && id->type == JSON_TEXT) {
            buf_append(r->report, id->text, id->text_size);
        }
        buf_printf(r->report, ": %s\n", e.text);
    }
    r->passed += good;
    r->failed += !good;
}

bool promo_cases_run(const char *json, size_t size, const char *only_policy, struct buf *report,
                     size_t *passed, size_t *failed, struct err *e)
{
    enum promo_policy unused;
    if (only_policy != NULL && !promo_policy_find(only_policy, strlen(only_policy), &unused)) {
        return err_set(e, ERR_INVALID,
                       "policy '%s' is not one of drumbeat, sylius, medusa, woocommerce, solidus",
                       only_policy);
    }
    struct json_reader *reader = json_reader_new(FILE_MAX);
    const struct json_node *root;
    bool good = json_parse(reader, json, size, &root, e);
    if (good) {
        const struct json_node *cases =
            root->type == JSON_OBJECT ? json_field(root, "cases") : NULL;
        if (cases == NULL || cases->type != JSON_ARRAY) {
            good = err_set(e, ERR_INVALID, "cases: missing, so this is no file of pricing cases");
        } else {
            struct runner r = {.reader = json_reader_new(RESULT_MAX),
                               .report = report,
                               .only_policy = only_policy};
            buf_init(&r.result, RESULT_MAX);
            for (const struct json_node *n = json_child(cases); n != json_end(cases);
                 n = json_next(n)) {
                run_case(&r, n);
            }
            buf_printf(report, "%zu passed, %zu failed\n", r.passed, r.failed);
            *passed = r.passed;
            *failed = r.failed;
            buf_deinit(&r.result);
            json_reader_free(r.reader);
        }
    }
    json_reader_free(reader);
    return good;
}
