// A crowd for a campaign that is under way: people in the place of the members that are there. It
// reads rows and changes none. From then on each person has random numbers of her own.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "core/reduce.h"
#include "link/crowd_internal.h"

#define DAY_MS INT64_C(86400000)
#define EVENING_MS (18 * INT64_C(3600000))  // Its start, within a day
#define EVENING_LENGTH_MS (3 * INT64_C(3600000))
#define EVENING_CALLS 4       // Announcements of an evening that bring people, more or less.
#define FLIP_MEAN_MIN 12.0    // As crowd_flip plans it.
#define VISITS_MEAN_MIN 15.0  // From one to the next of who comes again.
#define VISITS_MAX 8
#define PURPOSE_BITS 48  // Of the stream of random numbers.

// --- Random numbers of her own. ---

void crowd_key_at(struct crowd *crowd, uint32_t person, unsigned purpose, uint64_t about)
{
    const uint64_t key = person == 0 ? 0 : crowd->keys[person].key;
    rng_init(&crowd->rng, crowd->seed ^ key, (uint64_t)purpose << PURPOSE_BITS, about);
}

// A plan about a message: by the message. Any other: the first of its kind, the second, ...
void crowd_key_plan(struct crowd *crowd, const struct plan *plan)
{
    switch ((enum plan_kind)plan->kind) {
    case PLAN_READ:
    case PLAN_REPLY:
    case PLAN_PRESS:
    case PLAN_LIKE:
    case PLAN_SHARE:
        crowd_key_at(crowd, plan->person, plan->kind, crowd->hearings[plan->ref].key);
        return;
    default:
        crowd_key_at(crowd, plan->person, plan->kind,
                     plan->person == 0 ? plan->ref : crowd->keys[plan->person].plans[plan->kind]++);
    }
}

uint64_t crowd_message_key(struct crowd *crowd, const struct outbox_row *row, uint32_t group,
                           uint32_t person)
{
    const char *name = state_get_text(crowd->state, row->kind);
    const uint64_t kind = hash64(name, strlen(name), (uint64_t)row->day);
    if (person != 0) {
        return hash64_int(kind + crowd->keys[person].dms++);
    }
    struct crowd_group *where = crowd_group_of(crowd, group);
    if (where == NULL) {
        return kind;
    }
    uint32_t place = 0;
    while (place < where->heard_count && where->heard[place].kind != kind) {
        place++;
    }
    if (place == where->heard_count) {
        where->heard = xrealloc(where->heard, (place + 1) * sizeof(*where->heard));
        where->heard[where->heard_count++] = (struct heard){.kind = kind};
    }
    return hash64_int(kind + where->heard[place].count++);
}

// --- Who is there. ---

static const struct participant *participant_of(const struct crowd *crowd, uint32_t member)
{
    const uint32_t id =
        TABLE_FIND(crowd->state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, crowd->campaign, member);
    return id == 0 ? NULL : table_get(crowd->state, T_PARTICIPANTS, id);
}

static bool has_taken_part(const struct participant *row)
{
    return row != NULL && (row->visited || row->paid || row->messages > 0 || row->vouchers > 0);
}

// Which evenings she was there stands nowhere: as often as the announcements would have brought
// her, and at least once if she has taken part.
static void draw_evenings(struct crowd *crowd, uint32_t person, int64_t joined_at, bool took_part)
{
    const struct crowd_params *p = &crowd->params;
    struct person *who = crowd_person(crowd, person);
    const struct crowd_group *group = crowd_group_of(crowd, who->group);
    const double awake = 0.25 + 1.5 * group->awake;
    for (int64_t day = crowd->from_at; day + EVENING_MS <= crowd->adopted_at; day += DAY_MS) {
        if (joined_at > day + EVENING_MS) {
            continue;
        }
        double read =
            p->read_share * awake * (0.5 + 0.5 * (double)who->activity) * (1 + (double)who->habit);
        read = read > 0.97 ? 0.97 : read;
        const double part = (double)(crowd->adopted_at - day - EVENING_MS) / EVENING_LENGTH_MS;
        if (rng_chance(&crowd->rng, 1 - pow(1 - read, EVENING_CALLS * fmin(part, 1)))) {
            who->evenings++;
            who->last_evening = crowd_day(crowd, day);
            who->habit = (float)fmin((double)who->habit + p->habit_gain, p->habit_max);
        }
    }
    if (took_part && who->evenings == 0) {
        who->evenings = 1;
        who->habit = (float)fmin(p->habit_gain, p->habit_max);
    }
}

static void adopt_deeds(struct crowd *crowd, uint32_t person, const struct participant *row)
{
    struct person *who = crowd_person(crowd, person);
    const uint32_t inviter =
        TABLE_FIND(crowd->state, T_INVITERS, INVITERS_BY_MEMBER, crowd->campaign, who->member);
    const struct inviter *brought =
        inviter == 0 ? NULL : table_get(crowd->state, T_INVITERS, inviter);
    who->shared = brought != NULL && brought->joined > 0;
    who->invited = who->shared;
    if (row == NULL) {
        return;
    }
    who->bought = row->paid;
    who->orders = (uint8_t)(row->orders > 250 ? 250 : (int32_t)row->orders);
    who->talker = row->messages > 0;
    if (who->bought) {
        crowd_group_of(crowd, who->group)->bought++;
    }
}

static void adopt_member(struct crowd *crowd, const struct membership *row)
{
    const struct member *member = table_get(crowd->state, T_MEMBERS, (uint32_t)row->member);
    const struct participant *deeds = participant_of(crowd, (uint32_t)row->member);
    const bool newcomer = row->inviter != 0 || (row->joined_at > crowd->from_at);
    const bool took_part = has_taken_part(deeds);
    rng_init(&crowd->rng, crowd->seed, FOR_HERSELF, (uint64_t)row->member);
    const uint32_t person = crowd_add_person(crowd, (uint32_t)row->group, newcomer);
    struct person *who = crowd_person(crowd, person);
    crowd->keys[person].key = (uint64_t)row->member;
    crowd->person_of[row->member] = person;
    who->member = (uint32_t)row->member;
    who->male = member->gender == 2;
    who->fake = who->fake && !took_part && row->audit != MEMBERSHIP_PASSED;
    who->state = PERSON_IN;
    crowd_list_in_group(crowd, person);
    adopt_deeds(crowd, person, deeds);
    crowd_key_at(crowd, person, FOR_PAST, 0);
    draw_evenings(crowd, person, row->joined_at, took_part);
    crowd_plan_stay(crowd, person, crowd->adopted_at, row->joined_at < crowd->adopted_at - DAY_MS);
}

// One person a member: in the first of her groups that is the campaign's.
static void adopt_members(struct crowd *crowd)
{
    crowd->person_of_last = table_last(crowd->state, T_MEMBERS);
    crowd->person_of = xcalloc((size_t)crowd->person_of_last + 1, sizeof(*crowd->person_of));
    for (uint32_t id = 0; (id = table_next(crowd->state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(crowd->state, T_MEMBERSHIPS, id);
        const struct member *member = table_get(crowd->state, T_MEMBERS, (uint32_t)row->member);
        if (row->left_at == 0 && member != NULL && !member->staff &&
            crowd->person_of[row->member] == 0 &&
            crowd_group_of(crowd, (uint32_t)row->group) != NULL) {
            adopt_member(crowd, row);
        }
    }
    for (uint32_t id = 0; (id = table_next(crowd->state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(crowd->state, T_MEMBERSHIPS, id);
        const uint32_t person = crowd->person_of[row->member];
        if (person != 0 && row->inviter != 0) {
            crowd_person(crowd, person)->inviter = crowd->person_of[row->inviter];
        }
    }
}

// --- What is going on. ---

static int64_t opened_last(const struct crowd *crowd)
{
    int64_t opened = 0;
    for (uint32_t id = TABLE_LIST(crowd->state, T_BOOKS, BOOKS_OF_CAMPAIGN, crowd->campaign);
         id != 0; id = table_list_next(crowd->state, T_BOOKS, BOOKS_OF_CAMPAIGN, id)) {
        const struct book *book = table_get(crowd->state, T_BOOKS, id);
        const int64_t closes = book->closes_at == 0 ? crowd->until_at : book->closes_at;
        if (book->opens_at > opened && book->opens_at <= crowd->adopted_at &&
            closes > crowd->adopted_at) {
            opened = book->opens_at;
        }
    }
    return opened;
}

// Prices flipped a while ago, and she hasn't come yet: that she will gets less likely.
static void plan_late_flip(struct crowd *crowd, uint32_t person, int64_t opened)
{
    const double minutes = (double)(crowd->adopted_at - opened) / 60000.0;
    const struct person *who = crowd_person(crowd, person);
    const double all = fmin(0.97, crowd->params.visit_flip * (0.4 + (double)who->habit));
    const double later = all * exp(-minutes / FLIP_MEAN_MIN);
    crowd_key_at(crowd, person, PLAN_FLIP, 0);
    if (!who->fake && rng_chance(&crowd->rng, later / (1 - all + later))) {
        crowd_plan_visit(crowd, crowd->adopted_at, FLIP_MEAN_MIN, person);
    }
}

// She was in the shop and hasn't paid: she is still making up her mind, or has left it. Her row
// tells of the last visit alone.
static void plan_undecided(struct crowd *crowd, uint32_t person, int64_t visited, int64_t opened)
{
    const struct crowd_params *p = &crowd->params;
    const double minutes = fmax(0, (double)(visited - opened) / 60000.0);
    crowd_key_at(crowd, person, PLAN_DECIDE, 0);
    const int64_t decides = crowd_after_min(crowd, visited, p->buy_delay_min);
    const uint64_t before =
        rng_poisson(&crowd->rng, (p->visit_again + p->visit_notice) * minutes / VISITS_MEAN_MIN);
    if (decides > crowd->adopted_at) {
        crowd_plan(crowd, decides, PLAN_DECIDE, person, 0, 0);
    }
    const uint64_t times = before + (decides <= crowd->adopted_at);
    for (uint64_t i = 0; opened > 0 && decides >= opened && i < times && i < VISITS_MAX; i++) {
        crowd_leave_it(crowd, person);
    }
}

static void adopt_shoppers(struct crowd *crowd)
{
    const int64_t opened = opened_last(crowd);
    for (uint32_t g = 0; opened > 0 && g < crowd->group_count; g++) {
        crowd->groups[g].flipped = true;
    }
    for (uint32_t person = 1; person <= crowd->person_count; person++) {
        const struct participant *row = participant_of(crowd, crowd_person(crowd, person)->member);
        const int64_t visited =
            row == NULL || !row->visited ? 0 : (int64_t)row->uv_minute * 60000 + 30000;
        if (opened > 0 && visited < opened) {
            plan_late_flip(crowd, person, opened);
        }
        if (visited > 0 && !crowd_person(crowd, person)->bought) {
            plan_undecided(crowd, person, visited, opened);
        }
    }
}

// What waits for the operator and for customer service.
static void adopt_rows(struct crowd *crowd)
{
    for (uint32_t id = 0; (id = table_next(crowd->state, T_AUDITS, id)) != 0;) {
        const struct audit *audit = table_get(crowd->state, T_AUDITS, id);
        if (audit->status == 0 && (uint32_t)audit->campaign == crowd->campaign) {
            crowd_key_at(crowd, 0, FOR_AUDIT, id - 1);
            crowd_plan(crowd,
                       crowd_after_min(crowd, crowd->adopted_at, crowd->params.audit_delay_min),
                       PLAN_AUDIT, 0, id, 0);
        }
    }
    crowd->audits_seen = table_last(crowd->state, T_AUDITS);
    for (uint32_t id = 0; (id = table_next(crowd->state, T_PLAYS, id)) != 0;) {
        const struct play *play = table_get(crowd->state, T_PLAYS, id);
        crowd_key_at(crowd, 0, FOR_CLAIM, id);
        if (play->claim != 0 && play->claimed_at == 0 &&
            rng_chance(&crowd->rng, crowd->params.claim_share)) {
            crowd_plan(crowd, crowd_after_min(crowd, crowd->adopted_at, 240), PLAN_CLAIM, 0, id, 0);
        }
    }
    crowd->plays_seen = table_last(crowd->state, T_PLAYS);
}

static double doubted(struct crowd *crowd, double spread)
{
    return exp(spread * rng_normal(&crowd->rng) - spread * spread / 2);
}

// The members that are there aren't the parameters' crowd: each run of a what-if has another idea
// of how they differ as a whole, so that its ranges hold what may come. The same in both arms.
static void doubt_params(struct crowd *crowd)
{
    struct crowd_params *p = &crowd->params;
    crowd_key_at(crowd, 0, FOR_DOUBT, 0);
    p->buy_base += p->doubt_buy * rng_normal(&crowd->rng);
    const double visits = doubted(crowd, p->doubt_visit);
    double *const shares[] = {&p->visit_notice, &p->visit_goods, &p->visit_flip, &p->visit_again};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        *shares[i] = fmin(*shares[i] * visits, 0.97);
    }
    const double items = doubted(crowd, p->doubt_items);
    p->items_mean *= items;
    p->items_voucher *= items;
    p->items_gift *= items;
}

void crowd_adopt(struct crowd *crowd, uint32_t campaign, int64_t now_ms)
{
    crowd->adopted = true;
    crowd->adopted_at = now_ms;
    crowd_open(crowd, campaign);
    doubt_params(crowd);
    crowd_plan_flips(crowd, now_ms);
    adopt_members(crowd);
    adopt_shoppers(crowd);
    adopt_rows(crowd);
}
