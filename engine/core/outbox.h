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
extern const char *const outbox_op_names[];

#define OUTBOX_ATTEMPTS_MAX 8
#define OUTBOX_LATE_DEFAULT_MS                                                                     \
    (10 * 60 * 1000)  // expires unless said: doors never open forty minutes late

struct outbox;

struct outbox *outbox_new(struct state *state);
void outbox_free(struct outbox *outbox);
void outbox_rebuild(
    struct outbox *outbox);  // After loading: ready and in-flight rows queue again, in order.

// Adds an effect (inside a turn): `row` without key, status, created_at; body is JSON of the
// command's fields. key = hash(scope, number): scope is a scene or event key, number counts within
// it.
uint32_t outbox_append(struct outbox *outbox, const struct outbox_row *row, const char *body,
                       size_t body_size, uint64_t scope_high, uint64_t scope_low, uint32_t number);
// Called when the turn is kept: its effects may go once batch `batch` is durable. Dropped turns:
// outbox_forget.
void outbox_turn_kept(struct outbox *outbox, uint64_t batch);
void outbox_turn_dropped(struct outbox *outbox);

// The next effect that may go at now_ms given durable batches up to `durable`; 0: none. One in
// flight a channel (group, or member for dm). The caller sends it and runs a turn with EVENT_RESULT
// when told.
uint32_t outbox_next(struct outbox *outbox, uint64_t durable, int64_t now_ms);
int64_t outbox_next_at(const struct outbox *outbox);  // Earliest not_before/retry among the
                                                      // waiting; INT64_MAX if none.
// In a turn: the result of a command (EVENT_RESULT) or expiry. Updates row, retry with back-off and
// jitter by key.
void outbox_result(struct outbox *outbox, const struct event *event);
void outbox_expire(struct outbox *outbox, uint32_t id);
// Writes the dcp/1 line of an effect: {"t":"cmd","id":...,"op":...,"group":...,...}
void outbox_command(const struct outbox *outbox, uint32_t id, struct buf *out);
void outbox_key_hex(const struct outbox_row *row, char hex[33]);
size_t outbox_waiting(const struct outbox *outbox);
