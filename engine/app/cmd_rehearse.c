// A build without this part says so.

#include "app/cmd.h"

int cmd_rehearse(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without rehearsals");
    return EXIT_FAILED;
}
