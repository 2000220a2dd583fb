#pragma once
// Columns of what couldn't be handled and waits for somebody: part of tables.h, which says how to
// read them.

// clang-format off
#define TABLE_PARKED(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, BYTES, body, PLAIN, NULL, "The event or line as it came") \
  COL(R, TEXT, source, PLAIN, NULL, "Connector or playbook") \
  COL(R, TEXT, error, PLAIN, NULL, "") \
  COL(R, TEXT, member, PLAIN, NULL, "Platform id of whose events wait behind it; empty: of nobody") \
  COL(R, TEXT, order, PLAIN, NULL, "Number of the order whose events wait behind it; empty: of none") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, U8, kind, ENUM, "line|event|handler|scene", "") \
  COL(R, U8, status, ENUM, "free|holds|waits|settled", "free: nothing waits for it; holds: later events do; waits: it is itself behind one")

#define TABLE_HANDLERS(COL, R) \
  COL(R, I64, since_at, TIME, NULL, "Suspended since, 0: it isn't") \
  COL(R, TEXT, name, PLAIN, NULL, "Playbook and event, or `every` and its name") \
  COL(R, TEXT, error, PLAIN, NULL, "Its last one") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, number, PLAIN, NULL, "Among the day's handlers of that event, from 0; of `every`: in the order they first failed") \
  COL(R, I32, fails, PLAIN, NULL, "In a row, up to now") \
  COL(R, I32, errors, PLAIN, NULL, "In all") \
  COL(R, I32, kept, PLAIN, NULL, "Events kept for it") \
  COL(R, I32, waiting, PLAIN, NULL, "... that it hasn't been given yet") \
  COL(R, I32, lost, PLAIN, NULL, "Events that found no room") \
  COL(R, U8, event, PLAIN, NULL, "Kind, as the journal numbers them") \
  COL(R, U8, status, ENUM, "runs|suspended|catches_up", "suspended: five errors in a row")

#define TABLE_KEPT_EVENTS(COL, R) \
  COL(R, I64, at, TIME, NULL, "When it came") \
  COL(R, BYTES, body, PLAIN, NULL, "The event") \
  COL(R, I32, handler, REF, "handlers", "Whom it is kept for") \
  COL(R, I32, campaign, REF, "campaigns", "What follows is what the handler is told of it") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, membership, REF, "memberships", "") \
  COL(R, I32, chain, REF, "chains", "") \
  COL(R, I32, reply_place, PLAIN, NULL, "") \
  COL(R, I32, order, REF, "orders", "") \
  COL(R, I32, game, REF, "games", "") \
  COL(R, I32, post, REF, "posts", "") \
  COL(R, I32, inviter, REF, "members", "") \
  COL(R, I32, guide, REF, "staff", "") \
  COL(R, U8, first_join, BOOL, NULL, "") \
  COL(R, U8, first_order, BOOL, NULL, "") \
  COL(R, U8, new_visitor, BOOL, NULL, "") \
  COL(R, U8, tried, BOOL, NULL, "The handler failed with it")

#define TABLE_BLOCKS(COL, R) \
  COL(R, TEXT, key, PLAIN, NULL, "Platform id or order number") \
  COL(R, I32, first, REF, "parked", "The oldest of them: what the others wait for") \
  COL(R, I32, events, PLAIN, NULL, "Parked events of it that hold or wait") \
  COL(R, U8, kind, ENUM, "member|order", "")
// clang-format on
