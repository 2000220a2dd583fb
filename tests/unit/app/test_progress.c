// Progress as a file sees it (plain lines) and as a terminal sees it: the escape sequences are
// played on a small screen, so that what counts is what a person would see.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "app/progress.h"
#include "base/utf8.h"

#define SCREEN_ROWS 60
#define SCREEN_BYTES 1024

struct rig {
    char *text;
    size_t size;
    struct term term;
    struct progress progress;
};

static void rig_open(struct rig *rig, enum progress_mode mode, bool tty, bool quiet)
{
    *rig = (struct rig){0};
    rig->term.file = open_memstream(&rig->text, &rig->size);
    rig->term.tty = tty;
    setenv("TERM", "xterm", 1);
    term_measure(&rig->term);
    progress_init(&rig->progress, &rig->term, mode, quiet);
}

static void rig_close(struct rig *rig)
{
    progress_deinit(&rig->progress);
    fclose(rig->term.file);
}

static void rig_free(struct rig *rig)
{
    free(rig->text);
}

// What stands on the screen in the end: rows of bytes. Knows what progress uses: newline, carriage
// return, cursor up, clear to the end of the screen or line.
static void screen_play(const char *text, char rows[SCREEN_ROWS][SCREEN_BYTES])
{
    size_t row = 0;
    memset(rows, 0, SCREEN_ROWS * SCREEN_BYTES);
    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '\x1b' && at[1] == '[') {
            char *end;
            const unsigned long count = strtoul(at + 2, &end, 10);
            at = end;
            if (*at == 'A') {
                assert_true(count <= row);
                row -= count;
            } else if (*at == 'J') {
                memset(rows[row], 0, (SCREEN_ROWS - row) * SCREEN_BYTES);
            }
        } else if (*at == '\n') {
            row++;
            assert_true(row < SCREEN_ROWS);
        } else if (*at != '\r') {
            const size_t used = strlen(rows[row]);
            assert_true(used + 1 < SCREEN_BYTES);
            rows[row][used] = *at;
        }
    }
}

static void campaign(struct progress *progress)
{
    progress_begin(progress, "REHEARSAL  five-day", 2);
    progress_day(progress, 1, "growth", 0.5, "joined 400");
    progress_note(progress, "20:30:00  price flip");
    progress_day(progress, 1, "growth", 1, "joined 864");
    progress_day(progress, 2, "信任 trust", 0.2, "joined 9");
    progress_day(progress, 2, "信任 trust", 0.9, "joined 12");
    progress_end(progress, "2.4 s");
}

static void test_plain(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, PROGRESS_AUTO, false, false);
    campaign(&rig.progress);
    rig_close(&rig);
    // Day 2 never came to its end and is told all the same, once, with its last figures.
    assert_string_equal(rig.text, "REHEARSAL  five-day\n"
                                  "day 1  growth  joined 864\n"
                                  "day 2  信任 trust  joined 12\n"
                                  "2.4 s\n");
    rig_free(&rig);
}

static void test_plain_skips_days(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, PROGRESS_PLAIN, true, false);  // Asked for, although it is a terminal.
    progress_begin(&rig.progress, "r", 3);
    progress_day(&rig.progress, 1, "one", 0.3, "");
    progress_day(&rig.progress, 3, "three", 1, "x 1");
    progress_day(&rig.progress, 3, "three", 1, "x 2");
    progress_day(&rig.progress, 4, "beyond", 1, "");
    progress_day(&rig.progress, 0, "before", 1, "");
    progress_end(&rig.progress, "");
    rig_close(&rig);
    assert_string_equal(rig.text, "r\nday 1  one\nday 3  three  x 1\n");
    rig_free(&rig);
}

static void test_silent(void **state)
{
    (void)state;
    for (int quiet = 0; quiet < 2; quiet++) {
        struct rig rig;
        rig_open(&rig, quiet ? PROGRESS_AUTO : PROGRESS_NONE, true, quiet);
        campaign(&rig.progress);
        rig_close(&rig);
        assert_int_equal(rig.size, 0);
        rig_free(&rig);
    }
}

static void check_live(size_t width, const char *columns)
{
    setenv("COLUMNS", columns, 1);
    struct rig rig;
    rig_open(&rig, PROGRESS_AUTO, true, false);
    campaign(&rig.progress);
    rig_close(&rig);
    static char rows[SCREEN_ROWS][SCREEN_BYTES];
    screen_play(rig.text, rows);
    for (size_t row = 0; row < SCREEN_ROWS; row++) {
        assert_true(utf8_width(rows[row], strlen(rows[row])) < width);
    }
    assert_string_equal(rows[0], "REHEARSAL  five-day");
    assert_non_null(strstr(rows[1], " day 1  growth "));
    assert_non_null(strstr(rows[2], " day 2  信任"));
    assert_string_equal(rows[3], " 20:30:00  price flip");
    assert_string_equal(rows[4], "2.4 s");
    assert_string_equal(rows[5], "");
    // The bars stand under each other, counted in cells.
    const char *one = strstr(rows[1], "█");
    const char *two = strstr(rows[2], "█");
    assert_int_equal(utf8_width(rows[1], (size_t)(one - rows[1])),
                     utf8_width(rows[2], (size_t)(two - rows[2])));
    rig_free(&rig);
    unsetenv("COLUMNS");
}

static void test_live(void **state)
{
    (void)state;
    check_live(80, "80");
    check_live(40, "40");
    check_live(200, "200");
}

// More days than the window is high: the block never outgrows it, the current day is in view.
static void test_live_low_window(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, PROGRESS_AUTO, true, false);
    assert_int_equal(rig.term.height, 24);
    progress_begin(&rig.progress, "long", 60);
    progress_day(&rig.progress, 50, "fifty", 0.5, "");
    progress_note(&rig.progress, "no room for this");
    progress_end(&rig.progress, "");
    rig_close(&rig);
    static char rows[SCREEN_ROWS][SCREEN_BYTES];
    screen_play(rig.text, rows);
    assert_string_equal(rows[0], "long");
    assert_non_null(strstr(rows[21], "day 50 fifty"));
    assert_string_equal(rows[23], "");
    rig_free(&rig);
}

// A million reports in a tight loop draw at most ten times a second.
static void test_live_pace(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, PROGRESS_AUTO, true, false);
    progress_begin(&rig.progress, "PACE", 1);
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < 1000000; i++) {
        progress_day(&rig.progress, 1, "one", i / 1e6, "joined");
    }
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double spent =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    progress_end(&rig.progress, "");
    rig_close(&rig);
    size_t drawn = 0;
    for (const char *at = rig.text; (at = strstr(at, "PACE")); at++) {
        drawn++;
    }
    assert_true((double)drawn <= spent * 10 + 3);  // The first, the last, one at the edge.
    rig_free(&rig);
}

// Names and notes come from campaigns: they must not steer the terminal.
static void test_escapes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, PROGRESS_AUTO, false, false);
    progress_begin(&rig.progress, "a\x1b[2Jb", 1);
    progress_day(&rig.progress, 1, "x\ny", 1, "\xff");
    progress_end(&rig.progress, "");
    rig_close(&rig);
    assert_string_equal(rig.text, "a\\x1b[2Jb\nday 1  x\\x0ay  \\xff\n");
    rig_free(&rig);
}

static void test_long_texts(void **state)
{
    (void)state;
    char text[4000];
    memset(text, 'w', sizeof text);
    text[sizeof text - 1] = '\0';
    for (int tty = 0; tty < 2; tty++) {
        struct rig rig;
        rig_open(&rig, PROGRESS_AUTO, tty, false);
        progress_begin(&rig.progress, text, 1000);
        const double values[] = {1, 2, 3};
        progress_curve(&rig.progress, text, values, 3);
        progress_day(&rig.progress, 1, text, 1, text);
        progress_note(&rig.progress, text);
        progress_end(&rig.progress, text);
        progress_end(&rig.progress, "twice does no harm");
        rig_close(&rig);
        assert_null(strstr(rig.text, "twice"));
        rig_free(&rig);
    }
}

int main(void)
{
    unsetenv("COLUMNS");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),           cmocka_unit_test(test_plain_skips_days),
        cmocka_unit_test(test_silent),          cmocka_unit_test(test_live),
        cmocka_unit_test(test_live_low_window), cmocka_unit_test(test_live_pace),
        cmocka_unit_test(test_escapes),         cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
