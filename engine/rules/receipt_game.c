// Plays of wheel and envelope receipts: recomputed one by one, in the order they happened.
// Internal; the format stands in rules/receipt.h.

#include "rules/receipt_draw.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"

// What a wheel's limits need to know of one member.
struct receipt_spinner {
    const char *id;
    int64_t day;
    int64_t spins, spins_today, wins, wins_today;
};

// One pass over the plays. Members are found by hash; the seed of it is nobody's choice, so nobody
// can make them collide.
struct receipt_game {
    const struct receipt_draw *draw;
    const struct receipt_result *result;
    struct draw_stream stream;
    struct map members;
    uint64_t hash_seed;
    struct receipt_spinner *spinners;
    uint32_t spinner_count;
    int64_t left[WHEEL_TIERS_MAX];
    int64_t won_today[WHEEL_TIERS_MAX];
    int64_t day;
    struct envelope_part *parts;  // envelope: of all envelopes, one behind the other.
    uint32_t *taken;              // envelope: claimed places of each.
    uint32_t *claimed_by;         // envelope: play of each part.
};

static void receipt_game_init(struct receipt_game *game, const struct receipt_draw *draw,
                              const struct receipt_result *result, const struct sha256 *draw_hash)
{
    *game = (struct receipt_game){.draw = draw, .result = result, .day = INT64_MIN};
    const struct draw_key key = draw_key_derive(result->seed, sizeof(result->seed), draw_hash);
    draw_stream_init(&game->stream, &key, 0);
    map_init(&game->members);
    memcpy(&game->hash_seed, key.bytes, sizeof(game->hash_seed));
    if (draw->kind == RECEIPT_WHEEL) {
        game->spinners = xmalloc(((size_t)result->play_count + 1) * sizeof(*game->spinners));
        for (uint32_t t = 0; t < draw->wheel->tier_count; t++) {
            game->left[t] = draw->wheel->tiers[t].stock;
        }
        return;
    }
    const uint32_t count = draw->envelope->count;
    game->parts = xmalloc((size_t)count * draw->envelope_count * sizeof(*game->parts));
    game->claimed_by = xmalloc((size_t)count * draw->envelope_count * sizeof(*game->claimed_by));
    game->taken = xcalloc(draw->envelope_count, sizeof(*game->taken));
    for (uint32_t i = 0; i < draw->envelope_count; i++) {
        draw_stream_seek(&game->stream, i);
        envelope_split(draw->envelope, &game->stream, game->parts + (size_t)i * count);
    }
}

static void receipt_game_deinit(struct receipt_game *game)
{
    draw_stream_deinit(&game->stream);
    map_deinit(&game->members);
    free(game->spinners);
    free(game->parts);
    free(game->taken);
    free(game->claimed_by);
}

static struct receipt_spinner *receipt_game_spinner(struct receipt_game *game, const char *id)
{
    const uint64_t key = hash64(id, strlen(id), game->hash_seed);
    uint32_t cursor = 0;
    for (uint32_t found; (found = map_next(&game->members, key, &cursor)) != 0;) {
        if (strcmp(game->spinners[found - 1].id, id) == 0) {
            return &game->spinners[found - 1];
        }
    }
    struct receipt_spinner *spinner = &game->spinners[game->spinner_count++];
    *spinner = (struct receipt_spinner){.id = id, .day = INT64_MIN};
    map_put(&game->members, key, game->spinner_count);
    return spinner;
}

static bool receipt_game_check_spin(struct receipt_game *game, uint32_t i, struct err *e)
{
    const struct receipt_play *play = &game->result->plays[i];
    const struct wheel_rules *rules = game->draw->wheel;
    struct receipt_spinner *spinner = receipt_game_spinner(game, play->member);
    const int64_t day = wheel_day(rules, play->at_ms);
    if (day != game->day) {
        game->day = day;
        memset(game->won_today, 0, sizeof(game->won_today));
    }
    if (day != spinner->day) {
        spinner->day = day;
        spinner->spins_today = 0;
        spinner->wins_today = 0;
    }
    const struct wheel_ctx ctx = {.at_ms = play->at_ms,
                                  .member_spins = spinner->spins,
                                  .member_spins_today = spinner->spins_today,
                                  .member_wins = spinner->wins,
                                  .member_wins_today = spinner->wins_today,
                                  .won_today = game->won_today};
    if (!wheel_spin_allowed(rules, &ctx, e)) {
        return false;
    }
    draw_stream_seek(&game->stream, i);
    const uint32_t roll = (uint32_t)draw_below(&game->stream, WHEEL_ODDS_WHOLE);
    const struct wheel_result won = wheel_spin(rules, game->left, &ctx, roll);
    spinner->spins++;
    spinner->spins_today++;
    if (won.tier >= 0) {
        spinner->wins++;
        spinner->wins_today++;
        game->won_today[won.tier]++;
    }
    if (won.tier != play->prize || won.reason != play->reason) {
        return err_set(e, ERR_CORRUPT, "prize %d (%s), but the key gives %d (%s)", play->prize,
                       wheel_reason_name(play->reason), won.tier, wheel_reason_name(won.reason));
    }
    return true;
}

static bool receipt_game_check_claim(struct receipt_game *game, uint32_t i, struct err *e)
{
    const struct receipt_play *play = &game->result->plays[i];
    const uint32_t count = game->draw->envelope->count;
    if (play->envelope >= game->draw->envelope_count) {
        return err_set(e, ERR_CORRUPT, "envelope %u of only %u", play->envelope,
                       game->draw->envelope_count);
    }
    const size_t first = (size_t)play->envelope * count;
    uint32_t *taken = &game->taken[play->envelope];
    if (*taken >= count || play->place != *taken) {
        return err_set(e, ERR_CORRUPT, "place %u, but %u of %u are taken", play->place, *taken,
                       count);
    }
    // One claim a member in an envelope: the key of the map tells the envelopes apart.
    const uint64_t key =
        hash64(play->member, strlen(play->member), game->hash_seed ^ hash64_int(play->envelope));
    uint32_t cursor = 0;
    for (uint32_t found; (found = map_next(&game->members, key, &cursor)) != 0;) {
        const struct receipt_play *other = &game->result->plays[found - 1];
        if (other->envelope == play->envelope && strcmp(other->member, play->member) == 0) {
            return err_set(e, ERR_CORRUPT, "'%s' claims envelope %u twice", play->member,
                           play->envelope);
        }
    }
    map_put(&game->members, key, i + 1);
    const int64_t amount = game->parts[first + play->place].amount;
    game->claimed_by[first + play->place] = i;
    (*taken)++;
    if (play->amount != amount) {
        return err_set(e, ERR_CORRUPT, "amount %lld, but the key gives %lld",
                       (long long)play->amount, (long long)amount);
    }
    return true;
}

static bool receipt_game_check_play(struct receipt_game *game, uint32_t i, struct err *e)
{
    const struct receipt_play *play = &game->result->plays[i];
    if (!receipt_draw_check_text("member", play->member, RECEIPT_ID_MAX, e)) {
        return false;
    }
    if (play->at_ms < 0 || play->at_ms > RECEIPT_INT_MAX) {
        return err_set(e, ERR_INVALID, "at_ms: %lld is before 1970 or beyond 2^53",
                       (long long)play->at_ms);
    }
    if (i > 0 && play->at_ms < game->result->plays[i - 1].at_ms) {
        return err_set(e, ERR_INVALID, "at_ms: earlier than the play before");
    }
    return game->draw->kind == RECEIPT_WHEEL ? receipt_game_check_spin(game, i, e)
                                             : receipt_game_check_claim(game, i, e);
}

static bool receipt_game_run(struct receipt_game *game, uint32_t *wrong, struct err *e)
{
    const uint32_t count = game->result->play_count;
    if (count > RECEIPT_PLAYS_MAX) {
        return err_set(e, ERR_LIMIT, "plays: more than %d", RECEIPT_PLAYS_MAX);
    }
    if (game->result->redraw_count > 0) {
        return err_set(e, ERR_INVALID, "redraws: a game has none");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!receipt_game_check_play(game, i, e)) {
            *wrong = i;
            return err_add(e, "plays[%u]", i);
        }
    }
    return true;
}

static void receipt_game_write_play(struct receipt_out *o, const struct receipt_draw *draw,
                                    const struct receipt_play *play, uint32_t i)
{
    const bool wheel = draw->kind == RECEIPT_WHEEL;
    receipt_out_element(o);
    buf_putc(o->out, '[');
    json_put_int(o->out, wheel ? i : play->envelope);
    buf_putc(o->out, ',');
    if (!wheel) {
        json_put_int(o->out, play->place);
        buf_putc(o->out, ',');
    }
    json_put_z(o->out, play->member);
    buf_putc(o->out, ',');
    json_put_int(o->out, play->at_ms);
    buf_putc(o->out, ',');
    json_put_int(o->out, wheel ? play->prize : play->amount);
    if (wheel) {
        buf_putc(o->out, ',');
        json_put_z(o->out, wheel_reason_name(play->reason));
    }
    buf_putc(o->out, ']');
    receipt_out_mark(o);
}

static void receipt_game_write_winners(struct receipt_out *o, const struct receipt_game *game)
{
    const struct receipt_play *plays = game->result->plays;
    receipt_out_open(o, "winners", '[');
    if (game->draw->kind == RECEIPT_WHEEL) {
        for (uint32_t i = 0; i < game->result->play_count; i++) {
            if (plays[i].prize >= 0) {
                receipt_out_text(o, plays[i].member, strlen(plays[i].member));
            }
        }
    } else {
        for (uint32_t i = 0; i < game->draw->envelope_count; i++) {
            if (game->taken[i] > 0) {
                const size_t first = (size_t)i * game->draw->envelope->count;
                const uint32_t king = envelope_king(game->parts + first, game->taken[i]);
                const char *member = plays[game->claimed_by[first + king]].member;
                receipt_out_text(o, member, strlen(member));
            }
        }
    }
    receipt_out_close(o, ']');
}

bool receipt_game_write(struct receipt_out *o, const struct receipt_draw *draw,
                        const struct receipt_result *result, const struct sha256 *draw_hash,
                        struct err *e)
{
    struct receipt_game game;
    uint32_t wrong = 0;
    receipt_game_init(&game, draw, result, draw_hash);
    const bool done = receipt_game_run(&game, &wrong, e);
    if (done) {
        receipt_out_open(o, "plays", '[');
        for (uint32_t i = 0; i < result->play_count; i++) {
            receipt_game_write_play(o, draw, &result->plays[i], i);
        }
        receipt_out_close(o, ']');
        receipt_out_open(o, "redraws", '[');
        receipt_out_close(o, ']');
        struct sha256 seed;
        memcpy(seed.bytes, result->seed, sizeof(seed.bytes));
        receipt_out_scalar(o, "seed");
        receipt_out_hex(o, &seed);
        receipt_out_mark(o);
        receipt_out_close(o, 0);
        receipt_game_write_winners(o, &game);
    }
    receipt_game_deinit(&game);
    return done;
}

bool receipt_game_check(const struct receipt_draw *draw, const struct receipt_result *result,
                        const struct sha256 *draw_hash, uint32_t *wrong, struct err *e)
{
    struct receipt_game game;
    receipt_game_init(&game, draw, result, draw_hash);
    const bool done = receipt_game_run(&game, wrong, e);
    receipt_game_deinit(&game);
    return done;
}
