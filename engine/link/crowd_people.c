// Who the people are, how they come, bring others, and leave.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/crowd_internal.h"

#define DAY_MS INT64_C(86400000)

static struct person *grow_people(struct crowd *crowd)
{
    if (crowd->person_count + 2 > crowd->person_capacity) {
        crowd->person_capacity = crowd->person_capacity == 0 ? 4096 : crowd->person_capacity * 2;
        crowd->people = xrealloc(crowd->people, crowd->person_capacity * sizeof(*crowd->people));
        if (crowd->adopted) {
            crowd->keys = xrealloc(crowd->keys, crowd->person_capacity * sizeof(*crowd->keys));
        }
    }
    if (crowd->adopted) {  // Somebody new: by what her friend is doing.
        crowd->keys[crowd->person_count + 1] = (struct person_key){.key = rng_next(&crowd->rng)};
    }
    struct person *person = &crowd->people[++crowd->person_count];
    *person = (struct person){0};
    return person;
}

uint32_t crowd_add_person(struct crowd *crowd, uint32_t group, bool newcomer)
{
    const struct crowd_params *p = &crowd->params;
    struct person *person = grow_people(crowd);
    const double sigma = p->activity_sigma;
    person->group = group;
    // Log-normal with mean 1.
    person->activity = (float)exp(sigma * rng_normal(&crowd->rng) - sigma * sigma / 2);
    person->inclination = (float)(p->buy_sigma * rng_normal(&crowd->rng));
    person->fake = newcomer && rng_chance(&crowd->rng, p->fake_share);
    person->male = newcomer && rng_chance(&crowd->rng, p->male_share);
    return crowd->person_count;
}

// --- Names, with the habits of real ones and of accounts made to be counted. ---

static const char *const SYLLABLES[] = {"安", "宁", "雨", "晴", "思", "若", "静", "然",
                                        "云", "桐", "夏", "禾", "舒", "言", "青", "白",
                                        "月", "星", "竹", "岚", "书", "意", "清", "沐"};
#define SYLLABLE_COUNT (sizeof(SYLLABLES) / sizeof(SYLLABLES[0]))

void crowd_put_name(struct crowd *crowd, uint32_t person, char *out, size_t size)
{
    const struct person *who = crowd_person(crowd, person);
    struct rng rng;
    rng_init(&rng, 77, person, 0);
    const char *a = SYLLABLES[rng_below(&rng, SYLLABLE_COUNT)];
    const char *b = SYLLABLES[rng_below(&rng, SYLLABLE_COUNT)];
    const uint64_t kind = rng_below(&rng, 100);
    if (who->fake && kind < 30) {
        snprintf(out, size, "A%s%s批发", a, b);
    } else if (who->fake && kind < 50) {
        snprintf(out, size, "%llu", (unsigned long long)(138000000 + rng_below(&rng, 9999999)));
    } else if (kind < 8) {
        snprintf(out, size, "%s%s", a, a);
    } else if (kind < 14) {
        snprintf(out, size, "%s姐", a);
    } else if (kind < 18) {
        snprintf(out, size, "A%s", b);
    } else {
        snprintf(out, size, "%s%s", a, b);
    }
}

static void fill_facts(struct crowd *crowd, uint32_t person, struct event *out)
{
    const struct person *who = crowd_person(crowd, person);
    crowd_put_name(crowd, person, crowd->name_text, sizeof(crowd->name_text));
    out->name = slice_of(crowd->name_text);
    out->gender = slice_of(who->male ? "male" : "female");
    if (who->fake) {
        out->signature = slice_of(person % 3 == 0   ? "代理招商 加v信"
                                  : person % 3 == 1 ? "一手货源，支持退换"
                                                    : "越努力越幸运");
        out->tags = slice_of(person % 2 == 0 ? "avatar-flagged" : "");
    }
}

// --- Coming and going. ---

static void plan_day(struct crowd *crowd, uint32_t person, int64_t at, bool roster)
{
    const struct crowd_params *p = &crowd->params;
    const struct person *who = crowd_person(crowd, person);
    for (int64_t day_at = at; day_at < crowd->until_at; day_at += DAY_MS) {
        const bool first = day_at == at && !roster;
        const double leave = who->fake ? p->leave_fake_day
                             : first   ? p->leave_new_day
                                       : p->leave_day;
        if (rng_chance(&crowd->rng, leave)) {
            crowd_plan(crowd, day_at + (int64_t)(rng_unit(&crowd->rng) * (double)DAY_MS),
                       PLAN_LEAVE, person, 0, 0);
            return;
        }
    }
}

static void plan_chat(struct crowd *crowd, uint32_t person, int64_t at)
{
    const struct person *who = crowd_person(crowd, person);
    const double mean = crowd->params.messages_day * (double)who->activity;
    if (who->fake || mean <= 0) {
        return;
    }
    // Thinned by the hour of the day: a message planned for the night is dropped when it comes up.
    crowd_plan(crowd, at + (int64_t)(rng_exponential(&crowd->rng, 1 / (mean * 2)) * (double)DAY_MS),
               PLAN_CHAT, person, 0, 0);
}

struct slice crowd_spell_person(const struct crowd *crowd, uint32_t person, char *out)
{
    if (!crowd->adopted) {
        return crowd_put_id(out, 'p', person);
    }
    const struct member *row = table_get(crowd->state, T_MEMBERS, crowd->people[person].member);
    return row != NULL ? slice_of(state_get_text(crowd->state, row->ext))
                       : crowd_put_id(out, CROWD_OTHER, person);
}

// The row of members exists once the join's turn is over: looked up when she is first needed.
uint32_t crowd_member(struct crowd *crowd, uint32_t person)
{
    struct person *who = crowd_person(crowd, person);
    if (who->member == 0) {
        char ext[CROWD_ID_MAX];
        who->member = people_member(crowd->state, crowd_spell_person(crowd, person, ext));
    }
    return who->member;
}

// The person behind a row of members, by the id she has on the simulated platform; 0: none of us.
uint32_t crowd_person_of(const struct crowd *crowd, uint32_t member)
{
    if (member <= crowd->person_of_last) {
        return crowd->person_of[member];
    }
    const struct member *row = table_get(crowd->state, T_MEMBERS, member);
    const char *ext = row == NULL ? "" : state_get_text(crowd->state, row->ext);
    const char letter = crowd->adopted ? CROWD_OTHER : 'p';
    const unsigned long person = ext[0] == letter ? strtoul(ext + 1, NULL, 10) : 0;
    return person <= crowd->person_count ? (uint32_t)person : 0;
}

void crowd_list_in_group(struct crowd *crowd, uint32_t person)
{
    struct crowd_group *group = crowd_group_of(crowd, crowd_person(crowd, person)->group);
    if (group->count == group->capacity) {
        group->capacity = group->capacity == 0 ? 512 : group->capacity * 2;
        group->people = xrealloc(group->people, group->capacity * sizeof(*group->people));
    }
    group->people[group->count++] = person;
}

// Being there: that she talks, and when she leaves.
void crowd_plan_stay(struct crowd *crowd, uint32_t person, int64_t at, bool roster)
{
    plan_day(crowd, person, at, roster);
    plan_chat(crowd, person, at);
}

void crowd_joined(struct crowd *crowd, uint32_t person, int64_t at, bool roster)
{
    crowd_person(crowd, person)->state = PERSON_IN;
    crowd_list_in_group(crowd, person);
    crowd_plan_stay(crowd, person, at, roster);
}

static bool take_join(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    struct person *who = crowd_person(crowd, plan->person);
    const bool roster = plan->kind == PLAN_ROSTER;
    const struct group *group = table_get(crowd->state, T_GROUPS, who->group);
    if (who->state == PERSON_IN || (!roster && group->members >= group->member_max)) {
        return false;  // The group is full: she can't get in.
    }
    out->kind = EVENT_JOIN;
    out->how = slice_of(roster ? "roster" : who->invited ? "invite" : "poster");
    fill_facts(crowd, plan->person, out);
    if (who->inviter != 0) {
        out->inviter = crowd_spell_person(crowd, who->inviter, crowd->extra_text);
    }
    crowd_joined(crowd, plan->person, plan->at, roster);
    return true;
}

static bool take_leave(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    struct person *who = crowd_person(crowd, plan->person);
    if (who->state != PERSON_IN) {
        return false;
    }
    who->state = PERSON_GONE;
    out->kind = EVENT_LEAVE;
    out->how = slice_of("event");
    return true;
}

void crowd_each_present(const struct crowd *crowd, uint32_t group,
                        void (*on_present)(void *ctx, struct slice id), void *ctx)
{
    for (uint32_t person = 1; person <= crowd->person_count; person++) {
        const struct person *who = &crowd->people[person];
        if (who->group == group && who->state == PERSON_IN) {
            char id[CROWD_ID_MAX];
            on_present(ctx, crowd_put_id(id, 'p', person));
        }
    }
}

bool crowd_take_people(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    return plan->kind == PLAN_LEAVE ? take_leave(crowd, plan, out) : take_join(crowd, plan, out);
}

// --- Bringing friends. ---

// One friend of `person` who will join the group she passes on.
static void bring_friend(struct crowd *crowd, uint32_t person, uint32_t into, bool invited,
                         int64_t at)
{
    const uint32_t friend = crowd_add_person(crowd, into, true);
    struct person *who = crowd_person(crowd, friend);
    who->state = PERSON_JOINING;
    who->inviter = person;
    who->invited = invited;
    crowd_plan(crowd, crowd_after_min(crowd, at, crowd->params.join_delay_min), PLAN_JOIN, friend,
               0, 0);
}

void crowd_pass_on(struct crowd *crowd, uint32_t person, const struct hearing *hearing, int64_t at)
{
    const struct crowd_params *p = &crowd->params;
    struct person *who = crowd_person(crowd, person);
    const bool invite = hearing->growth_invite;
    const uint32_t into = hearing->growth_into != 0 ? hearing->growth_into : who->group;
    if (crowd_group_of(crowd, into) == NULL ||
        (invite ? who->invited && who->shared : who->shared)) {
        return;
    }
    if (!invite) {
        // A poster is passed on once: save it, write a text, post it, ask a friend to scan.
        who->shared = true;
        const uint64_t friends =
            rng_poisson(&crowd->rng, p->poster_friends * p->poster_join * who->activity);
        for (uint64_t i = 0; i < friends; i++) {
            bring_friend(crowd, person, into, false, at);
        }
        return;
    }
    // Inviting goes on as long as it works: each friend who comes moves the count to the next tier.
    who->shared = true;
    who->invited = true;
    uint64_t friends = 0;
    do {
        friends += rng_poisson(&crowd->rng, p->invite_friends * p->invite_join *
                                                crowd_person(crowd, person)->activity);
    } while (friends > 0 && friends < 60 && rng_chance(&crowd->rng, p->invite_again));
    for (uint64_t i = 0; i < friends; i++) {
        bring_friend(crowd, person, into, true, at);
    }
}
