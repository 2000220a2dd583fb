// Judges a receipt. It is right when writing it again from what it says gives the same bytes:
// that covers every hash, winner, play and mark. Only when that fails does the search for what was
// altered begin, and the marks tell which entrant, weight, odds ... it was.

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rules/receipt_draw.h"
#include "rules/receipt_read.h"

#define RECEIPT_FINDINGS_MAX 40  // Lines; whoever altered more gets the idea.

struct receipt_judge {
    struct receipt_doc doc;
    struct buf *verdict;
    struct err *e;
    unsigned findings;
    bool draw_right, seed_right, body_right;  // What is stated agrees with its hash.
};

static void receipt_finding(struct receipt_judge *judge, const char *format, ...) PRINTF_LIKE(2, 3);

static void receipt_finding(struct receipt_judge *judge, const char *format, ...)
{
    struct err line;
    va_list args;
    va_start(args, format);
    err_clear(&line);
    err_set_va(&line, ERR_CORRUPT, format, args);  // Makes it one line of valid text.
    va_end(args);
    if (judge->findings == 0 && judge->e != NULL) {
        *judge->e = line;
    }
    if (judge->findings++ < RECEIPT_FINDINGS_MAX) {
        buf_puts(judge->verdict, line.text);
        buf_putc(judge->verdict, '\n');
    }
}

// ---- the same bytes?
// -----------------------------------------------------------------------------

struct receipt_compare {
    const char *data;
    size_t size, at;
};

static bool receipt_compare_flush(void *ctx, const void *data, size_t size)
{
    struct receipt_compare *with = ctx;
    if (size > with->size - with->at || memcmp(with->data + with->at, data, size) != 0) {
        return false;
    }
    with->at += size;
    return true;
}

// Errors of writing are kept in *e: a refusal is a finding.
static bool receipt_same_bytes(const struct receipt_doc *doc, const char *data, size_t size,
                               struct err *e)
{
    struct buf piece;
    struct receipt_compare with = {.data = data, .size = size};
    buf_init(&piece, (size_t)RECEIPT_SIZE_MAX);
    const struct receipt_sink sink = {
        .out = &piece, .flush = receipt_compare_flush, .flush_ctx = &with};
    const bool same = receipt_write(&doc->draw, &doc->result, &sink, e) && with.at == size;
    buf_deinit(&piece);
    return same;
}

static bool receipt_hash_matches(const struct json_node *node, const struct sha256 *hash)
{
    struct buf bytes;
    buf_init(&bytes, (size_t)RECEIPT_SIZE_MAX);
    json_canonical(node, &bytes);
    const struct sha256 real = sha256_of(bytes.data, bytes.size);
    const bool same = !bytes.overflow && sha256_equal(&real, hash);
    buf_deinit(&bytes);
    return same;
}

// ---- marks
// ---------------------------------------------------------------------------------------

// What element `index` of a field is called.
static void receipt_element_name(const struct receipt_doc *doc, const struct json_node *field,
                                 uint32_t index, const struct json_node *child, struct buf *out)
{
    static const struct {
        const char *field, *words;
    } names[] = {{"weights", "the weight of entrant"},
                 {"strata", "the group of entrant"},
                 {"times", "the time of entrant"},
                 {"entrants", "entrant"},
                 {"odds", "the odds of prize"},
                 {"stock", "the stock of prize"},
                 {"prizes", "prize"},
                 {"excluded", "exclusion"},
                 {"plays", "play"},
                 {"winners", "winner"},
                 {"redraws", "re-draw"}};
    if (field->type == JSON_OBJECT) {
        buf_printf(out, "the rule '%.*s'", (int)child->key_size, child->key);
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const size_t size = strlen(names[i].field);
        if (field->key_size != size || memcmp(field->key, names[i].field, size) != 0) {
            continue;
        }
        buf_printf(out, "%s %u", names[i].words, index + 1);
        if (i <= 3 && doc->entrants != NULL && index < doc->entrants->count) {
            const struct json_node *id = json_child(doc->entrants) + index;
            buf_printf(out, " ('%.*s')", (int)id->text_size, id->text);
        } else if (i >= 4 && i <= 6 && doc->draw.prizes != NULL && index < doc->wheel.tier_count) {
            buf_printf(out, " ('%s')", doc->draw.prizes[index]);
        }
        return;
    }
    buf_printf(out, "element %u of '%.*s'", index + 1, (int)field->key_size, field->key);
}

static bool receipt_mark_is(const struct json_node *value, const char *hex, struct buf *scratch)
{
    static const char digits[] = "0123456789abcdef";
    buf_clear(scratch);
    json_canonical(value, scratch);
    const uint16_t mark = receipt_mark(scratch->data, scratch->size);
    return hex[0] == digits[mark >> 12] && hex[1] == digits[mark >> 8 & 15] &&
           hex[2] == digits[mark >> 4 & 15] && hex[3] == digits[mark & 15];
}

// The numbers of public sources, each closed by '/', against a mark for each source.
static void receipt_judge_numbers(struct receipt_judge *judge, const struct json_node *field,
                                  const struct json_node *marks, const char *what,
                                  struct buf *scratch)
{
    const struct receipt_draw *draw = &judge->doc.draw;
    const char *const end = field->text + field->text_size;
    const char *part = field->text;
    const uint32_t marked = marks->text_size / 4;
    uint32_t parts = 0;
    for (const char *c = part; c < end; c++) {
        parts += *c == '/';
    }
    for (uint32_t i = 0; i < marked && judge->findings <= RECEIPT_FINDINGS_MAX; i++) {
        const char *close = part < end ? memchr(part, '/', (size_t)(end - part)) : NULL;
        const uint32_t size = (uint32_t)((close == NULL ? end : close + 1) - part);
        const struct json_node text = {.type = JSON_TEXT, .text = part, .text_size = size};
        const bool named = i < draw->source_count;
        part += size;
        if (size > 0 && receipt_mark_is(&text, marks->text + (size_t)4 * i, scratch)) {
            continue;
        }
        receipt_finding(judge, "%sthe numbers of source %u%s%s%s %s", what, i + 1,
                        named ? " ('" : "", named ? draw->sources[i] : "", named ? "')" : "",
                        size == 0         ? "were taken out"
                        : parts == marked ? "were altered"
                                          : "were altered, put in or taken out");
        if (parts != marked) {
            break;
        }
    }
    if (parts != marked) {
        receipt_finding(judge, "%sseed: numbers of %u sources, but there were %u", what, parts,
                        marked);
    } else if (part < end) {
        receipt_finding(judge, "%sthe field 'seed' was altered", what);
    }
}

// A list or object against its string of marks.
static void receipt_judge_elements(struct receipt_judge *judge, const struct json_node *field,
                                   const struct json_node *marks, const char *what,
                                   struct buf *scratch)
{
    const uint32_t marked = marks->text_size / 4;
    uint32_t i = 0;
    struct buf name;
    buf_init(&name, ERR_TEXT_MAX);
    for (const struct json_node *n = json_child(field);
         n != json_end(field) && i < marked && judge->findings <= RECEIPT_FINDINGS_MAX;
         n = json_next(n), i++) {
        if (receipt_mark_is(n, marks->text + (size_t)4 * i, scratch)) {
            continue;
        }
        buf_clear(&name);
        receipt_element_name(&judge->doc, field, i, n, &name);
        if (field->count == marked) {
            receipt_finding(judge, "%s%s was altered", what, name.data);
            continue;
        }
        receipt_finding(judge, "%s%s was altered, put in or taken out before", what, name.data);
        break;  // Everything behind it has moved.
    }
    if (field->count != marked) {
        receipt_finding(judge, "%s%.*s: %u, but there were %u", what, (int)field->key_size,
                        field->key, field->count, marked);
    }
    buf_deinit(&name);
}

// All fields of draw or body against their marks. `right`: the values agree with their hash, so it
// is the marks that were altered.
static void receipt_judge_fields(struct receipt_judge *judge, const struct json_node *values,
                                 const struct json_node *marks, bool right)
{
    const char *what = right ? "the mark of " : "";
    struct buf scratch;
    buf_init(&scratch, (size_t)RECEIPT_SIZE_MAX);
    for (const struct json_node *n = json_child(values); n != json_end(values); n = json_next(n)) {
        const struct json_node *mark = NULL;
        for (mark = json_child(marks); mark != json_end(marks); mark = json_next(mark)) {
            if (mark->key_size == n->key_size && memcmp(mark->key, n->key, n->key_size) == 0) {
                break;
            }
        }
        if (n == judge->doc.draw_node) {
            continue;  // Has marks of its own.
        }
        if (mark == json_end(marks)) {
            receipt_finding(judge, "the field '%.*s' was put in, or its marks taken out",
                            (int)n->key_size, n->key);
        } else if (mark->type != JSON_TEXT || mark->text_size % 4 != 0) {
            receipt_finding(judge, "the marks of '%.*s' were altered", (int)n->key_size, n->key);
        } else if (judge->doc.draw.kind == RECEIPT_RFC3797 && n->type == JSON_TEXT &&
                   values == judge->doc.body && n->key_size == 4 &&
                   memcmp(n->key, "seed", 4) == 0) {
            receipt_judge_numbers(judge, n, mark, what, &scratch);
        } else if (n->type == JSON_ARRAY || n->type == JSON_OBJECT) {
            receipt_judge_elements(judge, n, mark, what, &scratch);
        } else if (mark->text_size != 4 || !receipt_mark_is(n, mark->text, &scratch)) {
            receipt_finding(judge, "%sthe field '%.*s' was altered", what, (int)n->key_size,
                            n->key);
        }
    }
    for (const struct json_node *m = json_child(marks); m != json_end(marks); m = json_next(m)) {
        char name[64];
        if (m->key_size >= sizeof(name)) {
            continue;
        }
        memcpy(name, m->key, m->key_size);
        name[m->key_size] = '\0';
        if (json_field(values, name) == NULL) {
            receipt_finding(judge, "the field '%s' was taken out, or marks for it put in", name);
        }
    }
    buf_deinit(&scratch);
}

// ---- seed, winners, plays
// ------------------------------------------------------------------------

// Which single byte, put back, gives the commitment? Names what was done to the seed.
static void receipt_judge_seed(struct receipt_judge *judge)
{
    const struct sha256 *wanted = &judge->doc.draw.commitment;
    uint8_t seed[RECEIPT_SEED_SIZE];
    memcpy(seed, judge->doc.result.seed, sizeof(seed));
    struct sha256 hash = receipt_commitment(seed);
    judge->seed_right = sha256_equal(&hash, wanted);
    if (judge->seed_right) {
        return;
    }
    for (unsigned at = 0; at < RECEIPT_SEED_SIZE; at++) {
        const uint8_t stated = seed[at];
        for (unsigned byte = 0; byte < 256; byte++) {
            seed[at] = (uint8_t)byte;
            hash = receipt_commitment(seed);
            if (sha256_equal(&hash, wanted)) {
                receipt_finding(judge, "byte %u of the seed was altered: %02x instead of %02x",
                                at + 1, stated, byte);
                return;
            }
        }
        seed[at] = stated;
    }
    receipt_finding(judge, "the seed is not the one that was committed to");
}

static bool receipt_node_is_entrant(const struct receipt_doc *doc, const struct json_node *node,
                                    uint32_t index)
{
    const struct json_node *id = json_child(doc->entrants) + index;
    return node->type == JSON_TEXT && node->text_size == id->text_size &&
           memcmp(node->text, id->text, id->text_size) == 0;
}

static void receipt_judge_winners(struct receipt_judge *judge)
{
    const struct receipt_doc *doc = &judge->doc;
    struct receipt_picks picks;
    struct err e;
    err_clear(&e);
    const uint32_t count = receipt_winner_count(&doc->draw);
    if (doc->winners->count != count) {
        receipt_finding(judge, "winners: %u, but the rules say %u", doc->winners->count, count);
        return;
    }
    if (!receipt_pick(&doc->draw, &doc->result, &doc->draw_hash, &picks, &e)) {
        receipt_finding(judge, "%s", e.text);
        return;
    }
    for (uint32_t i = 0; i < count && judge->findings <= RECEIPT_FINDINGS_MAX; i++) {
        const struct json_node *stated = json_child(doc->winners) + i;
        const struct json_node *real = json_child(doc->entrants) + picks.winners[i];
        if (!receipt_node_is_entrant(doc, stated, picks.winners[i])) {
            receipt_finding(judge, "winner %u is '%.*s', but the draw gives '%.*s'", i + 1,
                            (int)stated->text_size, stated->text, (int)real->text_size, real->text);
        }
    }
    uint32_t r = 0;
    for (const struct json_node *n = json_child(doc->redraws);
         n != json_end(doc->redraws) && judge->findings <= RECEIPT_FINDINGS_MAX;
         n = json_next(n), r++) {
        const struct json_node *real = json_child(doc->entrants) + picks.replacements[r];
        if (!receipt_node_is_entrant(doc, json_child(n) + 1, picks.replaced[r])) {
            receipt_finding(judge, "re-draw %u doesn't replace who stood at its place", r + 1);
        }
        if (!receipt_node_is_entrant(doc, json_child(n) + 3, picks.replacements[r])) {
            receipt_finding(judge, "re-draw %u: the draw gives '%.*s'", r + 1, (int)real->text_size,
                            real->text);
        }
    }
    receipt_picks_deinit(&picks);
}

static void receipt_judge_plays(struct receipt_judge *judge)
{
    const struct receipt_doc *doc = &judge->doc;
    struct err e;
    uint32_t wrong = 0;
    err_clear(&e);
    if (!receipt_game_check(&doc->draw, &doc->result, &doc->draw_hash, &wrong, &e)) {
        receipt_finding(judge, "%s", e.text);
    }
}

// ---- the verdict
// ---------------------------------------------------------------------------------

// `refused`: what writing it again said, if it said anything.
static void receipt_judge_all(struct receipt_judge *judge, const struct err *refused)
{
    const struct receipt_doc *doc = &judge->doc;
    const bool game = receipt_draw_is_game(doc->draw.kind);
    judge->draw_right = receipt_hash_matches(doc->draw_node, &doc->draw_hash);
    judge->body_right = receipt_hash_matches(doc->body, &doc->hash);
    judge->seed_right = true;
    const struct json_node *draw_marks = json_field(doc->marks, "draw");
    if (draw_marks == NULL || draw_marks->type != JSON_OBJECT) {
        receipt_finding(judge, "the marks of 'draw' were taken out");
    } else {
        receipt_judge_fields(judge, doc->draw_node, draw_marks, judge->draw_right);
    }
    if (doc->draw.kind != RECEIPT_RFC3797) {
        receipt_judge_seed(judge);
    }
    // What the writer refuses (an entrant twice, weight 0) can't be recomputed.
    const bool sound =
        refused->kind == ERR_NONE || refused->kind == ERR_FAULT || refused->kind == ERR_CORRUPT;
    if (judge->draw_right && judge->seed_right && sound) {
        if (game) {
            receipt_judge_plays(judge);
        } else {
            receipt_judge_winners(judge);
        }
    }
    receipt_judge_fields(judge, doc->body, doc->marks, judge->body_right);
    if (!judge->draw_right) {
        receipt_finding(judge, "draw_hash is not the hash of the draw: %s",
                        judge->findings > 0 ? "it was made before the alteration"
                                            : "one of the two was altered");
    }
    if (!judge->body_right) {
        receipt_finding(judge, "hash is not the hash of the body: %s",
                        judge->findings > 0 ? "it was made before the alteration"
                                            : "one of the two was altered");
    }
    if (!sound) {
        receipt_finding(judge, "%s", refused->text);
    }
    if (judge->findings == 0) {
        receipt_finding(judge, "the receipt has fields or bytes that don't belong there");
    }
}

static void receipt_say_verified(const struct receipt_judge *judge)
{
    const struct receipt_doc *doc = &judge->doc;
    char hex[2 * SHA256_SIZE + 1];
    buf_printf(judge->verdict, "verified: %s '%s', ", receipt_kind_name(doc->draw.kind),
               doc->draw.id);
    if (receipt_draw_is_game(doc->draw.kind)) {
        buf_printf(judge->verdict, "%u plays, %u winners", doc->plays->count, doc->winners->count);
    } else {
        buf_printf(judge->verdict, "%u winners of %u entrants, %u re-draws", doc->winners->count,
                   doc->entrants->count, doc->redraws->count);
    }
    if (doc->draw.kind == RECEIPT_RFC3797) {
        buf_printf(judge->verdict, "; numbers %s", doc->result.key);
    } else {
        hex_encode(doc->draw.commitment.bytes, SHA256_SIZE, hex);
        buf_printf(judge->verdict, "; commitment %s", hex);
    }
    hex_encode(doc->draw_hash.bytes, SHA256_SIZE, hex);
    buf_printf(judge->verdict, ", draw hash %s\n", hex);
}

static bool receipt_judge_doc(struct receipt_judge *judge, const char *json, size_t size)
{
    const struct receipt_doc *doc = &judge->doc;
    struct err refused;
    err_clear(&refused);
    // A list that states fewer winners than the rules would otherwise cost a draw of millions.
    const bool game = receipt_draw_is_game(doc->draw.kind);
    const bool countable = game || receipt_winner_count(&doc->draw) == doc->winners->count;
    if (countable && receipt_same_bytes(doc, json, size, &refused)) {
        receipt_say_verified(judge);
        return true;
    }
    struct buf canonical;  // Somebody may have printed it prettily.
    buf_init(&canonical, (size_t)RECEIPT_SIZE_MAX);
    json_canonical(doc->root, &canonical);
    err_clear(&refused);
    const bool same =
        countable && receipt_same_bytes(doc, canonical.data, canonical.size, &refused);
    buf_deinit(&canonical);
    if (same) {
        receipt_say_verified(judge);
        return true;
    }
    receipt_judge_all(judge, &refused);
    buf_printf(judge->verdict, "NOT verified: %u finding%s\n", judge->findings,
               judge->findings == 1 ? "" : "s");
    return false;
}

// It can't be read as a receipt; if its parts are there, the marks may still tell why.
static void receipt_judge_unread(struct receipt_judge *judge, const struct err *why)
{
    const struct receipt_doc *doc = &judge->doc;
    receipt_finding(judge, "%s", why->text);
    if (judge->e != NULL) {
        judge->e->kind = why->kind;
    }
    if (doc->draw_node != NULL && doc->marks != NULL) {
        const struct json_node *marks = json_field(doc->marks, "draw");
        if (marks != NULL && marks->type == JSON_OBJECT) {
            receipt_judge_fields(judge, doc->draw_node, marks, false);
        }
    }
    buf_puts(judge->verdict, "NOT verified: no receipt can be read from it\n");
}

bool receipt_verify(const char *json, size_t size, struct buf *verdict, struct err *e)
{
    struct receipt_judge judge = {.verdict = verdict, .e = e};
    struct err own;
    err_clear(&own);
    bool verified = false;
    if (receipt_read(&judge.doc, json, size, &own)) {
        verified = receipt_judge_doc(&judge, json, size);
    } else {
        receipt_judge_unread(&judge, &own);
    }
    receipt_doc_deinit(&judge.doc);
    return verified;
}
