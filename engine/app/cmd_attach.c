// drumbeat attach, drumbeat eval: the console of a running engine, and one line of it.
#include <stdio.h>
#include <string.h>

#include "app/attach.h"
#include "app/cmd.h"

// Connects to the engine of `campaign` (NULL: the only one). Else an exit code.
static int open_link(struct cli *cli, const char *campaign, bool operate, struct attach_link *link)
{
    char folder[512];
    struct err e = {0};
    if (!attach_find(campaign, folder, sizeof(folder), &e) ||
        !attach_open(link, folder, operate, &e)) {
        cli_warn(cli, "%s", e.text);
        return e.kind == ERR_INVALID ? EXIT_USAGE : EXIT_NO_ENGINE;
    }
    return EXIT_OK;
}

int cmd_attach(struct cli *cli)
{
    struct attach_link link;
    int code = open_link(cli, cli_arg(cli, 0, NULL), false, &link);
    if (code == EXIT_OK) {
        code = attach_console(cli, &link);
        attach_close(&link);
    }
    return code;
}

int cmd_eval(struct cli *cli)
{
    struct attach_link link;
    char op[16];
    long long tweak;
    const char *line = cli_arg(cli, 0, "");
    if (strncmp(line, "reload", 6) == 0 && (line[6] == '\0' || line[6] == ' ')) {
        return cli_usage(cli, "in the shell that is `drumbeat %s`", line);
    }
    const bool operate = cli_has(cli, "apply") || attach_decision(line, op, &tweak);
    int code = open_link(cli, cli_text(cli, "campaign", NULL), operate, &link);
    if (code == EXIT_OK) {
        code = attach_eval(cli, &link, line);
        attach_close(&link);
    }
    return code;
}
