// Reading a file given on the command line.

#include "app/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INPUT_PIECE ((size_t)64 << 10)

static bool read_all(FILE *file, struct buf *out)
{
    char piece[INPUT_PIECE];
    size_t size;
    while ((size = fread(piece, 1, sizeof(piece), file)) > 0 && !out->overflow) {
        buf_append(out, piece, size);
    }
    return ferror(file) == 0;
}

bool input_read(const char *path, struct buf *out, struct err *e)
{
    const bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    if (file == NULL) {
        return err_set(e, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    const bool read = read_all(file, out);
    const int fault = errno;
    if (!standard) {
        fclose(file);
    }
    if (!read) {
        return err_set(e, ERR_INVALID, "%s: %s", path, strerror(fault));
    }
    return !out->overflow || err_set(e, ERR_INVALID, "%s: more than %zu bytes", path, out->max);
}
