// The crowd's way in and out: how a campaign begins for it, what it does next, and time as it
// feels.
#include "link/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/tz.h"
#include "link/crowd_internal.h"

#define DAY_MS INT64_C(86400000)
#define PLANS_AHEAD 8  // So early the next people are fetched from memory.

bool crowd_new(struct crowd **out, struct core *core, const struct crowd_options *options,
               struct err *e)
{
    struct crowd *crowd = xcalloc(1, sizeof(*crowd));
    crowd->core = core;
    crowd->state = core->state;
    crowd->reader = json_reader_new((size_t)1 << 20);
    crowd->seed = options->seed;
    rng_init(&crowd->rng, options->seed, 0xc20d, 0);
    if (!crowd_params_read(&crowd->params, options->params, options->params_size, e)) {
        crowd_free(crowd);
        return false;
    }
    *out = crowd;
    return true;
}

static void hearing_free(struct hearing *hearing)
{
    free(hearing->ask);
    for (size_t i = 0; i < hearing->button_count; i++) {
        free(hearing->buttons[i]);
    }
    free(hearing->silent);
}

void crowd_free(struct crowd *crowd)
{
    if (crowd == NULL) {
        return;
    }
    for (uint32_t i = 0; i < crowd->hearing_count; i++) {
        hearing_free(&crowd->hearings[i]);
    }
    for (uint32_t i = 0; i < crowd->group_count; i++) {
        free(crowd->groups[i].people);
        free(crowd->groups[i].heard);
    }
    free(crowd->hearings);
    free(crowd->groups);
    free(crowd->people);
    free(crowd->keys);
    free(crowd->person_of);
    crowd_free_plans(crowd);
    free(crowd->tastes);
    json_reader_free(crowd->reader);
    free(crowd);
}

size_t crowd_size(const struct crowd *crowd)
{
    return crowd->person_count;
}

// --- Time as people feel it. ---

double crowd_attention(const struct crowd *crowd, int64_t at)
{
    const int64_t local = at + (int64_t)crowd->zone_offset_s * 1000;
    const double hour = (double)(local % DAY_MS) / 3600000.0;
    const int first = (int)hour % 24;
    const double part = hour - (double)(int)hour;
    return crowd->params.hours[first] * (1 - part) + crowd->params.hours[(first + 1) % 24] * part;
}

uint8_t crowd_day(const struct crowd *crowd, int64_t at)
{
    const int64_t day = (at - crowd->from_at) / DAY_MS + 1;
    return (uint8_t)(day < 1 ? 1 : day > 250 ? 250 : day);
}

int64_t crowd_after_min(struct crowd *crowd, int64_t at, double mean_minutes)
{
    return at + 1 + (int64_t)(rng_exponential(&crowd->rng, mean_minutes) * 60000.0);
}

struct crowd_group *crowd_group_of(struct crowd *crowd, uint32_t row)
{
    for (uint32_t i = row <= crowd->group_count && row > 0 ? row - 1 : 0; i < crowd->group_count;
         i++) {
        if (crowd->groups[i].row == row) {
            return &crowd->groups[i];
        }
    }
    return NULL;
}

struct person *crowd_person(struct crowd *crowd, uint32_t person)
{
    CHECK(person > 0 && person <= crowd->person_count);
    return &crowd->people[person];
}

// --- The campaign begins. ---

static void add_groups(struct crowd *crowd)
{
    for (uint32_t id = 0; (id = table_next(crowd->state, T_GROUPS, id)) != 0;) {
        const struct group *row = table_get(crowd->state, T_GROUPS, id);
        if ((uint32_t)row->campaign != crowd->campaign) {
            continue;
        }
        crowd->groups = xrealloc(crowd->groups, (crowd->group_count + 1) * sizeof(*crowd->groups));
        crowd->groups[crowd->group_count++] = (struct crowd_group){
            .row = id,
            .awake = row->awake == 0 ? 0.5 : (double)row->awake / 10000.0,
        };
    }
    // From the end, so that of several the first one stays.
    for (uint32_t i = crowd->group_count; i-- > 0;) {
        const struct group *row = table_get(crowd->state, T_GROUPS, crowd->groups[i].row);
        struct crowd_group *from = crowd_group_of(crowd, (uint32_t)row->fed_by);
        if (from != NULL) {
            from->feeds = row->id;
        }
    }
}

// People know the date and hour of the sale: the announcements carried it.
void crowd_plan_flips(struct crowd *crowd, int64_t after_ms)
{
    for (uint32_t id = TABLE_LIST(crowd->state, T_BOOKS, BOOKS_OF_CAMPAIGN, crowd->campaign);
         id != 0; id = table_list_next(crowd->state, T_BOOKS, BOOKS_OF_CAMPAIGN, id)) {
        const struct book *book = table_get(crowd->state, T_BOOKS, id);
        for (uint32_t g = 0; book->opens_at > after_ms && g < crowd->group_count; g++) {
            crowd_plan(crowd, book->opens_at, PLAN_FLIP, 0, crowd->groups[g].row, 0);
        }
    }
}

void crowd_open(struct crowd *crowd, uint32_t campaign)
{
    struct tz *zone;
    struct err e = {0};
    const struct campaign *row = table_get(crowd->state, T_CAMPAIGNS, campaign);
    CHECK(row != NULL);
    crowd->campaign = campaign;
    crowd->from_at = row->from_at;
    crowd->until_at = row->until_at;
    crowd_open_plans(crowd);
    if (tz_open(state_get_text(crowd->state, row->zone), &zone, &e)) {
        crowd->zone_offset_s = tz_offset_s(zone, row->from_at);
        tz_close(zone);
    }
    add_groups(crowd);
}

void crowd_begin(struct crowd *crowd, uint32_t campaign, int64_t at_ms)
{
    crowd_open(crowd, campaign);
    crowd_plan_flips(crowd, 0);
    for (uint32_t g = 0; g < crowd->group_count; g++) {
        const struct group *group = table_get(crowd->state, T_GROUPS, crowd->groups[g].row);
        for (int32_t i = 0; i < group->size_at_start; i++) {
            const uint32_t person = crowd_add_person(crowd, crowd->groups[g].row, false);
            crowd_plan(crowd, at_ms, PLAN_ROSTER, person, 0, 0);
        }
    }
}

// --- Events. ---

// By hand: a rehearsal writes millions of them.
struct slice crowd_put_id(char *out, char letter, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    uint32_t size = 0;
    out[size++] = letter;
    while (count > 0) {
        out[size++] = digits[--count];
    }
    out[size] = '\0';
    return (struct slice){out, size};
}

static void member_field(struct crowd *crowd, uint32_t person, struct event *out)
{
    out->member = crowd_spell_person(crowd, person, crowd->member_text);
    const struct group *group =
        table_get(crowd->state, T_GROUPS, crowd_person(crowd, person)->group);
    if (group != NULL) {
        out->group = slice_of(state_get_text(crowd->state, group->ext));
    }
}

static bool take(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    switch ((enum plan_kind)plan->kind) {
    case PLAN_ROSTER:
    case PLAN_JOIN:
    case PLAN_LEAVE:
        return crowd_take_people(crowd, plan, out);
    case PLAN_CHAT:
    case PLAN_READ:
    case PLAN_REPLY:
    case PLAN_PRESS:
    case PLAN_LIKE:
    case PLAN_SHARE:
        return crowd_take_talk(crowd, plan, out);
    case PLAN_VISIT:
    case PLAN_DECIDE:
    case PLAN_REFUND:
    case PLAN_AUDIT:
    case PLAN_CLAIM:
    case PLAN_FLIP:
        return crowd_take_shop(crowd, plan, out);
    case PLAN_KINDS:
        break;
    }
    return false;
}

bool crowd_take(struct crowd *crowd, struct event *out)
{
    // In a large crowd nobody is still in the cache from what she did last.
    const struct plan *soon = crowd_plan_ahead(crowd, PLANS_AHEAD);
    if (soon != NULL) {
        __builtin_prefetch(&crowd->people[soon->person]);
    }
    const struct plan plan = crowd_take_plan(crowd);
    if (crowd->adopted) {
        crowd_key_plan(crowd, &plan);
    }
    *out = (struct event){.at = plan.at};
    if (!take(crowd, &plan, out)) {
        return false;  // Most plans are of reading: nobody sees that.
    }
    if (plan.person != 0) {
        member_field(crowd, plan.person, out);
    }
    return true;
}
