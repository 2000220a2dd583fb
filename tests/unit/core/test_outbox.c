// The outbox: order in a channel, one flying at a time, durability before sending, retries, the
// three policies, and that neither a crash nor a dropped turn loses or doubles an effect.

#include "test_outbox.h"

static void test_channels(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1});
    const uint32_t b = add(f, 10, (struct outbox_row){.group = 1});
    const uint32_t c = add(f, 10, (struct outbox_row){.group = 2});
    const uint32_t d = add(f, 10, (struct outbox_row){.group = 1, .member = 3, .op = OUTBOX_DM});
    assert_int_equal(outbox_next(f->outbox, f->batch - 3, 10), a);  // Only the first is durable.
    assert_int_equal(outbox_next(f->outbox, f->batch - 3, 10), 0);
    assert_int_equal(next(f, 10), c);
    assert_int_equal(next(f, 10), d);
    assert_int_equal(next(f, 10), 0);  // b waits for a.
    assert_int_equal(outbox_waiting(f->outbox), 4);
    result(f, 20, a, NULL, 0);
    assert_null(table_get(f->state, T_OUTBOX, a));
    assert_int_equal(next(f, 20), b);
    result(f, 20, b, NULL, 0);
    result(f, 20, c, NULL, 0);
    result(f, 20, d, NULL, 0);
    assert_int_equal(outbox_waiting(f->outbox), 0);
    assert_int_equal(outbox_next_at(f->outbox), INT64_MAX);
    fixture_free(f);
}

// A prepared announcement doesn't hold up what is said before it, and goes first at its time.
static void test_not_before(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t doors = add(f, 10, (struct outbox_row){.group = 1, .not_before = 1000});
    const uint32_t hello = add(f, 20, (struct outbox_row){.group = 1});
    assert_int_equal(next(f, 20), hello);
    result(f, 30, hello, NULL, 0);
    assert_int_equal(next(f, 30), 0);
    assert_int_equal(outbox_next_at(f->outbox), 1000);
    const uint32_t later = add(f, 1005, (struct outbox_row){.group = 1});
    assert_int_equal(next(f, 1005), doors);
    result(f, 1010, doors, NULL, 0);
    assert_int_equal(next(f, 1010), later);
    fixture_free(f);
}

static void test_retries(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1});
    const uint32_t b = add(f, 10, (struct outbox_row){.group = 1});
    int64_t now = 10;
    for (int i = 0; i < OUTBOX_ATTEMPTS_MAX; i++) {
        assert_int_equal(next(f, now), a);
        result(f, now, a, "rate", 1200);  // No attempt, and exactly as asked.
        assert_int_equal(next(f, now), 0);
        assert_int_equal(outbox_next_at(f->outbox), now + 1200);
        now += 1200;
        assert_int_equal(next(f, now), a);
        result(f, now, a, "broken pipe", 0);
        const int64_t wait = 1000LL << i;
        if (i + 1 < OUTBOX_ATTEMPTS_MAX) {
            assert_int_equal(status(f, a), OUTBOX_READY);
            assert_int_equal(next(f, now + wait - 1), 0);  // b stays behind it.
            const int64_t at = outbox_next_at(f->outbox);
            assert_true(at >= now + wait);
            assert_true(at <= now + wait + wait / 2);
            now = at;
        }
    }
    assert_int_equal(status(f, a), OUTBOX_FAILED);  // Stays: a person may send it again.
    assert_int_equal(next(f, now), b);
    result(f, now, b, "refused", 0);
    assert_int_equal(status(f, b), OUTBOX_FAILED);
    fixture_free(f);
}

// A platform that says `rate` and not for how long: less and less often, and never given up.
static void test_rate(void **ctx)
{
    (void)ctx;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1});
    int64_t now = 10;
    for (int i = 0; i < 3 * OUTBOX_ATTEMPTS_MAX; i++) {
        assert_int_equal(next(f, now), a);
        result(f, now, a, "rate", 0);
        assert_int_equal(status(f, a), OUTBOX_READY);
        assert_int_equal(next(f, now), 0);
        const int64_t wait = 1000LL << (i < 3 ? i : 3);
        assert_true(outbox_next_at(f->outbox) >= now + wait);
        assert_true(outbox_next_at(f->outbox) <= now + wait + wait / 2);
        now = outbox_next_at(f->outbox);
    }
    assert_int_equal(next(f, now), a);
    result(f, now, a, "broken pipe", 0);  // Four attempts are left.
    assert_int_equal(status(f, a), OUTBOX_READY);
    assert_int_equal(next(f, now), 0);
    assert_true(outbox_next_at(f->outbox) >= now + 16000);
    fixture_free(f);
}

static void test_expiry(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1, .expires = 500});
    const uint32_t b = add(f, 10, (struct outbox_row){.group = 1});
    assert_int_equal(next(f, 501), a);
    assert_int_equal(outbox_action(f->outbox, a, 500), OUTBOX_DO_SEND);
    assert_int_equal(outbox_action(f->outbox, a, 501), OUTBOX_DO_EXPIRE);
    state_begin(f->state, 501);
    outbox_expire(f->outbox, a);
    keep(f);
    assert_null(table_get(f->state, T_OUTBOX, a));
    assert_int_equal(next(f, 501), b);
    fixture_free(f);
}

// `once` and `ask` are marked durably before they leave; what nobody knows is not sent again.
static void test_policies(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t once = add(f, 10, (struct outbox_row){.group = 1, .policy = OUTBOX_ONCE});
    const uint32_t ask = add(f, 10, (struct outbox_row){.group = 2, .policy = OUTBOX_ASK});
    for (int i = 0; i < 2; i++) {
        const uint32_t id = next(f, 10);
        assert_int_equal(id, i == 0 ? once : ask);
        assert_int_equal(outbox_action(f->outbox, id, 10), OUTBOX_DO_DEPART);
        state_begin(f->state, 11);
        outbox_depart(f->outbox, id);
        keep(f);
        assert_int_equal(outbox_next(f->outbox, f->batch - 1, 11), i == 0 ? ask : 0);
        if (i == 0) {  // Give ask back to its channel: its turn comes next.
            state_begin(f->state, 11);
            outbox_depart(f->outbox, ask);
            drop(f);
        }
        assert_int_equal(next(f, 11), id);
        assert_int_equal(outbox_action(f->outbox, id, 11), OUTBOX_DO_SEND);
        result(f, 12, id, "timeout", 0);
    }
    assert_int_equal(status(f, once), OUTBOX_UNKNOWN);
    assert_int_equal(status(f, ask), OUTBOX_AWAITING_STAFF);
    assert_int_equal(next(f, 100000000), 0);
    result(f, 20, ask, NULL, 0);  // A person confirms.
    assert_null(table_get(f->state, T_OUTBOX, ask));
    result(f, 21, once, "no trace of it", 0);
    assert_int_equal(status(f, once), OUTBOX_FAILED);
    const uint32_t pay = add(f, 30, (struct outbox_row){.group = 1});
    assert_int_equal(next(f, 30), pay);
    result(f, 30, pay, "awaiting", 0);
    assert_int_equal(status(f, pay), OUTBOX_AWAITING_STAFF);
    fixture_free(f);
}

// Whether the decision was taken; a refused one is dropped, as its turn is.
static bool decide(struct fixture *f, int64_t at_ms, uint32_t id, const char *how)
{
    char hex[33];
    struct outbox_row row = {.id = 0};
    const struct outbox_row *known = table_get(f->state, T_OUTBOX, id);
    outbox_key_hex(known == NULL ? &row : known, hex);
    const struct event event = {.kind = EVENT_OPERATOR, .to = slice_of(hex), .how = slice_of(how)};
    state_begin(f->state, at_ms);
    const bool ok = outbox_decide(f->outbox, &event, NULL);
    if (ok) {
        keep(f);
    } else {
        drop(f);
    }
    return ok;
}

// What a person says about effects that are stuck, each way, also after a restart.
static void test_decisions(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1, .expires = 100});
    const uint32_t b = add(f, 10, (struct outbox_row){.group = 1, .policy = OUTBOX_ONCE});
    assert_false(decide(f, 10, a, "again"));  // It waits to be sent.
    assert_false(decide(f, 10, a, "maybe"));
    assert_int_equal(next(f, 10), a);
    result(f, 20, a, "refused", 0);
    assert_false(decide(f, 30, a, "failed"));
    outbox_rebuild(f->outbox);
    assert_true(decide(f, 5000, a, "again"));
    const struct outbox_row *row = table_get(f->state, T_OUTBOX, a);
    assert_int_equal(row->attempts, 0);
    assert_int_equal(row->expires, 5000 + OUTBOX_LATE_DEFAULT_MS);
    assert_int_equal(next(f, 5000), a);  // Older than b, so before it.
    result(f, 5000, a, NULL, 0);
    assert_false(decide(f, 5001, a, "again"));  // Sent.
    assert_int_equal(next(f, 5001), b);
    state_begin(f->state, 5001);
    outbox_depart(f->outbox, b);
    keep(f);
    assert_int_equal(next(f, 5001), b);
    outbox_rebuild(f->outbox);  // Killed while b was in flight: nobody knows.
    assert_true(decide(f, 6000, b, "sent"));
    assert_null(table_get(f->state, T_OUTBOX, b));
    assert_int_equal(outbox_lost(f->outbox), 0);
    const uint32_t c = add(f, 7000, (struct outbox_row){.group = 1});
    assert_true(decide(f, 7000, c, "failed"));  // Given up before it left.
    assert_int_equal(((const struct outbox_row *)table_get(f->state, T_OUTBOX, c))->attempts, 1);
    assert_int_equal(next(f, 7000), 0);
    assert_int_equal(outbox_waiting(f->outbox), 0);
    fixture_free(f);
}

static void test_rebuild(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t a = add(f, 10, (struct outbox_row){.group = 1, .policy = OUTBOX_ONCE});
    const uint32_t b = add(f, 10, (struct outbox_row){.group = 1});
    const uint32_t c = add(f, 10, (struct outbox_row){.group = 2});
    assert_int_equal(next(f, 10), a);
    assert_int_equal(next(f, 10), c);
    state_begin(f->state, 11);
    outbox_depart(f->outbox, a);
    keep(f);
    assert_int_equal(next(f, 11), a);
    outbox_rebuild(f->outbox);  // As after kill -9: c goes again with its key, a doesn't.
    assert_int_equal(next(f, 11), c);
    assert_int_equal(next(f, 11), 0);
    assert_int_equal(outbox_lost(f->outbox), a);
    assert_int_equal(outbox_lost(f->outbox), 0);
    result(f, 12, a, "unknown", 0);
    assert_int_equal(status(f, a), OUTBOX_UNKNOWN);
    assert_int_equal(next(f, 12), b);
    assert_int_equal(next(f, 12), 0);
    fixture_free(f);
}

static void test_undone(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    state_begin(f->state, 10);
    append(f, (struct outbox_row){.group = 1});
    drop(f);
    assert_int_equal(next(f, 10), 0);
    state_begin(f->state, 10);
    const size_t savepoint = state_savepoint(f->state);
    append(f, (struct outbox_row){.group = 1});
    state_rollback(f->state, savepoint);
    const uint32_t a = append(f, (struct outbox_row){.group = 2});
    keep(f);
    assert_int_equal(outbox_waiting(f->outbox), 1);
    assert_int_equal(next(f, 10), a);
    state_begin(f->state, 20);
    report(f, a, NULL, 0);
    drop(f);  // Its result is gone: the app must settle it.
    assert_int_equal(next(f, 30), 0);
    assert_int_equal(outbox_lost(f->outbox), a);
    result(f, 30, a, "unknown", 0);
    assert_int_equal(next(f, 100000), a);
    // Twice the same failure, and a result after the end.
    state_begin(f->state, 100000);
    report(f, a, "x", 0);
    report(f, a, "x", 0);
    keep(f);
    assert_int_equal(outbox_waiting(f->outbox), 1);
    assert_int_equal(next(f, 900000), a);
    assert_int_equal(next(f, 900000), 0);
    result(f, 900000, a, NULL, 0);
    assert_int_equal(outbox_waiting(f->outbox), 0);
    fixture_free(f);
}

static void test_same_key(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    state_begin(f->state, 10);
    const struct outbox_row row = {.group = 1};
    const uint32_t a = outbox_append(f->outbox, &row, NULL, 0, 7, 8, 9);
    assert_int_equal(outbox_append(f->outbox, &row, NULL, 0, 7, 8, 9), a);
    assert_int_not_equal(outbox_append(f->outbox, &row, NULL, 0, 7, 8, 10), a);
    keep(f);
    fixture_free(f);
}

// Keys are kept in files and by connectors: they may never change, nor be the same for two effects.
static void test_keys(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    char hex[33];
    state_begin(f->state, 10);
    const uint32_t first =
        outbox_append(f->outbox, &(struct outbox_row){.group = 1}, "{}", 2, 1, 2, 3);
    outbox_key_hex(table_get(f->state, T_OUTBOX, first), hex);
    assert_string_equal(hex, "2d735ad23e06af2cdc304584cd72e8fd");
    for (uint64_t high = 0; high < 30; high++) {
        for (uint64_t low = 0; low < 30; low++) {
            for (uint32_t number = 0; number < 5; number++) {
                const uint32_t before = table_last(f->state, T_OUTBOX);
                const uint32_t id = outbox_append(f->outbox, &(struct outbox_row){.group = 1}, "{}",
                                                  2, high, low << 32 | low, number);
                assert_int_equal(id, before + 1);
            }
        }
    }
    keep(f);
    fixture_free(f);
}

static void test_command(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    struct buf out;
    char hex[33];
    buf_init(&out, 1 << 16);
    const uint32_t a =
        add(f, 10, (struct outbox_row){.group = 2, .member = 3, .op = OUTBOX_KICK, .expires = 99});
    outbox_command(f->outbox, a, &out);
    outbox_key_hex(table_get(f->state, T_OUTBOX, a), hex);
    char want[256];
    snprintf(want, sizeof(want),
             "{\"t\":\"cmd\",\"id\":\"%s\",\"op\":\"kick\",\"group\":\"g2\",\"member\":\"m3\","
             "\"text\":\"hi\",\"not_after\":99}\n",
             hex);
    assert_string_equal(out.data, want);
    buf_deinit(&out);
    fixture_free(f);
}

// Many effects over a few channels, with failures, dropped turns and crashes: each is sent, none
// out of order in its channel, never two of a channel at once.
static void test_random(void **unused)
{
    (void)unused;
    enum { EFFECTS = 600 };
    struct fixture *f = fixture_new();
    struct rng rng;
    uint32_t flying[5] = {0}, sent_last[5] = {0};
    uint32_t made = 0, sent = 0;
    int64_t now = 10;
    rng_init(&rng, 11, 0, 0);
    for (int n = 0; n < 400000 && sent < EFFECTS; n++) {
        const uint64_t what = rng_below(&rng, 100);
        now += (int64_t)rng_below(&rng, 40);
        if (what < 20 && made < EFFECTS) {
            state_begin(f->state, now);
            append(f, (struct outbox_row){.group = 1 + (int32_t)rng_below(&rng, 4)});
            if (rng_below(&rng, 4) == 0) {
                drop(f);
            } else {
                keep(f);
                made++;
            }
        } else if (what < 60) {
            const uint32_t id = next(f, now);
            if (id != 0) {
                const struct outbox_row *row = table_get(f->state, T_OUTBOX, id);
                assert_int_equal(flying[row->group], 0);
                assert_true(id > sent_last[row->group]);
                flying[row->group] = id;
            }
        } else if (what < 99) {
            const size_t group = 1 + rng_below(&rng, 4);
            if (flying[group] != 0) {
                // Rate doesn't count as an attempt, so that every effect is sent in the end.
                const bool ok = rng_below(&rng, 3) != 0;
                state_begin(f->state, now);
                report(f, flying[group], ok ? NULL : "rate", 150);
                if (rng_below(&rng, 5) == 0) {
                    drop(f);
                    assert_int_equal(outbox_lost(f->outbox), flying[group]);
                    continue;  // The connector says it again.
                }
                keep(f);
                sent_last[group] = ok ? flying[group] : sent_last[group];
                sent += ok;
                flying[group] = 0;
            }
        } else {
            outbox_rebuild(f->outbox);
            memset(flying, 0, sizeof(flying));
        }
    }
    assert_int_equal(sent, EFFECTS);
    assert_int_equal(outbox_waiting(f->outbox), 0);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels),  cmocka_unit_test(test_not_before),
        cmocka_unit_test(test_retries),   cmocka_unit_test(test_rate),
        cmocka_unit_test(test_expiry),    cmocka_unit_test(test_policies),
        cmocka_unit_test(test_rebuild),   cmocka_unit_test(test_undone),
        cmocka_unit_test(test_same_key),  cmocka_unit_test(test_keys),
        cmocka_unit_test(test_command),   cmocka_unit_test(test_random),
        cmocka_unit_test(test_decisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
