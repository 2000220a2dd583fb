#include "script/chance.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct chance_game {
    uint32_t game;
    enum receipt_kind kind;
    struct wheel_rules wheel;
    uint32_t prize_ids[WHEEL_TIERS_MAX];
    const char *prize_names[WHEEL_TIERS_MAX];
    uint32_t consolation;
    struct envelope_rules envelope;
    struct envelope_part *parts;  // Cut when first asked for.
    uint8_t seed[RECEIPT_SEED_SIZE];
    struct draw_key key;
    struct draw_stream stream;
    bool has_stream;
};

struct chance {
    struct core *core;
    struct json_reader *reader;
    struct chance_game **games;
    size_t count, capacity;
};

struct chance *chance_new(struct core *core)
{
    struct chance *chance = xcalloc(1, sizeof(*chance));
    chance->core = core;
    chance->reader = json_reader_new((size_t)1 << 20);
    return chance;
}

static void game_free(struct chance_game *game)
{
    if (game->has_stream) {
        draw_stream_deinit(&game->stream);
    }
    free(game->parts);
    free(game);
}

struct state *chance_state(const struct chance *chance)
{
    return chance->core->state;
}

void chance_forget(struct chance *chance)
{
    for (size_t i = 0; i < chance->count; i++) {
        game_free(chance->games[i]);
    }
    chance->count = 0;
}

void chance_free(struct chance *chance)
{
    chance_forget(chance);
    json_reader_free(chance->reader);
    free(chance->games);
    free(chance);
}

static const char *text_of(const struct chance *chance, text_id id)
{
    return state_get_text(chance->core->state, id);
}

static enum receipt_kind kind_of(const char *kind)
{
    static const struct {
        const char *name;
        enum receipt_kind kind;
    } KINDS[] = {
        {"wheel", RECEIPT_WHEEL},       {"envelope", RECEIPT_ENVELOPE},
        {"nth_like", RECEIPT_NTH},      {"fairy", RECEIPT_FAIRY},
        {"weighted", RECEIPT_WEIGHTED}, {"stratified", RECEIPT_STRATIFIED},
        {"rfc3797", RECEIPT_RFC3797},
    };
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (strcmp(kind, KINDS[i].name) == 0) {
            return KINDS[i].kind;
        }
    }
    return RECEIPT_K_OF_N;
}

// --- Freezing. ---

static int64_t rule_int(const struct json_node *rules, const char *name, int64_t otherwise)
{
    const struct json_node *node = rules == NULL ? NULL : json_field(rules, name);
    return node != NULL && node->type == JSON_INT ? node->integer : otherwise;
}

// Limits of the rules: a member's, a day's, a time slot's.
static void read_limits(const struct game *row, const struct json_node *rules,
                        struct wheel_rules *wheel)
{
    wheel->spins_per_member = rule_int(rules, "spins", 1);
    wheel->spins_per_day = rule_int(rules, "spins_per_day", 0);
    wheel->wins_per_member = rule_int(rules, "wins", 0);
    wheel->wins_per_day = rule_int(rules, "wins_per_day", 0);
    wheel->day_offset_s = (int32_t)rule_int(rules, "day_offset_s", 0);
    wheel->slot_ms = rule_int(rules, "slot_ms", 0);
    wheel->slot_count = rule_int(rules, "slots", 0);
    // Slots count from the opening, which is known when the first one spins.
    wheel->open_ms = rule_int(rules, "open_ms", wheel->slot_ms > 0 ? row->opened_at : 0);
    const struct json_node *list = rules == NULL ? NULL : json_field(rules, "day_max");
    const bool has_max = list != NULL && list->type == JSON_ARRAY;
    for (uint32_t i = 0; i < wheel->tier_count; i++) {
        wheel->tiers[i].paced = wheel->slot_ms > 0;
        if (has_max && i < list->count && json_child(list)[i].type == JSON_INT) {
            wheel->tiers[i].day_max = json_child(list)[i].integer;
        }
    }
}

static bool read_wheel(struct chance *chance, const struct game *row, struct chance_game *out,
                       const struct json_node *rules, struct err *e)
{
    const struct state *state = chance->core->state;
    uint32_t ids[WHEEL_TIERS_MAX + 1];
    size_t count = 0;
    for (uint32_t id = TABLE_LIST(state, T_PRIZES, PRIZES_OF_GAME, out->game); id != 0;
         id = table_list_next(state, T_PRIZES, PRIZES_OF_GAME, id)) {
        if (count > WHEEL_TIERS_MAX) {
            return err_set(e, ERR_INVALID, "prizes: at most %d tiers", WHEEL_TIERS_MAX);
        }
        ids[count++] = id;
    }
    struct wheel_rules *wheel = &out->wheel;
    while (count-- > 0) {  // The list is newest first; tiers go in order of insertion.
        const struct prize *prize = table_get(state, T_PRIZES, ids[count]);
        if (prize->stock < 0) {
            out->consolation = prize->id;
            continue;
        }
        if (wheel->tier_count == WHEEL_TIERS_MAX) {
            return err_set(e, ERR_INVALID, "prizes: at most %d tiers", WHEEL_TIERS_MAX);
        }
        out->prize_ids[wheel->tier_count] = prize->id;
        out->prize_names[wheel->tier_count] = text_of(chance, prize->name);
        wheel->tiers[wheel->tier_count++] =
            (struct wheel_tier){.odds_ppm = (uint32_t)prize->odds, .stock = prize->stock};
    }
    read_limits(row, rules, wheel);
    return wheel_rules_check(wheel, e);
}

// Rebuilds from rows what a game needs in memory (not its key).
static bool read_game(struct chance *chance, const struct game *row, struct chance_game *out,
                      struct err *e)
{
    out->game = row->id;
    out->kind = kind_of(text_of(chance, row->kind));
    const struct json_node *rules = NULL;
    if (row->rules != NULL &&
        !json_parse(chance->reader, row->rules->data, row->rules->size, &rules, e)) {
        return err_add(e, "rules of game '%s'", text_of(chance, row->name));
    }
    if (out->kind == RECEIPT_WHEEL) {
        return read_wheel(chance, row, out, rules, e);
    }
    if (out->kind == RECEIPT_ENVELOPE) {
        const int64_t count = rule_int(rules, "count", 0);
        if (count < 1 || count > ENVELOPE_PARTS_MAX) {
            return err_set(e, ERR_INVALID, "count: an envelope has 1 to %d parts",
                           ENVELOPE_PARTS_MAX);
        }
        out->envelope = (struct envelope_rules){
            .sum = row->total,
            .count = (uint32_t)count,
            .drama = (uint32_t)rule_int(rules, "drama", ENVELOPE_DRAMA_DEFAULT),
        };
        return envelope_rules_check(&out->envelope, e);
    }
    return true;
}

// The frozen part of a receipt, from the game.
static void frozen_draw(const struct chance *chance, const struct game *row,
                        const struct chance_game *game, struct receipt_draw *out)
{
    struct arena *arena = state_arena(chance->core->state);
    *out = (struct receipt_draw){
        .kind = game->kind,
        .id = chance_draw_id(chance, row),
        .text = row->rules == NULL ? "" : arena_strndup(arena, row->rules->data, row->rules->size),
        .commitment = receipt_commitment(game->seed),
    };
    if (game->kind == RECEIPT_WHEEL) {
        const struct prize *consolation =
            table_get(chance->core->state, T_PRIZES, game->consolation);
        out->wheel = &game->wheel;
        out->prizes = game->prize_names;
        out->consolation = consolation == NULL ? "" : text_of(chance, consolation->name);
    } else if (game->kind == RECEIPT_ENVELOPE) {
        out->envelope = &game->envelope;
        out->envelope_count = 1;
    }
}

static bool derive_seed(const struct chance *chance, const struct game *row, uint8_t *seed,
                        struct err *e)
{
    const struct state *state = chance->core->state;
    const struct day *day = table_get(state, T_DAYS, (uint32_t)row->day);
    CHECK(day != NULL);
    const struct campaign *campaign = table_get(state, T_CAMPAIGNS, (uint32_t)day->campaign);
    CHECK(campaign != NULL);
    if (campaign->seed == NULL) {
        return err_set(e, ERR_INVALID, "the campaign has no seed");
    }
    const char *name =
        arena_printf(state_arena(chance->core->state), "game/%s/%d/%s", text_of(chance, day->name),
                     (int)row->group, text_of(chance, row->name));
    const struct sha256 derived =
        hmac_sha256(campaign->seed->data, campaign->seed->size, name, strlen(name));
    memcpy(seed, derived.bytes, RECEIPT_SEED_SIZE);
    return true;
}

bool chance_commit(struct chance *chance, uint32_t game, struct err *e)
{
    struct state *state = chance->core->state;
    const struct game *row = table_get(state, T_GAMES, game);
    if (row == NULL || row->commitment != 0) {
        return err_set(e, ERR_INVALID,
                       "the rules of this game are announced already and can't change");
    }
    struct chance_game probe = {0};
    if (!read_game(chance, row, &probe, e)) {
        return false;
    }
    if (probe.kind == RECEIPT_RFC3797) {
        return chance_announce_public(chance, game, e);
    }
    if (!derive_seed(chance, row, probe.seed, e)) {
        return false;
    }
    const struct sha256 commitment = receipt_commitment(probe.seed);
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(commitment.bytes, SHA256_SIZE, hex);
    struct game *edit = table_edit(state, T_GAMES, game);
    table_set_bytes(state, &edit->seed, probe.seed, RECEIPT_SEED_SIZE);
    edit->commitment = state_text(state, hex, strlen(hex));
    return true;
}

static struct chance_game *game_get(struct chance *chance, uint32_t game, struct err *e)
{
    for (size_t i = 0; i < chance->count; i++) {
        if (chance->games[i]->game == game) {
            return chance->games[i];
        }
    }
    const struct game *row = table_get(chance->core->state, T_GAMES, game);
    if (row == NULL || row->seed == NULL) {
        err_set(e, ERR_INVALID, "the game's rules were never announced");
        return NULL;
    }
    struct chance_game *out = xcalloc(1, sizeof(*out));
    memcpy(out->seed, row->seed->data,
           row->seed->size < RECEIPT_SEED_SIZE ? row->seed->size : RECEIPT_SEED_SIZE);
    struct receipt_draw draw;
    struct sha256 hash;
    if (!read_game(chance, row, out, e)) {
        game_free(out);
        return NULL;
    }
    if (out->kind == RECEIPT_WHEEL || out->kind == RECEIPT_ENVELOPE) {
        frozen_draw(chance, row, out, &draw);
        if (!receipt_freeze(&draw, NULL, &hash, e)) {
            game_free(out);
            return NULL;
        }
        out->key = draw_key_derive(out->seed, RECEIPT_SEED_SIZE, &hash);
        draw_stream_init(&out->stream, &out->key, 0);
        out->has_stream = true;
    }
    if (chance->count == chance->capacity) {
        chance->capacity = chance->capacity == 0 ? 16 : chance->capacity * 2;
        chance->games = xrealloc(chance->games, chance->capacity * sizeof(*chance->games));
    }
    chance->games[chance->count++] = out;
    return out;
}

// --- Playing. ---

static void count_plays(const struct chance *chance, const struct chance_game *game,
                        uint32_t member, struct wheel_ctx *ctx)
{
    const struct state *state = chance->core->state;
    const int64_t today = wheel_day(&game->wheel, ctx->at_ms);
    for (uint32_t id = TABLE_LIST(state, T_PLAYS, PLAYS_OF_MEMBER, game->game, member); id != 0;
         id = table_list_next(state, T_PLAYS, PLAYS_OF_MEMBER, id)) {
        const struct play *play = table_get(state, T_PLAYS, id);
        const bool is_today = wheel_day(&game->wheel, play->at) == today;
        const bool won = play->prize != 0 && (uint32_t)play->prize != game->consolation;
        ctx->member_spins++;
        ctx->member_spins_today += is_today;
        ctx->member_wins += won;
        ctx->member_wins_today += won && is_today;
    }
}

// How many of each tier were won today; the list of plays is newest first.
static void count_won_today(const struct chance *chance, const struct chance_game *game,
                            int64_t at_ms, int64_t *won)
{
    const struct state *state = chance->core->state;
    const int64_t today = wheel_day(&game->wheel, at_ms);
    for (uint32_t id = TABLE_LIST(state, T_PLAYS, PLAYS_OF_GAME, game->game); id != 0;
         id = table_list_next(state, T_PLAYS, PLAYS_OF_GAME, id)) {
        const struct play *play = table_get(state, T_PLAYS, id);
        if (wheel_day(&game->wheel, play->at) != today) {
            return;
        }
        for (uint32_t t = 0; t < game->wheel.tier_count; t++) {
            won[t] += (uint32_t)play->prize == game->prize_ids[t];
        }
    }
}

static bool has_day_max(const struct wheel_rules *wheel)
{
    for (uint32_t t = 0; t < wheel->tier_count; t++) {
        if (wheel->tiers[t].day_max > 0) {
            return true;
        }
    }
    return false;
}

bool chance_spin(struct chance *chance, uint32_t game, uint32_t member, uint32_t *prize,
                 const char **why, struct err *e)
{
    struct state *state = chance->core->state;
    const struct game *row = table_get(state, T_GAMES, game);
    if (row == NULL || row->status != 1) {
        return err_set(e, ERR_REFUSED, "the wheel is not open");
    }
    struct chance_game *open = game_get(chance, game, e);
    if (open == NULL) {
        return false;
    }
    if (open->kind != RECEIPT_WHEEL) {
        return err_set(e, ERR_REFUSED, "the wheel is not open");
    }
    int64_t won_today[WHEEL_TIERS_MAX] = {0};
    struct wheel_ctx ctx = {.at_ms = state_now(state), .won_today = won_today};
    count_plays(chance, open, member, &ctx);
    if (has_day_max(&open->wheel)) {
        count_won_today(chance, open, ctx.at_ms, won_today);
    }
    if (!wheel_spin_allowed(&open->wheel, &ctx, e)) {
        return false;
    }
    int64_t left[WHEEL_TIERS_MAX];
    for (uint32_t i = 0; i < open->wheel.tier_count; i++) {
        const struct prize *tier = table_get(state, T_PRIZES, open->prize_ids[i]);
        left[i] = tier->stock - tier->given;
    }
    draw_stream_seek(&open->stream, (uint64_t)row->plays);
    const uint32_t roll = (uint32_t)draw_below(&open->stream, WHEEL_ODDS_WHOLE);
    const struct wheel_result result = wheel_spin(&open->wheel, left, &ctx, roll);
    *prize = result.tier >= 0 ? open->prize_ids[result.tier] : open->consolation;
    *why = wheel_reason_name(result.reason);
    struct game *edit = table_edit(state, T_GAMES, game);
    edit->plays++;
    edit->wins += result.tier >= 0;
    if (*prize != 0) {
        ((struct prize *)table_edit(state, T_PRIZES, *prize))->given++;
    }
    return true;
}

bool chance_envelope(struct chance *chance, uint32_t game, uint32_t place, int64_t *amount,
                     bool *king, struct err *e)
{
    struct chance_game *open = game_get(chance, game, e);
    if (open == NULL) {
        return false;
    }
    if (open->kind != RECEIPT_ENVELOPE || place < 1 || place > open->envelope.count) {
        return err_set(e, ERR_REFUSED, "the envelope is empty");
    }
    if (open->parts == NULL) {
        open->parts = xcalloc(open->envelope.count, sizeof(*open->parts));
        draw_stream_seek(&open->stream, 0);
        envelope_split(&open->envelope, &open->stream, open->parts);
    }
    *amount = open->parts[place - 1].amount;
    *king = envelope_king(open->parts, open->envelope.count) == place - 1;
    return true;
}

// --- Draws and receipts. ---

bool chance_store(struct chance *chance, uint32_t game, const struct receipt_draw *draw,
                  const struct receipt_result *result, struct err *e)
{
    struct buf out;
    buf_init(&out, (size_t)64 << 20);
    const struct receipt_sink sink = {.out = &out};
    const bool ok = receipt_write(draw, result, &sink, e);
    if (ok) {
        struct state *state = chance->core->state;
        const uint32_t known = TABLE_FIND(state, T_RECEIPTS, RECEIPTS_BY_GAME, game);
        struct receipt *edit =
            known ? table_edit(state, T_RECEIPTS, known)
                  : table_insert(state, T_RECEIPTS, &(struct receipt){.game = (int32_t)game});
        table_set_bytes(state, &edit->body, out.data, out.size);
    }
    buf_deinit(&out);
    return ok;
}

// Stratified: entrants' values are rows of their groups. Names the groups, in order of their rows,
// and gives each k winners, or all it has.
static void split_groups(const struct chance *chance, struct receipt_entrant *list, uint32_t count,
                         uint32_t k, struct receipt_draw *draw)
{
    struct state *state = chance->core->state;
    const char **names = arena_zalloc(state_arena(state), ((size_t)count + 1) * sizeof(*names));
    uint32_t *quotas = arena_zalloc(state_arena(state), ((size_t)count + 1) * sizeof(*quotas));
    for (int64_t last = 0;;) {
        int64_t next = INT64_MAX;
        for (uint32_t i = 0; i < count; i++) {
            next = list[i].value > last && list[i].value < next ? list[i].value : next;
        }
        if (next == INT64_MAX) {
            break;
        }
        const struct group *group = table_get(state, T_GROUPS, (uint32_t)next);
        names[draw->group_count] = group == NULL ? "" : text_of(chance, group->ext);
        for (uint32_t i = 0; i < count; i++) {
            if (list[i].value == next) {
                list[i].stratum = draw->group_count;
                quotas[draw->group_count] += quotas[draw->group_count] < k;
            }
        }
        draw->group_count++;
        last = next;
    }
    draw->groups = names;
    draw->quotas = quotas;
}

bool chance_draw(struct chance *chance, uint32_t game, uint32_t k, struct chance_entrant *entrants,
                 uint32_t count, bool weighted, const struct receipt_exclusion *excluded,
                 uint32_t excluded_count, uint32_t *winners, uint32_t *winner_count, struct err *e)
{
    struct state *state = chance->core->state;
    struct chance_game *open = game_get(chance, game, e);
    if (open == NULL) {
        return false;
    }
    if (TABLE_FIND(state, T_RECEIPTS, RECEIPTS_BY_GAME, game) != 0) {
        return err_set(e, ERR_REFUSED, "this draw was made already");
    }
    if (open->kind == RECEIPT_RFC3797) {
        return err_set(e, ERR_REFUSED, "this draw waits for public numbers");
    }
    uint32_t *rows;
    struct receipt_entrant *list = chance_entrants(chance, entrants, count, &rows, e);
    if (list == NULL ||
        !chance_as_announced(chance, table_get(state, T_GAMES, game), k, count, e)) {
        return false;
    }
    struct receipt_draw draw;
    frozen_draw(chance, table_get(state, T_GAMES, game), open, &draw);
    draw.kind = open->kind == RECEIPT_K_OF_N && weighted ? RECEIPT_WEIGHTED : open->kind;
    draw.weighted = weighted;
    draw.winner_count = draw.kind == RECEIPT_NTH ? k : k < count ? k : count;
    draw.entrant_count = count;
    draw.entrant = receipt_entrant_of_array;
    draw.entrant_ctx = list;
    draw.excluded = excluded;
    draw.excluded_count = excluded_count;
    if (draw.kind == RECEIPT_STRATIFIED) {
        split_groups(chance, list, count, k, &draw);
    }
    struct receipt_result result = {0};
    memcpy(result.seed, open->seed, RECEIPT_SEED_SIZE);
    *winner_count = receipt_winner_count(&draw);
    uint32_t *indexes = arena_alloc(state_arena(state), (*winner_count + 1) * sizeof(*indexes));
    if (!receipt_winners(&draw, &result, indexes, e) ||
        !chance_store(chance, game, &draw, &result, e)) {
        return false;
    }
    for (uint32_t i = 0; i < *winner_count; i++) {
        winners[i] = rows[indexes[i]];
    }
    return true;
}

static bool close_plays(struct chance *chance, uint32_t game, struct chance_game *open,
                        struct err *e)
{
    struct state *state = chance->core->state;
    struct receipt_draw draw;
    frozen_draw(chance, table_get(state, T_GAMES, game), open, &draw);
    uint32_t count = 0;
    for (uint32_t id = TABLE_LIST(state, T_PLAYS, PLAYS_OF_GAME, game); id != 0;
         id = table_list_next(state, T_PLAYS, PLAYS_OF_GAME, id)) {
        count++;
    }
    struct receipt_play *plays = arena_zalloc(state_arena(state), (count + 1) * sizeof(*plays));
    uint32_t at = count;
    for (uint32_t id = TABLE_LIST(state, T_PLAYS, PLAYS_OF_GAME, game); id != 0;
         id = table_list_next(state, T_PLAYS, PLAYS_OF_GAME, id)) {
        const struct play *row = table_get(state, T_PLAYS, id);
        const struct member *member = table_get(state, T_MEMBERS, (uint32_t)row->member);
        struct receipt_play *play = &plays[--at];
        play->member = member == NULL ? "" : text_of(chance, member->ext);
        play->at_ms = row->at;
        play->prize = -1;
        play->place = (uint32_t)row->number - 1;
        play->amount = row->amount;
        for (uint32_t i = 0; i < open->wheel.tier_count; i++) {
            if (open->prize_ids[i] == (uint32_t)row->prize) {
                play->prize = (int32_t)i;
            }
        }
        const char *why = text_of(chance, row->why);
        if (open->kind == RECEIPT_WHEEL && !wheel_reason_parse(why, strlen(why), &play->reason)) {
            return err_set(e, ERR_CORRUPT, "play %u has no reason", row->id);
        }
    }
    struct receipt_result result = {.plays = plays, .play_count = count};
    memcpy(result.seed, open->seed, RECEIPT_SEED_SIZE);
    return chance_store(chance, game, &draw, &result, e);
}

bool chance_close(struct chance *chance, uint32_t game, struct err *e)
{
    struct state *state = chance->core->state;
    struct chance_game *open = game_get(chance, game, e);
    if (open == NULL) {
        return false;
    }
    const struct game *row = table_get(state, T_GAMES, game);
    if (row->status == 2) {
        return err_set(e, ERR_REFUSED, "the game is closed already");
    }
    if ((open->kind == RECEIPT_WHEEL || open->kind == RECEIPT_ENVELOPE) &&
        !close_plays(chance, game, open, e)) {
        return false;
    }
    struct game *edit = table_edit(state, T_GAMES, game);
    edit->status = 2;
    edit->closed_at = state_now(state);
    for (size_t i = 0; i < chance->count; i++) {
        if (chance->games[i] == open) {
            chance->games[i] = chance->games[--chance->count];
            break;
        }
    }
    game_free(open);
    return true;
}
