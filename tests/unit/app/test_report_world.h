#pragma once
// The campaign of the report's tests, small enough that its figures are known by hand: two groups,
// two days; nine members and a host in the old group, six newcomers in the new one.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ledger.h"
#include "core/state.h"
#include "store/store.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)
#define MINUTE INT64_C(60000)
#define START (INT64_C(1762444800) * 1000)  // 2025-11-07 00:00 in Shanghai
#define EVENING(day) (START + ((day)-1) * DAY + 20 * HOUR + 30 * MINUTE)

enum { OLD = 1, NEW = 2, OLD_MEMBERS = 9, HOST = 10, NEWCOMERS = 6, MEMBERS = 16 };

struct world {
    struct state *state;
    struct store *store;
};

static inline text_id text(struct world *world, const char *words)
{
    return state_text(world->state, words, strlen(words));
}

// --- The campaign. ---

static inline void add_frame(struct world *w)
{
    const struct campaign campaign = {.from_at = START,
                                      .until_at = START + 2 * DAY,
                                      .started_at = START,
                                      .name = text(w, "autumn"),
                                      .brand = text(w, "示例"),
                                      .currency = text(w, "CNY"),
                                      .zone = text(w, "Asia/Shanghai"),
                                      .rehearsal = 1,
                                      .status = 3};
    table_insert(w->state, T_CAMPAIGNS, &campaign);
    static const struct {
        const char *name, *playbook;
        int number;
    } DAYS[] = {{"1/all", "growth", 1}, {"2/old", "wake-up", 2}, {"2/new", "sale", 2}};
    for (size_t i = 0; i < COUNT(DAYS); i++) {
        const struct day day = {.from_at = START + (DAYS[i].number - 1) * DAY,
                                .until_at = START + DAYS[i].number * DAY,
                                .campaign = 1,
                                .number = DAYS[i].number,
                                .name = text(w, DAYS[i].name),
                                .playbook = text(w, DAYS[i].playbook),
                                .goal = text(w, "buy"),
                                .status = 3};
        table_insert(w->state, T_DAYS, &day);
    }
    const struct group old = {.ext = text(w, "old-1"),
                              .title = text(w, "老群"),
                              .segment = text(w, "old"),
                              .connector = text(w, "chat"),
                              .campaign = 1};
    const struct group new = {.ext = text(w, "new-1"),
                              .title = text(w, "新群"),
                              .segment = text(w, "new"),
                              .campaign = 1,
                              .fed_by = OLD};
    table_insert(w->state, T_GROUPS, &old);
    table_insert(w->state, T_GROUPS, &new);
    const struct connector chat = {
        .name = text(w, "chat"), .events = 40, .refused = 2, .seq = 42, .last_at = START};
    table_insert(w->state, T_CONNECTORS, &chat);
}

// Old: 1..9 and the host 10, from the roster. New: 11..16 on day 1, brought by member 1 (11..14),
// one rejected (14), one waiting (13), one gone again on day 2 (12).
static inline void add_people(struct world *w)
{
    for (int32_t i = 1; i <= MEMBERS; i++) {
        char ext[16];
        snprintf(ext, sizeof(ext), "m%d", i);
        const bool is_new = i > HOST;
        const struct member member = {.ext = text(w, ext),
                                      .name = text(w, i == 2 ? "安妮" : ext),
                                      .group = is_new ? NEW : OLD,
                                      .staff = i == HOST};
        table_insert(w->state, T_MEMBERS, &member);
        const struct membership membership = {.joined_at = is_new ? START + 10 * HOUR : START,
                                              .left_at = i == 12 ? START + DAY + HOUR : 0,
                                              .group = is_new ? NEW : OLD,
                                              .member = i,
                                              .inviter = i >= 11 && i <= 14 ? 1 : 0,
                                              .how = text(w, is_new ? "invite" : "roster"),
                                              .audit = i == 14   ? 3
                                                       : i == 13 ? 2
                                                                 : 0};
        table_insert(w->state, T_MEMBERSHIPS, &membership);
    }
    const struct inviter inviter = {.campaign = 1,
                                    .member = 1,
                                    .group = OLD,
                                    .joined = 4,
                                    .left = 1,
                                    .rejected = 1,
                                    .effective = 2};
    table_insert(w->state, T_INVITERS, &inviter);
    const struct hour hours[] = {
        {.at = START, .group = OLD, .joins = OLD_MEMBERS},
        {.at = START + 10 * HOUR, .group = NEW, .joins = NEWCOMERS, .messages = 20, .replies = 3},
        {.at = START + DAY + HOUR, .group = NEW, .leaves = 1, .messages = 5},
    };
    for (size_t i = 0; i < COUNT(hours); i++) {
        table_insert(w->state, T_HOURS, &hours[i]);
    }
}

// Payers: 1 (two orders, one refunded on the next day in part), 2 (gift before), 11.
static inline void add_participants(struct world *w)
{
    const struct participant people[] = {
        {.member = 1,
         .group = OLD,
         .spent = 30000,
         .orders = 2,
         .items = 3,
         .visited = 1,
         .carted = 1,
         .paid = 1,
         .vouchers = 1},
        {.member = 2,
         .group = OLD,
         .spent = 40000,
         .orders = 1,
         .items = 4,
         .visited = 1,
         .favorited = 1,
         .paid = 1,
         .gift = 1,
         .vouchers = 2},
        {.member = 3, .group = OLD, .visited = 1, .gift = 1, .vouchers = 1},
        {.member = 11, .group = NEW, .spent = 10000, .orders = 1, .items = 1, .paid = 1, .card = 1},
        {.member = 12, .group = NEW, .visited = 1, .carted = 1, .favorited = 1},
        {.member = HOST, .group = OLD, .visited = 1, .paid = 1, .orders = 1, .spent = 999},
    };
    for (size_t i = 0; i < COUNT(people); i++) {
        struct participant row = people[i];
        row.campaign = 1;
        table_insert(w->state, T_PARTICIPANTS, &row);
    }
}

// One that two orders of one member used, a third gave back and a checkout holds; one nobody used.
static inline void add_promotions(struct world *w)
{
    const struct promotion rows[] = {{.name = text(w, "300-50"),
                                      .budget = text(w, "gifts"),
                                      .campaign = 1,
                                      .limit_total = 9,
                                      .used = 2,
                                      .reserved = 1,
                                      .given = 7000,
                                      .worst = 45000},
                                     {.name = text(w, "post"), .campaign = 1, .worst = -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        table_insert(w->state, T_PROMOTIONS, &rows[i]);
    }
    const struct promotion_use uses[] = {
        {.amount = 5000, .promotion = 1, .member = 1, .order = 1, .status = 1},
        {.amount = 2000, .promotion = 1, .member = 1, .order = 2, .status = 1},
        {.amount = 5000, .promotion = 1, .member = 2, .order = 3, .status = 3},
        {.amount = 5000, .promotion = 1, .member = 2, .status = 0}};
    for (size_t i = 0; i < COUNT(uses); i++) {
        table_insert(w->state, T_PROMOTION_USES, &uses[i]);
    }
}

static inline void add_orders(struct world *w)
{
    const struct good good = {.list = 60000,
                              .deal = 20000,
                              .floor = 9000,
                              .campaign = 1,
                              .sku = text(w, "COAT"),
                              .stock = -1};
    table_insert(w->state, T_GOODS, &good);
    const struct {
        int64_t at, total, refunded;
        int member, group, items;
    } ORDERS[] = {{EVENING(2), 20000, 5000, 1, OLD, 2},
                  {EVENING(2) + 2 * HOUR, 10000, 0, 1, OLD, 1},
                  {EVENING(2), 40000, 0, 2, OLD, 4},
                  {EVENING(2) + 5 * HOUR, 10000, 0, 11, NEW, 1}};
    for (size_t i = 0; i < COUNT(ORDERS); i++) {
        char ext[16];
        snprintf(ext, sizeof(ext), "o%zu", i);
        const struct order order = {.at = TABLES_I48(ORDERS[i].at),
                                    .total = TABLES_I48(ORDERS[i].total),
                                    .refunded = TABLES_I48(ORDERS[i].refunded),
                                    .voucher_off = 100,
                                    .ext = text(w, ext),
                                    .campaign = 1,
                                    .member = ORDERS[i].member,
                                    .group = TABLES_U16(ORDERS[i].group),
                                    .items = TABLES_I24(ORDERS[i].items)};
        table_insert(w->state, T_ORDERS, &order);
        const struct order_line line = {.paid = ORDERS[i].total,
                                        .order = (int32_t)i + 1,
                                        .good = 1,
                                        .sku = text(w, "COAT"),
                                        .qty = ORDERS[i].items};
        table_insert(w->state, T_ORDER_LINES, &line);
    }
    const struct refund refunds[] = {
        {.at = START + 2 * DAY + 12 * HOUR, .amount = 5000, .order = 1, .campaign = 1},
        {.at = START + 3 * DAY, .amount = 700, .ext = text(w, "unseen"), .campaign = 1}};
    for (size_t i = 0; i < COUNT(refunds); i++) {
        table_insert(w->state, T_REFUNDS, &refunds[i]);
    }
}

static inline void add_minutes(struct world *w)
{
    for (int i = 0; i < 60; i++) {
        const struct minute minute = {.at = EVENING(2) + i * MINUTE,
                                      .campaign = 1,
                                      .visitors = i == 11  ? 119
                                                  : i < 11 ? 10 * i
                                                           : 80 - i,
                                      .visits = 130,
                                      .orders = i == 0 ? 4 : 0,
                                      .paid = i == 0 ? 80000 : 0};
        table_insert(w->state, T_MINUTES, &minute);
    }
    const struct minute before = {.at = EVENING(1), .campaign = 1, .visitors = 7, .visits = 9};
    table_insert(w->state, T_MINUTES, &before);
}

static inline void add_game(struct world *w, const char *kind, const char *name, const char *rules,
                            const char *receipt)
{
    const struct game game = {.opened_at = EVENING(1),
                              .closed_at = EVENING(1) + HOUR,
                              .kind = text(w, kind),
                              .name = text(w, name),
                              .commitment = text(w, "c0ffee"),
                              .day = 1,
                              .group = OLD,
                              .plays = 3,
                              .wins = 2,
                              .status = 2};
    struct game *row = table_insert(w->state, T_GAMES, &game);
    table_set_bytes(w->state, &row->rules, rules, strlen(rules));
    struct receipt *proof =
        table_insert(w->state, T_RECEIPTS, &(struct receipt){.game = (int32_t)row->id});
    table_set_bytes(w->state, &proof->body, receipt, strlen(receipt));
}

static inline void add_play(struct world *w)
{
    add_game(w, "wheel", "wheel", "{\"spins\":1,\"wins\":1}",
             "{\"body\":{\"draw_hash\":\"no\"},\"hash\":"
             "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}");
    add_game(w, "envelope", "lucky", "{}", "{\"body\":{},\"hash\":\"ffff\"}");
    const struct prize prizes[] = {
        {.value = 5000, .name = text(w, "coat"), .game = 1, .stock = 3, .given = 2, .tier = 1},
        {.value = 100, .name = text(w, "voucher"), .game = 1, .stock = -1, .given = 1, .tier = 2}};
    for (size_t i = 0; i < COUNT(prizes); i++) {
        table_insert(w->state, T_PRIZES, &prizes[i]);
    }
    const struct play plays[] = {
        {.game = 1, .member = 2, .prize = 1, .number = 1},
        {.game = 1, .member = 3, .prize = 1, .number = 2},
        {.game = 1, .member = 4, .prize = 2, .number = 3},
        {.game = 2, .member = 2, .amount = 60, .number = 1},
        {.game = 2, .member = 3, .amount = 40, .number = 2},
    };
    for (size_t i = 0; i < COUNT(plays); i++) {
        table_insert(w->state, T_PLAYS, &plays[i]);
    }
    const struct chain chain = {.opened_at = EVENING(1),
                                .phrase = text(w, "我爱"),
                                .day = 1,
                                .group = OLD,
                                .present = 9,
                                .replies = 3,
                                .messages = 4};
    table_insert(w->state, T_CHAINS, &chain);
    for (int i = 1; i <= 3; i++) {
        const struct reply reply = {
            .at = EVENING(1), .chain = 1, .member = i, .after_ms = i * i * 1000};
        table_insert(w->state, T_REPLIES, &reply);
    }
}

static inline void add_milestones(struct world *w)
{
    const struct {
        const char *kind, *words;
        int64_t at, value;
        int day, group;
    } MILESTONES[] = {
        {"stall", "poster", START + 17 * HOUR, 170, 1, NEW},
        {"switch", "invite", START + 18 * HOUR, 0, 1, NEW},
        {"gate", "opened after 3 minutes", EVENING(2), 5, 2, OLD},
        {"peak", "119 a minute", EVENING(2) + 11 * MINUTE, 119, 2, 0},
        {"second_wave", "", EVENING(2) + 20 * MINUTE, 0, 2, OLD},
        {"second_wave", "", EVENING(2) + 20 * MINUTE, 0, 3, NEW},
        {"refused", "voucher: budget 'gifts' has 1.00 left, 2.00 needed", EVENING(2), 0, 2, OLD},
        {"day_end", "", START + DAY, 0, 1, 0},
    };
    for (size_t i = 0; i < COUNT(MILESTONES); i++) {
        const struct milestone row = {.at = MILESTONES[i].at,
                                      .value = MILESTONES[i].value,
                                      .kind = text(w, MILESTONES[i].kind),
                                      .text = text(w, MILESTONES[i].words),
                                      .campaign = 1,
                                      .day = MILESTONES[i].day,
                                      .group = MILESTONES[i].group};
        table_insert(w->state, T_MILESTONES, &row);
    }
    for (int i = 0; i < 2; i++) {  // The first is settled.
        const struct parked parked = {
            .at = START + i, .source = text(w, "chat"), .error = text(w, "why"), .day = 1};
        table_insert(w->state, T_PARKED, &parked);
    }
    const struct handler_row handler = {.since_at = START + HOUR,
                                        .name = text(w, "sale message"),
                                        .error = text(w, "why"),
                                        .day = 1,
                                        .fails = 5,
                                        .errors = 7,
                                        .event = 4,
                                        .status = 1};
    table_insert(w->state, T_HANDLERS, &handler);
    const struct version version = {
        .at = START, .campaign = 1, .number = 1, .version = text(w, "0123456789abcdef")};
    table_insert(w->state, T_VERSIONS, &version);
    const struct tweak tweak = {.at = START, .by = text(w, "mei"), .campaign = 1, .status = 1};
    table_insert(w->state, T_TWEAKS, &tweak);
    const struct milestone settled = {
        .at = START + HOUR, .value = 1, .kind = text(w, "parked"), .text = text(w, "discarded")};
    table_insert(w->state, T_MILESTONES, &settled);
    const struct book book = {.opens_at = EVENING(2), .name = text(w, "deal"), .campaign = 1};
    table_insert(w->state, T_BOOKS, &book);
}

static inline void add_message(struct world *w, int64_t at, int64_t late_ms, const char *kind,
                               int status)
{
    const struct outbox_row row = {.key_low = at + late_ms,
                                   .key_high = status,
                                   .planned_at = at,
                                   .sent_at = status == 2 ? at + late_ms : 0,
                                   .kind = text(w, kind),
                                   .day = 1,
                                   .group = OLD,
                                   .status = (uint8_t)status};
    table_insert(w->state, T_OUTBOX, &row);
}

static inline void add_promise(struct world *w, const char *metric, int64_t least, int sense)
{
    const struct promise promise = {.least = least,
                                    .metric = text(w, metric),
                                    .campaign = 1,
                                    .text = text(w, sense ? "at most" : ""),
                                    .sense = (uint8_t)sense};
    table_insert(w->state, T_PROMISES, &promise);
}

static inline void add_money(struct world *w)
{
    struct err e = {0};
    assert_true(ledger_open_budget(w->state, 1, "gifts", 100000, &e));
    assert_true(ledger_budget(w->state, 1, "gifts", LEDGER_RESERVE, 30000, "wheel", 0, 1, &e));
    assert_true(ledger_budget(w->state, 1, "gifts", LEDGER_COMMIT, 10100, "wheel", 2, 1, &e));
    add_promise(w, "paid_share", 2000, 0);
    add_promise(w, "budget_spent_bp", 3000, 1);
    add_message(w, EVENING(1), 2000, "teaser", 2);
    add_message(w, EVENING(1) + HOUR, 0, "rules", 2);
    add_message(w, EVENING(1) + HOUR, 0, "welcome", 2);
}

// --- The store. ---

static inline void commit(struct world *w)
{
    struct err e = {0};
    struct batch *batch = store_recycle(w->store);
    state_keep(w->state, NULL);
    state_take_batch(w->state, batch);
    const uint64_t number = batch->number;
    store_commit(w->store, batch);
    if (!store_wait(w->store, number, &e)) {
        fail_msg("%s", e.text);
    }
}

static inline int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    struct err e = {0};
    const struct store_options options = {
        .tables = tables_all, .table_count = T_COUNT, .drop_journal = true};
    if (!store_open(&w->store, &options, &e)) {
        fail_msg("%s", e.text);
    }
    w->state = state_new();
    state_begin(w->state, START);
    add_frame(w);
    add_people(w);
    add_participants(w);
    add_orders(w);
    add_promotions(w);
    add_minutes(w);
    add_play(w);
    add_milestones(w);
    add_money(w);
    commit(w);
    *state = w;
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *w = *state;
    store_close(w->store);
    state_free(w->state);
    free(w);
    return 0;
}
