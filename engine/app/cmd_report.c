// A build without this part says so.

#include "app/cmd.h"

int cmd_report(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without reports");
    return EXIT_FAILED;
}
