// A build without this part says so.

#include "app/cmd.h"

int cmd_check(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without playbooks");
    return EXIT_FAILED;
}
