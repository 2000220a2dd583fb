// Where the program starts. Everything else is in the engine library, so that tests can link it.

#include <stdlib.h>

#include "app/cli.h"
#include "base/crash.h"

int main(int argc, char **argv)
{
    crash_arm(getenv("DRUMBEAT_CRASH_AT"));
    return cli_main(argc, argv);
}
