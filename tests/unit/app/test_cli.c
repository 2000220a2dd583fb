// What a verb gets from its command line; how faults become exit codes; that nothing is confirmed
// by silence. The texts people see are tested from outside, in tests/cli.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/cli.h"

static int parse(struct cli *cli, int argc, const char **argv)
{
    return cli_parse(cli, argc, (char **)argv);
}

#define PARSE(cli, ...)                                                                            \
    parse(cli, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                      \
          (const char *[]){__VA_ARGS__, NULL})

static void test_values(void **state)
{
    (void)state;
    struct cli cli;
    assert_int_equal(PARSE(&cli, "drumbeat", "-q", "rehearse", "--seed=42", "here", "--until",
                           "day5 20:30", "--json", "--lang", "zh"),
                     EXIT_OK);
    assert_string_equal(cli.verb->name, "rehearse");
    assert_int_equal(cli_number(&cli, "seed", 1), 42);
    assert_int_equal(cli_number(&cli, "runs", 1), 1);
    assert_string_equal(cli_text(&cli, "until", ""), "day5 20:30");
    assert_null(cli_text(&cli, "db", NULL));
    assert_string_equal(cli_nth(&cli, "seed", 0), "42");
    assert_null(cli_nth(&cli, "seed", 1));
    assert_true(cli_has(&cli, "json"));
    assert_false(cli_has(&cli, "members"));
    assert_string_equal(cli_arg(&cli, 0, "."), "here");
    assert_string_equal(cli_arg(&cli, 1, "."), ".");
    assert_true(cli.quiet);
    assert_int_equal(cli.lang, CLI_ZH);
    cli_deinit(&cli);
}

static void test_number_edges(void **state)
{
    (void)state;
    struct cli cli;
    assert_int_equal(PARSE(&cli, "drumbeat", "rehearse", "--seed", "9223372036854775807"), EXIT_OK);
    assert_int_equal(cli_number(&cli, "seed", 0), INT64_MAX);
    cli_deinit(&cli);
    const char *const wrong[] = {"9223372036854775808", "-1", "", "1.0", "1e3", "+1", " 1", "1 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(PARSE(&cli, "drumbeat", "rehearse", "--seed", wrong[i]), EXIT_USAGE);
        cli_deinit(&cli);
    }
}

static void test_exit_codes(void **state)
{
    (void)state;
    const struct {
        enum err_kind kind;
        int want;
    } cases[] = {
        {ERR_NONE, 0},  {ERR_REFUSED, 1}, {ERR_INVALID, 3}, {ERR_LIMIT, 1},
        {ERR_FAULT, 1}, {ERR_CORRUPT, 7}, {ERR_BUSY, 1},    {ERR_FULL, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct err e = {.kind = cases[i].kind};
        assert_int_equal(cli_exit_of(&e), cases[i].want);
    }
}

// Every flag obeys what parsing and help rely on.
static void test_table(void **state)
{
    (void)state;
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        assert_non_null(verb->run);
        assert_true(verb->help[0] >= 'a' && verb->help[0] <= 'z');
        assert_true(strlen(verb->help) <= 66);  // One line of the overview at 80 cells.
        assert_non_null(verb->examples[0].command);
        for (const struct cli_flag *flag = verb->flags; flag->name; flag++) {
            assert_true(flag->min <= flag->max);
            assert_true(flag->arg || (!flag->choices && flag->max == 0 && !flag->required));
            for (const struct cli_flag *global = cli_global_flags; global->name; global++) {
                assert_string_not_equal(global->name, flag->name);
                assert_true(!flag->letter || flag->letter != global->letter);
            }
        }
    }
}

// In a session of its own there is no terminal to ask on.
static int confirm_alone(const char *flag)
{
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        struct cli cli;
        CHECK(PARSE(&cli, "drumbeat", "run", "spring", "--db", "x.db", flag) == EXIT_OK);
        const int code = cli_confirm(&cli, "Start?", "spring");
        cli_deinit(&cli);
        _exit(code);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_confirm(void **state)
{
    (void)state;
    assert_int_equal(confirm_alone("--json"), EXIT_CONFIRM);
    assert_int_equal(confirm_alone("--yes"), EXIT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_number_edges),
        cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_table),
        cmocka_unit_test(test_confirm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
