#pragma once
// Inside of the crowd: people, what they plan, and the parameters. Shared by crowd*.c only.

#include "base/rng.h"
#include "link/crowd.h"

#define CROWD_ID_MAX 24
#define CROWD_OTHER '~'  // First letter of the ids of an adopted campaign's newcomers and orders.

// PARAM(name, least, most, help): lua/crowd.lua gives value and source of each.
#define CROWD_PARAMS(PARAM)                                                                        \
    PARAM(activity_sigma, 0, 3, "Spread of personal activity (log-normal)")                        \
    PARAM(read_share, 0, 1, "Members awake who read an announcement at an hour of attention 1")    \
    PARAM(read_delay_min, 0, 600, "Mean minutes until an announcement is read")                    \
    PARAM(say_read_share, 0, 1, "The same for a plain message, which mentions nobody")             \
    PARAM(dm_read_share, 0, 1, "Personal messages that are read")                                  \
    PARAM(habit_gain, 0, 2, "Each evening attended adds this to the attention of the next")        \
    PARAM(habit_max, 0, 5, "... up to this")                                                       \
    PARAM(messages_day, 0, 100, "Messages a member says a day by herself")                         \
    PARAM(reply_first, 0, 1, "Readers who answer a call to copy at once")                          \
    PARAM(reply_spread, 0, 5, "Further readers whom each reply brings to reply")                   \
    PARAM(reply_delay_s, 0, 3600, "Mean seconds from reading to replying")                         \
    PARAM(press_share, 0, 1, "Readers who press a button of a game")                               \
    PARAM(survey_share, 0, 1, "Readers who answer a survey")                                       \
    PARAM(like_share, 0, 1, "Readers who like a post when asked to")                               \
    PARAM(poster_share, 0, 1, "Readers who pass a poster on: it asks for several steps")           \
    PARAM(poster_friends, 0, 100, "Friends who see a poster passed on")                            \
    PARAM(poster_join, 0, 1, "... of whom so many join")                                           \
    PARAM(invite_share, 0, 1, "Readers who pass an invitation on: one step, a count, a next tier") \
    PARAM(invite_friends, 0, 100, "Friends asked by somebody who invites")                         \
    PARAM(invite_join, 0, 1, "... of whom so many join")                                           \
    PARAM(invite_again, 0, 1, "Inviters who go on after each friend that joined")                  \
    PARAM(relay_factor, 0, 2, "Newcomers' inclination to pass on, against old members'")           \
    PARAM(share_delay_min, 0, 1440, "Mean minutes from reading to passing on")                     \
    PARAM(join_delay_min, 0, 1440, "Mean minutes until a friend follows")                          \
    PARAM(fake_share, 0, 1, "Newcomers who are no customers: accounts made to be counted")         \
    PARAM(male_share, 0, 1, "Newcomers who are men")                                               \
    PARAM(leave_day, 0, 1, "Members who leave on a day")                                           \
    PARAM(leave_new_day, 0, 1, "Newcomers who leave on their first day")                           \
    PARAM(leave_fake_day, 0, 1, "Fakes who leave on a day")                                        \
    PARAM(notice_leave, 0, 0.1, "Readers whom an announcement drives away")                        \
    PARAM(visit_notice, 0, 1, "Readers who follow a link to the shop")                             \
    PARAM(visit_goods, 0, 1, "Readers who look at goods just posted")                              \
    PARAM(visit_flip, 0, 1, "Members who come when prices flip, habit 1")                          \
    PARAM(visit_again, 0, 1, "Visitors who come back within the hour")                             \
    PARAM(favorite_share, 0, 1, "Visits of goods that end in a favourite")                         \
    PARAM(cart_share, 0, 1, "Visits of goods that put them in the cart")                           \
    PARAM(buy_base, -20, 20, "Log-odds that a visitor buys at list price")                         \
    PARAM(buy_depth, 0, 40, "... a whole price cut adds this (price anchors)")                     \
    PARAM(buy_voucher, 0, 40, "... vouchers worth the whole cart add this")                        \
    PARAM(buy_gift, 0, 10, "... having got goods for nothing adds this (endowment)")               \
    PARAM(buy_habit, 0, 10, "... each evening attended adds this")                                 \
    PARAM(buy_crowd, 0, 40, "... the whole group having bought adds this (the more buy ...)")      \
    PARAM(buy_sigma, 0, 10, "Spread of people's own inclination")                                  \
    PARAM(buy_delay_min, 0, 600, "Mean minutes from visit to payment")                             \
    PARAM(items_mean, 0, 20, "Items beyond the first")                                             \
    PARAM(items_voucher, 0, 20, "... more for vouchers worth the whole first item")                \
    PARAM(items_gift, 0, 20, "... more after a gift (reciprocity)")                                \
    PARAM(taste_slope, 0, 3, "How much the favourites of a catalogue outsell the rest (Zipf)")     \
    PARAM(second_order, 0, 1, "Buyers who order once more the same evening")                       \
    PARAM(share_code, 0, 1, "Buyers who pass their code on")                                       \
    PARAM(share_reach, 0, 100, "Members who have not bought and see a code passed on")             \
    PARAM(share_visit, 0, 1, "... of whom so many visit")                                          \
    PARAM(share_warmth, 0, 10, "... and are that much more inclined: a friend recommends")         \
    PARAM(claim_share, 0, 1, "Winners of goods who claim them")                                    \
    PARAM(refund_share, 0, 1, "Orders sent back within the campaign")                              \
    PARAM(audit_delay_min, 0, 1440, "Minutes the operator takes for a queued newcomer")            \
    PARAM(audit_error, 0, 1, "Verdicts of the operator that are wrong")                            \
    PARAM(doubt_buy, 0, 5, "What-if: how unsure these figures are, spread of log-odds to buy")     \
    PARAM(doubt_visit, 0, 2, "... of the shares that visit (log-normal)")                          \
    PARAM(doubt_items, 0, 2, "... of the items beyond the first (log-normal)")

#define CROWD_PARAM_FIELD(name, least, most, help) double name;
struct crowd_params {
    CROWD_PARAMS(CROWD_PARAM_FIELD)
    double hours[24];  // Attention by hour of the day, 1 at its best.
};

MUST_USE bool crowd_params_read(struct crowd_params *out, const char *json, size_t size,
                                struct err *e);

enum person_state { PERSON_OUTSIDE, PERSON_JOINING, PERSON_IN, PERSON_GONE };

struct person {
    uint32_t group;     // Row of the group she is or will be in.
    uint32_t member;    // Row of members; 0 until seen.
    uint32_t inviter;   // Person who brings her.
    float activity;     // 1 on average
    float inclination;  // Own log-odds to buy, mean 0
    float habit;
    float warmth;  // Recommended by a friend
    uint8_t state;
    uint8_t evenings;      // Evenings attended
    uint8_t last_evening;  // Day of the last one, to count each once
    uint8_t orders;
    bool fake, male, shared, invited, bought, talker;
};

enum plan_kind {
    PLAN_ROSTER,  // old member present at the start
    PLAN_JOIN,
    PLAN_LEAVE,
    PLAN_CHAT,
    PLAN_READ,    // ref: hearing
    PLAN_REPLY,   // ref: hearing
    PLAN_PRESS,   // ref: hearing; extra: button
    PLAN_LIKE,    // ref: hearing
    PLAN_SHARE,   // ref: hearing
    PLAN_VISIT,   // ref: good or 0
    PLAN_DECIDE,  // at the shop: buy or not
    PLAN_REFUND,  // ref: order number
    PLAN_AUDIT,   // ref: audits row
    PLAN_CLAIM,   // ref: plays row
    PLAN_FLIP,    // ref: group: prices have flipped, people come
    PLAN_KINDS,
};

// What else random numbers are drawn for, where each person has her own (crowd_key).
enum crowd_purpose {
    FOR_HERSELF = PLAN_KINDS,
    FOR_READING,
    FOR_AUDIT,
    FOR_CLAIM,
    FOR_PAST,   // What she did before she was adopted.
    FOR_DOUBT,  // How far this crowd is from the parameters.
};

// Beside each person, once there are keys.
struct person_key {
    uint64_t key;
    uint32_t plans[PLAN_KINDS];  // Taken so far
    uint32_t dms;                // Heard so far
};

// Messages of a kind that a group has heard, once there are keys.
struct heard {
    uint64_t kind;
    uint32_t count;
};

struct plan {
    int64_t at;
    uint32_t serial;  // Plans for the same instant in the order they were made.
    uint32_t person;
    uint32_t ref;
    uint8_t kind;
    uint8_t extra;
};

struct plans {
    struct plan *items;
    uint32_t count, capacity;
};

// A message as the crowd remembers it while people may still react to it.
struct hearing {
    uint32_t group;  // 0: personal
    int64_t at;
    uint64_t key;  // Where people have random numbers of their own: which message it is to them.
    bool announcement;
    char *ask;         // Phrase to copy, or NULL
    char *buttons[4];  // Ids
    uint8_t button_count;
    bool survey;
    bool like;
    char post[40];
    bool shop;  // Carries the link
    bool growth, growth_invite;
    uint32_t growth_into;
    char code[24];
    bool share;  // A sharer's own code
    uint32_t goods[16];
    uint8_t good_count;
    uint32_t *silent;  // Readers who have not replied yet
    uint32_t silent_count, silent_capacity;
};

struct crowd_group {
    uint32_t row;
    uint32_t feeds;    // Row of the new group that this one fills; 0: none
    uint32_t *people;  // In it now or once
    uint32_t count, capacity;
    uint32_t bought;
    bool flipped;
    double awake;  // 0..1
    struct heard *heard;
    uint32_t heard_count;
};

// How much a good is liked: the first of the catalogue more than the second, and so on.
struct taste {
    uint32_t good;
    double weight;
};

struct crowd {
    struct core *core;
    struct state *state;
    struct crowd_params params;
    struct rng rng;
    uint32_t campaign;
    int64_t from_at, until_at;
    int32_t zone_offset_s;  // Of the campaign's first day: people live by local hours.
    struct person *people;  // [0] unused
    uint32_t person_count, person_capacity;
    // After crowd_adopt only:
    bool adopted;
    uint64_t seed;
    int64_t adopted_at;
    struct person_key *keys;  // As people.
    uint32_t *person_of;      // By row of members, up to person_of_last.
    uint32_t person_of_last;
    struct crowd_group *groups;
    uint32_t group_count;
    struct hearing *hearings;
    uint32_t hearing_count, hearing_capacity;
    struct plans *spells;
    uint32_t spell_count;
    uint32_t spell;        // The first that has not been opened
    struct plans open;     // Plans of the spell opened last, sorted
    uint32_t next;         // The first of them that has not been taken
    struct plans late;     // Heap of plans made for a spell that was open already
    struct plans spare;    // Room for sorting
    struct taste *tastes;  // Goods of the catalogue
    uint32_t taste_count;
    uint32_t tastes_until;  // The last row of goods that was looked at
    double taste_sum;
    uint32_t serial;
    uint32_t audits_seen, plays_seen;
    uint64_t orders;
    // Texts of the event given last.
    char member_text[CROWD_ID_MAX], name_text[64], text[512], extra_text[CROWD_ID_MAX];
    char order_text[CROWD_ID_MAX];
    char code_text[CODES_SIZE + 1];
    struct event_item items[64];
    struct slice vouchers[32];
    char voucher_texts[32][CROWD_ID_MAX];
    char skus[64][64];
    struct json_reader *reader;
};

// --- crowd_plans.c ---
void crowd_open_plans(struct crowd *crowd);  // Once from_at and until_at are known.
void crowd_free_plans(struct crowd *crowd);
void crowd_plan(struct crowd *crowd, int64_t at, enum plan_kind kind, uint32_t person, uint32_t ref,
                uint8_t extra);
struct plan crowd_take_plan(struct crowd *crowd);  // The next one; there must be one.
// A plan of the open spell that comes up soon, `steps` after the next one; NULL: none is known.
const struct plan *crowd_plan_ahead(const struct crowd *crowd, uint32_t steps);

// --- crowd.c ---
int64_t crowd_after_min(struct crowd *crowd, int64_t at, double mean_minutes);
double crowd_attention(const struct crowd *crowd, int64_t at);  // By hour
uint8_t crowd_day(const struct crowd *crowd, int64_t at);       // 1 for the campaign's first
struct crowd_group *crowd_group_of(struct crowd *crowd, uint32_t row);
struct person *crowd_person(struct crowd *crowd, uint32_t person);
// An id of the simulated platform: "p123". `out` has room for CROWD_ID_MAX bytes.
struct slice crowd_put_id(char *out, char letter, uint64_t number);

// Where people have random numbers of their own: those of a person (0: nobody's) for a purpose.
void crowd_key_at(struct crowd *crowd, uint32_t person, unsigned purpose, uint64_t about);
static inline void crowd_key(struct crowd *crowd, uint32_t person, unsigned purpose, uint64_t about)
{
    if (crowd->adopted) {
        crowd_key_at(crowd, person, purpose, about);
    }
}
void crowd_open(struct crowd *crowd, uint32_t campaign);  // Times, groups.
void crowd_plan_flips(struct crowd *crowd, int64_t after_ms);

// --- crowd_people.c ---
// Her id on the platform. `out` has room for CROWD_ID_MAX bytes, and may be where it lies.
struct slice crowd_spell_person(const struct crowd *crowd, uint32_t person, char *out);
void crowd_list_in_group(struct crowd *crowd, uint32_t person);
void crowd_plan_stay(struct crowd *crowd, uint32_t person, int64_t at, bool roster);
uint32_t crowd_add_person(struct crowd *crowd, uint32_t group, bool newcomer);
void crowd_put_name(struct crowd *crowd, uint32_t person, char *out, size_t size);
uint32_t crowd_member(struct crowd *crowd, uint32_t person);  // Her row; 0 until she joined
uint32_t crowd_person_of(const struct crowd *crowd, uint32_t member);
void crowd_joined(struct crowd *crowd, uint32_t person, int64_t at, bool roster);
void crowd_pass_on(struct crowd *crowd, uint32_t person, const struct hearing *hearing, int64_t at);
bool crowd_take_people(struct crowd *crowd, const struct plan *plan, struct event *out);

// --- crowd_adopt.c ---
// Which message this is to its group or its member: the first of its kind and day, the second, ...
// (An effect's own key changes with everything that happens before it.)
uint64_t crowd_message_key(struct crowd *crowd, const struct outbox_row *row, uint32_t group,
                           uint32_t person);
void crowd_key_plan(struct crowd *crowd, const struct plan *plan);

// --- crowd_hear.c ---
bool crowd_take_talk(struct crowd *crowd, const struct plan *plan, struct event *out);

// --- crowd_shop.c ---
// She comes to look at some good.
void crowd_plan_visit(struct crowd *crowd, int64_t at, double mean_min, uint32_t person);
// Adopted, she has seen the price and not bought: her inclination is one with which that happens.
void crowd_leave_it(struct crowd *crowd, uint32_t person);
void crowd_flip(struct crowd *crowd, uint32_t group, int64_t at);
void crowd_look_at_rows(struct crowd *crowd, int64_t at);  // Audits and wins that appeared
void crowd_pass_code(struct crowd *crowd, uint32_t person, const struct hearing *hearing,
                     int64_t at);
bool crowd_take_shop(struct crowd *crowd, const struct plan *plan, struct event *out);
