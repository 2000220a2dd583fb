// Where the program starts. Everything else is in the engine library, so that tests can link it.

#include "app/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
