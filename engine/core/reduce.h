#pragma once
// Shared by reduce.c, reduce_people.c, reduce_trade.c and people.c; nobody else includes it.

#include "core/core.h"

struct reduce {
    struct core *core;
    struct state *state;
    const struct event *event;
    struct facts *facts;
    int64_t at;    // Time of the event, at least 1: 0 means "never" in rows.
    bool counted;  // false: a host or guide, or nobody.
    struct err *e;
};

enum reduce_who {
    REDUCE_MEMBER,   // The event must name her.
    REDUCE_VISITOR,  // ... or a session, or nobody.
};
enum { MEMBER_ACTIVE, MEMBER_REMOVED, MEMBER_FORGOTTEN };
enum { MEMBERSHIP_NO_AUDIT, MEMBERSHIP_PASSED, MEMBERSHIP_QUEUED, MEMBERSHIP_REJECTED };
enum { CODE_CHANNEL, CODE_INVITE, CODE_SHARE, CODE_CLAIM };
enum { ORDER_ONLINE, ORDER_STORE };
enum { SCOPE_LIBRARY = 3 };  // Of memory: what isn't for playbooks.

// --- reduce.c: what several kinds of event need. ---
// Sets facts.group and facts.campaign. Refuses an unknown group always, a missing one if needed.
MUST_USE bool reduce_find_group(struct reduce *r, bool needed);
// Sets facts.member (0: nobody) and `counted`; creates her at first sight, notes what is new.
MUST_USE bool reduce_find_member(struct reduce *r, enum reduce_who who);
// Shop events: group from the event or the member's first one, campaign from the group, or the only
// one that is running.
MUST_USE bool reduce_find_shopper(struct reduce *r);
// A member named beside the event's own, e.g. an inviter. Refuses ids that can't be.
MUST_USE bool reduce_other_member(struct reduce *r, struct slice ext, const char *field,
                                  uint32_t *member);
// facts.campaign, facts.member, facts.group: her row open for editing; NULL if she doesn't count.
struct participant *reduce_participant(struct reduce *r);
struct hour *reduce_hour(struct reduce *r, uint32_t group);  // Open for editing.
uint32_t reduce_code(const struct reduce *r, struct slice code);
// The guide whose channel code (or account) this is; 0: nobody's.
uint32_t reduce_guide(const struct reduce *r, struct slice code);
// Counters stop at the ends of their type: a flood of hostile events can't wrap them.
void reduce_count(int32_t *counter, int64_t add);
#define REDUCE_COUNT(counter, add) ((counter) = TABLES_I24((int64_t)(counter) + (add)))
// Amounts of orders: what an I48 column holds.
#define REDUCE_MONEY_MAX TABLES_I48_MAX
static inline bool reduce_money_fits(int64_t sum, int64_t add)
{
    return add <= REDUCE_MONEY_MAX - sum && add >= -REDUCE_MONEY_MAX - sum;
}
// A text that is kept: at most `max` bytes of it.
MUST_USE bool reduce_keep_text(struct reduce *r, text_id *column, struct slice text, size_t max,
                               const char *field);

// --- reduce_people.c ---
MUST_USE bool reduce_join(struct reduce *r);
MUST_USE bool reduce_leave(struct reduce *r);
MUST_USE bool reduce_members(struct reduce *r);
MUST_USE bool reduce_message(struct reduce *r);
MUST_USE bool reduce_reaction(struct reduce *r);
MUST_USE bool reduce_press(struct reduce *r);

// --- reduce_trade.c, reduce_order.c ---
MUST_USE bool reduce_visit(struct reduce *r);
MUST_USE bool reduce_interest(struct reduce *r);  // favorite, cart
MUST_USE bool reduce_order(struct reduce *r);
MUST_USE bool reduce_refund(struct reduce *r);
// Moves revenue between the world and sales: amount > 0 comes in.
MUST_USE bool reduce_sales(struct reduce *r, uint32_t campaign, uint32_t member, int64_t amount,
                           const char *reason, uint32_t ref);
// The minute row of a campaign, open for editing.
struct minute *reduce_minute(struct reduce *r, uint32_t campaign);

// --- people.c ---
text_id people_text_known(const struct state *state, struct slice text);  // 0: never seen
// people_tag for a list with commas.
void people_set_tags(struct state *state, uint32_t member, struct slice tags, bool on);
// The row of an inviter in a campaign, open for editing; made when missing.
struct inviter *people_inviter(struct state *state, uint32_t campaign, uint32_t member,
                               uint32_t group);
// Adds to the counters and works out effective.
void people_inviter_count(struct inviter *inviter, int joined, int left, int rejected);
