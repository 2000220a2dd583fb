// Reads a receipt's JSON. Internal. Shapes and ranges only; whether it is right is judged
// elsewhere.

#include "rules/receipt_read.h"

#include <string.h>

#include "rules/receipt_draw.h"

static const char *const TYPE_NAMES[] = {"null",     "false",  "true",   "a whole number",
                                         "a number", "a text", "a list", "an object"};

// Whole numbers that no JSON reader keeps come as reals.
static const char *receipt_type_words(const struct json_node *node, enum json_type type)
{
    const bool large =
        type == JSON_INT && node->type == JSON_REAL &&
        (node->real >= (double)RECEIPT_INT_MAX || node->real <= -(double)RECEIPT_INT_MAX);
    return large ? "within 2^53" : TYPE_NAMES[type];
}

static const struct json_node *receipt_read_field(const struct json_node *object, const char *name,
                                                  enum json_type type, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        err_set(e, ERR_INVALID, "%s: is missing", name);
        return NULL;
    }
    if (node->type != type) {
        err_set(e, ERR_INVALID, "%s: is not %s", name, receipt_type_words(node, type));
        return NULL;
    }
    return node;
}

static bool receipt_read_int_node(const struct json_node *node, const char *name, int64_t min,
                                  int64_t max, int64_t *out, struct err *e)
{
    if (node->type != JSON_INT) {
        return err_set(e, ERR_INVALID, "%s: is not a whole number", name);
    }
    if (node->integer < min || node->integer > max) {
        return err_set(e, ERR_INVALID, "%s: %lld is not in %lld .. %lld", name,
                       (long long)node->integer, (long long)min, (long long)max);
    }
    *out = node->integer;
    return true;
}

static bool receipt_read_int(const struct json_node *object, const char *name, int64_t min,
                             int64_t max, int64_t *out, struct err *e)
{
    const struct json_node *node = receipt_read_field(object, name, JSON_INT, e);
    return node != NULL && receipt_read_int_node(node, name, min, max, out, e);
}

static bool receipt_read_u32(const struct json_node *object, const char *name, uint32_t *out,
                             struct err *e)
{
    int64_t value = 0;
    if (!receipt_read_int(object, name, 0, UINT32_MAX, &value, e)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static bool receipt_read_text_node(struct receipt_doc *doc, const struct json_node *node,
                                   const char *name, const char **out, struct err *e)
{
    if (node->type != JSON_TEXT || memchr(node->text, 0, node->text_size) != NULL) {
        return err_set(e, ERR_INVALID, "%s: is not a text without NUL", name);
    }
    *out = arena_strndup(&doc->arena, node->text, node->text_size);
    return true;
}

static bool receipt_read_text(struct receipt_doc *doc, const struct json_node *object,
                              const char *name, const char **out, struct err *e)
{
    const struct json_node *node = receipt_read_field(object, name, JSON_TEXT, e);
    return node != NULL && receipt_read_text_node(doc, node, name, out, e);
}

static bool receipt_read_hash(const struct json_node *object, const char *name, struct sha256 *out,
                              struct err *e)
{
    const struct json_node *node = receipt_read_field(object, name, JSON_TEXT, e);
    if (node == NULL) {
        return false;
    }
    if (!hex_decode(node->text, node->text_size, out->bytes, sizeof(out->bytes))) {
        return err_set(e, ERR_INVALID, "%s: is not 64 hex digits", name);
    }
    return true;
}

static bool receipt_read_bool(const struct json_node *node, const char *name, bool *out,
                              struct err *e)
{
    if (node == NULL || (node->type != JSON_TRUE && node->type != JSON_FALSE)) {
        return err_set(e, ERR_INVALID, "%s: is not true or false", name);
    }
    *out = node->type == JSON_TRUE;
    return true;
}

static bool receipt_read_texts(struct receipt_doc *doc, const struct json_node *object,
                               const char *name, const char *const **out, uint32_t *count,
                               struct err *e)
{
    const struct json_node *list = receipt_read_field(object, name, JSON_ARRAY, e);
    if (list == NULL) {
        return false;
    }
    const char **texts = arena_alloc(&doc->arena, ((size_t)list->count + 1) * sizeof(*texts));
    uint32_t i = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (!receipt_read_text_node(doc, n, name, &texts[i++], e)) {
            return false;
        }
    }
    *out = texts;
    *count = list->count;
    return true;
}

// A list whose elements are all scalars of one type: element i is node i behind the first.
static const struct json_node *receipt_read_flat(const struct json_node *object, const char *name,
                                                 enum json_type type, uint32_t count, struct err *e)
{
    const struct json_node *list = receipt_read_field(object, name, JSON_ARRAY, e);
    if (list == NULL) {
        return NULL;
    }
    if (count != UINT32_MAX && list->count != count) {
        err_set(e, ERR_INVALID, "%s: %u elements instead of %u", name, list->count, count);
        return NULL;
    }
    uint32_t i = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (n->type != type) {
            err_set(e, ERR_INVALID, "%s[%u]: is not %s", name, i, receipt_type_words(n, type));
            return NULL;
        }
        i++;
    }
    return list;
}

static void receipt_doc_entrant(void *ctx, uint32_t index, struct receipt_entrant *out)
{
    const struct receipt_doc *doc = ctx;
    CHECK(index < doc->entrants->count);
    const struct json_node *id = json_child(doc->entrants) + index;
    *out = (struct receipt_entrant){.id = id->text, .id_size = id->text_size};
    if (doc->values != NULL) {
        out->value = json_child(doc->values)[index].integer;
    }
    if (doc->strata != NULL) {
        const int64_t stratum = json_child(doc->strata)[index].integer;
        out->stratum = stratum < 0 || stratum > UINT32_MAX ? UINT32_MAX : (uint32_t)stratum;
    }
}

static bool receipt_read_entrants(struct receipt_doc *doc, struct err *e)
{
    struct receipt_draw *draw = &doc->draw;
    const struct json_node *node = doc->draw_node;
    doc->entrants = receipt_read_flat(node, "entrants", JSON_TEXT, UINT32_MAX, e);
    if (doc->entrants == NULL) {
        return false;
    }
    draw->entrant_count = doc->entrants->count;
    draw->entrant = receipt_doc_entrant;
    draw->entrant_ctx = doc;
    if (draw->kind == RECEIPT_STRATIFIED) {
        doc->strata = receipt_read_flat(node, "strata", JSON_INT, draw->entrant_count, e);
        return doc->strata != NULL;
    }
    if (draw->kind == RECEIPT_NTH || receipt_draw_has_weights(draw)) {
        const char *name = draw->kind == RECEIPT_NTH ? "times" : "weights";
        doc->values = receipt_read_flat(node, name, JSON_INT, draw->entrant_count, e);
        return doc->values != NULL;
    }
    return true;
}

static bool receipt_read_quotas(struct receipt_doc *doc, struct err *e)
{
    struct receipt_draw *draw = &doc->draw;
    if (!receipt_read_texts(doc, doc->rules, "groups", &draw->groups, &draw->group_count, e)) {
        return false;
    }
    const struct json_node *list =
        receipt_read_flat(doc->rules, "quotas", JSON_INT, draw->group_count, e);
    if (list == NULL) {
        return false;
    }
    uint32_t *quotas = arena_alloc(&doc->arena, ((size_t)list->count + 1) * sizeof(*quotas));
    for (uint32_t g = 0; g < list->count; g++) {
        int64_t quota = 0;
        if (!receipt_read_int_node(json_child(list) + g, "quotas", 0, UINT32_MAX, &quota, e)) {
            return false;
        }
        quotas[g] = (uint32_t)quota;
    }
    draw->quotas = quotas;
    return true;
}

static bool receipt_read_entrant_rules(struct receipt_doc *doc, struct err *e)
{
    struct receipt_draw *draw = &doc->draw;
    const struct json_node *rules = doc->rules;
    switch (draw->kind) {
    case RECEIPT_STRATIFIED:
        return receipt_read_quotas(doc, e);
    case RECEIPT_NTH:
        return receipt_read_u32(rules, "place", &draw->winner_count, e);
    case RECEIPT_WEIGHTED:
        if (!receipt_read_bool(json_field(rules, "replacement"), "replacement", &draw->replacement,
                               e)) {
            return false;
        }
        break;
    case RECEIPT_FAIRY: {
        const struct json_node *weighting = receipt_read_field(rules, "weighting", JSON_TEXT, e);
        if (weighting == NULL) {
            return false;
        }
        draw->weighted = json_text_is(weighting, "amount");
        break;
    }
    case RECEIPT_RFC3797:
        if (!receipt_read_texts(doc, rules, "sources", &draw->sources, &draw->source_count, e)) {
            return false;
        }
        break;
    default:
        break;
    }
    return receipt_read_u32(rules, "winners", &draw->winner_count, e);
}

// ---- games
// ---------------------------------------------------------------------------------------

static bool receipt_read_tiers(struct receipt_doc *doc, struct err *e)
{
    struct wheel_rules *wheel = &doc->wheel;
    const uint32_t count = wheel->tier_count;
    const struct json_node *odds = receipt_read_flat(doc->draw_node, "odds", JSON_INT, count, e);
    const struct json_node *stock =
        odds == NULL ? NULL : receipt_read_flat(doc->draw_node, "stock", JSON_INT, count, e);
    const struct json_node *day_max =
        stock == NULL ? NULL : receipt_read_flat(doc->rules, "day_max", JSON_INT, count, e);
    const struct json_node *paced =
        day_max == NULL ? NULL : receipt_read_field(doc->rules, "paced", JSON_ARRAY, e);
    if (paced == NULL) {
        return false;
    }
    if (paced->count != count) {
        return err_set(e, ERR_INVALID, "paced: %u elements instead of %u", paced->count, count);
    }
    const struct json_node *is_paced = json_child(paced);
    for (uint32_t t = 0; t < count; t++) {
        struct wheel_tier *tier = &wheel->tiers[t];
        int64_t ppm = 0;
        if (!receipt_read_int_node(json_child(odds) + t, "odds", 0, UINT32_MAX, &ppm, e) ||
            !receipt_read_bool(is_paced, "paced", &tier->paced, e)) {
            return false;
        }
        is_paced = json_next(is_paced);
        tier->odds_ppm = (uint32_t)ppm;
        tier->stock = (json_child(stock) + t)->integer;
        tier->day_max = (json_child(day_max) + t)->integer;
    }
    return true;
}

static bool receipt_read_wheel(struct receipt_doc *doc, struct err *e)
{
    struct wheel_rules *wheel = &doc->wheel;
    const struct json_node *rules = doc->rules;
    int64_t offset = 0;
    doc->draw.wheel = wheel;
    if (!receipt_read_texts(doc, doc->draw_node, "prizes", &doc->draw.prizes, &wheel->tier_count,
                            e)) {
        return false;
    }
    if (wheel->tier_count < 1 || wheel->tier_count > WHEEL_TIERS_MAX) {
        return err_set(e, ERR_INVALID, "prizes: %u are not 1 .. %d", wheel->tier_count,
                       WHEEL_TIERS_MAX);
    }
    const int64_t min = -RECEIPT_INT_MAX;
    const int64_t max = RECEIPT_INT_MAX;
    if (!receipt_read_text(doc, rules, "consolation", &doc->draw.consolation, e) ||
        !receipt_read_int(rules, "day_offset_s", INT32_MIN, INT32_MAX, &offset, e) ||
        !receipt_read_int(rules, "open_ms", min, max, &wheel->open_ms, e) ||
        !receipt_read_int(rules, "slot_count", min, max, &wheel->slot_count, e) ||
        !receipt_read_int(rules, "slot_ms", min, max, &wheel->slot_ms, e) ||
        !receipt_read_int(rules, "spins_per_day", min, max, &wheel->spins_per_day, e) ||
        !receipt_read_int(rules, "spins_per_member", min, max, &wheel->spins_per_member, e) ||
        !receipt_read_int(rules, "wins_per_day", min, max, &wheel->wins_per_day, e) ||
        !receipt_read_int(rules, "wins_per_member", min, max, &wheel->wins_per_member, e)) {
        return false;
    }
    wheel->day_offset_s = (int32_t)offset;
    return receipt_read_tiers(doc, e);
}

static bool receipt_read_envelope(struct receipt_doc *doc, struct err *e)
{
    struct envelope_rules *envelope = &doc->envelope;
    doc->draw.envelope = envelope;
    return receipt_read_u32(doc->rules, "drama", &envelope->drama, e) &&
           receipt_read_u32(doc->rules, "envelopes", &doc->draw.envelope_count, e) &&
           receipt_read_u32(doc->rules, "parts", &envelope->count, e) &&
           receipt_read_int(doc->rules, "sum", 0, RECEIPT_INT_MAX, &envelope->sum, e);
}

// [number, member, at_ms, prize, reason] or [envelope, place, member, at_ms, amount]
static bool receipt_read_play(struct receipt_doc *doc, const struct json_node *node, uint32_t index,
                              struct receipt_play *play, struct err *e)
{
    if (node->type != JSON_ARRAY || node->count != 5 || node->next != 6) {
        return err_set(e, ERR_INVALID, "is not a list of 5 values");
    }
    const struct json_node *v = json_child(node);
    int64_t number = 0;
    int64_t second = 0;
    if (!receipt_read_int_node(&v[0], "number", 0, UINT32_MAX, &number, e)) {
        return false;
    }
    if (doc->draw.kind == RECEIPT_ENVELOPE) {
        if (!receipt_read_int_node(&v[1], "place", 0, UINT32_MAX, &second, e) ||
            !receipt_read_text_node(doc, &v[2], "member", &play->member, e) ||
            !receipt_read_int_node(&v[3], "at_ms", 0, RECEIPT_INT_MAX, &play->at_ms, e) ||
            !receipt_read_int_node(&v[4], "amount", 0, RECEIPT_INT_MAX, &play->amount, e)) {
            return false;
        }
        play->envelope = (uint32_t)number;
        play->place = (uint32_t)second;
        return true;
    }
    if (number != index) {
        return err_set(e, ERR_INVALID, "number: %lld instead of %u", (long long)number, index);
    }
    if (!receipt_read_text_node(doc, &v[1], "member", &play->member, e) ||
        !receipt_read_int_node(&v[2], "at_ms", 0, RECEIPT_INT_MAX, &play->at_ms, e) ||
        !receipt_read_int_node(&v[3], "prize", -1, WHEEL_TIERS_MAX, &second, e)) {
        return false;
    }
    play->prize = (int32_t)second;
    if (v[4].type != JSON_TEXT || !wheel_reason_parse(v[4].text, v[4].text_size, &play->reason)) {
        return err_set(e, ERR_INVALID, "reason: unknown");
    }
    return true;
}

static bool receipt_read_plays(struct receipt_doc *doc, struct err *e)
{
    const struct json_node *list = doc->plays;
    struct receipt_play *plays =
        arena_zalloc(&doc->arena, ((size_t)list->count + 1) * sizeof(*plays));
    uint32_t i = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (!receipt_read_play(doc, n, i, &plays[i], e)) {
            return err_add(e, "plays[%u]", i);
        }
        i++;
    }
    doc->result.plays = plays;
    doc->result.play_count = list->count;
    return true;
}

// [place, id replaced, reason, new id]
static bool receipt_read_redraws(struct receipt_doc *doc, struct err *e)
{
    const struct json_node *list = doc->redraws;
    struct receipt_redraw *redraws =
        arena_zalloc(&doc->arena, ((size_t)list->count + 1) * sizeof(*redraws));
    uint32_t i = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        int64_t place = 0;
        if (n->type != JSON_ARRAY || n->count != 4 || n->next != 5) {
            return err_set(e, ERR_INVALID, "redraws[%u]: is not a list of 4 values", i);
        }
        if (!receipt_read_int_node(json_child(n), "place", 0, UINT32_MAX, &place, e) ||
            !receipt_read_text_node(doc, json_child(n) + 2, "reason", &redraws[i].reason, e)) {
            return err_add(e, "redraws[%u]", i);
        }
        redraws[i].place = (uint32_t)place;
        i++;
    }
    doc->result.redraws = redraws;
    doc->result.redraw_count = list->count;
    return true;
}

static bool receipt_read_excluded(struct receipt_doc *doc, struct err *e)
{
    const struct json_node *list = receipt_read_field(doc->draw_node, "excluded", JSON_ARRAY, e);
    if (list == NULL) {
        return false;
    }
    struct receipt_exclusion *excluded =
        arena_zalloc(&doc->arena, ((size_t)list->count + 1) * sizeof(*excluded));
    uint32_t i = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (n->type != JSON_ARRAY || n->count != 2 || n->next != 3) {
            return err_set(e, ERR_INVALID, "excluded[%u]: is not a pair", i);
        }
        if (!receipt_read_text_node(doc, json_child(n), "id", &excluded[i].id, e) ||
            !receipt_read_text_node(doc, json_child(n) + 1, "reason", &excluded[i].reason, e)) {
            return err_add(e, "excluded[%u]", i);
        }
        i++;
    }
    doc->draw.excluded = excluded;
    doc->draw.excluded_count = list->count;
    return true;
}

// ---- the whole
// -----------------------------------------------------------------------------------

static bool receipt_read_draw(struct receipt_doc *doc, struct err *e)
{
    struct receipt_draw *draw = &doc->draw;
    const struct json_node *kind = receipt_read_field(doc->draw_node, "kind", JSON_TEXT, e);
    doc->rules = kind == NULL ? NULL : receipt_read_field(doc->draw_node, "rules", JSON_OBJECT, e);
    if (doc->rules == NULL) {
        return false;
    }
    int at = RECEIPT_K_OF_N;
    while (at <= RECEIPT_ENVELOPE &&
           !json_text_is(kind, receipt_kind_name((enum receipt_kind)at))) {
        at++;
    }
    if (at > RECEIPT_ENVELOPE) {
        return err_set(e, ERR_INVALID, "kind: unknown");
    }
    draw->kind = (enum receipt_kind)at;
    if (!receipt_read_text(doc, doc->draw_node, "id", &draw->id, e) ||
        !receipt_read_text(doc, doc->rules, "text", &draw->text, e) ||
        !receipt_read_excluded(doc, e)) {
        return false;
    }
    if (draw->kind != RECEIPT_RFC3797 &&
        !receipt_read_hash(doc->draw_node, "commitment", &draw->commitment, e)) {
        return false;
    }
    if (draw->kind == RECEIPT_WHEEL) {
        return receipt_read_wheel(doc, e);
    }
    if (draw->kind == RECEIPT_ENVELOPE) {
        return receipt_read_envelope(doc, e);
    }
    return receipt_read_entrant_rules(doc, e) && receipt_read_entrants(doc, e);
}

static bool receipt_read_body(struct receipt_doc *doc, struct err *e)
{
    const struct json_node *body = doc->body;
    if ((doc->draw_node = receipt_read_field(body, "draw", JSON_OBJECT, e)) == NULL ||
        (doc->plays = receipt_read_field(body, "plays", JSON_ARRAY, e)) == NULL ||
        (doc->redraws = receipt_read_field(body, "redraws", JSON_ARRAY, e)) == NULL ||
        (doc->seed = receipt_read_field(body, "seed", JSON_TEXT, e)) == NULL ||
        (doc->winners = receipt_read_flat(body, "winners", JSON_TEXT, UINT32_MAX, e)) == NULL ||
        !receipt_read_hash(body, "draw_hash", &doc->draw_hash, e)) {
        return false;
    }
    if (!receipt_read_draw(doc, e)) {
        return err_add(e, "draw");
    }
    if (doc->draw.kind == RECEIPT_RFC3797) {
        if (!receipt_read_text(doc, body, "seed", &doc->result.key, e)) {
            return false;
        }
    } else if (!hex_decode(doc->seed->text, doc->seed->text_size, doc->result.seed,
                           RECEIPT_SEED_SIZE)) {
        return err_set(e, ERR_INVALID, "seed: is not 64 hex digits");
    }
    return receipt_read_plays(doc, e) && receipt_read_redraws(doc, e);
}

bool receipt_read(struct receipt_doc *doc, const char *json, size_t size, struct err *e)
{
    int64_t version = 0;
    *doc = (struct receipt_doc){.reader = json_reader_new((size_t)RECEIPT_SIZE_MAX)};
    arena_init(&doc->arena, 65536);
    if (!json_parse(doc->reader, json, size, &doc->root, e)) {
        return false;
    }
    if (doc->root->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "not a receipt: is not an object");
    }
    if (!receipt_read_int(doc->root, "receipt", 1, 1, &version, e) ||
        (doc->body = receipt_read_field(doc->root, "body", JSON_OBJECT, e)) == NULL ||
        (doc->marks = receipt_read_field(doc->root, "marks", JSON_OBJECT, e)) == NULL ||
        !receipt_read_hash(doc->root, "hash", &doc->hash, e)) {
        return false;
    }
    if (!receipt_read_body(doc, e)) {
        return err_add(e, "body");
    }
    return true;
}

void receipt_doc_deinit(struct receipt_doc *doc)
{
    json_reader_free(doc->reader);
    arena_deinit(&doc->arena);
}
