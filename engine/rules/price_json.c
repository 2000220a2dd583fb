// A cart with its vouchers from JSON. Every field is checked and named; unknown ones are refused.

#include "rules/price_json.h"

#include <stdio.h>
#include <string.h>

// Where a field stands, for refusals: "lines[3]".
struct place {
    char text[48];
};

static struct place place_in(const char *list, size_t index)
{
    struct place place;
    (void)snprintf(place.text, sizeof place.text, "%s[%zu].", list, index);
    return place;
}

static bool fields_known(const struct json_node *object, const char *where,
                         const char *const *names, struct err *e)
{
    for (const struct json_node *n = json_child(object); n != json_end(object); n = json_next(n)) {
        bool known = false;
        for (const char *const *name = names; *name != NULL && !known; name++) {
            known = strlen(*name) == n->key_size && memcmp(*name, n->key, n->key_size) == 0;
        }
        if (!known) {
            return err_set(e, ERR_INVALID, "%s%.*s: unknown field", where,
                           n->key_size > 64 ? 64 : (int)n->key_size, n->key);
        }
    }
    return true;
}

// An integer field; absent: *out stays as it is.
static bool read_int(const struct json_node *object, const char *where, const char *name,
                     int64_t min, int64_t max, int64_t *out, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_INT) {
        return err_set(e, ERR_INVALID, "%s%s: not a whole number", where, name);
    }
    if (node->integer < min || node->integer > max) {
        return err_set(e, ERR_INVALID, "%s%s: %lld is not in %lld..%lld", where, name,
                       (long long)node->integer, (long long)min, (long long)max);
    }
    *out = node->integer;
    return true;
}

static bool read_amount(const struct json_node *object, const char *where, const char *name,
                        bool needed, int64_t *out, struct err *e)
{
    if (needed && json_field(object, name) == NULL) {
        return err_set(e, ERR_INVALID, "%s%s: missing", where, name);
    }
    return read_int(object, where, name, 0, PRICE_TOTAL_MAX, out, e);
}

// A percentage with at most two digits after the point, as basis points.
static bool read_percent(const struct json_node *object, const char *where, const char *name,
                         uint32_t *out_bp, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type == JSON_INT && node->integer >= 0 && node->integer <= 100) {
        *out_bp = (uint32_t)node->integer * 100;
        return true;
    }
    if (node->type == JSON_REAL && node->real >= 0 && node->real <= 100) {
        double scaled = node->real * 100;
        uint32_t bp = (uint32_t)(scaled + 0.5);
        if (scaled - bp < 1e-6 && bp - scaled < 1e-6) {
            *out_bp = bp;
            return true;
        }
    }
    return err_set(e, ERR_INVALID, "%s%s: not a percentage of 0..100 with at most two decimals",
                   where, name);
}

static bool read_text(const struct json_node *object, const char *where, const char *name,
                      struct arena *arena, const char **out, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_TEXT || node->text_size == 0 || node->text_size > 256) {
        return err_set(e, ERR_INVALID, "%s%s: not a text of 1..256 bytes", where, name);
    }
    *out = arena_strndup(arena, node->text, node->text_size);
    return true;
}

static bool read_flag(const struct json_node *object, const char *where, const char *name,
                      bool *out, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_TRUE && node->type != JSON_FALSE) {
        return err_set(e, ERR_INVALID, "%s%s: not true or false", where, name);
    }
    *out = node->type == JSON_TRUE;
    return true;
}

static bool read_currency(const struct json_node *object, const char *where, char out[4],
                          struct err *e)
{
    const struct json_node *node = json_field(object, "currency");
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_TEXT || node->text_size != 3) {
        return err_set(e, ERR_INVALID, "%scurrency: not a code of three letters", where);
    }
    memcpy(out, node->text, 3);
    out[3] = 0;
    return true;
}

// Names of scopes or lanes become small numbers, in order of first use.
struct names {
    const char *text[32];
    uint32_t size[32];
    uint32_t count;
};

static bool name_number(struct names *names, const struct json_node *node, const char *where,
                        const char *field, uint32_t *out, struct err *e)
{
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "%s%s: not a text", where, field);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        if (names->size[i] == node->text_size &&
            memcmp(names->text[i], node->text, node->text_size) == 0) {
            *out = i;
            return true;
        }
    }
    if (names->count == 32) {
        return err_set(e, ERR_INVALID, "%s%s: more than 32 different names", where, field);
    }
    names->text[names->count] = node->text;
    names->size[names->count] = node->text_size;
    *out = names->count++;
    return true;
}

static bool read_line(const struct json_node *node, size_t index, struct names *scopes,
                      struct arena *arena, struct price_line *out, struct err *e)
{
    static const char *const known[] = {"sku",         "list",         "deal",   "floor",     "qty",
                                        "opens_at_ms", "closes_at_ms", "scopes", "deal_only", NULL};
    struct place at = place_in("lines", index);
    if (node->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "lines[%zu]: not an object", index);
    }
    *out = (struct price_line){.opens_at_ms = PRICE_ALWAYS, .closes_at_ms = PRICE_NEVER, .qty = 1};
    int64_t qty = 1;
    if (!fields_known(node, at.text, known, e) ||
        !read_text(node, at.text, "sku", arena, &out->name, e) ||
        !read_amount(node, at.text, "list", true, &out->list_fen, e)) {
        return false;
    }
    out->deal_fen = out->list_fen;
    if (!read_amount(node, at.text, "deal", false, &out->deal_fen, e) ||
        !read_amount(node, at.text, "floor", false, &out->floor_fen, e) ||
        !read_int(node, at.text, "qty", 1, 1000000, &qty, e) ||
        !read_int(node, at.text, "opens_at_ms", 0, INT64_MAX, &out->opens_at_ms, e) ||
        !read_int(node, at.text, "closes_at_ms", 0, INT64_MAX, &out->closes_at_ms, e) ||
        !read_flag(node, at.text, "deal_only", &out->deal_only, e)) {
        return false;
    }
    out->qty = (uint32_t)qty;
    const struct json_node *list = json_field(node, "scopes");
    if (list != NULL && list->type != JSON_ARRAY) {
        return err_set(e, ERR_INVALID, "%sscopes: not a list", at.text);
    }
    if (list != NULL) {
        for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
            uint32_t bit;
            if (!name_number(scopes, n, at.text, "scopes", &bit, e)) {
                return false;
            }
            out->scopes |= UINT32_C(1) << bit;
        }
    }
    return true;
}

// A voucher that names its member can only be played by her.
static bool owner_check(const struct json_node *node, const char *where,
                        const struct json_node *member, struct err *e)
{
    const struct json_node *owner = json_field(node, "member");
    if (owner == NULL) {
        return true;
    }
    if (owner->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "%smember: not a text", where);
    }
    bool same = member != NULL && member->type == JSON_TEXT &&
                member->text_size == owner->text_size &&
                memcmp(member->text, owner->text, owner->text_size) == 0;
    return same || err_set(e, ERR_INVALID, "%smember: the voucher is somebody else's", where);
}

static bool read_voucher(const struct json_node *node, size_t index, struct names *scopes,
                         struct names *lanes, const struct json_node *member, struct arena *arena,
                         struct price_voucher *out, struct err *e)
{
    static const char *const known[] = {"name",      "amount",   "percent", "threshold",
                                        "exclusive", "lane",     "scope",   "budget_left",
                                        "cap",       "currency", "member",  NULL};
    struct place at = place_in("vouchers", index);
    if (node->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "vouchers[%zu]: not an object", index);
    }
    *out = (struct price_voucher){.budget_left_fen = PRICE_NO_BUDGET};
    if (!fields_known(node, at.text, known, e) ||
        !read_text(node, at.text, "name", arena, &out->name, e) ||
        !read_amount(node, at.text, "amount", false, &out->amount_fen, e) ||
        !read_percent(node, at.text, "percent", &out->percent_bp, e) ||
        !read_amount(node, at.text, "threshold", false, &out->threshold_fen, e) ||
        !read_amount(node, at.text, "cap", false, &out->cap_fen, e) ||
        !read_amount(node, at.text, "budget_left", false, &out->budget_left_fen, e) ||
        !read_flag(node, at.text, "exclusive", &out->exclusive, e) ||
        !read_currency(node, at.text, out->currency, e) || !owner_check(node, at.text, member, e)) {
        return false;
    }
    const struct json_node *lane = json_field(node, "lane");
    const struct json_node *scope = json_field(node, "scope");
    uint32_t number;
    if (lane != NULL) {
        if (!name_number(lanes, lane, at.text, "lane", &number, e)) {
            return false;
        }
        out->lane = number + 1;
    }
    if (scope != NULL) {
        if (!name_number(scopes, scope, at.text, "scope", &number, e)) {
            return false;
        }
        out->scope = UINT32_C(1) << number;
    }
    return true;
}

static bool read_terms(const struct json_node *root, struct price_terms *terms, struct err *e)
{
    static const char *const rounds[] = {
        [MONEY_ROUND_HALF_UP] = "half_up",
        [MONEY_ROUND_HALF_DOWN] = "half_down",
        [MONEY_ROUND_HALF_EVEN] = "half_even",
        [MONEY_ROUND_DOWN] = "down",
        [MONEY_ROUND_UP] = "up",
    };
    *terms = price_terms_default();
    if (!read_currency(root, "", terms->currency, e) ||
        !read_percent(root, "", "card_percent", &terms->card_bp, e) ||
        !read_amount(root, "", "placeholder", false, &terms->placeholder_fen, e)) {
        return false;
    }
    const struct json_node *round = json_field(root, "round");
    if (round == NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        if (json_text_is(round, rounds[i])) {
            terms->round = (enum money_round)i;
            return true;
        }
    }
    return err_set(e, ERR_INVALID, "round: not one of half_up, half_down, half_even, down, up");
}

static bool list_of(const struct json_node *root, const char *name, size_t max,
                    const struct json_node **out, struct err *e)
{
    *out = json_field(root, name);
    if (*out != NULL && (*out)->type != JSON_ARRAY) {
        return err_set(e, ERR_INVALID, "%s: not a list", name);
    }
    if (*out != NULL && (*out)->count > max) {
        return err_set(e, ERR_INVALID, "%s: %u are more than %zu", name, (*out)->count, max);
    }
    return true;
}

static bool read_parts(const struct json_node *root, struct price_json *out, struct err *e)
{
    struct names scopes = {.count = 0};
    struct names lanes = {.count = 0};
    struct price_terms terms;
    const struct json_node *lines, *vouchers;
    if (!read_terms(root, &terms, e) || !list_of(root, "lines", PRICE_LINES_MAX, &lines, e) ||
        !list_of(root, "vouchers", PRICE_VOUCHERS_MAX, &vouchers, e) ||
        !read_int(root, "", "at_ms", 0, INT64_MAX, &out->at_ms, e)) {
        return false;
    }
    if (lines == NULL) {
        return err_set(e, ERR_INVALID, "lines: missing");
    }
    struct price_line *rows = arena_zalloc(out->arena, (lines->count + 1) * sizeof *rows);
    size_t count = 0;
    for (const struct json_node *n = json_child(lines); n != json_end(lines); n = json_next(n)) {
        if (!read_line(n, count, &scopes, out->arena, &rows[count], e)) {
            return false;
        }
        count++;
    }
    size_t room = vouchers == NULL ? 0 : vouchers->count;
    out->vouchers = arena_zalloc(out->arena, (room + 1) * sizeof *out->vouchers);
    if (room > 0) {
        for (const struct json_node *n = json_child(vouchers); n != json_end(vouchers);
             n = json_next(n)) {
            if (!read_voucher(n, out->voucher_count, &scopes, &lanes, json_field(root, "member"),
                              out->arena, &out->vouchers[out->voucher_count], e)) {
                return false;
            }
            out->voucher_count++;
        }
    }
    return price_cart_new(rows, count, &terms, &out->cart, e) &&
           price_vouchers_check(out->cart, out->vouchers, out->voucher_count, e);
}

bool price_json_read(const struct json_node *root, struct arena *arena, struct price_json *out,
                     struct err *e)
{
    static const char *const known[] = {"currency", "at_ms",       "card_percent",
                                        "round",    "placeholder", "lines",
                                        "vouchers", "member",      NULL};
    *out = (struct price_json){.arena = arena};
    if (root->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "cart: not an object");
    }
    if (!fields_known(root, "", known, e)) {
        return false;
    }
    if (!read_parts(root, out, e)) {
        price_json_deinit(out);
        return false;
    }
    return true;
}

void price_json_deinit(struct price_json *doc)
{
    price_cart_free(doc->cart);
    doc->cart = NULL;
}
