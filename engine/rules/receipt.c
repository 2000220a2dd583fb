// Receipts: the story of writing one. Reading and judging them is rules/receipt_verify.c.

#include "rules/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "rules/receipt_draw.h"
#include "rules/receipt_out.h"

static const char *const KIND_NAMES[] = {"k_of_n", "weighted", "stratified", "nth",
                                         "fairy",  "rfc3797",  "wheel",      "envelope"};

const char *receipt_kind_name(enum receipt_kind kind)
{
    CHECK((size_t)kind < sizeof(KIND_NAMES) / sizeof(KIND_NAMES[0]));
    return KIND_NAMES[kind];
}

struct sha256 receipt_commitment(const uint8_t seed[RECEIPT_SEED_SIZE])
{
    return sha256_of(seed, RECEIPT_SEED_SIZE);
}

uint32_t receipt_winner_count(const struct receipt_draw *draw)
{
    if (draw->kind == RECEIPT_NTH) {
        return 1;
    }
    if (draw->kind != RECEIPT_STRATIFIED) {
        return draw->winner_count;
    }
    uint64_t sum = 0;
    for (uint32_t g = 0; g < draw->group_count; g++) {
        sum += draw->quotas[g];
    }
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static bool receipt_forget(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return true;
}

bool receipt_freeze(const struct receipt_draw *draw, struct buf *out, struct sha256 *hash,
                    struct err *e)
{
    struct buf own;
    buf_init(&own, (size_t)RECEIPT_SIZE_MAX);
    const struct receipt_sink sink = {.out = out != NULL ? out : &own,
                                      .flush = out != NULL ? NULL : receipt_forget};
    struct receipt_out o;
    receipt_out_init(&o, &sink);
    const bool done = receipt_draw_write(&o, draw, hash, e) && receipt_out_finish(&o, e);
    receipt_out_deinit(&o);
    buf_deinit(&own);
    return done;
}

bool receipt_winners(const struct receipt_draw *draw, const struct receipt_result *result,
                     uint32_t *winners, struct err *e)
{
    struct sha256 hash;
    struct receipt_picks picks;
    CHECK(!receipt_draw_is_game(draw->kind));
    if (!receipt_freeze(draw, NULL, &hash, e) || !receipt_pick(draw, result, &hash, &picks, e)) {
        return false;
    }
    memcpy(winners, picks.winners, picks.count * sizeof(*winners));
    for (uint32_t r = 0; r < result->redraw_count; r++) {
        winners[result->redraws[r].place] = picks.replacements[r];
    }
    receipt_picks_deinit(&picks);
    return true;
}

static void receipt_put_entrant(struct receipt_out *o, const struct receipt_draw *draw,
                                uint32_t index)
{
    struct receipt_entrant entrant = {0};
    draw->entrant(draw->entrant_ctx, index, &entrant);
    json_put_text(o->out, entrant.id, entrant.id_size);
}

static bool receipt_write_redraws(struct receipt_out *o, const struct receipt_draw *draw,
                                  const struct receipt_result *result,
                                  const struct receipt_picks *picks, struct err *e)
{
    receipt_out_open(o, "redraws", '[');
    for (uint32_t r = 0; r < result->redraw_count; r++) {
        const struct receipt_redraw *redraw = &result->redraws[r];
        if (!receipt_draw_check_text("reason", redraw->reason, 1024, e)) {
            return err_add(e, "redraws[%u]", r);
        }
        receipt_out_element(o);
        buf_putc(o->out, '[');
        json_put_int(o->out, redraw->place);
        buf_putc(o->out, ',');
        receipt_put_entrant(o, draw, picks->replaced[r]);
        buf_putc(o->out, ',');
        json_put_z(o->out, redraw->reason);
        buf_putc(o->out, ',');
        receipt_put_entrant(o, draw, picks->replacements[r]);
        buf_putc(o->out, ']');
        receipt_out_mark(o);
    }
    receipt_out_close(o, ']');
    return true;
}

// Public numbers have a mark for each source, so that it can be named.
static void receipt_write_seed(struct receipt_out *o, const struct receipt_draw *draw,
                               const struct receipt_result *result)
{
    receipt_out_scalar(o, "seed");
    if (draw->kind == RECEIPT_RFC3797) {
        json_put_z(o->out, result->key);
        const char *part = result->key;
        for (const char *end; (end = strchr(part, '/')) != NULL; part = end + 1) {
            receipt_out_mark_part(o, part, (size_t)(end + 1 - part));
        }
    } else {
        struct sha256 seed;
        memcpy(seed.bytes, result->seed, sizeof(seed.bytes));
        receipt_out_hex(o, &seed);
        receipt_out_mark(o);
    }
    receipt_out_close(o, 0);
}

static bool receipt_write_picks(struct receipt_out *o, const struct receipt_draw *draw,
                                const struct receipt_result *result, const struct sha256 *draw_hash,
                                struct err *e)
{
    struct receipt_picks picks;
    if (result->play_count > 0) {
        return err_set(e, ERR_INVALID, "plays: only games have plays");
    }
    if (!receipt_pick(draw, result, draw_hash, &picks, e)) {
        return false;
    }
    receipt_out_open(o, "plays", '[');
    receipt_out_close(o, ']');
    const bool done = receipt_write_redraws(o, draw, result, &picks, e);
    receipt_write_seed(o, draw, result);
    receipt_out_open(o, "winners", '[');
    for (uint32_t i = 0; i < picks.count; i++) {
        receipt_out_element(o);
        receipt_put_entrant(o, draw, picks.winners[i]);
        receipt_out_mark(o);
    }
    receipt_out_close(o, ']');
    receipt_picks_deinit(&picks);
    return done;
}

static bool receipt_write_all(struct receipt_out *o, const struct receipt_draw *draw,
                              const struct receipt_result *result, struct err *e)
{
    struct sha256 draw_hash;
    if (draw->kind != RECEIPT_RFC3797) {
        const struct sha256 commitment = receipt_commitment(result->seed);
        if (!sha256_equal(&commitment, &draw->commitment)) {
            return err_set(e, ERR_CORRUPT, "seed: it is not the one that was committed to");
        }
    }
    buf_puts(o->out, "{\"body\":");
    buf_putc(&o->marks, '{');
    receipt_out_body_begin(o);
    buf_puts(o->out, "\"draw\":");
    if (!receipt_draw_write(o, draw, &draw_hash, e)) {
        return false;
    }
    receipt_out_scalar(o, "draw_hash");
    receipt_out_hex(o, &draw_hash);
    receipt_out_mark(o);
    receipt_out_close(o, 0);
    if (!(receipt_draw_is_game(draw->kind) ? receipt_game_write(o, draw, result, &draw_hash, e)
                                           : receipt_write_picks(o, draw, result, &draw_hash, e))) {
        return false;
    }
    const struct sha256 hash = receipt_out_body_end(o);
    json_key(o->out, "hash");
    receipt_out_hex(o, &hash);
    buf_putc(&o->marks, '}');
    json_key(o->out, "marks");
    receipt_out_marks(o);
    json_key(o->out, "receipt");
    buf_puts(o->out, "1}");
    return receipt_out_finish(o, e);
}

bool receipt_write(const struct receipt_draw *draw, const struct receipt_result *result,
                   const struct receipt_sink *sink, struct err *e)
{
    struct receipt_out o;
    receipt_out_init(&o, sink);
    const bool done = receipt_write_all(&o, draw, result, e);
    receipt_out_deinit(&o);
    return done;
}

// ---- entrants
// ------------------------------------------------------------------------------------

void receipt_entrant_of_array(void *array, uint32_t index, struct receipt_entrant *out)
{
    const struct receipt_entrant *entrants = array;
    *out = entrants[index];
}

static int receipt_entrants_compare(const void *a, const void *b)
{
    const struct receipt_entrant *x = a;
    const struct receipt_entrant *y = b;
    const uint32_t size = x->id_size < y->id_size ? x->id_size : y->id_size;
    const int order = memcmp(x->id, y->id, size);
    return order != 0 ? order : (x->id_size > y->id_size) - (x->id_size < y->id_size);
}

bool receipt_entrants_sort(struct receipt_entrant *entrants, uint32_t count, struct err *e)
{
    uint32_t sorted = 1;  // Rows usually come in order already.
    while (sorted < count &&
           receipt_entrants_compare(&entrants[sorted - 1], &entrants[sorted]) < 0) {
        sorted++;
    }
    if (sorted >= count) {
        return true;
    }
    qsort(entrants, count, sizeof(*entrants), receipt_entrants_compare);
    for (uint32_t i = 1; i < count; i++) {
        if (receipt_entrants_compare(&entrants[i - 1], &entrants[i]) == 0) {
            return err_set(e, ERR_INVALID, "entrants: '%.*s' stands twice",
                           (int)entrants[i].id_size, entrants[i].id);
        }
    }
    return true;
}
