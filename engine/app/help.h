#pragma once
// Help, the man page and the shell completion: all written from the verb table.

#include "app/cli.h"

// A page of help that isn't a verb's.
struct help_topic {
    const char *name;
    const char *help;  // One line.
    int (*show)(struct cli *cli);
};

extern const struct help_topic help_topics[];  // Ends with a name of NULL.

void help_overview(const struct cli *cli, const struct term *term);
void help_verb(const struct cli *cli, const struct cli_verb *verb);

// The words of playbooks (help_words.c): `drumbeat help words` lists them, `drumbeat help words
// NAME` shows one; NAME is the cli's second argument.
int help_words(struct cli *cli);
int help_console(struct cli *cli);  // The words of operators, by class.
// Shows the word of this name, so that `drumbeat help announce` works; false: there is none.
bool help_word(struct cli *cli, const char *name);
bool help_console_word(struct cli *cli, const char *name);  // The same of the operators' words.
// Says that there is neither such a verb nor such a word, and which word is near.
int help_unknown(struct cli *cli, const char *name);

// `drumbeat __man`: the manual page as roff. `drumbeat __completion bash`: the completion script.
// `drumbeat __parse ARGS...`: parses and doesn't run, so that a test can hold the examples to the
// table. `drumbeat __examples`: every example, a line each.
int help_docs(int argc, char **argv);
