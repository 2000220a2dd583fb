#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    printf("%s %s\n", argv[0], DRUMBEAT_VERSION);
    return 0;
}
