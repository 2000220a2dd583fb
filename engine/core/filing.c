// What a day leaves behind that nobody asks for any more: who replied, and plays without a claim.
// Rows are in the file for reports and receipts; here they would only take memory, and there are
// several for each member and evening.
//
// A day is filed half a day after its end, with the end of a later day, for scenes and draws may
// run into the night. Loading leaves the same rows out (store's `where` in app/engine.c).

#include "core/core.h"

#define FILE_AFTER_MS ((int64_t)12 * 60 * 60 * 1000)

enum { CHAIN_OPEN };
enum { GAME_CLOSED = 2 };

static bool game_is_filed(const struct state *state, const struct game *game)
{
    const char *kind = state_get_text(state, game->kind);
    return game->status == GAME_CLOSED &&
           (slice_is(slice_of(kind), "wheel") || slice_is(slice_of(kind), "envelope"));
}

static void file_games(struct state *state, uint32_t day)
{
    for (uint32_t id = TABLE_LIST(state, T_GAMES, GAMES_OF_DAY, day); id != 0;
         id = table_list_next(state, T_GAMES, GAMES_OF_DAY, id)) {
        if (!game_is_filed(state, table_get(state, T_GAMES, id))) {
            continue;
        }
        for (uint32_t play = TABLE_LIST(state, T_PLAYS, PLAYS_OF_GAME, id); play != 0;
             play = table_list_next(state, T_PLAYS, PLAYS_OF_GAME, play)) {
            if (((const struct play *)table_get(state, T_PLAYS, play))->claim == 0) {
                table_retire(state, T_PLAYS, play);
            }
        }
    }
}

static void file_chains(struct state *state, uint32_t day)
{
    for (uint32_t id = 0; (id = table_next(state, T_CHAINS, id)) != 0;) {
        const struct chain *chain = table_get(state, T_CHAINS, id);
        if ((uint32_t)chain->day == day && chain->status != CHAIN_OPEN) {
            table_retire_list(state, T_REPLIES, REPLIES_OF_CHAIN, (const int64_t[]){id});
        }
    }
}

void filing_day_ended(struct core *core, uint32_t campaign, int64_t end_ms)
{
    struct state *state = core->state;
    for (uint32_t id = TABLE_LIST(state, T_DAYS, DAYS_BY_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        const struct day *day = table_get(state, T_DAYS, id);
        if (!day->filed && day->until_at <= end_ms - FILE_AFTER_MS) {
            ((struct day *)table_edit(state, T_DAYS, id))->filed = 1;
            file_games(state, id);
            file_chains(state, id);
        }
    }
}
