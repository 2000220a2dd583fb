// Colour rules, wrapping, bars, curves and tables, measured in display cells.

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/term.h"
#include "base/utf8.h"

static struct buf fresh(void)
{
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    buf_puts(&out, "");
    return out;
}

static void expect(struct buf *out, const char *want)
{
    assert_string_equal(out->data, want);
    buf_deinit(out);
}

static void test_wrap(void **state)
{
    (void)state;
    struct buf out = fresh();
    term_wrap(&out, "one two three four", 4, 4, 14);
    expect(&out, "one two\n    three four");
    out = fresh();
    term_wrap(&out, "one\n\ntwo", 0, 2, 40);
    expect(&out, "one\n  \n  two");
    // Chinese has no blanks: cut at a character, two cells each.
    out = fresh();
    term_wrap(&out, "今晚八点半开始", 0, 0, 10);
    expect(&out, "今晚八点半\n开始");
    // Too narrow for the indent: ten cells all the same, and an end.
    out = fresh();
    term_wrap(&out, "aaaaaaaaaaaaaaa b", 30, 30, 20);
    assert_non_null(strchr(out.data, 'b'));
    buf_deinit(&out);
}

static void test_bar(void **state)
{
    (void)state;
    const struct {
        double fraction;
        const char *want;
    } cases[] = {
        {0, "░░░░"},  {1, "████"}, {0.5, "██░░"}, {0.59375, "██▍░"},
        {-3, "░░░░"}, {7, "████"}, {NAN, "░░░░"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = fresh();
        term_bar(&out, cases[i].fraction, 4);
        expect(&out, cases[i].want);
    }
    // Whatever the fraction, never wider or narrower than asked.
    for (int i = 0; i <= 1000; i++) {
        struct buf out = fresh();
        term_bar(&out, i / 1000.0, 7);
        assert_int_equal(utf8_length(out.data, out.size), 7);
        buf_deinit(&out);
    }
}

static void test_spark(void **state)
{
    (void)state;
    const double rise[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct buf out = fresh();
    term_spark(&out, rise, 8, 20);
    expect(&out, "▁▂▃▄▅▆▇█");
    out = fresh();
    term_spark(&out, rise, 8, 4);  // The maximum of each pair.
    expect(&out, "▂▄▆█");
    const double flat[] = {0, 0, -5};
    out = fresh();
    term_spark(&out, flat, 3, 3);
    expect(&out, "▁▁▁");
    out = fresh();
    term_spark(&out, NULL, 0, 3);
    expect(&out, "");
    // A single peak among many survives.
    double many[5000] = {0};
    many[4321] = 1;
    out = fresh();
    term_spark(&out, many, 5000, 13);
    assert_non_null(strstr(out.data, "█"));
    buf_deinit(&out);
}

static void test_number(void **state)
{
    (void)state;
    const struct {
        int64_t number;
        const char *want;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {-1000, "-1,000"},
        {-999, "-999"},
        {1234567, "1,234,567"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = fresh();
        term_number(&out, cases[i].number);
        expect(&out, cases[i].want);
    }
}

static void test_table(void **state)
{
    (void)state;
    const struct term term = {.width = 80};
    struct term_table table;
    term_table_init(&table, "group|>members|>paid");
    term_table_cell(&table, "老群一");
    term_table_cell(&table, "%d", 500);
    term_table_cell(&table, "%s", "36.7 %");
    term_table_cell(&table, "new-2");
    term_table_cell(&table, "7");
    struct buf out = fresh();
    term_table_print(&table, &term, 1, &out);
    term_table_deinit(&table);
    expect(&out, " group   members    paid\n"
                 " 老群一      500  36.7 %\n"
                 " new-2         7\n");
}

static void test_table_narrow(void **state)
{
    (void)state;
    const struct term term = {.width = 20};
    struct term_table table;
    term_table_init(&table, "name|>n");
    term_table_cell(&table, "一个非常非常非常长的名字");
    term_table_cell(&table, "%d", 123456);
    term_table_cell(&table, "a\nb");
    term_table_cell(&table, "1");
    struct buf out = fresh();
    term_table_print(&table, &term, 0, &out);
    term_table_deinit(&table);
    expect(&out, "name               n\n"
                 "一个非常非…   123456\n"
                 "a\\x0ab             1\n");
}

// What would be cut and is read for its words stands below its row.
static void test_table_below(void **state)
{
    (void)state;
    const struct term term = {.width = 24};
    struct term_table table;
    term_table_init(&table, ">n|at|+error");
    term_table_cell(&table, "7");
    term_table_cell(&table, "20:31:04");
    term_table_cell(&table, "playbook.lua:3: attempt to index a nil value");
    term_table_cell(&table, "12");
    term_table_cell(&table, "20:31:05");
    term_table_cell(&table, "refused");
    struct buf out = fresh();
    term_table_print(&table, &term, 0, &out);
    term_table_deinit(&table);
    expect(&out, " n  at        error\n"
                 " 7  20:31:04\n"
                 "        playbook.lua:3:\n"
                 "        attempt to index\n"
                 "        a nil value\n"
                 "12  20:31:05  refused\n");
}

static void test_color(void **state)
{
    (void)state;
    const struct {
        const char *no;
        const char *force;
        enum term_when when;
        bool want;
    } cases[] = {
        {NULL, NULL, TERM_AUTO, false}, {NULL, "1", TERM_AUTO, true},
        {"1", "1", TERM_AUTO, false},   {"", "1", TERM_AUTO, true},
        {NULL, "0", TERM_AUTO, false},  {"1", NULL, TERM_ALWAYS, true},
        {NULL, "1", TERM_NEVER, false},
    };
    FILE *file = tmpfile();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cases[i].no ? setenv("NO_COLOR", cases[i].no, 1) : unsetenv("NO_COLOR");
        cases[i].force ? setenv("CLICOLOR_FORCE", cases[i].force, 1) : unsetenv("CLICOLOR_FORCE");
        struct term term;
        term_init(&term, file, cases[i].when);
        assert_int_equal(term.color, cases[i].want);
    }
    fclose(file);
}

static void test_width(void **state)
{
    (void)state;
    const struct {
        const char *columns;
        size_t want;
    } cases[] = {{"40", 40}, {"3", TERM_WIDTH_MIN}, {"99999", TERM_WIDTH_MAX}, {"x", 80}, {"", 80}};
    FILE *file = tmpfile();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("COLUMNS", cases[i].columns, 1);
        struct term term;
        term_init(&term, file, TERM_AUTO);
        assert_int_equal(term.width, cases[i].want);
    }
    unsetenv("COLUMNS");
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_spark),       cmocka_unit_test(test_number),
        cmocka_unit_test(test_table),       cmocka_unit_test(test_table_narrow),
        cmocka_unit_test(test_table_below), cmocka_unit_test(test_color),
        cmocka_unit_test(test_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
