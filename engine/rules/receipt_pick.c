// Who wins by a receipt, and who replaces whom. Internal; the rules stand in rules/receipt.h.

#include "rules/receipt_draw.h"

#include <stdlib.h>
#include <string.h>

#include "rules/nth.h"
#include "rules/rfc3797.h"

// What a pick works on. Arrays are indexed by entrant; only those the kind needs are there.
struct receipt_pool {
    const struct receipt_draw *draw;
    uint32_t count;
    int64_t *weights;
    uint32_t *strata;
    uint8_t *won;  // For re-draws: has won before.
    struct draw_stream *stream;
};

static void receipt_pool_load(struct receipt_pool *pool)
{
    const struct receipt_draw *draw = pool->draw;
    const bool weights = receipt_draw_has_weights(draw);
    const bool strata = draw->kind == RECEIPT_STRATIFIED;
    if (!weights && !strata) {
        return;
    }
    pool->weights = weights ? xmalloc(pool->count * sizeof(*pool->weights)) : NULL;
    pool->strata = strata ? xmalloc(pool->count * sizeof(*pool->strata)) : NULL;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct receipt_entrant entrant = {0};
        draw->entrant(draw->entrant_ctx, i, &entrant);
        if (weights) {
            pool->weights[i] = entrant.value;
        } else {
            pool->strata[i] = entrant.stratum;
        }
    }
}

static void receipt_pool_deinit(struct receipt_pool *pool)
{
    free(pool->weights);
    free(pool->strata);
    free(pool->won);
}

static bool receipt_pick_first(struct receipt_pool *pool, struct receipt_picks *picks,
                               struct err *e)
{
    const struct receipt_draw *draw = pool->draw;
    const uint32_t n = pool->count;
    bool done = true;
    void *scratch = NULL;
    if (draw->kind == RECEIPT_STRATIFIED) {
        scratch = xmalloc(draw_stratified_scratch(n, draw->group_count, draw->quotas));
        done = draw_stratified(pool->stream, pool->strata, n, draw->quotas, draw->group_count,
                               picks->winners, scratch, e);
    } else if (pool->weights == NULL) {
        scratch = xmalloc(draw_select_scratch(n, picks->count));
        draw_select(pool->stream, n, picks->count, picks->winners, scratch);
    } else if (draw->kind == RECEIPT_WEIGHTED && draw->replacement) {
        struct draw_alias alias;
        scratch = xmalloc(n * sizeof(struct draw_alias_slot));
        draw_alias_build(&alias, scratch, pool->weights, n);
        draw_alias_pick_many(&alias, pool->stream, picks->winners, picks->count);
    } else {
        scratch = xmalloc(draw_weighted_scratch(n));
        draw_weighted(pool->stream, pool->weights, n, picks->count, picks->winners, scratch);
    }
    free(scratch);
    return done;
}

// One more by re-draw r, among those who haven't won (and, with groups, are in the group).
static bool receipt_pick_again(struct receipt_pool *pool, uint32_t r, uint32_t replaced,
                               uint32_t *winner, struct err *e)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (!pool->won[i] && (pool->strata == NULL || pool->strata[i] == pool->strata[replaced])) {
            total += pool->weights != NULL ? (uint64_t)pool->weights[i] : 1;
        }
    }
    if (total == 0) {
        return err_set(e, ERR_REFUSED, "redraws[%u]: everybody has won before", r);
    }
    draw_stream_seek(pool->stream, (uint64_t)r + 1);
    uint64_t rest = draw_below(pool->stream, total);
    for (uint32_t i = 0;; i++) {
        CHECK(i < pool->count);
        if (pool->won[i] || (pool->strata != NULL && pool->strata[i] != pool->strata[replaced])) {
            continue;
        }
        const uint64_t weight = pool->weights != NULL ? (uint64_t)pool->weights[i] : 1;
        if (rest < weight) {
            *winner = i;
            return true;
        }
        rest -= weight;
    }
}

// Goes through the re-draws. `current` holds who stands at each place.
static bool receipt_pick_redraws(struct receipt_pool *pool, const struct receipt_result *result,
                                 struct receipt_picks *picks, uint32_t *current, struct err *e)
{
    for (uint32_t r = 0; r < result->redraw_count; r++) {
        const uint32_t place = result->redraws[r].place;
        if (place >= picks->count) {
            return err_set(e, ERR_INVALID, "redraws[%u].place: %u of %u winners", r, place,
                           picks->count);
        }
        picks->replaced[r] = current[place];
        if (pool != NULL &&
            !receipt_pick_again(pool, r, current[place], &picks->replacements[r], e)) {
            return false;
        }
        current[place] = picks->replacements[r];
        if (pool != NULL) {
            pool->won[current[place]] = 1;
        }
    }
    return true;
}

static bool receipt_pick_keyed(const struct receipt_draw *draw, const struct receipt_result *result,
                               const struct draw_key *key, struct receipt_picks *picks,
                               uint32_t *current, struct err *e)
{
    struct draw_stream stream;
    struct receipt_pool pool = {.draw = draw, .count = draw->entrant_count, .stream = &stream};
    draw_stream_init(&stream, key, 0);
    receipt_pool_load(&pool);
    bool done = receipt_pick_first(&pool, picks, e);
    if (done && result->redraw_count > 0) {
        pool.won = xcalloc(pool.count, 1);
        for (uint32_t i = 0; i < picks->count; i++) {
            pool.won[picks->winners[i]] = 1;
        }
        memcpy(current, picks->winners, picks->count * sizeof(*current));
        done = receipt_pick_redraws(&pool, result, picks, current, e);
    }
    receipt_pool_deinit(&pool);
    draw_stream_deinit(&stream);
    return done;
}

static bool receipt_pick_nth(const struct receipt_draw *draw, const struct receipt_result *result,
                             const struct draw_key *key, struct receipt_picks *picks,
                             uint32_t *current, struct err *e)
{
    const uint32_t n = draw->entrant_count;
    struct nth_like *likes = xmalloc(n * sizeof(*likes));
    uint32_t *scratch = xmalloc(n * sizeof(*scratch));
    struct arena ids;
    arena_init(&ids, 65536);
    for (uint32_t i = 0; i < n; i++) {
        struct receipt_entrant entrant = {0};
        draw->entrant(draw->entrant_ctx, i, &entrant);
        likes[i] = (struct nth_like){.id = arena_strndup(&ids, entrant.id, entrant.id_size),
                                     .id_size = entrant.id_size,
                                     .at_ms = entrant.value};
    }
    bool done = nth_select(likes, n, draw->winner_count, key, picks->winners, scratch, e);
    for (uint32_t r = 0; done && r < result->redraw_count; r++) {
        done = nth_select(likes, n, draw->winner_count + 1 + r, key, &picks->replacements[r],
                          scratch, e);
    }
    free(likes);
    free(scratch);
    arena_deinit(&ids);
    if (done && result->redraw_count > 0) {
        current[0] = picks->winners[0];
        done = receipt_pick_redraws(NULL, result, picks, current, e);
    }
    return done;
}

static bool receipt_pick_rfc3797(const struct receipt_draw *draw,
                                 const struct receipt_result *result, struct receipt_picks *picks,
                                 uint32_t *current, struct err *e)
{
    const uint32_t n = draw->entrant_count;
    const char *key = result->key != NULL ? result->key : "";
    const uint64_t wanted = (uint64_t)picks->count + result->redraw_count;
    uint32_t parts = 0;
    for (const char *c = key; *c != '\0'; c++) {
        parts += *c == '/';
    }
    if (!rfc3797_key_check(key, strlen(key), e)) {
        return false;
    }
    if (parts != draw->source_count) {
        return err_set(e, ERR_INVALID, "key: numbers of %u sources, but %u were announced", parts,
                       draw->source_count);
    }
    if (wanted > n) {
        return err_set(e, ERR_REFUSED, "redraws: everybody has won before");
    }
    struct rfc3797_step *steps = xmalloc(wanted * sizeof(*steps));
    uint32_t *scratch = xmalloc(n * sizeof(*scratch));
    rfc3797_select(key, strlen(key), n, (uint32_t)wanted, steps, scratch);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t *out =
            i < picks->count ? &picks->winners[i] : &picks->replacements[i - picks->count];
        *out = steps[i].selected - 1;
    }
    free(steps);
    free(scratch);
    memcpy(current, picks->winners, picks->count * sizeof(*current));
    return receipt_pick_redraws(NULL, result, picks, current, e);
}

bool receipt_pick(const struct receipt_draw *draw, const struct receipt_result *result,
                  const struct sha256 *draw_hash, struct receipt_picks *picks, struct err *e)
{
    CHECK(!receipt_draw_is_game(draw->kind));
    if (result->redraw_count > RECEIPT_REDRAWS_MAX) {
        return err_set(e, ERR_LIMIT, "redraws: more than %d", RECEIPT_REDRAWS_MAX);
    }
    const uint32_t count = receipt_winner_count(draw);
    const size_t redraws = (size_t)result->redraw_count + 1;  // Never nothing to allocate.
    *picks = (struct receipt_picks){
        .winners = xmalloc(count * sizeof(uint32_t)),
        .count = count,
        .replaced = xmalloc(redraws * sizeof(uint32_t)),
        .replacements = xmalloc(redraws * sizeof(uint32_t)),
    };
    uint32_t *current = xmalloc(count * sizeof(*current));
    const struct draw_key key = draw_key_derive(result->seed, sizeof(result->seed), draw_hash);
    bool done;
    if (draw->kind == RECEIPT_RFC3797) {
        done = receipt_pick_rfc3797(draw, result, picks, current, e);
    } else if (draw->kind == RECEIPT_NTH) {
        done = receipt_pick_nth(draw, result, &key, picks, current, e);
    } else {
        done = receipt_pick_keyed(draw, result, &key, picks, current, e);
    }
    free(current);
    if (!done) {
        receipt_picks_deinit(picks);
    }
    return done;
}

void receipt_picks_deinit(struct receipt_picks *picks)
{
    free(picks->winners);
    free(picks->replaced);
    free(picks->replacements);
    *picks = (struct receipt_picks){0};
}
