// A build without this part says so.

#include "app/cmd.h"

int cmd_price(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without pricing");
    return EXIT_FAILED;
}
