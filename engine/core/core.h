#pragma once
// The core as one thing: state, schedule, outbox, and the facts that follow from events whatever a
// playbook says (reduce). What app, script and link hold.

#include "core/event.h"
#include "core/ledger.h"
#include "core/outbox.h"
#include "core/schedule.h"
#include "core/state.h"

struct core {
    struct state *state;
    struct schedule *schedule;
    struct outbox *outbox;
    struct inbox *inbox;
};

void core_init(struct core *core);
void core_deinit(struct core *core);
void core_rebuild(struct core *core);  // After loading: heap, outbox queue, waits.

// --- reduce.c: the facts of an event. Inside a turn. ---
// What the event is about, as rows, for handlers. 0 where it says nothing.
struct facts {
    uint32_t campaign, group, member, membership, chain, reply_place, order, game, post, inviter,
        guide;
    bool first_join;   // Never in this group before.
    bool first_order;  // Of this member in this campaign.
    bool new_visitor;  // First visit of the campaign.
};
// ERR_INVALID names the field: unknown group, unknown order for a refund in another currency, ...
// A refusal parks the event; the facts of the turn are undone.
MUST_USE bool reduce_event(struct core *core, const struct event *event, struct facts *facts,
                           struct err *e);

// --- inbox.c: (connector, id) seen before is dropped. ---
struct inbox;
struct inbox *inbox_new(void);
void inbox_free(struct inbox *inbox);
bool inbox_seen(const struct inbox *inbox,
                const struct event *event);  // false for events without id.
void inbox_remember(struct inbox *inbox, const struct event *event);  // Once its turn is kept.

// --- people.c ---
uint32_t people_group(const struct state *state, struct slice ext);   // 0: unknown
uint32_t people_member(const struct state *state, struct slice ext);  // 0: unknown
uint32_t people_ensure_member(struct state *state, struct slice ext);
uint32_t people_participant(struct state *state, uint32_t campaign, uint32_t member,
                            uint32_t group);  // Ensures the row.
bool people_present(const struct state *state, uint32_t member, uint32_t group);
void people_tag(struct state *state, uint32_t member, const char *tag, bool on);
bool people_has_tag(const struct state *state, uint32_t member, const char *tag);
// A person's verdict on a queued audit: 2 rejected, 1 approved. Rejected newcomers stop counting
// for the inviter.
MUST_USE bool people_judge(struct core *core, uint32_t audit, bool approve, struct slice by,
                           struct err *e);

// --- waits.c: scenes that wait for a count. ---
enum wait_kind {
    WAIT_NONE,
    WAIT_TIME,
    WAIT_REPLIES,
    WAIT_LIKES,
    WAIT_CLAIMS,
    WAIT_ORDERS,
    WAIT_MESSAGES,
    WAIT_JOINS
};
// Registers the scene's wait (wait_kind, wait_ref, target, deadline of its row are set here;
// deadline INT64_MAX: none). ref: chain, post, game; group id for the rest. If the count is there
// already the scene wakes at once.
void waits_set(struct core *core, uint32_t scene, enum wait_kind kind, uint32_t ref, int64_t target,
               int64_t deadline);
int64_t waits_count(const struct core *core, enum wait_kind kind, uint32_t ref);
void waits_changed(struct core *core, enum wait_kind kind,
                   uint32_t ref);  // A count went up: wakes who has enough.
void waits_clear(struct core *core, uint32_t scene);

// --- coupons.c: the life of a voucher, each step with its budget. ---
MUST_USE bool coupon_issue(struct core *core, uint32_t coupon, uint32_t member, const char *source,
                           uint32_t *voucher, struct err *e);
MUST_USE bool coupon_use(struct core *core, uint32_t voucher, uint32_t order, struct err *e);
MUST_USE bool coupon_take_back(struct core *core, uint32_t voucher, const char *why,
                               struct err *e);  // claw back
// Usable vouchers of a member now, oldest first; returns how many (at most max).
size_t coupon_held(const struct core *core, uint32_t campaign, uint32_t member, uint32_t *vouchers,
                   size_t max);

// --- prices.c: what a good costs at an instant (flip = comparison of time). ---
struct price_now {
    int64_t list, deal, floor;
    int64_t shown;  // Deal while a book is open; its placeholder before; list when no book knows
                    // the good.
    bool for_sale;  // false while the placeholder stands.
};
void prices_of(const struct state *state, uint32_t good, int64_t at_ms, struct price_now *out);

void milestone_add(struct state *state, const char *kind, uint32_t campaign, uint32_t day,
                   uint32_t group, int64_t value, int64_t value2, const char *text);
