// Log lines: JSON when stderr is no terminal, one line whatever comes in, silent below the level.

#include "test_base.h"

#include "base/json.h"
#include "base/log.h"

// What log_write puts on stderr when that is a pipe.
static size_t logged(enum log_level level, const char *text, char *out, size_t out_size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_write(level, "segment_sealed", "%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    size_t size = 0;
    for (ssize_t got; (got = read(ends[0], out + size, out_size - size)) > 0;) {
        size += (size_t)got;
    }
    close(ends[0]);
    return size;
}

static void assert_logged(struct json_reader *reader, const char *text, const char *wanted)
{
    char line[20000];
    const size_t size = logged(LOG_WARN, text, line, sizeof(line));
    assert_true(size > 1);
    assert_int_equal(line[size - 1], '\n');
    assert_ptr_equal(memchr(line, '\n', size), line + size - 1);
    const struct json_node *root;
    struct err e = {0};
    if (!json_parse(reader, line, size, &root, &e)) {
        fail_msg("%s", e.text);
    }
    assert_true(json_text_is(json_field(root, "level"), "warn"));
    assert_true(json_text_is(json_field(root, "event"), "segment_sealed"));
    assert_true(json_text_is(json_field(root, "text"), wanted));
    assert_int_equal(json_field(root, "time")->text_size, strlen("2025-11-07T20:30:00.000Z"));
}

static void test_log_is_one_line_of_json(void **state)
{
    (void)state;
    struct json_reader *reader = json_reader_new(20000);
    assert_logged(reader, "segment 7, 120 turns", "segment 7, 120 turns");
    assert_logged(reader, "a\n\"b\"\\ \x1b[31m", "a\n\"b\"\\ \x1b[31m");
    assert_logged(reader,
                  "\xff"
                  "安",
                  "\xef\xbf\xbd安");
    char text[5000];
    memset(text, '\x01', sizeof(text) - 1);  // Six bytes each when escaped.
    text[sizeof(text) - 1] = '\0';
    char cut[2048];
    memset(cut, '\x01', sizeof(cut) - 1);
    cut[sizeof(cut) - 1] = '\0';
    assert_logged(reader, text, cut);
    json_reader_free(reader);
}

static void test_log_level(void **state)
{
    (void)state;
    char line[1000];
    assert_int_equal(logged(LOG_DEBUG, "x", line, sizeof(line)), 0);
    log_set_level(LOG_DEBUG);
    assert_true(logged(LOG_DEBUG, "x", line, sizeof(line)) > 0);
    log_set_level(LOG_ERROR);
    assert_int_equal(logged(LOG_WARN, "x", line, sizeof(line)), 0);
    log_set_level(LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_is_one_line_of_json),
        cmocka_unit_test(test_log_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
