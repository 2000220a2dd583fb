// Random edits of a playbook and its campaign while scenes stand at waits, seeded: each edit ends
// in a stated verdict (taken over, and each scene adopts or stays and says why; or refused with
// file:line and nothing changed), the campaign then runs to its end, and rows, money and journal
// are right. DRUMBEAT_LONG=1 plays 2,000 of them; DRUMBEAT_SEED=N one.
#include "reload_world.h"

#include "base/rng.h"

#define WORLDS 60
#define WORLDS_LONG 2000
#define LINES_MAX 200
#define LINE_MAX 300

static const char *const CAMPAIGN[] = {
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",",
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }",
    "group { \"g1\", segment = \"old\", limit = 300 }",
    "group { \"g2\", segment = \"old\" }",
    "budget { \"gifts\", yuan(1000) }",
    "budget { \"games\", yuan(500) }",
    "goods { { \"SK-1\", \"Coat\", list = yuan(300), deal = yuan(200), stock = 20 } }",
    "prices { opens = { day = 1, at = \"20:30\" }, closes = { day = 2, at = \"20:00\" } }",
    "day(1) { playbook = \"show\" }",
    "day(2) { playbook = \"show\", start = \"10:00\" }",
    NULL,
};

static const char *const PLAYBOOK[] = {
    "playbook { name = \"show\", version = 1, goal = \"traffic\", about = \"A test\" }",
    "local input = inputs {",
    "  start = clock { \"09:00\", help = \"When\" },",
    "  need = count { 3, help = \"Replies\" },",
    "}",
    "local t = texts { en = { hello = \"Hello\", bye = \"Bye\" },",
    "  zh = { hello = \"a\", bye = \"b\" } }",
    "local gift = coupon { name = \"gift\", off = yuan(10), budget = \"gifts\", per_group = 30 }",
    "local wheel = roulette {",
    "  prizes = { { \"Mug\", value = yuan(20), stock = 5, odds = percent(5) } },",
    "  otherwise = gift, budget = \"games\", spins = 1 }",
    "local function warm(group)",
    "  group:say(\"warm\")",
    "end",
    "at(input.start, \"open\", function(group)",
    "  group:say(t.hello)",
    "  warm(group)",
    "  group:wait(hours(2))",
    "  group:say(\"again\")",
    "  group:wait_for { messages = 30, within = hours(3) }",
    "  group:say(t.bye)",
    "end)",
    "at(\"10:00\", \"chain\", function(group)",
    "  local chain = group:ask_to_copy(\"I want it\")",
    "  group:wait_for { replies = input.need, within = hours(4) }",
    "  group:say(\"replies: \" .. chain.replies)",
    "  group:everyone(function(member) member:give(gift, \"chain\") end)",
    "  group:wait_until(\"18:00\")",
    "  group:say(\"evening\")",
    "end)",
    "at(\"11:00\", \"play\", function(group)",
    "  group:announce(\"rules\", \"The wheel! {odds} {stock} {commitment}\", { about = wheel })",
    "  group:wait(minutes(30))",
    "  wheel:open(group)",
    "  group:wait(hours(5))",
    "  wheel:close(group)",
    "end)",
    "at(\"15:00\", \"late\", function(group) group:say(\"late\") end, { late = \"run\" })",
    "at(\"12:00\", \"all\", function(group)",
    "  group:wait(hours(6))",
    "  group:say(\"all\")",
    "end, { per = \"campaign\" })",
    "every(hours(1), \"pulse\", function(group) group.memory.pulse = (group.memory.pulse or 0) + 1 "
    "end)",
    "on(\"message\", function(event)",
    "  event.member.memory.heard = (event.member.memory.heard or 0) + 1",
    "end)",
    NULL,
};

struct text {
    char lines[LINES_MAX][LINE_MAX];
    size_t count;
};

static void text_of(struct text *text, const char *const *lines)
{
    text->count = 0;
    for (; lines[text->count] != NULL; text->count++) {
        snprintf(text->lines[text->count], LINE_MAX, "%s", lines[text->count]);
    }
}

static void text_write(const struct world *world, const struct text *text, const char *name)
{
    struct buf out;
    buf_init(&out, PROBLEMS_MAX);
    for (size_t i = 0; i < text->count; i++) {
        buf_printf(&out, "%s\n", text->lines[i]);
    }
    world_write(world, name, out.data);
    buf_deinit(&out);
}

static void insert(struct text *text, size_t at, const char *line)
{
    if (text->count == LINES_MAX) {
        return;
    }
    memmove(text->lines[at + 1], text->lines[at], (text->count - at) * LINE_MAX);
    snprintf(text->lines[at], LINE_MAX, "%s", line);
    text->count++;
}

static void cut(struct text *text, size_t at)
{
    memmove(text->lines[at], text->lines[at + 1], (text->count - at - 1) * LINE_MAX);
    text->count--;
}

static void exchange(struct text *text, size_t at, const char *from, const char *to)
{
    char line[LINE_MAX];
    const char *found = strstr(text->lines[at], from);
    if (found != NULL) {
        snprintf(line, LINE_MAX, "%.*s%s%s", (int)(found - text->lines[at]), text->lines[at], to,
                 found + strlen(from));
        snprintf(text->lines[at], LINE_MAX, "%s", line);
    }
}

// Somewhere that it stands, from a random line on; text->count: nowhere.
static size_t find(const struct text *text, struct rng *rng, const char *what)
{
    const size_t from = (size_t)rng_below(rng, text->count);
    for (size_t i = 0; i < text->count; i++) {
        const size_t at = (from + i) % text->count;
        if (strstr(text->lines[at], what) != NULL) {
            return at;
        }
    }
    return text->count;
}

static void swap(struct text *text, struct rng *rng, const char *from, const char *to)
{
    const size_t at = find(text, rng, from);
    if (at < text->count) {
        exchange(text, at, from, to);
    }
}

// A line inside of a scene, at random: those are indented by two.
static size_t inside(const struct text *text, struct rng *rng)
{
    size_t from = 0;
    while (from < text->count && strncmp(text->lines[from], "at(", 3) != 0) {
        from++;
    }
    for (int i = 0; i < 100; i++) {
        const size_t at = from + (size_t)rng_below(rng, text->count - from);
        if (strncmp(text->lines[at], "  ", 2) == 0) {
            return at;
        }
    }
    return from + 1;
}

static void edit_scene(struct text *text, struct rng *rng)
{
    static const char *const LINES[] = {
        "  group:say(\"more\")",
        "  group:wait(minutes(7))",
        "  group:everyone(function(member) member:tag(\"new\") end)",
        "  if group.members > 0 then group:say(\"some\") end",
        "  group.memory.x = (group.memory.x or 0) + 1",
        "  warm(group)",
        "  while true do end",
        "  local none = nil; none.x = 1",
        "  group:wait_for { messages = 5, within = minutes(50) }",
        "  -- a comment",
    };
    const size_t count = sizeof(LINES) / sizeof(LINES[0]);
    if (rng_below(rng, 3) == 0) {
        cut(text, inside(text, rng));
    } else {
        insert(text, inside(text, rng), LINES[rng_below(rng, count)]);
    }
}

static void edit_times(struct text *text, struct rng *rng)
{
    static const char *const CLOCKS[] = {"07:00", "09:30", "10:00", "13:13", "19:00", "21:45"};
    const char *clock = CLOCKS[rng_below(rng, sizeof(CLOCKS) / sizeof(CLOCKS[0]))];
    char line[LINE_MAX];
    switch (rng_below(rng, 6)) {
    case 0:
        swap(text, rng, "\"15:00\"", "\"15:45\"");
        break;
    case 1:
        swap(text, rng, "\"18:00\"", "\"18:30\"");
        break;
    case 2:
        swap(text, rng, "\"late\", f", "\"later\", f");
        break;
    case 3:
        snprintf(line, sizeof(line), "at(\"%s\", \"more %u\", function(g) g:say(\"m\") end)", clock,
                 (unsigned)rng_below(rng, 5));
        insert(text, text->count, line);
        break;
    case 4:
        snprintf(line, sizeof(line), "at(\"%s\"", clock);
        swap(text, rng, "at(\"11:00\"", line);
        break;
    default:
        swap(text, rng, "every(hours(1)", "every(minutes(20)");
    }
}

static void edit_things(struct text *text, struct rng *rng)
{
    switch (rng_below(rng, 9)) {
    case 0:
        swap(text, rng, "yuan(10)", "yuan(12)");
        break;
    case 1:
        swap(text, rng, "per_group = 30", "per_group = 45");
        break;
    case 2:
        swap(text, rng, "per_group = 30", "per_group = 3000");
        break;
    case 3:
        swap(text, rng, "stock = 5,", "stock = 8,");
        break;
    case 4:
        swap(text, rng, "\"Hello\"", "\"Hello there\"");
        break;
    case 5:
        swap(text, rng, "count { 3,", "count { 5,");
        break;
    case 6:
        swap(text, rng, "\"Bye\"", "\"Bye {nobody}\"");
        break;
    case 7:
        swap(text, rng, "say(\"warm\")", "say(\"hot\")");
        break;
    default:
        insert(text, 8,
               "local extra = coupon { name = \"extra\", off = yuan(1), budget = yuan(50), "
               "total = 50 }");
    }
}

static void edit_badly(struct text *text, struct rng *rng)
{
    switch (rng_below(rng, 6)) {
    case 0:
        swap(text, rng, "end)", "en)");
        break;
    case 1:
        insert(text, 5, "while true do end");
        break;
    case 2:
        insert(text, 5, "local s = {} for i = 1, 100000000 do s[i] = { i } end");
        break;
    case 3:
        swap(text, rng, "group:wait(", "group:wiat(");
        break;
    case 4:
        insert(text, 8, "coupn { name = \"x\" }");
        break;
    default:
        cut(text, (size_t)rng_below(rng, text->count));
    }
}

static void edit_handlers(struct text *text, struct rng *rng)
{
    if (rng_below(rng, 2) == 0) {
        swap(text, rng, "memory.heard or 0) + 1", "memory.heard or 0) + 2");
    } else {
        insert(text, text->count,
               "on(\"message\", function(event) event.group.memory.last = event.text end)");
    }
}

static void edit_campaign(struct text *text, struct rng *rng)
{
    switch (rng_below(rng, 11)) {
    case 0:
        swap(text, rng, "yuan(1000)", "yuan(1500)");
        break;
    case 1:
        swap(text, rng, "yuan(1000)", "yuan(650)");
        break;
    case 2:
        swap(text, rng, "yuan(1000)", "yuan(5)");
        break;
    case 3:
        swap(text, rng, "\"CNY\"", "\"EUR\"");
        break;
    case 4:
        insert(text, 4, "group { \"g3\", segment = \"new\" }");
        break;
    case 5:
        swap(text, rng, "group { \"g2\", segment = \"old\" }", "");
        break;
    case 6:
        swap(text, rng, "deal = yuan(200)", "deal = yuan(190)");
        break;
    case 7:
        swap(text, rng, "day(2) { playbook = \"show\", start = \"10:00\" }", "");
        break;
    case 8:
        swap(text, rng, "start = \"10:00\"", "start = \"08:15\", need = 4");
        break;
    case 9:
        insert(text, text->count, "day(3) { playbook = \"show\" }");
        break;
    default:
        swap(text, rng, "20:30", "19:45");
    }
}

// --- One edit, its verdict. ---

struct tally {
    size_t edits, refused, empty, applied, adopts, stays, back;
};

// Every line that is no warning begins with file:line, but what only a campaign as a whole has.
static void check_problems(const struct world *world, const struct err *e)
{
    const char *at = world->problems.data;
    const char *end = at == NULL ? NULL : at + world->problems.size;
    bool any = false;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *lua = memmem(at, (size_t)(stop - at), ".lua:", 5);
        const bool placed = lua != NULL && lua[5] >= '0' && lua[5] <= '9';
        if (strncmp(at, "warning: ", 9) != 0) {
            any = true;
            if (!placed) {
                fail_msg("no file:line: %.*s (%s)", (int)(stop - at), at, e->text);
            }
        }
        at = stop + 1;
    }
    if (!any) {
        fail_msg("refused without a word: %s", e->text);
    }
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (; (text = strstr(text, what)) != NULL; text++) {
        count++;
    }
    return count;
}

static size_t scenes_waiting(const struct world *world)
{
    size_t count = 0;
    const struct state *state = world->engine.state;
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        count += ((const struct scene *)table_get(state, T_SCENES, id))->status == 1;
    }
    return count;
}

static void take(struct world *world, struct reload_plan *plan, struct tally *tally)
{
    struct buf json;
    buf_init(&json, PROBLEMS_MAX);
    reload_plan_json(plan, &json);
    const size_t adopts = count_of(json.data, "\"verdict\":\"adopts\"");
    const size_t stays = count_of(json.data, "\"verdict\":\"stays\"");
    const size_t silent = count_of(json.data, "\"verdict\":\"stays\",\"why\":\"\"");
    tally->adopts += adopts;
    tally->stays += stays;
    assert_int_equal(silent, 0);
    assert_true(adopts + stays <= scenes_waiting(world));
    buf_deinit(&json);
    if (reload_plan_is_empty(plan)) {
        tally->empty++;
        reload_plan_free(plan);
        return;
    }
    tally->applied++;
    world_apply(world, plan);
}

static void go_back(struct world *world, struct rng *rng, struct tally *tally)
{
    struct reload_plan *plan;
    struct err e = {0};
    const int32_t last = script_version_number(world->engine.script, 1);
    const int32_t number = 1 + (int32_t)rng_below(rng, (uint64_t)last);
    buf_clear(&world->problems);
    if (reload_plan_of_version(&world->engine, 1, number, world->now_ms, &plan, &world->problems,
                               &e)) {
        tally->back++;
        take(world, plan, tally);
    } else {
        tally->refused++;
        check_problems(world, &e);
    }
}

static void edit(struct world *world, struct rng *rng, struct tally *tally)
{
    static void (*const EDITS[])(struct text *, struct rng *) = {
        edit_scene, edit_scene, edit_times, edit_things, edit_badly, edit_handlers};
    struct text *playbook = xcalloc(1, sizeof(*playbook));
    struct text *campaign = xcalloc(1, sizeof(*campaign));
    struct reload_plan *plan;
    struct err e = {0};
    char before[65];
    char after[65];
    text_of(playbook, PLAYBOOK);
    text_of(campaign, CAMPAIGN);
    for (uint64_t i = 0; i <= rng_below(rng, 3); i++) {
        if (rng_below(rng, 4) == 0) {
            edit_campaign(campaign, rng);
        } else {
            EDITS[rng_below(rng, sizeof(EDITS) / sizeof(EDITS[0]))](playbook, rng);
        }
    }
    text_write(world, playbook, "playbooks/show/playbook.lua");
    text_write(world, campaign, "campaign.lua");
    free(playbook);
    free(campaign);
    tally->edits++;
    state_hash(world->engine.state, before);
    const bool good = world_plan(world, &plan, &e);
    state_hash(world->engine.state, after);
    assert_string_equal(before, after);
    if (good) {
        take(world, plan, tally);
    } else {
        tally->refused++;
        check_problems(world, &e);
    }
}

static bool on_count(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = row->values[0].integer;
    return true;
}

// Scenes of a playbook that was stopped three times in ten minutes stand still until it is mended.
static void check_waiting(const struct world *world)
{
    int64_t suspended = 0;
    struct err e = {0};
    if (scenes_waiting(world) > 0) {
        assert_true(store_query(world->engine.store,
                                "SELECT count(*) FROM milestones WHERE kind = 'suspended'", NULL, 0,
                                on_count, &suspended, &e));
        assert_true(suspended > 0);
    }
}

static void play(uint64_t seed, struct tally *tally)
{
    struct world world;
    struct rng rng;
    struct buf first[2];
    const char *const *const TEXTS[] = {CAMPAIGN, PLAYBOOK};
    for (size_t i = 0; i < 2; i++) {
        buf_init(&first[i], PROBLEMS_MAX);
        for (const char *const *line = TEXTS[i]; *line != NULL; line++) {
            buf_printf(&first[i], "%s\n", *line);
        }
    }
    rng_init(&rng, seed, 1, 0);
    world_start(&world, first[0].data, first[1].data);
    buf_deinit(&first[0]);
    buf_deinit(&first[1]);
    int64_t at_ms = START_MS + 8 * HOUR_MS;
    for (uint64_t i = 0; i <= rng_below(&rng, 3); i++) {
        at_ms += (int64_t)rng_below(&rng, 8 * 60) * MINUTE_MS;
        world_run(&world, at_ms);
        if (rng_below(&rng, 6) == 0) {
            go_back(&world, &rng, tally);
        } else {
            edit(&world, &rng, tally);
        }
        if (rng_below(&rng, 3) == 0) {
            world_reopen(&world);
        }
    }
    world_run(&world, START_MS + 80 * HOUR_MS);
    assert_int_equal(ledger_sum(world.engine.state, 1), 0);
    check_waiting(&world);
    world_close(&world);
    world_verify(&world);
    world_open(&world);
    world_end(&world);
}

struct part {
    uint64_t first, step;  // Of the seeds: 1 in how many.
};

static void test_edits(void **ctx)
{
    const struct part *part = *ctx;
    struct tally tally = {0};
    const char *one = getenv("DRUMBEAT_SEED");
    const uint64_t last = getenv("DRUMBEAT_LONG") != NULL ? WORLDS_LONG : WORLDS;
    if (one != NULL) {
        play(strtoull(one, NULL, 10), &tally);
        return;
    }
    for (uint64_t seed = part->first; seed <= last; seed += part->step) {
        print_message("seed %llu\n", (unsigned long long)seed);
        play(seed, &tally);
    }
    print_message("%zu edits: %zu taken over (%zu of them back), %zu refused, %zu without effect; "
                  "scenes: %zu adopted, %zu stayed\n",
                  tally.edits, tally.applied, tally.back, tally.refused, tally.empty, tally.adopts,
                  tally.stays);
    assert_true(tally.applied > 0 && tally.refused > 0 && tally.adopts > 0 && tally.stays > 0);
}

// "2/3": the second of three parts, so that they run side by side.
int main(int argc, char **argv)
{
    struct part part = {.first = 1, .step = 1};
    if (argc > 1) {
        char *end;
        part.first = strtoull(argv[1], &end, 10);
        part.step = *end == '/' ? strtoull(end + 1, NULL, 10) : 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_edits, &part)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
