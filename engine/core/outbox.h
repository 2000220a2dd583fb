#pragma once
// Effects: rows that say what must go out. They leave only after their turn is durable, in order
// for each channel, with a key that stays the same over crashes and retries. Sending itself is the
// connector's.

#include "core/event.h"
#include "core/state.h"

enum outbox_op {
    OUTBOX_SEND,
    OUTBOX_DM,
    OUTBOX_KICK,
    OUTBOX_TITLE,
    OUTBOX_PIN,
    OUTBOX_INVITE_CODE,
    OUTBOX_MEMBERS,
    OUTBOX_PRICE,
    OUTBOX_VOUCHER,
    OUTBOX_PAY
};
enum outbox_policy { OUTBOX_RESEND, OUTBOX_ONCE, OUTBOX_ASK };
enum outbox_status {
    OUTBOX_READY,
    OUTBOX_IN_FLIGHT,
    OUTBOX_SENT,
    OUTBOX_FAILED,
    OUTBOX_UNKNOWN,
    OUTBOX_EXPIRED,
    OUTBOX_AWAITING_STAFF
};
extern const char *const outbox_op_names[];  // Ends with NULL.

#define OUTBOX_ATTEMPTS_MAX 8
#define OUTBOX_RULES_MAX 8  // Limits of one connector.
#define OUTBOX_LATE_DEFAULT_MS                                                                     \
    (10 * 60 * 1000)  // expires unless said: doors never open forty minutes late

struct outbox;

struct outbox *outbox_new(struct state *state);
void outbox_free(struct outbox *outbox);
// After loading: ready effects queue again in order, and those in flight too where the policy is
// `resend`. The others are reported by outbox_lost.
void outbox_rebuild(struct outbox *outbox);

// Adds an effect (inside a turn): `row` without key, status, created_at; body is a JSON object of
// the command's fields. key = scope stirred with number (not secret, never the same for two
// scopes): scope is a scene or event key, number counts within it. An effect with this key that is
// still open is not added twice: its id comes back.
uint32_t outbox_append(struct outbox *outbox, const struct outbox_row *row, const char *body,
                       size_t body_size, uint64_t scope_high, uint64_t scope_low, uint32_t number);
// Called just before or after state_keep: the turn's effects may go once batch `batch` is durable
// (batches never go down). Dropped turns: outbox_turn_dropped, just before or after state_drop.
void outbox_turn_kept(struct outbox *outbox, uint64_t batch);
void outbox_turn_dropped(struct outbox *outbox);

// The next effect that is due at now_ms given durable batches up to `durable`; 0: none. Its channel
// (group; member for dm and where there is no group) waits until its result is in. In a channel
// effects go in order of max(created_at, not_before), then id; one that is tried again holds up
// those behind it. Nothing goes to a connector that is down or whose limits (connectors.limits)
// have no token; of those that wait for one groups go before members, then first come first served.
// What has expired comes at once, tokens or not. The caller does what outbox_action says. O(log n).
uint32_t outbox_next(struct outbox *outbox, uint64_t durable, int64_t now_ms);
// It was handed out and its result isn't in: it can't be changed or taken back any more.
bool outbox_flies(const struct outbox *outbox, uint32_t id);
enum outbox_action {
    OUTBOX_DO_SEND,    // Write outbox_command to the connector; the result comes as EVENT_RESULT.
    OUTBOX_DO_DEPART,  // Policy once or ask: run a turn with outbox_depart. When that is durable
                       // outbox_next gives the effect again, to be sent. A crash between sending
                       // and the result then doesn't send it twice.
    OUTBOX_DO_EXPIRE,  // Its time is over: run a turn with outbox_expire.
};
enum outbox_action outbox_action(const struct outbox *outbox, uint32_t id, int64_t now_ms);
// Earliest time at which a durable effect may go, not_before, retries and limits considered;
// INT64_MAX: no alarm needed. (Look again when a batch has become durable or a result is in.)
int64_t outbox_next_at(const struct outbox *outbox);
// An effect that flies and whose result won't come: the engine was down, or the turn of its result
// was dropped. Run a turn with EVENT_RESULT, how = "unknown", for each. 0: none left.
uint32_t outbox_lost(struct outbox *outbox);

// In a turn: the result of a command. event: to = command id, ok, ext, awaiting; else how = why:
//   "rate"                       too fast: again after `amount` ms (at most an hour; unsaid: 1 s
//   and
//                                the jitter); no attempt
//   "unknown", "timeout", "lost" nobody knows: resend again; once -> unknown; ask -> awaiting staff
//   "refused", "unsupported"     for good: failed
//   anything else                did not happen: again, after 1 s * 2^attempts and a jitter of up
//   to
//                                half of it; failed after OUTBOX_ATTEMPTS_MAX
// Results of unknown or closed effects do nothing.
void outbox_result(struct outbox *outbox, const struct event *event);
// A person's decision about an effect that is stuck (EVENT_OPERATOR, text = "outbox"), in a turn:
// to = its key, how = what became of it: "sent", "failed", or "again": it goes out once more, with
// all its attempts, and at least OUTBOX_LATE_DEFAULT_MS to do so. ERR_INVALID: no such effect, or
// no such decision; ERR_REFUSED: it is closed (sent, expired), or is so already.
MUST_USE bool outbox_decide(struct outbox *outbox, const struct event *event, struct err *e);
void outbox_depart(struct outbox *outbox, uint32_t id);
void outbox_expire(struct outbox *outbox, uint32_t id);  // Nothing happens if it is closed.
// Writes the dcp/1 line of an effect: {"t":"cmd","id":...,"op":...,"group":...,...} and a newline.
void outbox_command(const struct outbox *outbox, uint32_t id, struct buf *out);
void outbox_key_hex(const struct outbox_row *row, char hex[33]);
// Open effects of kept turns: waiting for durability, in channels, flying.
size_t outbox_waiting(const struct outbox *outbox);
// Nothing is sent to a group that is muted or stands still, nor by a campaign that stands still.
bool outbox_is_held(const struct outbox *outbox, const struct outbox_row *row);
size_t outbox_flying(const struct outbox *outbox);  // Handed out and without a result yet.

// The connector (row) an effect goes to: its group's, else its member's group's, else the only one
// that campaign.lua declares. 0: none is named, whoever can. OUTBOX_NOBODY: there is none of that
// name.
#define OUTBOX_NOBODY UINT32_MAX
uint32_t outbox_connector(const struct state *state, const struct outbox_row *row);
// Whether commands can be given to a connector just now (up unless said; 0: to any). Effects for
// one that is down keep their places and use up neither attempts nor tokens; they expire all the
// same.
void outbox_set_down(struct outbox *outbox, uint32_t connector, bool is_down);
// Limits as they stand in connectors.limits: a list of {"count":30,"per_ms":1000,"burst":1,"each":
// "connector" | "channel" | "group"}. Buckets are no rows: after a restart they begin with one
// token at the time of the last turn, so nothing is sent faster than allowed for it.
//
// Those that are due and wait for a connector: how many, since it is down or for its tokens.
struct outbox_jam {
    uint32_t connector;  // Row; 0: whichever can.
    bool is_down;
    size_t waiting;
    int64_t next_at;  // When the next one goes; INT64_MAX while down.
};
size_t outbox_jams(const struct outbox *outbox, struct outbox_jam *out, size_t max);
