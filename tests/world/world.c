// Bad nights (link/hostile.h), one seed each: a campaign in which every mechanic moves money is
// played by a restless crowd, and after every turn each promise is looked at: the ledger sums to
// zero, no balance under its floor, no budget gives more than it holds, no voucher pays twice, no
// more prizes than stock, engine time never goes back, who is counted in a group is in it. In the
// end the file is verified, platform and engine agree who is there, no money left twice, and (one
// night in REPLAY_EVERY) the journal plays the same again.
//   world [NIGHTS [SEED]]      NIGHTS: 200; 20,000 with DRUMBEAT_LONG=1
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/rehearse.h"
#include "app/replay.h"
#include "app/verify_db.h"
#include "app/verify_rows.h"
#include "property_check.h"

#define NIGHTS 200
#define NIGHTS_LONG 20000
#define REPLAY_EVERY 10

struct world {
    char dir[64], db[96], crowd[96], campaign[96];
    struct property property;
    bool begun;
    int64_t last_ms;
    uint8_t *seen;  // Events that had their turn, by the number in their id.
    size_t seen_max;
    uint64_t turns, parked, failures;
    struct hostile_told told;  // Of all nights.
};

static void fail(const char *what, const char *more)
{
    fprintf(stderr, "world: seed %" PRIu64 ": %s: %s\n", property_seed, what, more);
    exit(1);
}

// --- After each turn. ---

static void check_groups(const struct state *state)
{
    for (uint32_t group = 0; (group = table_next(state, T_GROUPS, group)) != 0;) {
        const struct group *row = table_get(state, T_GROUPS, group);
        int32_t present = 0;
        for (uint32_t id = TABLE_LIST(state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, group); id != 0;
             id = table_list_next(state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, id)) {
            const struct membership *membership = table_get(state, T_MEMBERSHIPS, id);
            const struct member *member = table_get(state, T_MEMBERS, (uint32_t)membership->member);
            present += membership->left_at == 0 && !member->staff;
        }
        if (present != row->members) {
            char more[80];
            snprintf(more, sizeof(more), "group %u counts %d, %d are in it", group, row->members,
                     present);
            fail("members", more);
        }
    }
}

// A handler that fails leaves nothing behind (SPOILS, below).
static void check_spoilt(const struct state *state)
{
    const text_id spoilt = text_find(state_texts((struct state *)state), "spoilt", 6);
    for (uint32_t id = 0; spoilt != 0 && (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        if (voucher->source == spoilt) {
            fail("a handler that failed", "left a voucher");
        }
    }
}

// The connector's ids are h1, h2, ...
static void check_once(struct world *world, const struct event *event)
{
    char text[24];
    snprintf(text, sizeof(text), "%.*s", (int)event->id.size,
             event->id.size == 0 ? "" : event->id.data);
    const size_t number = text[0] == 'h' ? strtoul(text + 1, NULL, 10) : 0;
    if (number == 0) {
        return;
    }
    if (number >= world->seen_max) {
        const size_t max = 2 * number + 1024;
        world->seen = xrealloc(world->seen, max);
        memset(world->seen + world->seen_max, 0, max - world->seen_max);
        world->seen_max = max;
    }
    if (world->seen[number]) {
        fail("handled twice", text);
    }
    world->seen[number] = 1;
}

static void on_kept(void *ctx, struct engine *engine, const struct event *event,
                    enum journal_outcome outcome)
{
    struct world *world = ctx;
    if (!world->begun) {
        property_init(&world->property, &engine->core);
        world->begun = true;
        property_before(&world->property, event);
        return;
    }
    if (state_now(engine->state) < world->last_ms) {
        fail("engine time", "it went back");
    }
    world->last_ms = state_now(engine->state);
    check_once(world, event);
    property_after(&world->property, event, outcome == JOURNAL_OK);
    property_check(&world->property);
    check_groups(engine->state);
    check_spoilt(engine->state);
    property_before(&world->property, event);
}

// --- In the end. ---

static void on_broken(void *ctx, const struct verify_broken *broken)
{
    (void)ctx;
    char more[800];
    snprintf(more, sizeof(more), "%s: %s %" PRId64 ", %s: is %s, must be %s", broken->rule,
             broken->table, broken->id, broken->column, broken->found, broken->expected);
    fail("a rule of the file", more);
}

static bool on_game(void *ctx, const struct verify_game *game, struct err *e)
{
    (void)ctx;
    (void)e;
    if (game->state != VERIFY_OK && game->state != VERIFY_UNPLAYED) {
        fail(verify_state_name(game->state), game->name);
    }
    return true;
}

static void check_file(struct store *store)
{
    struct err e = {0};
    struct verify_journal journal;
    struct verify_rows rows;
    if (!verify_db_journal(store, &journal, &e) ||
        !verify_db_rows(store, on_broken, NULL, &rows, &e) ||
        !verify_db_games(store, NULL, on_game, NULL, &e)) {
        fail("verify", e.text);
    }
}

static void check_replay(const struct world *world)
{
    struct err e = {0};
    struct replay_result result;
    const struct replay_options options = {.db = world->db};
    if (!replay_run(&options, &result, &e)) {
        fail("replay", e.text);
    }
    if (result.verdict != REPLAY_SAME || !result.rows_compared) {
        char more[200];
        snprintf(more, sizeof(more), "%s differs at turn %" PRIu64 ": %.150s", result.what,
                 result.turns, result.details.size == 0 ? "" : result.details.data);
        fail("replay", more);
    }
    replay_deinit(&result);
}

static void check_told(const struct hostile_told *told)
{
    char more[40];
    if (told->money_twice > 0) {
        snprintf(more, sizeof(more), "%" PRIu64 " times", told->money_twice);
        fail("money was sent again though nobody had said so", more);
    }
    if (told->strangers > 0) {
        snprintf(more, sizeof(more), "%" PRIu64 " members", told->strangers);
        fail("platform and engine disagree who is there", more);
    }
}

// --- One night. ---

static void remove_file(const struct world *world)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char name[120];
        snprintf(name, sizeof(name), "%s%s", world->db, tails[i]);
        unlink(name);
    }
}

#define HOSTILE_COUNTS(COUNT)                                                                      \
    COUNT(outages)                                                                                 \
    COUNT(sleeps)                                                                                  \
    COUNT(events)                                                                                  \
    COUNT(held)                                                                                    \
    COUNT(late)                                                                                    \
    COUNT(twice)                                                                                   \
    COUNT(set_back)                                                                                \
    COUNT(lost_leaves)                                                                             \
    COUNT(rosters)                                                                                 \
    COUNT(commands)                                                                                \
    COUNT(patience)                                                                                \
    COUNT(failed)                                                                                  \
    COUNT(silent)                                                                                  \
    COUNT(answered_late)                                                                           \
    COUNT(answered_twice)                                                                          \
    COUNT(known_again)                                                                             \
    COUNT(confirmed_late)                                                                          \
    COUNT(settled)

static void on_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    struct world *world = ctx;
    (void)playbook;
    world->failures++;
    // The same error of a handler is only counted after the first.
    if (strstr(error, "on purpose") == NULL && strncmp(error, "again, ", 7) != 0) {
        fail(scene, error);
    }
}

static void play_night(struct world *world, uint64_t seed)
{
    struct rehearsal rehearsal;
    struct buf problems;
    struct err e = {0};
    property_seed = seed;
    world->begun = false;
    world->last_ms = 0;
    if (world->seen_max > 0) {
        memset(world->seen, 0, world->seen_max);
    }
    remove_file(world);
    const struct rehearsal_options options = {
        .folder = world->campaign,
        .db = world->db,
        .crowd_file = world->crowd,
        .seed = seed,
        .hostile = true,
        .on_error = on_error,
        .on_error_ctx = world,
        .on_kept = on_kept,
        .on_kept_ctx = world,
    };
    buf_init(&problems, 1 << 20);
    if (!rehearsal_run(&rehearsal, &options, &problems, &e)) {
        fail("it doesn't run", e.text);
    }
    buf_deinit(&problems);
    check_told(&rehearsal.told);
    check_file(rehearsal.engine.store);
    world->turns += rehearsal.turns;
    world->parked += rehearsal.engine.parked;
#define HOSTILE_ADD(name) world->told.name += rehearsal.told.name;
    HOSTILE_COUNTS(HOSTILE_ADD)
    property_deinit(&world->property);
    rehearsal_close(&rehearsal);
    if (seed % REPLAY_EVERY == 0) {
        check_replay(world);
    }
}

// --- The crowd: as restless as it gets, so that short nights have everything. ---

static const struct {
    const char *name, *value;
} RESTLESS[] = {
    {"leave_day", "0.1"},    {"leave_new_day", "0.3"}, {"invite_share", "0.5"},
    {"poster_share", "0.3"}, {"fake_share", "0.3"},    {"buy_base", "-1.5"},
    {"refund_share", "0.3"}, {"second_order", "0.3"},  {"share_code", "0.8"},
    {"messages_day", "3"},   {"visit_flip", "0.9"},
};

// --- The campaign: that of tests/property, and a handler that fails after it has given. ---

static const char SPOILS[] = "on(\"visit\", function(event)\n"
                             "  if event.sku == \"SK-2\" then\n"
                             "    event.member:give(COUPONS[2], \"spoilt\")\n"
                             "    error(\"on purpose\")\n"
                             "  end\n"
                             "end)\n";

static void make_campaign(struct world *world)
{
    char line[400];
    snprintf(world->campaign, sizeof(world->campaign), "%s/campaign", world->dir);
    snprintf(line, sizeof(line), "cp -r %s/campaign %s", PROPERTY_DIR, world->dir);
    CHECK(system(line) == 0);
    snprintf(line, sizeof(line), "%s/playbooks/all/playbook.lua", world->campaign);
    FILE *playbook = fopen(line, "a");
    CHECK(playbook != NULL);
    fputs(SPOILS, playbook);
    CHECK(fclose(playbook) == 0);
}

static void remove_all(const struct world *world)
{
    char line[200];
    snprintf(line, sizeof(line), "rm -r %s", world->dir);
    CHECK(system(line) == 0);
}

static void make_crowd(struct world *world)
{
    static char text[65536];
    FILE *in = fopen(WORLD_CROWD, "r");
    FILE *out = fopen(world->crowd, "w");
    CHECK(in != NULL);
    CHECK(out != NULL);
    size_t found = 0;
    while (fgets(text, sizeof(text), in) != NULL) {
        char name[64];
        const char *value = NULL;
        for (size_t i = 0; i < sizeof(RESTLESS) / sizeof(RESTLESS[0]) && value == NULL; i++) {
            snprintf(name, sizeof(name), "  %s = { value =", RESTLESS[i].name);
            value = strncmp(text, name, strlen(name)) == 0 ? RESTLESS[i].value : NULL;
        }
        found += value != NULL;
        fprintf(out, value == NULL ? "%s" : "%s %s, source = \"a test\" },\n",
                value == NULL ? text : name, value);
    }
    CHECK(found == sizeof(RESTLESS) / sizeof(RESTLESS[0]));
    fclose(in);
    CHECK(fclose(out) == 0);
}

static void print_told(const struct world *world)
{
#define HOSTILE_ROW(name) {#name, world->told.name},
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {HOSTILE_COUNTS(HOSTILE_ROW)};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("%12" PRIu64 "  %s\n", rows[i].count, rows[i].name);
        if (rows[i].count == 0) {
            fail("never happened", rows[i].name);
        }
    }
}

int main(int argc, char **argv)
{
    static struct world world;
    const char *is_long = getenv("DRUMBEAT_LONG");
    uint64_t nights = is_long != NULL && is_long[0] == '1' ? NIGHTS_LONG : NIGHTS;
    nights = argc > 1 ? strtoull(argv[1], NULL, 10) : nights;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(world.dir, sizeof(world.dir), "%s/drumbeat-world-XXXXXX", base);
    CHECK(mkdtemp(world.dir) != NULL);
    snprintf(world.db, sizeof(world.db), "%s/night.db", world.dir);
    snprintf(world.crowd, sizeof(world.crowd), "%s/crowd.lua", world.dir);
    make_crowd(&world);
    make_campaign(&world);
    for (uint64_t i = 0; i < nights; i++) {
        play_night(&world, seed + i);
    }
    free(world.seen);
    remove_all(&world);
    printf("%" PRIu64 " nights, seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " turns, %" PRIu64
           " parked, %" PRIu64 " handlers failed on purpose\n",
           nights, seed, seed + nights - 1, world.turns, world.parked, world.failures);
    if (nights >= NIGHTS) {  // A few nights needn't have seen everything.
        print_told(&world);
    }
    return 0;
}
