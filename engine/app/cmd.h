#pragma once
// The verbs: one file each, cmd_<verb>.c. Each returns an enum cli_exit; results go to stdout,
// everything else to stderr.

#include "app/cli.h"

int cmd_check(struct cli *cli);
int cmd_plan(struct cli *cli);
int cmd_rehearse(struct cli *cli);
int cmd_whatif(struct cli *cli);
int cmd_why(struct cli *cli);
int cmd_price(struct cli *cli);
int cmd_run(struct cli *cli);
int cmd_outbox(struct cli *cli);
int cmd_parked(struct cli *cli);
int cmd_attach(struct cli *cli);
int cmd_eval(struct cli *cli);
int cmd_reload(struct cli *cli);
int cmd_tweaks(struct cli *cli);
int cmd_audit(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_top(struct cli *cli);
int cmd_report(struct cli *cli);
int cmd_verify(struct cli *cli);
int cmd_replay(struct cli *cli);
int cmd_backup(struct cli *cli);
int cmd_restore(struct cli *cli);
int cmd_help(struct cli *cli);
