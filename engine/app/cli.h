#pragma once
// The command line: one table of verbs, from which parsing, --help, "did you mean", the man page
// and the shell completion all come. A verb's work is in cmd_<verb>.c (see cmd.h); this part knows
// nothing of campaigns.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/progress.h"
#include "app/term.h"
#include "base/err.h"

// Exit codes: stable, documented by `drumbeat help exit-codes`.
enum cli_exit {
    EXIT_OK = 0,
    EXIT_FAILED = 1,     // Ran and failed: playbook error, connector down, disk full.
    EXIT_USAGE = 2,      // The command line is wrong.
    EXIT_INVALID = 3,    // A playbook, campaign or input file is wrong: all that `check` finds.
    EXIT_PROMISE = 4,    // A promise was broken: budget, margin, threshold.
    EXIT_CONFIRM = 5,    // Needs a confirmation and nobody is there to give it.
    EXIT_NO_ENGINE = 6,  // No engine is running.
    EXIT_VERIFY = 7,     // Verification failed: receipt, journal, damaged database.
    EXIT_DIFFERENT = 8,  // Differences were found.
};

enum cli_lang { CLI_EN, CLI_ZH };

struct cli;

// A flag. Without `arg` it is a switch. With `max` > 0 the value is a whole number min..max; with
// `choices` ("auto|always|never") it is one of them.
struct cli_flag {
    const char *name;  // Without the dashes.
    char letter;       // 'q' for -q; 0: none.
    bool repeat;       // May be given several times; others only once.
    bool required;
    const char *arg;  // "N", "FILE": how help calls the value.
    const char *help;
    const char *choices;
    int64_t min;
    int64_t max;
};

struct cli_example {
    const char *command;
    const char *note;
};

struct cli_verb {
    const char *name;
    const char *group;
    const char *help;     // One line.
    const char *help_zh;  // The same in Chinese.
    const char *usage;    // What follows the verb: "[CAMPAIGN]".
    const char *about;    // Some sentences more, or NULL.
    size_t args_min;
    size_t args_max;
    const struct cli_flag *flags;        // Ends with a name of NULL.
    const struct cli_example *examples;  // Ends with a command of NULL.
    int (*run)(struct cli *cli);         // Returns an enum cli_exit.
};

extern const struct cli_verb cli_verbs[];         // Ends with a name of NULL.
extern const struct cli_flag cli_global_flags[];  // Accepted before and after every verb.

// One flag as given.
struct cli_value {
    const struct cli_flag *flag;
    const char *text;  // NULL for a switch.
    int64_t number;    // Where the flag is a number.
};

// A parsed command line and what belongs to it; one a process, owned by main.
struct cli {
    const struct cli_verb *verb;
    const char **args;  // What isn't a flag, the verb left out.
    size_t arg_count;
    struct cli_value *values;
    size_t value_count;
    bool help;     // --help
    bool version;  // --version
    bool quiet;
    enum cli_lang lang;
    struct term out;  // stdout: results.
    struct term err;  // stderr: progress and complaints.
    struct progress progress;
};

// Parses, shows help or runs the verb. Returns the process's exit code.
int cli_main(int argc, char **argv);

// Parses argv into `cli`, EXIT_OK or EXIT_USAGE (complained already). Always pair with cli_deinit.
int cli_parse(struct cli *cli, int argc, char **argv);
void cli_deinit(struct cli *cli);

// The verb's flags; asking for one that isn't in its table row is a bug.
bool cli_has(const struct cli *cli, const char *flag);
const char *cli_text(const struct cli *cli, const char *flag, const char *otherwise);
int64_t cli_number(const struct cli *cli, const char *flag, int64_t otherwise);
// The value given `index`-th (from 0) to a repeatable flag, or NULL.
const char *cli_nth(const struct cli *cli, const char *flag, size_t index);
// The `index`-th argument (from 0) that isn't a flag, or `otherwise`.
const char *cli_arg(const struct cli *cli, size_t index, const char *otherwise);

// Complaints, "drumbeat rehearse: ..." on stderr; the screen is taken back from progress first.
int cli_usage(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);  // EXIT_USAGE
int cli_fail(struct cli *cli, const struct err *e);  // The exit code that fits e->kind.
int cli_exit_of(const struct err *e);
void cli_warn(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

// Asks on the terminal and wants `word` typed. EXIT_OK: confirmed, or the verb's --yes was given.
// EXIT_CONFIRM: anything else was typed, or there is no terminal to ask on.
int cli_confirm(struct cli *cli, const char *question, const char *word);
