// A build without this part says so.

#include "app/cmd.h"

int cmd_plan(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without planning");
    return EXIT_FAILED;
}
