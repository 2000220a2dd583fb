// Promotions read once; for each cart a document of the policy's own structs is laid out beside
// them in an arena that is used again. Pure.

#include "rules/promo_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/promo_doc.h"

#define SET_JSON_MAX ((size_t)1 << 20)

struct promo_set {
    struct json_reader *reader;  // Owns the names that the promotions point to.
    struct arena kept;
    struct arena judged;  // Of the last judgement.
    struct promo_doc doc;
};

bool promo_set_read(const char *json, size_t size, struct promo_set **out, struct err *e)
{
    struct promo_set *set = xcalloc(1, sizeof *set);
    struct buf text;
    set->reader = json_reader_new(SET_JSON_MAX);
    arena_init(&set->kept, 4096);
    arena_init(&set->judged, 4096);
    set->doc = (struct promo_doc){.arena = &set->kept, .has_now = true};
    buf_init(&text, SET_JSON_MAX);
    buf_puts(&text, "{\"promotions\":");
    buf_append(&text, json, size);
    buf_putc(&text, '}');
    bool good = !text.overflow || err_set(e, ERR_INVALID, "promotions: more than a megabyte");
    good = good && json_parse(set->reader, text.data, text.size, &set->doc.root, e) &&
           promo_doc_promos(&set->doc, e);
    if (good && set->doc.promo_count > PROMO_SET_MAX) {
        good = err_set(e, ERR_INVALID, "promotions: %u are more than %d", set->doc.promo_count,
                       PROMO_SET_MAX);
    }
    buf_deinit(&text);
    if (!good) {
        promo_set_free(set);
        return false;
    }
    *out = set;
    return true;
}

void promo_set_free(struct promo_set *set)
{
    if (set != NULL) {
        json_reader_free(set->reader);
        arena_deinit(&set->kept);
        arena_deinit(&set->judged);
        free(set);
    }
}

size_t promo_set_count(const struct promo_set *set)
{
    return set->doc.promo_count;
}

// --- Laying out. ---

static void text_node(struct json_node *node, const char *text, size_t size)
{
    *node =
        (struct json_node){.type = JSON_TEXT, .next = 1, .text_size = (uint32_t)size, .text = text};
}

static const struct json_node *name_node(struct arena *arena, const char *text)
{
    if (text == NULL || text[0] == 0) {
        return NULL;
    }
    struct json_node *node = arena_alloc(arena, sizeof *node);
    text_node(node, text, strlen(text));
    return node;
}

// "a,b,c" as a list of names.
static const struct json_node *names_node(struct arena *arena, const char *text)
{
    if (text == NULL || text[0] == 0) {
        return NULL;
    }
    uint32_t count = 1;
    for (const char *at = text; (at = strchr(at, ',')) != NULL; at++) {
        count++;
    }
    struct json_node *list = arena_alloc(arena, (count + 1) * sizeof *list);
    *list = (struct json_node){.type = JSON_ARRAY, .next = count + 1, .count = count};
    for (uint32_t i = 1; i <= count; i++) {
        size_t size = strcspn(text, ",");
        text_node(&list[i], text, size);
        text += size + (text[size] == ',');
    }
    return list;
}

static bool lay_lines(struct promo_doc *doc, const struct promo_set_ask *ask, struct err *e)
{
    int64_t total = ask->shipping_fen;
    if (ask->shipping_fen < 0 || ask->shipping_fen > PROMO_TOTAL_MAX) {
        return err_set(e, ERR_INVALID, "shipping: %lld is not a price",
                       (long long)ask->shipping_fen);
    }
    doc->goods = arena_zalloc(doc->arena, (ask->line_count + 1) * sizeof *doc->goods);
    doc->lines = arena_zalloc(doc->arena, (ask->line_count + 1) * sizeof *doc->lines);
    for (size_t i = 0; i < ask->line_count; i++) {
        const struct promo_set_line *line = &ask->lines[i];
        int64_t sum;
        if (line->unit_fen < 0 || line->floor_fen < 0 || line->qty < 0 ||
            !money_mul(line->unit_fen, line->qty, &sum) || !money_add(total, sum, &total) ||
            total > PROMO_TOTAL_MAX) {
            return err_set(e, ERR_INVALID, "lines[%zu].qty: the cart's total is too large", i);
        }
        doc->goods[i] = (struct promo_good){
            .sku = line->sku,
            .sku_size = (uint32_t)strlen(line->sku),
            .categories = name_node(doc->arena, line->category),
            .price = line->unit_fen,
            .original_price = PROMO_NONE,
            .min_price = line->floor_fen,
            .now_price = line->unit_fen,
        };
        doc->lines[i] = (struct promo_line){&doc->goods[i], line->qty};
        doc->unit_count += line->qty;
    }
    doc->good_count = (uint32_t)ask->line_count;
    doc->line_count = (uint32_t)ask->line_count;
    return true;
}

static int64_t limit_of(int64_t left)
{
    return left == PROMO_SET_UNLIMITED ? PROMO_NONE : left;
}

static void lay_promos(const struct promo_set *set, const struct promo_set_ask *ask,
                       struct promo_doc *doc)
{
    doc->promos = arena_alloc(doc->arena, (set->doc.promo_count + 1) * sizeof *doc->promos);
    for (uint32_t i = 0; i < set->doc.promo_count; i++) {
        doc->promos[i] = set->doc.promos[i];
    }
    doc->promo_count = set->doc.promo_count;
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        struct promo *promo = &doc->promos[i];
        const struct promo_set_now *now = &ask->now[promo->index];
        promo->name = now->name;
        promo->name_size = (uint32_t)strlen(now->name);
        promo->enabled &= !now->off;
        promo->window = (struct promo_window){now->from_ms, now->until_ms};
        promo->usage_limit = limit_of(now->uses_left);
        promo->member_limit = limit_of(now->member_left);
        promo->budget_left = limit_of(now->budget_left);
        promo->used = 0;
        promo->used_by_member = 0;
    }
}

static void lay_member(struct promo_doc *doc, const struct promo_set_ask *ask)
{
    doc->channel = name_node(doc->arena, ask->channel);
    doc->customer = (struct promo_customer){
        .known = ask->known,
        .logged_in = ask->known,
        .orders_placed = ask->orders,
        .level = ask->level,
        .groups = name_node(doc->arena, ask->group),
        .segments = name_node(doc->arena, ask->segment),
        .tags = names_node(doc->arena, ask->tags),
    };
}

// --- Telling. ---

static uint32_t place_of(const struct promo_result *result, const struct promo *promo)
{
    uint32_t i = 0;
    while (i < result->note_count && result->notes[i].promo != promo) {
        i++;
    }
    return i;
}

static void tell(const struct promo_doc *doc, const struct promo_result *result,
                 struct price_promo *promos, uint32_t *places)
{
    CHECK(result->note_count == doc->promo_count);  // Each has one note: used, or why not.
    for (uint32_t i = 0; i < result->note_count; i++) {
        const struct promo_note *note = &result->notes[i];
        promos[i] = (struct price_promo){
            .name = note->promo->name,
            .off_fen = note->why == PRICE_PROMO_USED ? note->discount : 0,
            .missing_fen = note->missing,
            .by = note->by == NULL ? 0 : place_of(result, note->by),
            .why = note->why,
        };
        places[i] = note->promo->index;
    }
}

bool promo_set_judge(struct promo_set *set, const struct promo_set_ask *ask, int64_t *off_fen,
                     int64_t *shipping_off_fen, struct price_promo *promos, uint32_t *places,
                     struct err *e)
{
    arena_reset(&set->judged);
    struct promo_doc doc = {
        .arena = &set->judged,
        .decimals = ask->decimals,
        .has_now = true,
        .now_ms = ask->at_ms,
        .shipping_fee = ask->shipping_fen,
        .has_shipping = ask->shipping_fen > 0,
        .round = ask->round,
    };
    if (!lay_lines(&doc, ask, e)) {
        return false;
    }
    lay_promos(set, ask, &doc);
    lay_member(&doc, ask);
    struct promo_result *result = promo_result_new(&doc);
    if (!promo_own_judge(&doc, result, e)) {
        return false;
    }
    for (size_t i = 0; i < ask->line_count; i++) {
        off_fen[i] = ask->lines[i].unit_fen * ask->lines[i].qty - result->lines[i].total;
    }
    *shipping_off_fen = result->shipping_discount;
    tell(&doc, result, promos, places);
    return true;
}
