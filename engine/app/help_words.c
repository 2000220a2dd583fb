// A build without the playbook library says so.

#include "app/help.h"

int help_words(struct cli *cli)
{
    cli_warn(cli, "this drumbeat was built without the playbook library");
    return EXIT_FAILED;
}
