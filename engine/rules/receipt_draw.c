// The frozen part of a receipt. Internal; the format stands in rules/receipt.h.

#include "rules/receipt_draw.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

#define RECEIPT_TEXT_MAX 65536
#define RECEIPT_EXCLUDED_MAX 10000000

bool receipt_draw_is_game(enum receipt_kind kind)
{
    return kind == RECEIPT_WHEEL || kind == RECEIPT_ENVELOPE;
}

bool receipt_draw_has_weights(const struct receipt_draw *draw)
{
    return draw->kind == RECEIPT_WEIGHTED || (draw->kind == RECEIPT_FAIRY && draw->weighted);
}

bool receipt_draw_check_text(const char *field, const char *text, size_t max, struct err *e)
{
    if (text == NULL) {
        return err_set(e, ERR_INVALID, "%s: is missing", field);
    }
    const size_t size = strlen(text);
    if (size > max) {
        return err_set(e, ERR_INVALID, "%s: %zu bytes, at most %zu", field, size, max);
    }
    if (!utf8_valid(text, size)) {
        return err_set(e, ERR_INVALID, "%s: not valid UTF-8", field);
    }
    return true;
}

static bool receipt_draw_check_list(const char *field, const char *const *texts, uint32_t count,
                                    struct err *e)
{
    if (count < 1 || count > RECEIPT_GROUPS_MAX) {
        return err_set(e, ERR_INVALID, "%s: %u is not in 1 .. %d", field, count,
                       RECEIPT_GROUPS_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!receipt_draw_check_text("name", texts[i], RECEIPT_TEXT_MAX, e)) {
            return err_add(e, "%s[%u]", field, i);
        }
    }
    return true;
}

// How many win: the bounds differ between kinds.
static bool receipt_draw_check_count(const struct receipt_draw *draw, struct err *e)
{
    const uint64_t count = receipt_winner_count(draw);
    const bool many = draw->kind == RECEIPT_WEIGHTED && draw->replacement;
    const uint64_t most = many ? RECEIPT_ENTRANTS_MAX : draw->entrant_count;
    if (draw->kind == RECEIPT_NTH) {
        if (draw->winner_count < 1 || draw->winner_count > draw->entrant_count) {
            return err_set(e, ERR_REFUSED, "place: %u of only %u likes", draw->winner_count,
                           draw->entrant_count);
        }
        return true;
    }
    if (draw->entrant_count == 0) {
        return err_set(e, ERR_REFUSED, "entrants: there are none");
    }
    if (count < 1 || count > most) {
        return err_set(e, ERR_REFUSED, "winners: %llu of %u entrants", (unsigned long long)count,
                       draw->entrant_count);
    }
    return true;
}

static bool receipt_draw_check_game(const struct receipt_draw *draw, struct err *e)
{
    if (draw->kind == RECEIPT_WHEEL) {
        CHECK(draw->wheel != NULL);
        return wheel_rules_check(draw->wheel, e) &&
               receipt_draw_check_list("prizes", draw->prizes, draw->wheel->tier_count, e) &&
               receipt_draw_check_text("consolation", draw->consolation, RECEIPT_TEXT_MAX, e);
    }
    CHECK(draw->envelope != NULL);
    if (!envelope_rules_check(draw->envelope, e)) {
        return false;
    }
    const uint64_t parts = (uint64_t)draw->envelope->count * draw->envelope_count;
    if (parts < 1 || parts > RECEIPT_PARTS_MAX) {
        return err_set(e, ERR_INVALID, "envelopes: %llu parts are not in 1 .. %d",
                       (unsigned long long)parts, RECEIPT_PARTS_MAX);
    }
    return true;
}

static bool receipt_draw_check(const struct receipt_draw *draw, struct err *e)
{
    if (!receipt_draw_check_text("id", draw->id, RECEIPT_ID_MAX, e) ||
        !receipt_draw_check_text("text", draw->text, RECEIPT_TEXT_MAX, e)) {
        return false;
    }
    if (draw->excluded_count > RECEIPT_EXCLUDED_MAX) {
        return err_set(e, ERR_LIMIT, "excluded: more than %d", RECEIPT_EXCLUDED_MAX);
    }
    if (receipt_draw_is_game(draw->kind)) {
        return receipt_draw_check_game(draw, e);
    }
    const uint32_t most = draw->kind == RECEIPT_RFC3797 ? 65535 : (uint32_t)RECEIPT_ENTRANTS_MAX;
    if (draw->entrant_count > most) {
        return err_set(e, ERR_LIMIT, "entrants: %u are more than %u", draw->entrant_count, most);
    }
    if (draw->kind == RECEIPT_STRATIFIED &&
        !receipt_draw_check_list("groups", draw->groups, draw->group_count, e)) {
        return false;
    }
    if (draw->kind == RECEIPT_RFC3797 &&
        !receipt_draw_check_list("sources", draw->sources, draw->source_count, e)) {
        return false;
    }
    return receipt_draw_check_count(draw, e);
}

// Canonical order makes the list of a draw one and only one, and shows a doubled entrant at once.
static bool receipt_draw_check_order(uint32_t index, const char *last, uint32_t last_size,
                                     const struct receipt_entrant *entrant, struct err *e)
{
    const uint32_t size = last_size < entrant->id_size ? last_size : entrant->id_size;
    const int order = memcmp(last, entrant->id, size);
    if (order < 0 || (order == 0 && last_size < entrant->id_size)) {
        return true;
    }
    const bool same = order == 0 && last_size == entrant->id_size;
    return err_set(e, ERR_INVALID, "entrants[%u]: '%.*s' %s", index, (int)entrant->id_size,
                   entrant->id, same ? "stands twice" : "is not in ascending order");
}

static bool receipt_draw_write_entrants(struct receipt_out *o, const struct receipt_draw *draw,
                                        struct err *e)
{
    char last[RECEIPT_ID_MAX];
    uint32_t last_size = 0;
    const bool ordered = draw->kind != RECEIPT_RFC3797;
    receipt_out_open(o, "entrants", '[');
    for (uint32_t i = 0; i < draw->entrant_count; i++) {
        struct receipt_entrant entrant = {0};
        draw->entrant(draw->entrant_ctx, i, &entrant);
        if (entrant.id_size < 1 || entrant.id_size > RECEIPT_ID_MAX) {
            return err_set(e, ERR_INVALID, "entrants[%u]: an id of %u bytes, not 1 .. %d", i,
                           entrant.id_size, RECEIPT_ID_MAX);
        }
        if (!utf8_valid(entrant.id, entrant.id_size)) {
            return err_set(e, ERR_INVALID, "entrants[%u]: not valid UTF-8", i);
        }
        if (ordered && i > 0 && !receipt_draw_check_order(i, last, last_size, &entrant, e)) {
            return false;
        }
        memcpy(last, entrant.id, entrant.id_size);
        last_size = entrant.id_size;
        receipt_out_text(o, entrant.id, entrant.id_size);
    }
    receipt_out_close(o, ']');
    return true;
}

static bool receipt_draw_write_values(struct receipt_out *o, const struct receipt_draw *draw,
                                      struct err *e)
{
    const bool times = draw->kind == RECEIPT_NTH;
    const char *field = times ? "times" : "weights";
    int64_t sum = 0;
    receipt_out_open(o, field, '[');
    for (uint32_t i = 0; i < draw->entrant_count; i++) {
        struct receipt_entrant entrant = {0};
        draw->entrant(draw->entrant_ctx, i, &entrant);
        if (entrant.value < !times || entrant.value > RECEIPT_INT_MAX) {
            return err_set(e, ERR_INVALID, "%s[%u]: %lld is not in %d .. 2^53", field, i,
                           (long long)entrant.value, !times);
        }
        sum += times ? 0 : entrant.value;
        if (sum > DRAW_WEIGHT_MAX) {
            return err_set(e, ERR_INVALID, "weights: their sum exceeds 2^53 at weights[%u]", i);
        }
        receipt_out_int(o, entrant.value);
    }
    receipt_out_close(o, ']');
    return true;
}

static bool receipt_draw_write_strata(struct receipt_out *o, const struct receipt_draw *draw,
                                      struct err *e)
{
    receipt_out_open(o, "strata", '[');
    for (uint32_t i = 0; i < draw->entrant_count; i++) {
        struct receipt_entrant entrant = {0};
        draw->entrant(draw->entrant_ctx, i, &entrant);
        if (entrant.stratum >= draw->group_count) {
            return err_set(e, ERR_INVALID, "strata[%u]: %u is not below %u", i, entrant.stratum,
                           draw->group_count);
        }
        receipt_out_int(o, entrant.stratum);
    }
    receipt_out_close(o, ']');
    return true;
}

static bool receipt_draw_write_excluded(struct receipt_out *o, const struct receipt_draw *draw,
                                        struct err *e)
{
    receipt_out_open(o, "excluded", '[');
    for (uint32_t i = 0; i < draw->excluded_count; i++) {
        const struct receipt_exclusion *excluded = &draw->excluded[i];
        if (!receipt_draw_check_text("id", excluded->id, RECEIPT_ID_MAX, e) ||
            !receipt_draw_check_text("reason", excluded->reason, RECEIPT_TEXT_MAX, e)) {
            return err_add(e, "excluded[%u]", i);
        }
        receipt_out_element(o);
        buf_putc(o->out, '[');
        json_put_z(o->out, excluded->id);
        buf_putc(o->out, ',');
        json_put_z(o->out, excluded->reason);
        buf_putc(o->out, ']');
        receipt_out_mark(o);
    }
    receipt_out_close(o, ']');
    return true;
}

// ---- rules, in the order of their names --------------------------------------------------------

static void receipt_rule_int(struct receipt_out *o, const char *name, int64_t value)
{
    receipt_out_member(o, name);
    json_put_int(o->out, value);
    receipt_out_mark(o);
}

static void receipt_rule_text(struct receipt_out *o, const char *name, const char *text)
{
    receipt_out_member(o, name);
    json_put_z(o->out, text);
    receipt_out_mark(o);
}

static void receipt_rule_bool(struct receipt_out *o, const char *name, bool value)
{
    receipt_out_member(o, name);
    buf_puts(o->out, value ? "true" : "false");
    receipt_out_mark(o);
}

static void receipt_rule_texts(struct receipt_out *o, const char *name, const char *const *texts,
                               uint32_t count)
{
    receipt_out_member(o, name);
    buf_putc(o->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        json_comma(o->out);
        json_put_z(o->out, texts[i]);
    }
    buf_putc(o->out, ']');
    receipt_out_mark(o);
}

static void receipt_rules_wheel(struct receipt_out *o, const struct receipt_draw *draw)
{
    const struct wheel_rules *wheel = draw->wheel;
    receipt_rule_text(o, "consolation", draw->consolation);
    receipt_out_member(o, "day_max");
    buf_putc(o->out, '[');
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        json_comma(o->out);
        json_put_int(o->out, wheel->tiers[t].day_max);
    }
    buf_putc(o->out, ']');
    receipt_out_mark(o);
    receipt_rule_int(o, "day_offset_s", wheel->day_offset_s);
    receipt_rule_int(o, "open_ms", wheel->open_ms);
    receipt_out_member(o, "paced");
    buf_putc(o->out, '[');
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        json_comma(o->out);
        buf_puts(o->out, wheel->tiers[t].paced ? "true" : "false");
    }
    buf_putc(o->out, ']');
    receipt_out_mark(o);
    receipt_rule_int(o, "slot_count", wheel->slot_count);
    receipt_rule_int(o, "slot_ms", wheel->slot_ms);
    receipt_rule_int(o, "spins_per_day", wheel->spins_per_day);
    receipt_rule_int(o, "spins_per_member", wheel->spins_per_member);
    receipt_rule_text(o, "text", draw->text);
    receipt_rule_int(o, "wins_per_day", wheel->wins_per_day);
    receipt_rule_int(o, "wins_per_member", wheel->wins_per_member);
}

static void receipt_rules_entrants(struct receipt_out *o, const struct receipt_draw *draw)
{
    if (draw->kind == RECEIPT_STRATIFIED) {
        receipt_rule_texts(o, "groups", draw->groups, draw->group_count);
        receipt_out_member(o, "quotas");
        buf_putc(o->out, '[');
        for (uint32_t g = 0; g < draw->group_count; g++) {
            json_comma(o->out);
            json_put_int(o->out, draw->quotas[g]);
        }
        buf_putc(o->out, ']');
        receipt_out_mark(o);
        receipt_rule_text(o, "text", draw->text);
        return;
    }
    if (draw->kind == RECEIPT_NTH) {
        receipt_rule_int(o, "place", draw->winner_count);
        receipt_rule_text(o, "text", draw->text);
        receipt_rule_text(o, "tie", RECEIPT_TIE_RULE);
        return;
    }
    if (draw->kind == RECEIPT_WEIGHTED) {
        receipt_rule_bool(o, "replacement", draw->replacement);
    }
    if (draw->kind == RECEIPT_RFC3797) {
        receipt_rule_texts(o, "sources", draw->sources, draw->source_count);
    }
    receipt_rule_text(o, "text", draw->text);
    if (draw->kind == RECEIPT_FAIRY) {
        receipt_rule_text(o, "weighting", draw->weighted ? "amount" : "uniform");
    }
    receipt_rule_int(o, "winners", draw->winner_count);
}

static void receipt_draw_write_rules(struct receipt_out *o, const struct receipt_draw *draw)
{
    receipt_out_open(o, "rules", '{');
    if (draw->kind == RECEIPT_WHEEL) {
        receipt_rules_wheel(o, draw);
    } else if (draw->kind == RECEIPT_ENVELOPE) {
        receipt_rule_int(o, "drama", draw->envelope->drama);
        receipt_rule_int(o, "envelopes", draw->envelope_count);
        receipt_rule_int(o, "parts", draw->envelope->count);
        receipt_rule_int(o, "sum", draw->envelope->sum);
        receipt_rule_text(o, "text", draw->text);
    } else {
        receipt_rules_entrants(o, draw);
    }
    receipt_out_close(o, '}');
}

static void receipt_draw_write_scalar(struct receipt_out *o, const char *name, const char *text)
{
    receipt_out_scalar(o, name);
    json_put_z(o->out, text);
    receipt_out_mark(o);
    receipt_out_close(o, 0);
}

static void receipt_draw_write_prizes(struct receipt_out *o, const struct receipt_draw *draw)
{
    const struct wheel_rules *wheel = draw->wheel;
    receipt_out_open(o, "odds", '[');
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        receipt_out_int(o, wheel->tiers[t].odds_ppm);
    }
    receipt_out_close(o, ']');
    receipt_out_open(o, "prizes", '[');
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        receipt_out_text(o, draw->prizes[t], strlen(draw->prizes[t]));
    }
    receipt_out_close(o, ']');
}

static void receipt_draw_write_stock(struct receipt_out *o, const struct wheel_rules *wheel)
{
    receipt_out_open(o, "stock", '[');
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        receipt_out_int(o, wheel->tiers[t].stock);
    }
    receipt_out_close(o, ']');
}

bool receipt_draw_write(struct receipt_out *o, const struct receipt_draw *draw, struct sha256 *hash,
                        struct err *e)
{
    if (!receipt_draw_check(draw, e)) {
        return false;
    }
    const bool game = receipt_draw_is_game(draw->kind);
    receipt_out_draw_begin(o);
    if (draw->kind != RECEIPT_RFC3797) {
        receipt_out_scalar(o, "commitment");
        receipt_out_hex(o, &draw->commitment);
        receipt_out_mark(o);
        receipt_out_close(o, 0);
    }
    if (!game && !receipt_draw_write_entrants(o, draw, e)) {
        return false;
    }
    if (!receipt_draw_write_excluded(o, draw, e)) {
        return false;
    }
    receipt_draw_write_scalar(o, "id", draw->id);
    receipt_draw_write_scalar(o, "kind", receipt_kind_name(draw->kind));
    if (draw->kind == RECEIPT_WHEEL) {
        receipt_draw_write_prizes(o, draw);
    }
    receipt_draw_write_rules(o, draw);
    if (draw->kind == RECEIPT_WHEEL) {
        receipt_draw_write_stock(o, draw->wheel);
    }
    if (draw->kind == RECEIPT_STRATIFIED && !receipt_draw_write_strata(o, draw, e)) {
        return false;
    }
    if ((draw->kind == RECEIPT_NTH || receipt_draw_has_weights(draw)) &&
        !receipt_draw_write_values(o, draw, e)) {
        return false;
    }
    *hash = receipt_out_draw_end(o);
    return true;
}
