#pragma once
// Every table of the engine, described once: TABLE_x lists its columns, and from that list come the
// row struct (here) and the descriptor (tables.c), hence SQL, loading, printing, docs and Lua's
// read functions. Times are milliseconds UTC, money is minor units, `id` comes first in each row
// and is not listed. Order columns by alignment so that rows stay small: I64 and BYTES (8 bytes, so
// one I32 before them), then I32 and TEXT (4), U16 (2), then I48 (6), I24 (3) and U8, which lie
// anywhere. What each type is: columns.h.

#include "core/columns.h"
#include "core/tables_stuck.h"
#include "core/indexes.h"
#include "store/schema.h"

// clang-format off
// COL(R, type, name, role, of, help); R is the row struct.

#define TABLE_CAMPAIGNS(COL, R) \
  COL(R, I64, from_at, TIME, NULL, "Start of the first day, brand-local midnight") \
  COL(R, I64, until_at, TIME, NULL, "End of the last day") \
  COL(R, I64, started_at, TIME, NULL, "When the engine first ran it") \
  COL(R, I64, second_person_above, MONEY, NULL, "A live change that moves more needs a second person; 0: none does") \
  COL(R, I64, paused_at, TIME, NULL, "All its entries are held and nothing is sent since; 0: it runs") \
  COL(R, BYTES, seed, PLAIN, NULL, "32 secret bytes from which the seeds of all draws are derived") \
  COL(R, TEXT, name, PLAIN, NULL, "Unique in the file") \
  COL(R, TEXT, brand, PLAIN, NULL, "Who sells") \
  COL(R, TEXT, currency, PLAIN, NULL, "ISO 4217") \
  COL(R, TEXT, zone, PLAIN, NULL, "IANA time zone of the brand") \
  COL(R, TEXT, language, PLAIN, NULL, "Language of the texts members read: en or zh") \
  COL(R, TEXT, version, PLAIN, NULL, "Content hash of campaign.lua and what it reads, as reloaded last") \
  COL(R, U8, rehearsal, BOOL, NULL, "Played by a simulated crowd: nothing was sent") \
  COL(R, U8, status, ENUM, "bound|running|paused|ended", "")

#define TABLE_SOURCES(COL, R) \
  COL(R, BYTES, body, PLAIN, NULL, "The file's text") \
  COL(R, TEXT, version, PLAIN, NULL, "Content hash it belongs to") \
  COL(R, TEXT, path, PLAIN, NULL, "Path below the playbook or campaign folder")

#define TABLE_DAYS(COL, R) \
  COL(R, I64, from_at, TIME, NULL, "Start, brand-local midnight") \
  COL(R, I64, until_at, TIME, NULL, "End, the next midnight unless the day says longer") \
  COL(R, BYTES, inputs, JSON, NULL, "The bound inputs") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, number, PLAIN, NULL, "Day 1, 2, ...; tracks run different days side by side") \
  COL(R, TEXT, name, PLAIN, NULL, "Key: number and track, e.g. 2/new") \
  COL(R, TEXT, playbook, PLAIN, NULL, "Playbook it plays") \
  COL(R, TEXT, version, PLAIN, NULL, "Content hash of the playbook, as reloaded last") \
  COL(R, TEXT, goal, PLAIN, NULL, "traffic, know, trust, emotion or buy") \
  COL(R, U8, status, ENUM, "planned|running|suspended|over", "suspended: three kills in ten minutes") \
  COL(R, U8, filed, BOOL, NULL, "Its replies, and plays without a claim, have left memory")

#define TABLE_VERSIONS(COL, R) \
  COL(R, I64, at, TIME, NULL, "When it came in use") \
  COL(R, BYTES, inputs, JSON, NULL, "The day's bound inputs") \
  COL(R, BYTES, changes, JSON, NULL, "Of a reload, with campaign.lua: what it changed, scenes, budgets") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, day, REF, "days", "0: campaign.lua itself") \
  COL(R, I32, number, PLAIN, NULL, "1 as it was started, then one more with each reload") \
  COL(R, I32, groups, PLAIN, NULL, "Groups asked for when it was started, 0: as it says") \
  COL(R, I32, members, PLAIN, NULL, "Members asked for, 0: as it says") \
  COL(R, TEXT, playbook, PLAIN, NULL, "Playbook of the day; empty: campaign.lua") \
  COL(R, TEXT, version, PLAIN, NULL, "Content hash of its sources; empty: taken back, an earlier one runs again") \
  COL(R, TEXT, by, PLAIN, NULL, "Who reloaded; empty: the start")

#define TABLE_GROUPS(COL, R) \
  COL(R, I64, paused_at, TIME, NULL, "Its entries are held and nothing is sent to it since; 0: it runs") \
  COL(R, I64, messages, PLAIN, NULL, "Messages heard") \
  COL(R, TEXT, ext, PLAIN, NULL, "Id in campaign.lua and on the platform") \
  COL(R, TEXT, title, PLAIN, NULL, "Name people see") \
  COL(R, TEXT, segment, PLAIN, NULL, "old, new, ...") \
  COL(R, TEXT, connector, PLAIN, NULL, "Which connector carries it") \
  COL(R, I32, campaign, REF, "campaigns", "The campaign its events count for now") \
  COL(R, I32, member_max, PLAIN, NULL, "Limit of the platform") \
  COL(R, I32, size_at_start, PLAIN, NULL, "Members it had when the campaign was bound, as the brand says") \
  COL(R, I32, awake, PLAIN, NULL, "Share of its members who followed it lately, basis points, as the brand knows it; 0: not known") \
  COL(R, I32, fed_by, REF, "groups", "Old group whose members invite into it") \
  COL(R, I32, members, PLAIN, NULL, "Present now, hosts not counted") \
  COL(R, I32, joins, PLAIN, NULL, "Joins seen") \
  COL(R, I32, leaves, PLAIN, NULL, "Leaves seen") \
  COL(R, I32, orders, PLAIN, NULL, "Paid orders of its members, hosts not counted") \
  COL(R, U8, muted, BOOL, NULL, "Nothing is sent to it; its entries run")

#define TABLE_MEMBERS(COL, R) \
  COL(R, U2, gender, ENUM, "unknown|female|male", "") \
  COL(R, U1, staff, BOOL, NULL, "A disclosed host or guide: never counted, never wins") \
  COL(R, U2, status, ENUM, "active|removed|forgotten", "") \
  COL(R, U8, level, PLAIN, NULL, "The brand's own member level") \
  COL(R, U16, group, REF, "groups", "First group joined") \
  COL(R, TEXT, ext, PLAIN, NULL, "Id on the platform") \
  COL(R, TEXT, name, PLAIN, NULL, "Nickname; empty once forgotten") \
  COL(R, TEXT, signature, PLAIN, NULL, "") \
  COL(R, TEXT, avatar, PLAIN, NULL, "Hash or address of the picture") \
  COL(R, TEXT, tags, PLAIN, NULL, "Sorted, separated by commas") \
  COL(R, I48, seen_at, TIME, NULL, "Last event of any kind") \
  COL(R, I48, spent, MONEY, NULL, "Paid minus refunded, over all campaigns") \
  COL(R, I24, orders, PLAIN, NULL, "Paid orders, over all campaigns")

#define TABLE_MEMBERSHIPS(COL, R) \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, inviter, REF, "members", "Who brought her the first time") \
  COL(R, TEXT, how, PLAIN, NULL, "poster, invite, channel, ...") \
  COL(R, U16, group, REF, "groups", "") \
  COL(R, U16, guide, REF, "staff", "Whose channel code she came by") \
  COL(R, I48, joined_at, TIME, NULL, "Latest join") \
  COL(R, I48, left_at, TIME, NULL, "0 while present") \
  COL(R, U8, audit, ENUM, "none|passed|queued|rejected", "") \
  COL(R, U8, welcomed, BOOL, NULL, "") \
  COL(R, U8, lost, BOOL, NULL, "Her leaving counts in her inviter's left")

#define TABLE_INVITERS(COL, R) \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, joined, PLAIN, NULL, "People she brought") \
  COL(R, I32, left, PLAIN, NULL, "... who left again") \
  COL(R, I32, rejected, PLAIN, NULL, "... whom a person rejected in the audit") \
  COL(R, I32, effective, PLAIN, NULL, "joined - left - rejected") \
  COL(R, I32, tier, PLAIN, NULL, "Highest tier granted") \
  COL(R, U16, campaign, REF, "campaigns", "") \
  COL(R, U16, group, REF, "groups", "Where she is at home")

#define TABLE_CODES(COL, R) \
  COL(R, TEXT, code, PLAIN, NULL, "What is typed or scanned") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, member, REF, "members", "Whose code (invite, share, claim)") \
  COL(R, I32, guide, REF, "staff", "Whose code (channel)") \
  COL(R, I24, uses, PLAIN, NULL, "Joins, orders or claims by it") \
  COL(R, U8, kind, ENUM, "channel|invite|share|claim", "")

#define TABLE_STAFF(COL, R) \
  COL(R, TEXT, ext, PLAIN, NULL, "Platform id of the account") \
  COL(R, TEXT, name, PLAIN, NULL, "") \
  COL(R, TEXT, code, PLAIN, NULL, "Channel code of a guide") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, member, REF, "members", "Her account as seen in the groups") \
  COL(R, U8, role, ENUM, "host|guide", "")

#define TABLE_PARTICIPANTS(COL, R) \
  COL(R, U1, visited, BOOL, NULL, "Was in the shop: a UV") \
  COL(R, U1, favorited, BOOL, NULL, "") \
  COL(R, U1, carted, BOOL, NULL, "") \
  COL(R, U1, paid, BOOL, NULL, "") \
  COL(R, U1, gift, BOOL, NULL, "Got goods for nothing, before her first order") \
  COL(R, U1, card, BOOL, NULL, "Holds the membership card") \
  COL(R, U1, shares, BOOL, NULL, "Was given a share code") \
  COL(R, U16, campaign, REF, "campaigns", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, uv_minute, PLAIN, NULL, "Last minute (since 1970) counted as a visitor") \
  COL(R, U16, group, REF, "groups", "Group she counts for") \
  COL(R, I48, spent, MONEY, NULL, "Paid, after vouchers and card; what came back is in her orders") \
  COL(R, I24, items, PLAIN, NULL, "") \
  COL(R, I24, messages, PLAIN, NULL, "") \
  COL(R, I24, orders, PLAIN, NULL, "") \
  COL(R, I24, vouchers, PLAIN, NULL, "Vouchers ever issued to her")

#define TABLE_CHAINS(COL, R) \
  COL(R, I64, opened_at, TIME, NULL, "") \
  COL(R, I64, closed_at, TIME, NULL, "") \
  COL(R, TEXT, phrase, PLAIN, NULL, "What to copy") \
  COL(R, TEXT, folded, PLAIN, NULL, "The phrase as it is compared") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, present, PLAIN, NULL, "Members present when it opened") \
  COL(R, I32, replies, PLAIN, NULL, "Different members who replied") \
  COL(R, I32, messages, PLAIN, NULL, "Matching messages, repeats included") \
  COL(R, U8, status, ENUM, "open|closed", "")

#define TABLE_REPLIES(COL, R) \
  COL(R, I32, chain, REF, "chains", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, after_ms, PLAIN, NULL, "How long after the chain opened") \
  COL(R, I48, at, TIME, NULL, "")

#define TABLE_POSTS(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, TEXT, ext, PLAIN, NULL, "Message id: the outbox key, or the platform's once known") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, game, REF, "games", "") \
  COL(R, I32, likes, PLAIN, NULL, "Likes now") \
  COL(R, I32, likers, PLAIN, NULL, "Different members who ever liked")

#define TABLE_LIKES(COL, R) \
  COL(R, I32, post, REF, "posts", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, place, PLAIN, NULL, "1 for the first liker, 2, 3, ...") \
  COL(R, I48, at, TIME, NULL, "First like") \
  COL(R, U8, liked, BOOL, NULL, "Still liked")

#define TABLE_GAMES(COL, R) \
  COL(R, I64, opened_at, TIME, NULL, "") \
  COL(R, I64, closed_at, TIME, NULL, "") \
  COL(R, I64, total, MONEY, NULL, "Money in it (envelopes, refunds)") \
  COL(R, BYTES, rules, JSON, NULL, "Rules, odds and stock as announced: frozen") \
  COL(R, BYTES, seed, PLAIN, NULL, "Secret until revealed") \
  COL(R, TEXT, kind, PLAIN, NULL, "wheel, envelope, nth_like, draw, fairy, ...") \
  COL(R, TEXT, name, PLAIN, NULL, "Unique in its day and group") \
  COL(R, TEXT, commitment, PLAIN, NULL, "SHA-256 of the seed, announced before it opens") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, group, REF, "groups", "0: the whole campaign") \
  COL(R, I32, plays, PLAIN, NULL, "") \
  COL(R, I32, wins, PLAIN, NULL, "Plays that won a prize (not the consolation)") \
  COL(R, U8, status, ENUM, "announced|open|closed|cancelled", "")

#define TABLE_RECEIPTS(COL, R) \
  COL(R, BYTES, body, JSON, NULL, "The proof of a game, once it was drawn") \
  COL(R, I32, game, REF, "games", "") \
  COL(R, U8, done, BOOL, NULL, "Nobody draws from it again: it has left memory")

#define TABLE_PRIZES(COL, R) \
  COL(R, I64, value, MONEY, NULL, "What one costs the budget") \
  COL(R, TEXT, name, PLAIN, NULL, "") \
  COL(R, TEXT, sku, PLAIN, NULL, "Goods it is, if any") \
  COL(R, I32, game, REF, "games", "") \
  COL(R, I32, coupon, REF, "coupons", "Voucher it is, if any") \
  COL(R, I32, tier, PLAIN, NULL, "1 is the best") \
  COL(R, I32, odds, PLAIN, NULL, "Parts per million") \
  COL(R, I32, stock, PLAIN, NULL, "-1: without limit (a consolation)") \
  COL(R, I32, given, PLAIN, NULL, "")

#define TABLE_PLAYS(COL, R) \
  COL(R, I32, game, REF, "games", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, prize, REF, "prizes", "0: nothing") \
  COL(R, I32, voucher, REF, "vouchers", "") \
  COL(R, I32, number, PLAIN, NULL, "1 for the first play of the game") \
  COL(R, TEXT, claim, PLAIN, NULL, "Code of the certificate (goods)") \
  COL(R, TEXT, why, PLAIN, NULL, "Why this result: won, odds, stock, ...") \
  COL(R, I48, at, TIME, NULL, "") \
  COL(R, I48, amount, MONEY, NULL, "Money won") \
  COL(R, I48, claimed_at, TIME, NULL, "When customer service handed it out")

#define TABLE_COUPONS(COL, R) \
  COL(R, TEXT, name, PLAIN, NULL, "Unique in the campaign") \
  COL(R, TEXT, budget, PLAIN, NULL, "Budget that carries it") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, limit_total, PLAIN, NULL, "0: only the budget limits") \
  COL(R, I32, issued, PLAIN, NULL, "") \
  COL(R, I32, used, PLAIN, NULL, "") \
  COL(R, I48, value, MONEY, NULL, "Amount off, 0 if each voucher has its own; or basis points for percent") \
  COL(R, I48, threshold, MONEY, NULL, "Cart needed; 0 = none") \
  COL(R, I48, cost, MONEY, NULL, "What the budget reserves for one") \
  COL(R, I48, from_at, TIME, NULL, "Usable from") \
  COL(R, I48, until_at, TIME, NULL, "Usable until; 0 = no end") \
  COL(R, I24, limit_member, PLAIN, NULL, "0: without limit") \
  COL(R, U8, kind, ENUM, "amount|percent", "") \
  COL(R, U8, stacks, BOOL, NULL, "Adds up with others") \
  COL(R, U8, is_card, BOOL, NULL, "The membership card: a percentage on every order, never used up")

#define TABLE_VOUCHERS(COL, R) \
  COL(R, TEXT, source, PLAIN, NULL, "What earned it: game, tier, everyone, ...") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, order, REF, "orders", "") \
  COL(R, U16, coupon, REF, "coupons", "") \
  COL(R, I48, value, MONEY, NULL, "Amount off, and cost, of this one alone; 0: as its coupon says") \
  COL(R, I48, issued_at, TIME, NULL, "") \
  COL(R, I48, used_at, TIME, NULL, "") \
  COL(R, I48, until_at, TIME, NULL, "Reservation runs out, while reserved") \
  COL(R, U8, status, ENUM, "issued|reserved|used|returned|expired|clawed_back", "") \
  COL(R, U8, lost, BOOL, NULL, "Clawed back because friends left: hers again when they are back")

#define TABLE_PROMOTIONS(COL, R) \
  COL(R, I64, from_at, TIME, NULL, "Runs from; 0 = from the start") \
  COL(R, I64, until_at, TIME, NULL, "Runs until just before; 0 = no end") \
  COL(R, I64, given, MONEY, NULL, "What it has taken off orders, given back left out") \
  COL(R, I64, worst, MONEY, NULL, "The most it may give in all, by its limits and the stock; -1: only the budget limits it") \
  COL(R, BYTES, body, JSON, NULL, "Conditions, actions, priority, groups and lanes, as the rules read them: never changes") \
  COL(R, TEXT, name, PLAIN, NULL, "Unique in the campaign") \
  COL(R, TEXT, budget, PLAIN, NULL, "Budget that carries it; empty: none") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, limit_total, PLAIN, NULL, "Orders that may use it; 0: without limit") \
  COL(R, I32, limit_member, PLAIN, NULL, "Orders of one member; 0: without limit") \
  COL(R, I32, used, PLAIN, NULL, "Orders that used it, given back left out") \
  COL(R, I32, reserved, PLAIN, NULL, "Checkouts that hold a use") \
  COL(R, U8, scope, ENUM, "cart|catalogue", "")

#define TABLE_PROMOTION_USES(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, amount, MONEY, NULL, "What it took off") \
  COL(R, I64, until_at, TIME, NULL, "Reservation runs out, while reserved") \
  COL(R, I32, promotion, REF, "promotions", "") \
  COL(R, I32, member, REF, "members", "0: nobody known") \
  COL(R, I32, order, REF, "orders", "0: a checkout held it") \
  COL(R, U8, status, ENUM, "reserved|used|released|returned", "")

#define TABLE_GOODS(COL, R) \
  COL(R, I64, list, MONEY, NULL, "List price: what it costs outside, the first anchor") \
  COL(R, I64, deal, MONEY, NULL, "The campaign's price before vouchers") \
  COL(R, I64, floor, MONEY, NULL, "The price never falls below it") \
  COL(R, I64, cost, MONEY, NULL, "What it costs the brand") \
  COL(R, I64, dropped_at, TIME, NULL, "When it was posted to the groups") \
  COL(R, TEXT, sku, PLAIN, NULL, "") \
  COL(R, TEXT, title, PLAIN, NULL, "") \
  COL(R, TEXT, category, PLAIN, NULL, "") \
  COL(R, TEXT, image, PLAIN, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, stock, PLAIN, NULL, "-1: without limit") \
  COL(R, I32, sold, PLAIN, NULL, "")

#define TABLE_BOOKS(COL, R) \
  COL(R, I64, opens_at, TIME, NULL, "Deal prices hold from this instant, for all goods at once") \
  COL(R, I64, closes_at, TIME, NULL, "... until this one; 0 = end of the campaign") \
  COL(R, I64, placeholder, MONEY, NULL, "Shown before: means not for sale yet, never an anchor") \
  COL(R, TEXT, name, PLAIN, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, U8, status, ENUM, "planned|withdrawn", "")

#define TABLE_ORDERS(COL, R) \
  COL(R, TEXT, ext, PLAIN, NULL, "Order number of the shop") \
  COL(R, TEXT, currency, PLAIN, NULL, "") \
  COL(R, TEXT, paid_from, PLAIN, NULL, "Budget that paid it back") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, sharer, REF, "members", "Whose share code brought it") \
  COL(R, U16, campaign, REF, "campaigns", "") \
  COL(R, U16, group, REF, "groups", "") \
  COL(R, U16, guide, REF, "staff", "") \
  COL(R, I48, at, TIME, NULL, "Paid at") \
  COL(R, I48, list_total, MONEY, NULL, "At list prices") \
  COL(R, I48, deal_total, MONEY, NULL, "At deal prices") \
  COL(R, I48, shipping, MONEY, NULL, "Fee of shipping before promotions; what is left of it is part of total") \
  COL(R, I48, promo_off, MONEY, NULL, "Saved by promotions") \
  COL(R, I48, card_off, MONEY, NULL, "Saved by the membership card") \
  COL(R, I48, voucher_off, MONEY, NULL, "Saved by vouchers") \
  COL(R, I48, total, MONEY, NULL, "What was paid") \
  COL(R, I48, refunded, MONEY, NULL, "") \
  COL(R, I48, commission, MONEY, NULL, "Owed to whose code brought the buyer") \
  COL(R, I48, paid_back, MONEY, NULL, "Given back to the buyer as a prize (lucky fairy)") \
  COL(R, I24, items, PLAIN, NULL, "") \
  COL(R, U8, channel, ENUM, "online|store", "")

#define TABLE_ORDER_LINES(COL, R) \
  COL(R, I64, paid, MONEY, NULL, "For the whole line") \
  COL(R, I32, order, REF, "orders", "") \
  COL(R, I32, good, REF, "goods", "0: not in the catalogue") \
  COL(R, TEXT, sku, PLAIN, NULL, "") \
  COL(R, I32, qty, PLAIN, NULL, "")

#define TABLE_REFUNDS(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, amount, MONEY, NULL, "") \
  COL(R, TEXT, ext, PLAIN, NULL, "Order number of the shop, as refunded") \
  COL(R, I32, order, REF, "orders", "0: the order has not been seen yet") \
  COL(R, I32, part, PLAIN, NULL, "Of those that wait for the same order: from 0") \
  COL(R, I32, campaign, REF, "campaigns", "")

#define TABLE_ACCOUNTS(COL, R) \
  COL(R, I64, balance, MONEY, NULL, "") \
  COL(R, I64, floor, MONEY, NULL, "Balance never goes below it; the smallest integer = no floor") \
  COL(R, I64, opening, MONEY, NULL, "First amount put in: the cap of a budget") \
  COL(R, TEXT, name, PLAIN, NULL, "budget:x, reserved:x, spent:x, sales, member:id:owed, ...") \
  COL(R, TEXT, currency, PLAIN, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "0: the brand's")

#define TABLE_LEDGER(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, amount, MONEY, NULL, "Into the account; legs of a transaction sum to zero") \
  COL(R, I64, txn, PLAIN, NULL, "Number of the transaction") \
  COL(R, TEXT, reason, PLAIN, NULL, "") \
  COL(R, I32, account, REF, "accounts", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, ref, PLAIN, NULL, "Row it belongs to, as the reason says")

#define TABLE_SCENES(COL, R) \
  COL(R, I64, started_at, TIME, NULL, "") \
  COL(R, I64, deadline, TIME, NULL, "When the pending wait ends at the latest") \
  COL(R, I64, target, PLAIN, NULL, "Count that ends the pending wait") \
  COL(R, TEXT, name, PLAIN, NULL, "Name of the entry in the playbook") \
  COL(R, TEXT, error, PLAIN, NULL, "") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, version, REF, "versions", "Version of the day that it runs on") \
  COL(R, I32, group, REF, "groups", "0: for the whole campaign") \
  COL(R, I32, steps, PLAIN, NULL, "Recorded steps") \
  COL(R, I32, wait_ref, PLAIN, NULL, "Row the wait looks at") \
  COL(R, I32, timer, REF, "schedule", "Entry that ends the wait") \
  COL(R, U8, resumes, ENUM, "no|start|reached|missed", "Of one that failed: where it goes on, behind its wait with that result") \
  COL(R, U8, wait_kind, ENUM, "none|time|replies|likes|claims|orders|messages|joins", "") \
  COL(R, U8, status, ENUM, "running|waiting|done|halted|cancelled", "")

#define TABLE_STEPS(COL, R) \
  COL(R, BYTES, result, JSON, NULL, "") \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, TEXT, kind, PLAIN, NULL, "") \
  COL(R, TEXT, label, PLAIN, NULL, "") \
  COL(R, I32, scene, REF, "scenes", "") \
  COL(R, I32, number, PLAIN, NULL, "1, 2, ...")

#define TABLE_SCHEDULE(COL, R) \
  COL(R, I64, due_at, TIME, NULL, "") \
  COL(R, I64, late_ms, PLAIN, NULL, "run_within: how late it may still run") \
  COL(R, TEXT, name, PLAIN, NULL, "Name of the entry: its key in the day") \
  COL(R, TEXT, tied, PLAIN, NULL, "Entry of the same day and group with which it moves") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, ref, PLAIN, NULL, "Row it belongs to: a scene for a wait; of an entry, how many ms it starts ahead of its hour") \
  COL(R, U8, kind, ENUM, "entry|wait|day_start|day_end|outbox|library|crowd|coupon|promotion", "") \
  COL(R, U8, late, ENUM, "skip|run|run_within", "What to do when the engine was down at its time") \
  COL(R, U8, status, ENUM, "planned|done|skipped|cancelled|held|withdrawn", "held: its group or campaign is paused; withdrawn: an operator cancelled it")

#define TABLE_MEMORY(COL, R) \
  COL(R, BYTES, value, JSON, NULL, "") \
  COL(R, TEXT, name, PLAIN, NULL, "") \
  COL(R, I32, day, REF, "days", "Day whose playbook wrote it; 0: shared by the campaign's days") \
  COL(R, I32, ref, PLAIN, NULL, "Group or member; 0 for the day itself") \
  COL(R, U8, scope, ENUM, "day|group|member|library", "")

#define TABLE_OUTBOX(COL, R) \
  COL(R, I64, key_high, PLAIN, NULL, "Key, 128 bits: stable over crashes and retries") \
  COL(R, I64, key_low, PLAIN, NULL, "") \
  COL(R, I64, created_at, TIME, NULL, "") \
  COL(R, I64, not_before, TIME, NULL, "") \
  COL(R, I64, expires, TIME, NULL, "Not sent after it; 0 = never expires") \
  COL(R, I64, planned_at, TIME, NULL, "Time the run sheet names for it") \
  COL(R, I64, sent_at, TIME, NULL, "") \
  COL(R, I64, retry_at, TIME, NULL, "") \
  COL(R, BYTES, body, JSON, NULL, "Fields of the command, without id and op") \
  COL(R, TEXT, kind, PLAIN, NULL, "What it is for: teaser, rules, dm, welcome, price, ...") \
  COL(R, TEXT, ext, PLAIN, NULL, "Id the platform gave it") \
  COL(R, TEXT, error, PLAIN, NULL, "") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, attempts, PLAIN, NULL, "") \
  COL(R, U8, op, ENUM, "send|dm|kick|title|pin|invite_code|members|price|voucher|pay", "") \
  COL(R, U8, policy, ENUM, "resend|once|ask", "") \
  COL(R, U8, status, ENUM, "ready|in_flight|sent|failed|unknown|expired|awaiting_staff", "")

#define TABLE_CONNECTORS(COL, R) \
  COL(R, I64, seq, PLAIN, NULL, "Highest number it gave an event that was handled") \
  COL(R, I64, events, PLAIN, NULL, "Handled, results of commands left out; seen before: not counted") \
  COL(R, I64, refused, PLAIN, NULL, "Lines and events that were parked") \
  COL(R, I64, last_at, TIME, NULL, "Time of the last event") \
  COL(R, BYTES, command, JSON, NULL, "Program and arguments it is started with, as a list") \
  COL(R, BYTES, needs, JSON, NULL, "Ops that playbooks need of it: {op: where}") \
  COL(R, BYTES, limits, JSON, NULL, "How fast it may be given commands: [{count, per_ms, burst, each}]") \
  COL(R, TEXT, socket, PLAIN, NULL, "Path of the Unix socket it connects to") \
  COL(R, TEXT, name, PLAIN, NULL, "")

#define TABLE_MILESTONES(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, value, PLAIN, NULL, "A count or an amount, as the kind says") \
  COL(R, I64, value2, PLAIN, NULL, "") \
  COL(R, TEXT, kind, PLAIN, NULL, "stall, switch, gate, flip, peak, second_wave, drop, opened, ...") \
  COL(R, TEXT, text, PLAIN, NULL, "For people") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, day, REF, "days", "") \
  COL(R, I32, group, REF, "groups", "")

#define TABLE_AUDITS(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, decided_at, TIME, NULL, "") \
  COL(R, TEXT, evidence, PLAIN, NULL, "Signs found, with their points") \
  COL(R, TEXT, decided_by, PLAIN, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, member, REF, "members", "") \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I32, inviter, REF, "members", "") \
  COL(R, I32, score, PLAIN, NULL, "") \
  COL(R, U8, status, ENUM, "queued|approved|rejected", "")

#define TABLE_MINUTES(COL, R) \
  COL(R, I64, at, TIME, NULL, "Start of the minute") \
  COL(R, I64, paid, MONEY, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, I32, visitors, PLAIN, NULL, "Different visitors: UV") \
  COL(R, I32, visits, PLAIN, NULL, "") \
  COL(R, I32, orders, PLAIN, NULL, "")

#define TABLE_HOURS(COL, R) \
  COL(R, I32, group, REF, "groups", "") \
  COL(R, I48, at, TIME, NULL, "Start of the hour") \
  COL(R, I24, messages, PLAIN, NULL, "") \
  COL(R, I24, replies, PLAIN, NULL, "First replies of members in a reply chain") \
  COL(R, I24, joins, PLAIN, NULL, "") \
  COL(R, I24, leaves, PLAIN, NULL, "") \
  COL(R, I24, visits, PLAIN, NULL, "") \
  COL(R, I24, orders, PLAIN, NULL, "")

#define TABLE_PROMISES(COL, R) \
  COL(R, I64, least, PLAIN, NULL, "What was promised, in the metric's unit") \
  COL(R, TEXT, metric, PLAIN, NULL, "A row of v_promise") \
  COL(R, TEXT, text, PLAIN, NULL, "For people") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, U8, sense, ENUM, "at_least|at_most", "")

#define TABLE_TWEAKS(COL, R) \
  COL(R, I64, at, TIME, NULL, "") \
  COL(R, I64, undone_at, TIME, NULL, "") \
  COL(R, I64, amount, PLAIN, NULL, "What was typed to confirm it, minor units; 0: nothing was asked") \
  COL(R, BYTES, code, PLAIN, NULL, "The text typed") \
  COL(R, BYTES, told, PLAIN, NULL, "Its preview, in the campaign's words") \
  COL(R, BYTES, changes, JSON, NULL, "Every row it changed, before and after: what undo needs; none: it can't be undone") \
  COL(R, TEXT, by, PLAIN, NULL, "Who: the system's name of the peer") \
  COL(R, TEXT, approved_by, PLAIN, NULL, "The second person, where one was needed") \
  COL(R, TEXT, undone_by, PLAIN, NULL, "") \
  COL(R, I32, campaign, REF, "campaigns", "") \
  COL(R, U8, class, ENUM, "look|move|money|final", "final: it can't be taken back") \
  COL(R, U8, status, ENUM, "waiting|applied|undone|refused", "waiting: for a second person")

// TABLE(NAME, row struct, table name, help, SQL CHECKs, which rows leave memory once written)
#define TABLES(TABLE) \
  TABLE(CAMPAIGNS, campaign, "campaigns", "Dated runs of playbooks over groups", NULL, NULL) \
  TABLE(SOURCES, source, "sources", "Texts of the campaigns and playbooks that ran", NULL, NULL) \
  TABLE(DAYS, day, "days", "Playbook instances of a campaign", NULL, NULL) \
  TABLE(VERSIONS, version, "versions", "What campaigns and days ran since when", "number >= 1", NULL) \
  TABLE(GROUPS, group, "groups", "Chat communities", NULL, NULL) \
  TABLE(MEMBERS, member, "members", "People, over all groups and campaigns", NULL, NULL) \
  TABLE(MEMBERSHIPS, membership, "memberships", "Who is or was in which group", NULL, NULL) \
  TABLE(INVITERS, inviter, "inviters", "Effective invites of each inviting member", "effective = joined - \"left\" - rejected", NULL) \
  TABLE(CODES, code, "codes", "Channel, invitation, share and claim codes", "uses >= 0; kind <> 3 OR uses <= 1", NULL) \
  TABLE(STAFF, staff, "staff", "Disclosed hosts and guides", NULL, NULL) \
  TABLE(PARTICIPANTS, participant, "participants", "What a member did in a campaign", NULL, NULL) \
  TABLE(CHAINS, chain, "chains", "Reply chains", NULL, NULL) \
  TABLE(REPLIES, reply, "replies", "Who replied in a chain", NULL, NULL) \
  TABLE(POSTS, post, "posts", "Messages whose likes are counted", NULL, NULL) \
  TABLE(LIKES, like, "likes", "Who liked a post, in order", NULL, NULL) \
  TABLE(GAMES, game, "games", "Wheels, envelopes, draws", NULL, NULL) \
  TABLE(RECEIPTS, receipt, "receipts", "What was drawn and how: the proof of a game", NULL, leaves_receipt) \
  TABLE(PRIZES, prize, "prizes", "Prizes of a game and their stock", "stock >= -1; given >= 0; stock < 0 OR given <= stock; value >= 0", NULL) \
  TABLE(PLAYS, play, "plays", "Spins, openings and wins", NULL, NULL) \
  TABLE(COUPONS, coupon, "coupons", "Definitions of vouchers", "limit_total = 0 OR issued <= limit_total; issued >= 0; used BETWEEN 0 AND issued; value >= 0; cost >= 0", NULL) \
  TABLE(VOUCHERS, voucher, "vouchers", "Coupons in members' hands", "(used_at = 0) = (\"order\" = 0); status <> 2 OR used_at > 0", NULL) \
  TABLE(PROMOTIONS, promotion, "promotions", "Promotions of a campaign", "used >= 0; reserved >= 0; given >= 0; limit_total = 0 OR used + reserved <= limit_total", NULL) \
  TABLE(PROMOTION_USES, promotion_use, "promotion_uses", "Orders and checkouts that use a promotion", "amount >= 0; (status IN (1, 3)) = (\"order\" <> 0)", NULL) \
  TABLE(GOODS, good, "goods", "Catalogue of a campaign", "\"floor\" >= 0; \"floor\" <= deal; deal <= list; cost >= 0; stock >= -1; sold >= 0", NULL) \
  TABLE(BOOKS, book, "books", "Price books: when deal prices hold", NULL, NULL) \
  TABLE(ORDERS, order, "orders", "Paid orders", "refunded BETWEEN 0 AND total; paid_back BETWEEN 0 AND total - refunded; commission >= 0", NULL) \
  TABLE(ORDER_LINES, order_line, "order_lines", "Lines of paid orders", NULL, leaves_always) \
  TABLE(REFUNDS, refund, "refunds", "Refunds and cancellations", NULL, leaves_refund) \
  TABLE(ACCOUNTS, account, "accounts", "Balances with a floor", "balance >= floor; floor = 0 OR (name NOT LIKE 'budget:%' AND name NOT LIKE 'reserved:%' AND name NOT LIKE 'spent:%')", NULL) \
  TABLE(LEDGER, ledger_leg, "ledger", "Every change of value, two legs or more", NULL, leaves_always) \
  TABLE(SCENES, scene, "scenes", "Straight-line code in progress", NULL, NULL) \
  TABLE(STEPS, step, "steps", "What a scene did, for rebuilding it", NULL, NULL) \
  TABLE(SCHEDULE, schedule_entry, "schedule", "What is due when", NULL, leaves_schedule) \
  TABLE(MEMORY, memory, "memory", "What playbooks remember", NULL, NULL) \
  TABLE(OUTBOX, outbox_row, "outbox", "What must go out, and what became of it", NULL, leaves_outbox) \
  TABLE(CONNECTORS, connector, "connectors", "Where events come from", NULL, NULL) \
  TABLE(PARKED, parked, "parked", "Input that couldn't be handled", NULL, leaves_parked) \
  TABLE(HANDLERS, handler_row, "handlers", "Handlers of playbooks that have failed", "fails BETWEEN 0 AND 5; waiting BETWEEN 0 AND kept", NULL) \
  TABLE(KEPT_EVENTS, kept_event, "kept_events", "Events of handlers that fail, in order", NULL, NULL) \
  TABLE(BLOCKS, block, "blocks", "Members and orders whose events wait behind a parked one", "events > 0", NULL) \
  TABLE(MILESTONES, milestone, "milestones", "What happened and when, for the report", NULL, leaves_always) \
  TABLE(AUDITS, audit, "audits", "Newcomers waiting for a person's decision", NULL, NULL) \
  TABLE(MINUTES, minute, "minutes", "The UV meter", NULL, NULL) \
  TABLE(HOURS, hour, "hours", "Activity of each group by the hour", NULL, NULL) \
  TABLE(PROMISES, promise, "promises", "What the campaign declares it will keep", NULL, NULL) \
  TABLE(TWEAKS, tweak, "tweaks", "Live changes by operators", "status <> 2 OR undone_at > 0", NULL)
// clang-format on

#define TABLES_FIELD(R, type, name, role, of, help) TABLES_C_##type(name);
#define TABLES_STRUCT(NAME, row, table, help, checks, leaves)                                      \
    struct row {                                                                                   \
        uint32_t id;                                                                               \
        TABLE_##NAME(TABLES_FIELD, row)                                                            \
    };
TABLES(TABLES_STRUCT)

#define TABLES_ENUM(NAME, row, table, help, checks, leaves) T_##NAME,
enum table_id { TABLES(TABLES_ENUM) T_COUNT };

extern const struct table_desc *const tables_all[T_COUNT];
