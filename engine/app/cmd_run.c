// A build without this part says so.

#include "app/cmd.h"

int cmd_run(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without running");
    return EXIT_FAILED;
}
