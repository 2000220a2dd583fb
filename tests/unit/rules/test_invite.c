// Invitations, from a table an operator can add to: tests/cases/invite.txt.

#include "test_rules.h"

#include "rules/invite.h"

static void test_table(void **state)
{
    (void)state;
    const int64_t tiers[] = {3, 10, 30};
    FILE *file = fopen(TESTS_DIR "/cases/invite.txt", "r");
    assert_non_null(file);
    char line[200];
    unsigned count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        long long joined, left, rejected, effective, reached, missing;
        if (line[0] == '#' || sscanf(line, "%lld %lld %lld | %lld %lld %lld", &joined, &left,
                                     &rejected, &effective, &reached, &missing) != 6) {
            continue;
        }
        count++;
        const struct invite_count row = {.joined = joined, .left = left, .rejected = rejected};
        struct err e;
        int64_t real = -1;
        const bool accepted = invite_effective(&row, &real, &e);
        assert_int_equal(accepted ? real : -1, effective);
        if (accepted) {
            int64_t more = -1;
            assert_int_equal(invite_tiers_reached(tiers, 3, real, &more), reached);
            assert_int_equal(more, missing);
        }
    }
    fclose(file);
    assert_true(count >= 12);
}

static void test_tiers_refused(void **state)
{
    (void)state;
    struct err e;
    const int64_t zero[] = {0, 3};
    const int64_t same[] = {3, 3};
    const int64_t good[] = {1, 2, INT64_MAX};
    assert_false(invite_tiers_check(zero, 2, &e));
    assert_string_equal(e.text, "tiers[0]: 0 is not above 0");
    assert_false(invite_tiers_check(same, 2, &e));
    assert_string_equal(e.text, "tiers[1]: 3 is not above the tier before (3)");
    assert_true(invite_tiers_check(good, 3, &e));
}

static void test_leaderboard(void **state)
{
    (void)state;
    struct invite_count rows[] = {
        {.member = 1, .joined = 5, .left = 1, .reached_ms = 10},
        {.member = 2, .joined = 40, .left = 9, .rejected = 20, .reached_ms = 10},
        {.member = 3, .joined = 4, .reached_ms = 9},
        {.member = 5, .joined = 4, .reached_ms = 10},
        {.member = 4, .joined = 4, .reached_ms = 10},
    };
    invite_leaderboard_sort(rows, 5);
    const uint64_t order[] = {2, 3, 1, 4, 5};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(rows[i].member, order[i]);
    }
    invite_leaderboard_sort(rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_tiers_refused),
        cmocka_unit_test(test_leaderboard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
