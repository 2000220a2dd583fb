// Growth stall, from a table an operator can add to (tests/cases/stall.txt), and its edges.

#include "test_rules.h"

#include "rules/stall.h"

#define MIDNIGHT (INT64_C(1700000000000) / 86400000 * 86400000 - INT64_C(8) * 3600000)

// A line: start hour | joins ... | index of the verdict or - | N
static void run_line(const char *line)
{
    const struct stall_rules rules = stall_rules_default();
    uint32_t joins[200];
    size_t count = 0;
    char *at = NULL;
    const double hour = strtod(line, &at);
    at = strchr(at, '|') + 1;
    for (;;) {
        char *end = NULL;
        const unsigned long value = strtoul(at, &end, 10);
        if (end == at) {
            break;
        }
        joins[count++] = (uint32_t)value;
        at = end;
    }
    at = strchr(at, '|') + 1;
    const bool none = strchr(at, '-') != NULL;
    unsigned index = 0;
    long long members = 0;
    struct stall_meter meter;
    stall_reset(&meter, 0);
    const int64_t start = MIDNIGHT + (int64_t)(hour * 3600000);
    const size_t found = stall_detect(&rules, start, joins, count, &meter);
    if (none) {
        assert_int_equal(found, count);
        assert_int_equal(meter.stalled_ms, -1);
        return;
    }
    assert_int_equal(sscanf(at, "%u | %lld", &index, &members), 2);
    assert_int_equal(found, index);
    assert_int_equal(meter.low_total, members);
    assert_int_equal(meter.stalled_ms, start + (int64_t)(index + 1) * rules.interval_ms);
}

static void test_table(void **state)
{
    (void)state;
    FILE *file = fopen(TESTS_DIR "/cases/stall.txt", "r");
    assert_non_null(file);
    char line[1000];
    unsigned count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#' || strchr(line, '|') == NULL) {
            continue;
        }
        run_line(line);
        count++;
    }
    fclose(file);
    assert_true(count >= 7);
}

static void test_only_once(void **state)
{
    (void)state;
    const struct stall_rules rules = stall_rules_default();
    struct stall_meter meter;
    stall_reset(&meter, 500);
    unsigned stalls = 0;
    int64_t at = MIDNIGHT + INT64_C(9) * 3600000;
    for (unsigned i = 0; i < 20; i++) {
        stalls += stall_feed(&meter, &rules, at + i * rules.interval_ms, i < 4 ? 30 : 0);
    }
    assert_int_equal(stalls, 1);
    assert_int_equal(meter.low_total, 620);
    stall_reset(&meter, meter.total);  // The second method: new peak, new stall.
    for (unsigned i = 0; i < 20; i++) {
        stalls += stall_feed(&meter, &rules, at + i * rules.interval_ms, i < 4 ? 100 : 1);
    }
    assert_int_equal(stalls, 2);
}

static void test_extremes(void **state)
{
    (void)state;
    struct stall_rules rules = stall_rules_default();
    rules.window = STALL_WINDOW_MAX;
    struct stall_meter meter;
    stall_reset(&meter, 0);
    for (unsigned i = 0; i < 100; i++) {
        (void)stall_feed(&meter, &rules, -INT64_C(86400000) + i * rules.interval_ms, UINT32_MAX);
    }
    assert_int_equal(meter.total, (int64_t)100 * UINT32_MAX);
    struct err e;
    assert_true(stall_rules_check(&rules, &e));
    rules.window = 9;
    assert_false(stall_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "window: 9"));
    rules = stall_rules_default();
    rules.fraction_bp = 10000;
    assert_false(stall_rules_check(&rules, &e));
    rules = stall_rules_default();
    rules.interval_ms = 0;
    assert_false(stall_rules_check(&rules, &e));
    rules = stall_rules_default();
    rules.wake_until_min = rules.wake_from_min;
    assert_false(stall_rules_check(&rules, &e));
    rules = stall_rules_default();
    rules.hold_ms = -1;
    assert_false(stall_rules_check(&rules, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_only_once),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
