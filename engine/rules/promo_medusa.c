// Policy `medusa`: what Medusa's promotion module answers to computeActions: a list of adjustments.
// Amounts are decimals in major units there and are not rounded to cents, so here they are whole
// numbers of ten-billionths (PART). The rules are public behaviour; none of its source is here.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/promo_doc.h"
#include "rules/promo_medusa_rules.h"
#include "rules/promo_read.h"

#define PART INT64_C(10000000000)
#define AMOUNT_MAX ((__int128)1000000000 * PART)  // Products of two stay below 2^127.
#define ACTIONS_MAX 20000

struct row {
    const struct json_node *node, *id;
    __int128 subtotal, applied;
    int64_t qty;
    int64_t reserved;  // Units that made some buy-and-get promotion apply.
    bool shipping, has_subtotal, has_qty;
};

struct budget {
    bool present, spend;
    __int128 limit, used;
};

struct method {
    const struct json_node *code, *rules, *target_rules, *buy_rules;
    bool buyget, shipping, order, percent, each, across;
    __int128 value;
    int64_t max_quantity, buy_min, apply_to;
    struct budget budget;
};

struct medusa {
    struct arena *arena;
    const struct json_node *root, *cart;
    struct row *rows;  // Items, then shipping methods.
    uint32_t item_count, row_count;
    struct buf *out;
    uint32_t action_count;
    __int128 items_total, shipping_total, items_discount, shipping_discount;
    const struct json_node **exceeded;
    uint32_t exceeded_count;
};

static void put_amount(struct buf *out, __int128 value)
{
    if (value < 0) {
        buf_putc(out, '-');
        value = -value;
    }
    buf_printf(out, "%lld", (long long)(value / PART));
    long long rest = (long long)(value % PART);
    if (rest != 0) {
        char digits[16];
        (void)snprintf(digits, sizeof digits, "%010lld", rest);
        size_t size = strlen(digits);
        while (size > 1 && digits[size - 1] == '0') {
            size--;
        }
        buf_putc(out, '.');
        buf_append(out, digits, size);
    }
}

// The decimal a number was written as, not its binary neighbour.
static bool to_amount(const struct json_node *node, __int128 *out)
{
    if (node->type == JSON_INT) {
        *out = (__int128)node->integer * PART;
        return node->integer >= 0 && *out <= AMOUNT_MAX;
    }
    if (node->type != JSON_REAL || !(node->real >= 0 && node->real <= 1e9)) {
        return false;
    }
    char text[64];
    (void)snprintf(text, sizeof text, "%.10f", node->real);
    char *dot = strchr(text, '.');
    *out = (__int128)strtoll(text, NULL, 10) * PART + strtoll(dot + 1, NULL, 10);
    return *out <= AMOUNT_MAX;
}

static bool read_decimal(const struct json_node *object, const char *where, const char *name,
                         __int128 *out, bool *present, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    *present = node != NULL && node->type != JSON_NULL;
    return !*present || to_amount(node, out) ||
           err_set(e, ERR_INVALID, "%s%s: not an amount", where, name);
}

static bool read_row(struct medusa *m, const struct json_node *node, const char *list,
                     bool shipping, struct err *e)
{
    struct row *row = &m->rows[m->row_count];
    struct promo_place at =
        promo_place("cart.%s[%u].", list, shipping ? m->row_count - m->item_count : m->row_count);
    *row = (struct row){.node = node, .shipping = shipping};
    if (!promo_read_is_object(node, at.text, e) ||
        !promo_read_text(node, at.text, "id", &row->id, e) ||
        !read_decimal(node, at.text, "subtotal", &row->subtotal, &row->has_subtotal, e)) {
        return false;
    }
    if (row->id == NULL) {
        return err_set(e, ERR_INVALID, "%sid: missing", at.text);
    }
    row->qty = -1;
    if (!promo_read_int(node, at.text, "quantity", 0, PROMO_UNITS_MAX, &row->qty, e)) {
        return false;
    }
    row->has_qty = row->qty >= 0;
    if (shipping) {
        row->qty = 1;
        m->shipping_total += row->subtotal;
    } else {
        m->items_total += row->subtotal;
    }
    m->row_count++;
    return true;
}

static bool read_rows(struct medusa *m, struct err *e)
{
    const struct json_node *items = NULL;
    const struct json_node *methods = NULL;
    if (!promo_read_object(m->root, "", "cart", &m->cart, e) ||
        (m->cart != NULL &&
         (!promo_read_list(m->cart, "cart.", "items", PROMO_LINES_MAX, &items, e) ||
          !promo_read_list(m->cart, "cart.", "shipping_methods", PROMO_LINES_MAX, &methods, e)))) {
        return false;
    }
    m->rows = arena_zalloc(m->arena, (2 * PROMO_LINES_MAX + 1) * sizeof *m->rows);
    if (items != NULL) {
        for (const struct json_node *n = json_child(items); n != json_end(items);
             n = json_next(n)) {
            if (!read_row(m, n, "items", false, e)) {
                return false;
            }
        }
    }
    m->item_count = m->row_count;
    if (methods != NULL) {
        for (const struct json_node *n = json_child(methods); n != json_end(methods);
             n = json_next(n)) {
            if (!read_row(m, n, "shipping_methods", true, e)) {
                return false;
            }
        }
    }
    return true;
}

// --- Promotions

static bool read_budget(const struct json_node *campaign, const char *where, struct budget *budget,
                        struct err *e)
{
    const struct json_node *node = NULL;
    bool unused;
    if (campaign == NULL || !promo_read_object(campaign, where, "budget", &node, e)) {
        return campaign == NULL;
    }
    if (node == NULL) {
        return true;
    }
    budget->present = true;
    budget->spend = json_text_is(json_field(node, "type"), "spend");
    return read_decimal(node, where, "limit", &budget->limit, &unused, e) &&
           read_decimal(node, where, "used", &budget->used, &unused, e);
}

static bool find_budget(const struct medusa *m, const struct json_node *promotion,
                        const char *where, struct budget *budget, struct err *e)
{
    const struct json_node *own = NULL;
    const struct json_node *id = NULL;
    const struct json_node *list = NULL;
    if (!promo_read_object(promotion, where, "campaign", &own, e) ||
        !promo_read_text(promotion, where, "campaign_id", &id, e) ||
        !promo_read_list(m->root, "", "campaigns", PROMO_PROMOS_MAX, &list, e)) {
        return false;
    }
    if (own != NULL || id == NULL) {
        return read_budget(own, where, budget, e);
    }
    uint32_t index = 0;
    for (const struct json_node *n = list == NULL ? NULL : json_child(list);
         n != NULL && n != json_end(list); n = json_next(n)) {
        struct promo_place at = promo_place("campaigns[%u].", index++);
        const struct json_node *other = NULL;
        if (!promo_read_is_object(n, at.text, e) || !promo_read_text(n, at.text, "id", &other, e)) {
            return false;
        }
        if (other != NULL && promo_list_has(other, id->text, id->text_size)) {
            return read_budget(n, at.text, budget, e);
        }
    }
    return err_set(e, ERR_INVALID, "%scampaign_id: '%.*s' is not among campaigns", where,
                   id->text_size > 64 ? 64 : (int)id->text_size, id->text);
}

static bool read_method(const struct medusa *m, const struct json_node *promotion,
                        const char *where, struct method *out, bool *has_method, struct err *e)
{
    const struct json_node *method = NULL;
    *out = (struct method){.buyget = json_text_is(json_field(promotion, "type"), "buyget")};
    bool unused;
    if (!promo_read_text(promotion, where, "code", &out->code, e) ||
        !promo_medusa_rules(promotion, where, "rules", &out->rules, e) ||
        !find_budget(m, promotion, where, &out->budget, e) ||
        !promo_read_object(promotion, where, "application_method", &method, e)) {
        return false;
    }
    *has_method = method != NULL;
    if (out->code == NULL) {
        return err_set(e, ERR_INVALID, "%scode: missing", where);
    }
    if (method == NULL) {
        return true;
    }
    struct promo_place at = promo_place("%sapplication_method.", where);
    const struct json_node *allocation = json_field(method, "allocation");
    out->shipping = json_text_is(json_field(method, "target_type"), "shipping_methods");
    out->order = json_text_is(json_field(method, "target_type"), "order");
    out->percent = json_text_is(json_field(method, "type"), "percentage");
    out->each = json_text_is(allocation, "each");
    out->across = json_text_is(allocation, "across") || (out->order && !out->each);
    if (!read_decimal(method, at.text, "value", &out->value, &unused, e) ||
        !promo_read_amount(method, at.text, "max_quantity", &out->max_quantity, e) ||
        !promo_read_amount(method, at.text, "buy_rules_min_quantity", &out->buy_min, e) ||
        !promo_read_amount(method, at.text, "apply_to_quantity", &out->apply_to, e) ||
        !promo_medusa_rules(method, at.text, "target_rules", &out->target_rules, e) ||
        !promo_medusa_rules(method, at.text, "buy_rules", &out->buy_rules, e)) {
        return false;
    }
    if (out->percent && out->value > 100 * (__int128)PART) {
        return err_set(e, ERR_INVALID, "%svalue: a percentage over 100", at.text);
    }
    return true;
}

// --- Actions

static void action_begin(struct medusa *m, const char *name)
{
    m->action_count++;
    json_comma(m->out);
    buf_putc(m->out, '{');
    json_key(m->out, "action");
    json_put_z(m->out, name);
}

static void action_end(struct medusa *m, const struct json_node *code)
{
    json_key(m->out, "code");
    json_put_text(m->out, code->text, code->text_size);
    buf_putc(m->out, '}');
}

// Adds the adjustment, or says that the budget doesn't hold it.
static void adjust(struct medusa *m, const struct method *method, struct row *row, __int128 amount)
{
    const struct budget *budget = &method->budget;
    __int128 used = budget->used + (budget->spend ? amount : (__int128)PART);
    if (budget->present && budget->limit != 0 && used > budget->limit) {
        if (m->exceeded_count < ACTIONS_MAX) {
            m->exceeded[m->exceeded_count++] = method->code;
        }
        action_begin(m, "campaignBudgetExceeded");
        action_end(m, method->code);
        return;
    }
    row->applied += amount;
    *(row->shipping ? &m->shipping_discount : &m->items_discount) += amount;
    action_begin(m, row->shipping ? "addShippingMethodAdjustment" : "addItemAdjustment");
    json_key(m->out, row->shipping ? "shipping_method_id" : "item_id");
    json_put_text(m->out, row->id->text, row->id->text_size);
    json_key(m->out, "amount");
    put_amount(m->out, amount);
    action_end(m, method->code);
}

static __int128 row_amount(const struct method *method, const struct row *row, __int128 all)
{
    int64_t max = row->shipping ? 1 : method->max_quantity;
    int64_t qty = max != 0 && max < row->qty ? max : row->qty;
    if (row->qty <= 0) {
        return 0;
    }
    __int128 left = row->subtotal * qty / row->qty - row->applied;
    __int128 value = method->value;
    if (left <= 0) {
        return 0;
    }
    if (method->percent) {
        value = method->value * left / (100 * (__int128)PART);
    } else if (method->across) {
        value = all > 0 ? left * method->value / all : 0;
    }
    return value < left ? value : left;
}

static void run_standard(struct medusa *m, const struct method *method)
{
    uint32_t from = method->shipping ? m->item_count : 0;
    uint32_t to = method->shipping ? m->row_count : m->item_count;
    bool *in = arena_zalloc(m->arena, m->row_count + 1);
    __int128 all = 0;
    for (uint32_t i = from; i < to; i++) {
        struct row *row = &m->rows[i];
        in[i] = row->has_subtotal && (row->shipping || row->has_qty) &&
                promo_medusa_hold(method->target_rules, row->node, true);
        all += in[i] && method->across ? row->subtotal - row->applied : 0;
    }
    for (uint32_t i = from; i < to; i++) {
        __int128 amount = in[i] ? row_amount(method, &m->rows[i], all) : 0;
        if (amount > 0) {
            adjust(m, method, &m->rows[i], amount);
        }
    }
}

// Items that match, dearest line first; of equals the later one first, as its sort leaves them.
static uint32_t matching_items(const struct medusa *m, const struct json_node *rules, uint32_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->item_count; i++) {
        if (!promo_medusa_hold(rules, m->rows[i].node, true)) {
            continue;
        }
        uint32_t k = count++;
        for (; k > 0 && m->rows[out[k - 1]].subtotal <= m->rows[i].subtotal; k--) {
            out[k] = out[k - 1];
        }
        out[k] = i;
    }
    return count;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Units that make the promotion apply are reserved and can't be the ones given away.
static bool reserve_bought(struct medusa *m, const struct method *method, uint32_t *list)
{
    uint32_t count = matching_items(m, method->buy_rules, list);
    int64_t units = 0;
    for (uint32_t i = 0; i < count; i++) {
        units += m->rows[list[i]].has_qty ? m->rows[list[i]].qty : 0;
    }
    if (method->buy_min > units) {
        return false;
    }
    int64_t reserved = 0;
    for (uint32_t i = 0; i < count && reserved < method->buy_min; i++) {
        struct row *row = &m->rows[list[i]];
        int64_t take = row->has_qty ? min64(row->qty, method->buy_min) : 0;
        if (take <= 0) {
            break;
        }
        row->reserved += take;
        reserved += take;
    }
    return true;
}

static void run_buyget(struct medusa *m, const struct method *method)
{
    uint32_t *list = arena_zalloc(m->arena, (m->item_count + 1) * sizeof *list);
    if (!reserve_bought(m, method, list)) {
        return;
    }
    uint32_t count = matching_items(m, method->target_rules, list);
    int64_t available = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t units = min64(m->rows[list[i]].qty - m->rows[list[i]].reserved, method->apply_to);
        available += units > 0 ? units : 0;
    }
    if (available < method->apply_to) {
        return;
    }
    int64_t left = method->apply_to;
    for (uint32_t i = 0; i < count; i++) {
        struct row *row = &m->rows[list[i]];
        int64_t units = min64(row->qty - row->reserved, method->apply_to);
        if (units <= 0) {
            continue;
        }
        units = min64(units, left);
        __int128 amount = row->subtotal * units / row->qty;
        if (amount <= 0) {
            break;
        }
        left -= units;
        adjust(m, method, row, amount);
    }
}

// --- The whole

static const struct json_node *promotions_of(const struct medusa *m, struct err *e, bool *good)
{
    const struct json_node *list = NULL;
    *good = promo_read_list(m->root, "", "promotions", PROMO_PROMOS_MAX, &list, e);
    return list;
}

static bool promotion_known(const struct json_node *list, const struct json_node *code)
{
    for (const struct json_node *n = list == NULL ? NULL : json_child(list);
         n != NULL && n != json_end(list); n = json_next(n)) {
        const struct json_node *other = n->type == JSON_OBJECT ? json_field(n, "code") : NULL;
        if (other != NULL && other->type == JSON_TEXT &&
            promo_list_has(other, code->text, code->text_size)) {
            return true;
        }
    }
    return false;
}

struct applied {
    const struct json_node *id, *code;
    bool shipping;
};

static bool read_applied(struct medusa *m, const struct json_node *promotions, struct applied *list,
                         uint32_t *count, struct err *e)
{
    // Shipping first: so the removals come out.
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < m->row_count; i++) {
            const struct json_node *adjustments = NULL;
            struct promo_place at = promo_place("cart[%u].", i);
            if (m->rows[i].shipping != (pass == 0)) {
                continue;
            }
            if (!promo_read_list(m->rows[i].node, at.text, "adjustments", PROMO_PARTS_MAX,
                                 &adjustments, e)) {
                return false;
            }
            for (const struct json_node *n = adjustments == NULL ? NULL : json_child(adjustments);
                 n != NULL && n != json_end(adjustments); n = json_next(n)) {
                struct applied one = {.shipping = pass == 0};
                if (!promo_read_is_object(n, at.text, e) ||
                    !promo_read_text(n, at.text, "id", &one.id, e) ||
                    !promo_read_text(n, at.text, "code", &one.code, e)) {
                    return false;
                }
                if (one.code == NULL) {
                    continue;
                }
                if (!promotion_known(promotions, one.code)) {
                    return err_set(e, ERR_INVALID, "Applied Promotion for code (%.*s) not found",
                                   one.code->text_size > 64 ? 64 : (int)one.code->text_size,
                                   one.code->text);
                }
                list[(*count)++] = one;
            }
        }
    }
    return true;
}

// Adjustments the cart already carries are taken back first: for each of them, all of its code.
static bool remove_applied(struct medusa *m, const struct json_node *promotions, struct err *e)
{
    struct applied *list =
        arena_zalloc(m->arena, ((size_t)m->row_count * PROMO_PARTS_MAX + 1) * sizeof *list);
    uint32_t count = 0;
    if (!read_applied(m, promotions, list, &count, e)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct json_node *code = list[i].code;
        bool shipping = false;
        for (uint32_t k = 0; k < count; k++) {
            shipping |=
                list[k].shipping && promo_list_has(list[k].code, code->text, code->text_size);
        }
        for (uint32_t k = 0; k < count; k++) {
            if (!promo_list_has(list[k].code, code->text, code->text_size)) {
                continue;
            }
            if (m->action_count >= ACTIONS_MAX) {
                return err_set(e, ERR_INVALID, "cart: too many adjustments");
            }
            action_begin(m, shipping ? "removeShippingMethodAdjustment" : "removeItemAdjustment");
            if (list[k].id != NULL) {
                json_key(m->out, "adjustment_id");
                json_put_text(m->out, list[k].id->text, list[k].id->text_size);
            }
            action_end(m, code);
        }
    }
    return true;
}

static bool automatic_prevented(const struct medusa *m)
{
    static const char *const name = "prevent_auto_promotions";
    const struct json_node *options = json_field(m->root, "options");
    const struct json_node *found = json_field(m->root, name);
    if (found == NULL && options != NULL && options->type == JSON_OBJECT) {
        found = json_field(options, name);
    }
    if (found == NULL && m->cart != NULL) {
        found = json_field(m->cart, name);
    }
    return found != NULL && found->type == JSON_TRUE;
}

static bool run_promotions(struct medusa *m, const struct json_node *promotions, bool buyget,
                           struct err *e)
{
    const struct json_node *codes = NULL;
    if (!promo_read_names(m->root, "", "codes", &codes, e)) {
        return false;
    }
    bool automatic = !automatic_prevented(m);
    uint32_t index = 0;
    for (const struct json_node *n = promotions == NULL ? NULL : json_child(promotions);
         n != NULL && n != json_end(promotions); n = json_next(n)) {
        struct promo_place at = promo_place("promotions[%u].", index++);
        struct method method;
        bool has_method;
        bool is_automatic = false;
        if (!promo_read_is_object(n, at.text, e) ||
            !promo_read_flag(n, at.text, "is_automatic", &is_automatic, e) ||
            !read_method(m, n, at.text, &method, &has_method, e)) {
            return false;
        }
        bool wanted = promo_list_has(codes, method.code->text, method.code->text_size) ||
                      (is_automatic && automatic);
        if (!wanted || !has_method || method.buyget != buyget ||
            (m->cart != NULL && !promo_medusa_hold(method.rules, m->cart, false))) {
            continue;
        }
        if (m->action_count + m->row_count > ACTIONS_MAX) {
            return err_set(e, ERR_INVALID, "%s: more than %d actions", at.text, ACTIONS_MAX);
        }
        if (buyget) {
            run_buyget(m, &method);
        } else {
            run_standard(m, &method);
        }
    }
    return true;
}

static void put_total(struct buf *out, const char *key, __int128 value)
{
    json_key(out, key);
    put_amount(out, value);
}

bool promo_medusa_judge(const struct json_node *root, struct arena *arena, struct buf *out,
                        struct err *e)
{
    struct medusa m = {.arena = arena, .root = root, .out = out};
    bool good;
    const struct json_node *promotions = promotions_of(&m, e, &good);
    if (!good || !read_rows(&m, e)) {
        return false;
    }
    m.exceeded = arena_zalloc(arena, ACTIONS_MAX * sizeof *m.exceeded);
    buf_puts(out, "{\"actions\":[");
    if (!remove_applied(&m, promotions, e) || !run_promotions(&m, promotions, true, e) ||
        !run_promotions(&m, promotions, false, e)) {
        return false;
    }
    buf_putc(out, ']');
    put_total(out, "items_discount", m.items_discount);
    put_total(out, "shipping_discount", m.shipping_discount);
    put_total(out, "total",
              m.items_total + m.shipping_total - m.items_discount - m.shipping_discount);
    json_key(out, "budget_exceeded");
    buf_putc(out, '[');
    for (uint32_t i = 0; i < m.exceeded_count; i++) {
        json_comma(out);
        json_put_text(out, m.exceeded[i]->text, m.exceeded[i]->text_size);
    }
    buf_puts(out, "]}");
    return true;
}
