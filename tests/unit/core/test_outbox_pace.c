// Limits of connectors: token buckets in virtual time, who waits behind whom, what expires
// meanwhile, restarts, connectors that are down.

#include "test_outbox.h"

// Connector `name` with these limits; groups 1 and 2 are its own.
static uint32_t limit(struct fixture *f, int64_t at_ms, const char *limits)
{
    state_begin(f->state, at_ms);
    const struct connector row = {.name = state_text(f->state, "chat", 4),
                                  .socket = state_text(f->state, "run/chat", 8)};
    uint32_t id = TABLE_FIND(f->state, T_CONNECTORS, CONNECTORS_BY_NAME, row.name);
    struct connector *made = id != 0 ? table_edit(f->state, T_CONNECTORS, id)
                                     : table_insert(f->state, T_CONNECTORS, &row);
    id = made->id;
    table_set_bytes(f->state, &made->limits, limits, strlen(limits));
    for (uint32_t group = 1; group <= 2; group++) {
        ((struct group *)table_edit(f->state, T_GROUPS, group))->connector = row.name;
    }
    ((struct group *)table_edit(f->state, T_GROUPS, 3))->connector =
        state_text(f->state, "other", 5);
    keep(f);
    return id;
}

// Everything that may go until then goes at once: the times at which it did, each with its group
// (members: 10 and on).
static const char *timeline(struct fixture *f, int64_t from_ms, int64_t until_ms)
{
    static char text[1024];
    size_t size = 0;
    text[0] = '\0';
    for (int64_t now = from_ms; now <= until_ms;) {
        for (uint32_t id; (id = next(f, now)) != 0;) {
            const struct outbox_row *row = table_get(f->state, T_OUTBOX, id);
            const bool late = outbox_action(f->outbox, id, now) == OUTBOX_DO_EXPIRE;
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%lld:%s%d",
                                     size == 0 ? "" : " ", (long long)now, late ? "late" : "",
                                     row->op == OUTBOX_DM ? 10 + row->member : row->group);
            if (late) {
                state_begin(f->state, now);
                outbox_expire(f->outbox, id);
                keep(f);
            } else {
                result(f, now, id, NULL, 0);
            }
        }
        const int64_t at = outbox_next_at(f->outbox);
        assert_true(at > now);
        now = at;
    }
    return text;
}

static void test_limits_of_a_connector(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    limit(f, 5, "[{\"count\":3,\"per_ms\":1000,\"burst\":2}]");
    for (int i = 0; i < 3; i++) {
        add(f, 10, (struct outbox_row){.group = 1});
    }
    add(f, 10, (struct outbox_row){.group = 1, .member = 3, .op = OUTBOX_DM});
    add(f, 10, (struct outbox_row){.group = 2});
    add(f, 10, (struct outbox_row){.group = 3});  // Nobody's.
    // Two at once, then one each third of a second, never early; members after groups.
    assert_string_equal(timeline(f, 10, 5000), "10:3 10:1 10:1 344:1 677:2 1010:13");
    // Idle for as long as it takes to have a burst again, and no more than that.
    for (int i = 0; i < 3; i++) {
        add(f, 90000, (struct outbox_row){.group = 1});
    }
    assert_string_equal(timeline(f, 90000, 95000), "90000:1 90000:1 90334:1");
    fixture_free(f);
}

static void test_limits_of_channels(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    limit(f, 5,
          "[{\"count\":1,\"per_ms\":100},{\"count\":1,\"per_ms\":1000,\"each\":\"channel\"},"
          "{\"count\":1,\"per_ms\":5000,\"burst\":2,\"each\":\"group\"}]");
    for (int i = 0; i < 3; i++) {
        add(f, 10, (struct outbox_row){.group = 1});
        add(f, 10, (struct outbox_row){.group = 1, .member = 3, .op = OUTBOX_DM});
    }
    add(f, 10, (struct outbox_row){.group = 2});
    assert_string_equal(timeline(f, 10, 9000), "10:1 110:2 210:13 1010:1 1210:13 2210:13 5010:1");
    // A channel that nobody used is forgotten, and what it has used isn't.
    add(f, 9100, (struct outbox_row){.group = 2});
    assert_string_equal(timeline(f, 9100, 9300), "9100:2");
    add(f, 9400, (struct outbox_row){.group = 2});
    assert_string_equal(timeline(f, 9400, 20000), "10100:2");
    fixture_free(f);
}

// Doors never open late, tokens or not; and what expires takes no token.
static void test_limits_and_expiry(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    const uint32_t chat = limit(f, 5, "[{\"count\":1,\"per_ms\":1000}]");
    add(f, 10, (struct outbox_row){.group = 1});
    add(f, 11, (struct outbox_row){.group = 1, .expires = 500});
    add(f, 12, (struct outbox_row){.group = 2, .expires = 1500});
    assert_string_equal(timeline(f, 12, 9000), "12:1 501:late1 1012:2");
    outbox_set_down(f->outbox, chat, true);
    add(f, 9000, (struct outbox_row){.group = 1, .expires = 9500});
    add(f, 9000, (struct outbox_row){.group = 2});
    assert_string_equal(timeline(f, 9000, 20000), "9501:late1");
    struct outbox_jam jam;
    assert_int_equal(outbox_jams(f->outbox, &jam, 1), 1);
    assert_int_equal(jam.connector, chat);
    assert_int_equal(jam.waiting, 1);
    assert_true(jam.is_down);
    outbox_set_down(f->outbox, chat, false);
    assert_string_equal(timeline(f, 30000, 40000), "30000:2");
    assert_int_equal(outbox_jams(f->outbox, &jam, 1), 0);
    // A token that is asked back: nothing went out, the next one may.
    add(f, 50000, (struct outbox_row){.group = 1, .policy = OUTBOX_ASK});
    add(f, 50000, (struct outbox_row){.group = 2});
    const uint32_t asked = next(f, 50000);
    assert_int_equal(outbox_action(f->outbox, asked, 50000), OUTBOX_DO_DEPART);
    state_begin(f->state, 50000);
    outbox_depart(f->outbox, asked);
    keep(f);
    assert_int_equal(next(f, 50000), asked);  // Its token was taken when it departed: not twice.
    assert_int_equal(outbox_action(f->outbox, asked, 50000), OUTBOX_DO_SEND);
    assert_int_equal(next(f, 50999), 0);
    assert_int_equal(next(f, 51000), asked + 1);
    fixture_free(f);
}

// An engine that comes back sends no second burst; other limits mean other buckets.
static void test_limits_after_a_restart(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    limit(f, 5, "[{\"count\":1,\"per_ms\":1000,\"burst\":3}]");
    for (int i = 0; i < 5; i++) {
        add(f, 10, (struct outbox_row){.group = 1});
    }
    assert_string_equal(timeline(f, 10, 900), "10:1 10:1 10:1");
    outbox_rebuild(f->outbox);
    assert_string_equal(timeline(f, 900, 9000), "900:1 1010:1");
    limit(f, 9000, "[{\"count\":100,\"per_ms\":1000,\"each\":\"channel\"}]");
    for (int i = 0; i < 3; i++) {
        add(f, 9000, (struct outbox_row){.group = 1});
    }
    assert_string_equal(timeline(f, 9000, 9900), "9000:1 9010:1 9020:1");
    limit(f, 9900, "[{\"count\":2,\"per_ms\":1000,\"each\":\"channel\"}]");
    for (int i = 0; i < 3; i++) {
        add(f, 9900, (struct outbox_row){.group = 1});
    }
    assert_string_equal(timeline(f, 9900, 19900), "9900:1 10400:1 10900:1");
    fixture_free(f);
}

// Thousands of members: what is kept for each goes when it means nothing any more, and the rate is
// right to the last one.
static void test_limits_of_many(void **unused)
{
    (void)unused;
    enum { MEMBERS = 3000 };
    struct fixture *f = fixture_new();
    limit(f, 5,
          "[{\"count\":30,\"per_ms\":1000},{\"count\":1,\"per_ms\":1000,\"each\":\"channel\"}]");
    state_begin(f->state, 6);
    for (int i = 0; i < MEMBERS; i++) {
        char name[16];
        const int size = snprintf(name, sizeof(name), "many%d", i);
        const struct member member = {.ext = state_text(f->state, name, (size_t)size), .group = 1};
        const struct member *row = table_insert(f->state, T_MEMBERS, &member);
        append(f, (struct outbox_row){.member = (int32_t)row->id, .op = OUTBOX_DM});
    }
    keep(f);
    int64_t now = 6;
    int sent = 0;
    while (sent < MEMBERS) {
        const uint32_t id = next(f, now);
        if (id == 0) {
            now = outbox_next_at(f->outbox);
            continue;
        }
        result(f, now, id, NULL, 0);
        sent++;
        assert_true(now >= 6 + (sent - 1) * 1000LL / 30);
    }
    assert_int_equal(now, 6 + ((MEMBERS - 1) * 1000 + 29) / 30);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_of_a_connector), cmocka_unit_test(test_limits_of_channels),
        cmocka_unit_test(test_limits_and_expiry),     cmocka_unit_test(test_limits_after_a_restart),
        cmocka_unit_test(test_limits_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
