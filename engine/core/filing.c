// What a day leaves behind that nobody asks for any more: who replied, plays without a claim, and
// receipts of draws (those of wheels and envelopes leave when the game is closed). Once no scene of
// a filed day runs either, its code never runs again: then what it remembered, its scenes and who
// liked its posts leave too.
// Rows are in the file for reports and receipts; here they would only take memory, and there are
// several for each member and evening.
//
// A day is filed half a day after its end, with the end of a later day, for scenes and draws may
// run into the night. The last days of a campaign are filed with its end, if no scene of theirs
// runs on; receipts of their draws stay, for a winner may not be reached until the morning.
//
// Facts counted by the hour are asked for in the newest hours alone: what comes later than half a
// day after its hour begins a row of its own, and reports add them up. Loading leaves the same rows
// out (store's `where` in app/engine.c).

#include "core/core.h"

#define FILE_AFTER_MS ((int64_t)12 * 60 * 60 * 1000)

enum { CHAIN_OPEN, CHAIN_CLOSED };
enum { SCENE_RUNNING, SCENE_WAITING, SCENE_DONE, SCENE_HALTED };
enum { GAME_CLOSED = 2 };

bool filing_game_is_played(const struct state *state, uint32_t game)
{
    const struct game *row = table_get(state, T_GAMES, game);
    const struct slice kind = slice_of(state_get_text(state, row->kind));
    return slice_is(kind, "wheel") || slice_is(kind, "envelope");
}

static bool scene_runs_on(const struct state *state, uint32_t day)
{
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        if ((uint32_t)scene->day == day &&
            (scene->status == SCENE_RUNNING || scene->status == SCENE_WAITING)) {
            return true;
        }
    }
    return false;
}

bool filing_day_is_done(const struct state *state, uint32_t day)
{
    const struct day *row = table_get(state, T_DAYS, day);
    return row != NULL && row->filed && !scene_runs_on(state, day);
}

static void file_receipt(struct state *state, uint32_t game)
{
    const uint32_t id = TABLE_FIND(state, T_RECEIPTS, RECEIPTS_BY_GAME, game);
    if (id != 0) {
        ((struct receipt *)table_edit(state, T_RECEIPTS, id))->done = 1;
    }
}

static void file_games(struct state *state, uint32_t day, bool receipts)
{
    for (uint32_t id = TABLE_LIST(state, T_GAMES, GAMES_OF_DAY, day); id != 0;
         id = table_list_next(state, T_GAMES, GAMES_OF_DAY, id)) {
        if (((const struct game *)table_get(state, T_GAMES, id))->status != GAME_CLOSED) {
            continue;
        }
        if (receipts) {
            file_receipt(state, id);
        }
        if (!filing_game_is_played(state, id)) {
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

// At the end of its campaign nobody counts a chain any more that was left open.
static void close_chain(struct state *state, uint32_t id, int64_t end_ms)
{
    struct chain *chain = table_edit(state, T_CHAINS, id);
    chain->status = CHAIN_CLOSED;
    chain->closed_at = end_ms;
}

static void file_chains(struct state *state, uint32_t day, bool last, int64_t end_ms)
{
    for (uint32_t id = 0; (id = table_next(state, T_CHAINS, id)) != 0;) {
        const struct chain *chain = table_get(state, T_CHAINS, id);
        if ((uint32_t)chain->day != day) {
            continue;
        }
        if (last && chain->status == CHAIN_OPEN) {
            close_chain(state, id, end_ms);
        }
        if (chain->status != CHAIN_OPEN) {
            table_retire_list(state, T_REPLIES, REPLIES_OF_CHAIN, (const int64_t[]){id});
        }
    }
}

// Days that are done, by id: one look at all scenes instead of one for each day.
static uint8_t *days_done(struct state *state)
{
    uint8_t *done = arena_zalloc(state_arena(state), (size_t)table_last(state, T_DAYS) + 1);
    for (uint32_t id = 0; (id = table_next(state, T_DAYS, id)) != 0;) {
        done[id] = ((const struct day *)table_get(state, T_DAYS, id))->filed;
    }
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        if (scene->status == SCENE_RUNNING || scene->status == SCENE_WAITING) {
            done[scene->day] = 0;
        }
    }
    return done;
}

// A handler that was still suspended when its day was filed: nobody will mend it, what was kept for
// it goes.
static void file_handlers(struct state *state, const uint8_t *done)
{
    for (uint32_t id = 0; (id = table_next(state, T_KEPT_EVENTS, id)) != 0;) {
        const struct kept_event *kept = table_get(state, T_KEPT_EVENTS, id);
        const struct handler_row *row = table_get(state, T_HANDLERS, (uint32_t)kept->handler);
        if (done[row->day]) {
            table_delete(state, T_KEPT_EVENTS, id);
        }
    }
    for (uint32_t id = 0; (id = table_next(state, T_HANDLERS, id)) != 0;) {
        const struct handler_row *row = table_get(state, T_HANDLERS, id);
        if (done[row->day] && (row->kept != 0 || row->status != 0)) {
            struct handler_row *edit = table_edit(state, T_HANDLERS, id);
            edit->since_at = 0;
            edit->fails = edit->kept = edit->waiting = 0;
            edit->status = 0;
        }
    }
}

static void file_done(struct state *state)
{
    const uint8_t *done = days_done(state);
    file_handlers(state, done);
    for (uint32_t id = 0; (id = table_next(state, T_MEMORY, id)) != 0;) {
        if (done[((const struct memory *)table_get(state, T_MEMORY, id))->day]) {
            table_retire(state, T_MEMORY, id);
        }
    }
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        if (done[scene->day]) {
            if (scene->status == SCENE_HALTED) {
                table_retire_list(state, T_STEPS, STEPS_OF_SCENE, (const int64_t[]){id});
            }
            table_retire(state, T_SCENES, id);
        }
    }
    for (uint32_t id = 0; (id = table_next(state, T_POSTS, id)) != 0;) {
        const struct post *post = table_get(state, T_POSTS, id);
        const struct game *game = table_get(state, T_GAMES, (uint32_t)post->game);
        if (game != NULL && done[game->day]) {
            table_retire_list(state, T_LIKES, LIKES_OF_POST, (const int64_t[]){id});
        }
    }
}

void filing_hour_began(struct state *state, uint32_t group)
{
    uint32_t id = TABLE_LIST(state, T_HOURS, HOURS_OF_GROUP, group);
    int64_t newest = INT64_MIN;
    for (uint32_t at = id; at != 0; at = table_list_next(state, T_HOURS, HOURS_OF_GROUP, at)) {
        const struct hour *hour = table_get(state, T_HOURS, at);
        newest = hour->at > newest ? hour->at : newest;
    }
    for (; id != 0; id = table_list_next(state, T_HOURS, HOURS_OF_GROUP, id)) {
        if (((const struct hour *)table_get(state, T_HOURS, id))->at < newest - FILE_AFTER_MS) {
            table_retire(state, T_HOURS, id);
        }
    }
}

void filing_day_ended(struct core *core, uint32_t campaign, int64_t end_ms, bool last)
{
    struct state *state = core->state;
    for (uint32_t id = TABLE_LIST(state, T_DAYS, DAYS_BY_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        const struct day *day = table_get(state, T_DAYS, id);
        const bool old = day->until_at <= end_ms - FILE_AFTER_MS;
        const bool ends = last && !scene_runs_on(state, id);
        if (!day->filed && (old || ends)) {
            ((struct day *)table_edit(state, T_DAYS, id))->filed = 1;
            file_games(state, id, old);
            file_chains(state, id, ends, end_ms);
        } else if (ends) {
            file_chains(state, id, true, end_ms);
        }
    }
    file_done(state);
}
