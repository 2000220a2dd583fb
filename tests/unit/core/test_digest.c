// The digest of a turn: the same effects and money give the same digest, wherever texts are
// interned and whatever was tried and undone; any difference in them, or in their order, shows.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/digest.h"

struct deed {
    const char *kind, *body;
    int64_t expires, amount;
    bool detour;   // Something is done and undone first.
    bool swapped;  // The second effect is made before the first.
};

static void send(struct core *core, const char *kind, const char *body, int64_t expires,
                 uint32_t number)
{
    const struct outbox_row row = {
        .kind = state_text(core->state, kind, strlen(kind)), .expires = expires, .group = 1};
    outbox_append(core->outbox, &row, body, strlen(body), 7, 7, number);
}

static void move(struct core *core, int64_t amount)
{
    struct err e = {0};
    const struct ledger_leg_in legs[] = {{1, -amount}, {2, amount}};
    assert_true(ledger_move(core->state, legs, 2, "gift", 0, 0, &e));
}

static struct digest digest_of(const struct deed *deed, const char *interned_before)
{
    struct core core;
    core_init(&core);
    state_text(core.state, interned_before, strlen(interned_before));
    state_begin(core.state, 1000);
    ledger_account(core.state, 0, "a", LEDGER_NO_FLOOR);
    ledger_account(core.state, 0, "b", LEDGER_NO_FLOOR);
    send(&core, "before", "{}", 1, 1);
    outbox_turn_kept(core.outbox, 1);
    state_keep(core.state, NULL);

    const struct digest_mark mark = digest_mark(core.state);
    state_begin(core.state, 2000);
    if (deed->detour) {
        const size_t savepoint = state_savepoint(core.state);
        send(&core, "never", "{}", 5, 9);
        move(&core, 5);
        state_rollback(core.state, savepoint);
    }
    if (deed->swapped) {
        send(&core, "second", "{}", 9, 3);
    }
    send(&core, deed->kind, deed->body, deed->expires, 2);
    if (!deed->swapped) {
        send(&core, "second", "{}", 9, 3);
    }
    move(&core, deed->amount);
    const struct digest digest = digest_since(core.state, mark);
    state_drop(core.state);
    outbox_turn_dropped(core.outbox);
    core_deinit(&core);
    return digest;
}

static void test_what_counts(void **unused)
{
    (void)unused;
    const struct deed deed = {"rules", "{\"text\":\"x\"}", 60, 100, false, false};
    const struct digest first = digest_of(&deed, "one text");
    assert_int_equal(first.effects, 2);
    assert_int_equal(first.legs, 2);
    const struct digest again = digest_of(&deed, "other texts");
    assert_true(digest_same(&first, &again));
    struct deed other = deed;
    other.detour = true;
    const struct digest detour = digest_of(&other, "");
    assert_true(digest_same(&first, &detour));
    for (int change = 0; change < 5; change++) {
        other = deed;
        other.kind = change == 0 ? "teaser" : deed.kind;
        other.body = change == 1 ? "{\"text\":\"y\"}" : deed.body;
        other.expires += change == 2;
        other.amount += change == 3;
        other.swapped = change == 4;
        const struct digest changed = digest_of(&other, "one text");
        assert_false(digest_same(&first, &changed));
    }
}

static void test_nothing(void **unused)
{
    (void)unused;
    struct core core;
    core_init(&core);
    const struct digest nothing = digest_since(core.state, digest_mark(core.state));
    assert_true(nothing.hash == 0 && nothing.effects == 0 && nothing.legs == 0);
    core_deinit(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
