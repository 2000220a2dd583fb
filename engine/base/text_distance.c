// "Did you mean": edit distance between names, see utf8.h. Names are short; anything long is far.

#include "base/utf8.h"

#include <string.h>

#include "base/check.h"

#define DISTANCE_MAX 255
#define DISTANCE_POINTS_MAX 255

// Code points of a name, ASCII letters in lower case if `fold`; the count, or SIZE_MAX if too long.
static size_t text_points(const char *text, bool fold, uint32_t *points)
{
    const size_t size = strlen(text);
    size_t count = 0;
    for (size_t i = 0; i < size; count++) {
        if (count == DISTANCE_POINTS_MAX) {
            return SIZE_MAX;
        }
        size_t step = utf8_step(text + i, size - i);
        step = step == 0 ? 1 : step;
        // Only equality matters, so the packed bytes are as good as the code point.
        uint32_t point = 0;
        for (size_t k = 0; k < step; k++) {
            point = point << 8 | (unsigned char)text[i + k];
        }
        if (fold && point >= 'A' && point <= 'Z') {
            point += 'a' - 'A';
        }
        points[count] = point;
        i += step;
    }
    return count;
}

static unsigned text_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Optimal string alignment: insert, delete, replace, or swap two neighbours, each costs 1.
static unsigned text_distance_fold(const char *a, const char *b, bool fold)
{
    uint32_t a_points[DISTANCE_POINTS_MAX];
    uint32_t b_points[DISTANCE_POINTS_MAX];
    const size_t a_count = text_points(a, fold, a_points);
    const size_t b_count = text_points(b, fold, b_points);
    if (a_count == SIZE_MAX || b_count == SIZE_MAX) {
        return strcmp(a, b) == 0 ? 0 : DISTANCE_MAX;
    }
    // Row i holds the distances of the first i points of a to all beginnings of b; three rows turn.
    unsigned rows[3][DISTANCE_POINTS_MAX + 1];
    for (unsigned j = 0; j <= b_count; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a_count; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *before = rows[(i + 2) % 3];
        const unsigned *before2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_count; j++) {
            const unsigned differ = a_points[i - 1] != b_points[j - 1];
            unsigned best = text_min(before[j] + 1, row[j - 1] + 1);
            best = text_min(best, before[j - 1] + differ);
            if (i > 1 && j > 1 && a_points[i - 1] == b_points[j - 2] &&
                a_points[i - 2] == b_points[j - 1]) {
                best = text_min(best, before2[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    return rows[a_count % 3][b_count];
}

unsigned text_distance(const char *a, const char *b)
{
    return text_distance_fold(a, b, false);
}

const char *text_nearest(const char *name, const char *const *names, size_t count)
{
    uint32_t points[DISTANCE_POINTS_MAX];
    const size_t length = text_points(name, false, points);
    if (length < 2 || length == SIZE_MAX) {
        return NULL;
    }
    const unsigned limit = length <= 4 ? 1 : length <= 7 ? 2 : 3;
    const char *nearest = NULL;
    unsigned nearest_distance = limit + 1;
    for (size_t i = 0; i < count; i++) {
        const unsigned distance = text_distance_fold(name, names[i], true);
        if (distance < nearest_distance) {
            nearest = names[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
