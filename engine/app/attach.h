#pragma once
// The console: a person at a terminal (or a script on stdin) asks a running engine, line by line.

#include "app/attach_link.h"
#include "app/cli.h"

// Until the end of input. Read-only until `live` is typed.
int attach_console(struct cli *cli, struct attach_link *link);
// One line for `drumbeat eval`: what it gives; a change only with --apply, and what is to be typed
// given by --confirm. With --json the engine's answer as it is.
int attach_eval(struct cli *cli, struct attach_link *link, const char *line);
// undo N, approve N, refuse N: the op, and the tweak; these need the operators' socket. false:
// another line.
bool attach_decision(const char *line, char op[16], long long *tweak);
// What the engine answered, for people, in the terminal's colours; false: it was an error.
bool attach_print(struct cli *cli, const struct json_node *answer);
// What became of a change: applied as tweak 41, waiting for a second person, undone.
void attach_tell_applied(const struct json_node *answer);
