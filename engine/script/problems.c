// Lines that say what is wrong with files: each once, those of one file by their lines, whichever
// run or day found them.
#include <stdlib.h>
#include <string.h>

#include "script/script_internal.h"

struct place {
    const char *file;
    size_t file_size;
    long line;
};

// "warning: a/b.lua:12: ..." Of a line without a place, file_size is 0.
static struct place place_of(const char *text, size_t size)
{
    struct place place = {.file = text};
    if (size > 9 && memcmp(text, "warning: ", 9) == 0) {
        place.file += 9;
        size -= 9;
    }
    size_t at = 0;
    while (at < size && place.file[at] != ':' && place.file[at] != ' ') {
        at++;
    }
    if (at + 1 < size && place.file[at] == ':' && place.file[at + 1] >= '0' &&
        place.file[at + 1] <= '9') {
        place.file_size = at;
        place.line = strtol(place.file + at + 1, NULL, 10);
    }
    return place;
}

static bool is_before(const struct place *a, const struct place *b)
{
    return a->file_size > 0 && a->file_size == b->file_size &&
           memcmp(a->file, b->file, a->file_size) == 0 && a->line < b->line;
}

void problems_add(struct buf *problems, const char *text)
{
    const size_t size = strlen(text);
    const struct place place = place_of(text, size);
    size_t behind = problems->size;
    for (size_t at = 0; at < problems->size;) {
        const char *line = problems->data + at;
        const char *end = memchr(line, '\n', problems->size - at);
        const size_t have = end == NULL ? problems->size - at : (size_t)(end - line);
        const struct place other = place_of(line, have);
        if (have == size && memcmp(line, text, size) == 0) {
            return;
        }
        if (behind == problems->size && is_before(&place, &other)) {
            behind = at;
        }
        at += have + 1;
    }
    char *tail =
        xstrndup(problems->size == 0 ? "" : problems->data + behind, problems->size - behind);
    const size_t tail_size = problems->size - behind;
    problems->size = behind;
    buf_puts(problems, text);
    buf_putc(problems, '\n');
    buf_append(problems, tail, tail_size);
    free(tail);
}
