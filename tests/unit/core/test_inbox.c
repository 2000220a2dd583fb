// The inbox: seen is seen, by connector and id, for at least 48 hours.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"

static struct event event_of(const char *connector, const char *id, int64_t at)
{
    return (struct event){
        .kind = EVENT_MESSAGE, .at = at, .connector = slice_of(connector), .id = slice_of(id)};
}

static void test_seen(void **unused)
{
    (void)unused;
    struct inbox *inbox = inbox_new();
    const struct event a = event_of("xmpp", "m-1", 1);
    const struct event other = event_of("shop", "m-1", 1);
    const struct event nameless = event_of("xmpp", "", 1);
    assert_false(inbox_seen(inbox, &a));
    inbox_remember(inbox, &a);
    inbox_remember(inbox, &a);
    inbox_remember(inbox, &nameless);
    assert_true(inbox_seen(inbox, &a));
    assert_false(inbox_seen(inbox, &other));
    assert_false(inbox_seen(inbox, &nameless));
    inbox_free(inbox);
}

// Generations change at a million ids and 48 hours; what is younger than that is never forgotten.
static void test_generations(void **unused)
{
    (void)unused;
    struct inbox *inbox = inbox_new();
    const int64_t hour_ms = 3600000;
    char id[32];
    for (int i = 0; i < 2300000; i++) {
        snprintf(id, sizeof(id), "m-%d", i);
        const struct event event = event_of("x", id, i < 1150000 ? 0 : 49 * hour_ms);
        inbox_remember(inbox, &event);
    }
    const struct event first = event_of("x", "m-0", 0);
    const struct event last = event_of("x", "m-2299999", 0);
    assert_true(inbox_seen(inbox, &first));
    assert_true(inbox_seen(inbox, &last));
    const struct event later = event_of("x", "later", 98 * hour_ms);
    inbox_remember(inbox, &later);
    assert_false(inbox_seen(inbox, &first));
    assert_true(inbox_seen(inbox, &last));
    assert_true(inbox_seen(inbox, &later));
    inbox_free(inbox);
}

// Filled a few behind, an inbox knows the same as one that was told.
static void test_fill(void **unused)
{
    (void)unused;
    const int counts[] = {0, 1, INBOX_AHEAD - 1, INBOX_AHEAD, INBOX_AHEAD + 1, 5000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct inbox *inbox = inbox_new();
        struct inbox_filling filling = {0};
        char id[32];
        for (int n = 0; n < counts[i]; n++) {
            snprintf(id, sizeof(id), "m-%d", n);
            const struct event event = event_of("x", id, n);
            const struct event nameless = event_of("x", "", n);
            inbox_fill(inbox, &filling, &event);
            inbox_fill(inbox, &filling, &event);
            inbox_fill(inbox, &filling, &nameless);
        }
        inbox_fill_end(inbox, &filling);
        for (int n = 0; n <= counts[i]; n++) {
            snprintf(id, sizeof(id), "m-%d", n);
            const struct event event = event_of("x", id, n);
            assert_int_equal(inbox_seen(inbox, &event), n < counts[i]);
        }
        inbox_free(inbox);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
