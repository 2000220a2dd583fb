// Journal entries: what goes in comes out, damaged ones are refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/journal.h"

static void test_round_trip_and_damage(void **unused)
{
    (void)unused;
    struct buf out;
    struct err e;
    struct journal_entry again;
    buf_init(&out, 1 << 16);
    const struct journal_entry entry = {
        .turn = UINT64_C(123456789012),
        .outcome = JOURNAL_PARKED,
        .event = {"packed", 6},
        .did = {.hash = UINT64_C(0x0123456789abcdef), .effects = 300, .legs = 2},
        .error = slice_of("day.lua:3: 不好"),
    };
    journal_pack(&entry, &out);
    assert_true(journal_unpack(out.data, out.size, &again, &e));
    assert_true(again.turn == entry.turn);
    assert_int_equal(again.outcome, JOURNAL_PARKED);
    assert_int_equal(again.event.size, 6);
    assert_memory_equal(again.event.data, "packed", 6);
    assert_true(digest_same(&again.did, &entry.did));
    assert_true(slice_is(again.error, "day.lua:3: 不好"));
    for (size_t size = 0; size < out.size; size++) {
        char *exact = malloc(size == 0 ? 1 : size);
        memcpy(exact, out.data, size);
        assert_false(journal_unpack(exact, size, &again, &e));
        free(exact);
    }
    for (size_t at = 0; at < out.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            char *copy = malloc(out.size);
            memcpy(copy, out.data, out.size);
            copy[at] = (char)(copy[at] ^ 1 << bit);
            (void)!journal_unpack(copy, out.size, &again, &e);
            free(copy);
        }
    }
    buf_deinit(&out);
}

static void test_other_version(void **unused)
{
    (void)unused;
    struct err e;
    struct journal_entry entry;
    assert_false(journal_unpack("\x01\x01\x00\x00\x00\x00", 6, &entry, &e));
    assert_string_equal(e.text, "journal entry of unknown version 1");
    assert_true(journal_unpack("\x02\x01\x00\x00\x00\x00\x00", 7, &entry, &e));
    assert_false(
        journal_unpack("\x02\x01\x07\x00\x00\x00\x00", 7, &entry, &e));  // No such outcome.
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_and_damage),
        cmocka_unit_test(test_other_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
