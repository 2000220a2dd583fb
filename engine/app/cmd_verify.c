// A build without this part says so.

#include "app/cmd.h"

int cmd_verify(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without receipt verification");
    return EXIT_FAILED;
}
