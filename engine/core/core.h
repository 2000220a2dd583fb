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
    struct waits *waits;
    struct promotions *promotions;
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
    bool repeated;     // An order.paid whose number is known: nothing was counted again.
};
// ERR_INVALID names the field: unknown group, refund in another currency, ... ERR_REFUSED: a
// voucher that can't be used. A refusal parks the event; the facts of the turn are undone.
MUST_USE bool reduce_event(struct core *core, const struct event *event, struct facts *facts,
                           struct err *e);

// --- inbox.c: (connector, id) seen before is dropped. ---
struct inbox;
struct inbox *inbox_new(void);
void inbox_free(struct inbox *inbox);
bool inbox_seen(const struct inbox *inbox,
                const struct event *event);  // false for events without id.
void inbox_remember(struct inbox *inbox, const struct event *event);  // Once its turn is kept.
// The same for many at the start, a few behind: nothing may be looked up before inbox_fill_end.
#define INBOX_AHEAD 16
struct inbox_filled {
    uint64_t high, low;
    int64_t at_ms;
};
struct inbox_filling {
    struct inbox_filled ahead[INBOX_AHEAD];
    uint64_t count;  // Begins with 0.
};
void inbox_fill(struct inbox *inbox, struct inbox_filling *filling, const struct event *event);
void inbox_fill_end(struct inbox *inbox, struct inbox_filling *filling);

// --- behind.c: what waits behind a parked event, in order. Inside a turn but behind_before. ---
#define BEHIND_EVENTS_MAX 10000
#define BEHIND_BYTES_MAX ((size_t)16384)  // Of one event, packed.
enum parked_status { PARKED_FREE, PARKED_HOLDS, PARKED_WAITS, PARKED_SETTLED };
// The parked event that this one has to wait for; 0: none, it may be handled.
uint32_t behind_of(struct state *state, const struct event *event);
// Whether later events wait if this one is refused: joins, leaves, orders and refunds.
bool behind_holds(const struct state *state, const struct event *event);
// A parked row just made keeps back the later events of its event's member and order; `waits`: it
// waits itself. `size`: of the packed event. false: it is about neither, or too many wait: the row
// stays free.
bool behind_put(struct state *state, struct parked *row, const struct event *event, size_t size,
                bool waits);
// One that waited was refused when its turn came: it holds now.
void behind_refused(struct state *state, uint32_t id, const char *why);
void behind_settle(struct state *state, uint32_t id);  // It keeps nobody back any more.
// What a parked event that is in memory waits for; 0: it is first, or none of those.
uint32_t behind_before(const struct state *state, uint32_t id);
// The first one after `after` that waits for nothing any more; 0: none.
uint32_t behind_next(const struct state *state, uint32_t after);

// --- sources.c: figures of connectors. Inside the turn of the event; our own events have none. ---
void source_count(struct state *state, const struct event *event, bool refused);

// --- reduce_trade.c: refunds that came before their orders. ---
// The part-th (from 0) of those that wait for this order number; 0: none.
uint32_t refund_of_part(const struct state *state, struct slice ext, int32_t part);
// The order that a waiting refund belongs to, now that it is there. An event of kind EVENT_REFUND
// with the refund's id as `ref` links the two.
uint32_t refund_order(const struct state *state, uint32_t refund);

// --- people.c ---
uint32_t people_group(const struct state *state, struct slice ext);   // 0: unknown
uint32_t people_member(const struct state *state, struct slice ext);  // 0: unknown
#define PEOPLE_EXT_MAX 256  // Bytes of a member's id on the platform.
// Creates the member at first sight. 0: the id is empty, too long or no valid UTF-8.
uint32_t people_ensure_member(struct state *state, struct slice ext);
// Ensures the row; group 0 = her first group. 0 for staff and where there is no campaign.
uint32_t people_participant(struct state *state, uint32_t campaign, uint32_t member,
                            uint32_t group);
// A host or guide, by the staff table or members.staff; the first sight of it marks her row and
// takes her out of the member counts of her groups.
bool people_is_staff(struct state *state, uint32_t member);
bool people_present(const struct state *state, uint32_t member, uint32_t group);
#define PEOPLE_TAG_MAX 64     // Bytes of one tag; longer ones are cut.
#define PEOPLE_TAGS_MAX 1024  // Bytes of all tags of a member; what doesn't fit is left out.
// Blanks around a tag don't count; a comma in it makes it several; what is no UTF-8 is left out.
void people_tag(struct state *state, uint32_t member, const char *tag, bool on);
bool people_has_tag(const struct state *state, uint32_t member, const char *tag);
// A person's verdict on a queued audit: 2 rejected, 1 approved. Rejected newcomers stop counting
// for the inviter. ERR_INVALID: no such audit; ERR_REFUSED: decided otherwise before.
MUST_USE bool people_judge(struct core *core, uint32_t audit, bool approve, struct slice by,
                           struct err *e);

// --- waits.c: scenes that wait for a count. ---
// A map (kind, ref) -> scenes beside the rows. Only these functions may change wait_kind, wait_ref,
// target, deadline and timer of a scene: that is what keeps the map right over dropped turns.
struct waits;
struct waits *waits_new(void);
void waits_free(struct waits *waits);
// After loading: fills the map. A scene whose count was reached before the stop wakes again.
void waits_rebuild(struct core *core);
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
// deadline INT64_MAX: none, 0 in the row). ref: chain, post, game; group id for the rest. If the
// count is there already the scene wakes at once. Asked again for the same scene it replaces the
// wait, timer included. WAIT_TIME has only the deadline.
void waits_set(struct core *core, uint32_t scene, enum wait_kind kind, uint32_t ref, int64_t target,
               int64_t deadline);
int64_t waits_count(const struct core *core, enum wait_kind kind, uint32_t ref);
void waits_changed(struct core *core, enum wait_kind kind,
                   uint32_t ref);  // A count went up: wakes who has enough.
// The wait is over: its timer is cancelled. Nothing happens to a scene that doesn't wait.
void waits_clear(struct core *core, uint32_t scene);

// --- coupons.c: the life of a voucher, each step with its budget. ---
// Every refusal is ERR_REFUSED and leaves nothing behind. Issuing reserves the coupon's cost from
// its budget; it may happen before from_at (a voucher for day 5 won on day 2), never after
// until_at, and never to staff.
// `value`: amount off and cost of this voucher alone, of a coupon that leaves it open; else 0.
MUST_USE bool coupon_issue(struct core *core, uint32_t coupon, uint32_t member, const char *source,
                           int64_t value, uint32_t *voucher, struct err *e);
// Commits the reserved cost. A card is never used up: its first order commits, later ones do
// nothing.
MUST_USE bool coupon_use(struct core *core, uint32_t voucher, uint32_t order, struct err *e);
// Claw back: releases the reserve. Refused once it was used.
MUST_USE bool coupon_take_back(struct core *core, uint32_t voucher, const char *why, struct err *e);
// A fully refunded order gives its vouchers back: issued again, cost reserved again, if still
// valid; expired if not.
MUST_USE bool coupon_give_back(struct core *core, uint32_t member, uint32_t order, struct err *e);
// --- coupons_life.c ---
#define COUPON_RESERVE_MAX_MS INT64_C(86400000)
// A voucher issued with this source and a number ("tier 30") was earned by so many effective
// invites.
#define COUPON_SOURCE_TIER "tier "
// A checkout holds a voucher until until_ms (at most a day from now): nobody else gets it in a
// quote. It is free again after that, without anything having to run. The order that pays may use
// it before and after. ERR_REFUSED: held by another checkout, a card, or not usable.
MUST_USE bool coupon_reserve(struct core *core, uint32_t voucher, int64_t until_ms, struct err *e);
// Frees it before its time. ERR_REFUSED unless it is reserved.
MUST_USE bool coupon_release(struct core *core, uint32_t voucher, struct err *e);
// A schedule entry of kind SCHEDULE_COUPON is due: vouchers that nobody used expire and their
// reserve goes back, some thousand vouchers a turn.
void coupon_sweep(struct core *core, uint32_t entry);
// Her effective invites have changed: vouchers of tiers above them are clawed back unless used,
// and are hers again when her friends are. What was used stays used.
void coupon_tiers_check(struct core *core, uint32_t campaign, uint32_t member);

// --- coupons.c again ---
// Her card's percentage in basis points now, 0 without one.
int64_t coupon_card_bp(const struct core *core, uint32_t campaign, uint32_t member);
// Usable vouchers of a member now, oldest first, cards included; returns how many (at most max:
// the oldest).
size_t coupon_held(const struct core *core, uint32_t campaign, uint32_t member, uint32_t *vouchers,
                   size_t max);

// --- prices.c: what a good costs at an instant (flip = comparison of time). ---
struct price_now {
    int64_t list, deal, floor;
    int64_t shown;  // Deal while a book is open; its placeholder before; list when no book knows
                    // the good.
    bool for_sale;  // false while the placeholder stands.
};
// All goods of a campaign flip at the instant a book opens, and back when it closes. Of several
// books an open one decides; before the first one opens the placeholder of the next one to open
// stands (0: list); after one has closed list holds until another opens. A good without a deal
// price costs list while a book is open. An unknown good costs 0 and isn't for sale.
void prices_of(const struct state *state, uint32_t good, int64_t at_ms, struct price_now *out);

// --- codes.c: what is typed or scanned to come by somebody. ---
#define CODES_SIZE 8
#define CODES_ALPHABET "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  // No look-alikes.
enum codes_kind { CODES_INVITE = 1, CODES_SHARE = 2 };    // As in codes.kind.
// The code of a member, the same whenever it is asked for; it needs no row. false: the campaign has
// no seed.
bool codes_spell(const struct state *state, uint32_t campaign, enum codes_kind kind,
                 uint32_t member, char out[CODES_SIZE + 1]);
// Whose code of those this is, and of which campaign; 0: nobody's.
uint32_t codes_owner(const struct state *state, struct slice code, uint32_t *campaign,
                     enum codes_kind *kind);
// The row of a code, 0: unknown. A member's own code gets its row now, for it is used.
uint32_t codes_find(struct state *state, struct slice code);

// --- filing.c: rows of days gone by leave memory. ---
// The game's result is its plays, one press after another: a wheel or an envelope.
bool filing_game_is_played(const struct state *state, uint32_t game);
// Nothing of the day runs any more, nor ever will: its likes, memory and scenes are in the file
// alone.
bool filing_day_is_done(const struct state *state, uint32_t day);
// A day of the campaign has ended at end_ms: those that ended half a day before it are filed; all,
// if it was the last.
void filing_day_ended(struct core *core, uint32_t campaign, int64_t end_ms, bool last);
// The group has a new row of hours: those half a day older leave.
void filing_hour_began(struct state *state, uint32_t group);

// --- core.c ---
// The budget that commissions are spent from; reduce gives it back what refunds undo.
#define CORE_COMMISSION_BUDGET "commission"
// A text from a playbook that is kept: at most max bytes, and what is no UTF-8 as \xNN.
text_id core_keep_text(struct state *state, const char *text, size_t max);
// Something for the report, at the time of the turn. Texts above 1 KiB are cut.
void milestone_add(struct state *state, const char *kind, uint32_t campaign, uint32_t day,
                   uint32_t group, int64_t value, int64_t value2, const char *text);

// --- opening.c: the engine goes on with a file. ---
#define OPENING_NOTED_MS 1000
struct opening {
    int64_t since_ms, until_ms;  // It was down in between.
    uint32_t late, skipped;      // Entries of the run sheet that were due and will run now, or not.
    char names[160];             // The first of those skipped, as the run sheet calls them.
};
// Inside a turn: notes for every running campaign how long nobody was there (milestone "down", from
// a second on: value = when it began, value2 = for how long) and what became due meanwhile. `out`
// sums them up.
void opening_note(struct core *core, int64_t since_ms, struct opening *out);
