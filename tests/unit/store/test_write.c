// A batch is all or nothing: broken rules, a full disk, a process killed at any moment.
#include "test_store.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void check_content(struct store *store, uint64_t turns)
{
    struct err e = {0};
    struct test_count count = {0};
    if (!store_journal(store, 1, test_count_entry, &count, &e)) {
        fail_msg("%s", e.text);
    }
    assert_int_equal(count.entries, turns);
    assert_true(store_load(store, OTHERS, NULL, test_count_row, &count, &e));
    assert_int_equal(count.rows, turns);
    assert_int_equal(store_head(store).last_turn, turns);
}

enum wrong { WRONG_ENUM, WRONG_BOOL, WRONG_LOW, WRONG_HIGH, WRONG_NULL, WRONG_TYPE, WRONG_COUNT };

static void put_wrong(struct batch *batch, enum wrong wrong)
{
    batch_begin_row(batch, THINGS, 7, false);
    if (wrong == WRONG_TYPE) {
        batch_put_bytes(batch, VALUE_TEXT, "no number", 9);
    } else {
        batch_put_int(batch, wrong == WRONG_LOW ? -6 : wrong == WRONG_HIGH ? 1000 : 5);
    }
    batch_put_int(batch, 0);
    batch_put_int(batch, wrong == WRONG_ENUM ? 3 : 2);
    batch_put_int(batch, wrong == WRONG_BOOL ? 2 : 0);
    if (wrong == WRONG_NULL) {
        batch_put_null(batch);
    } else {
        batch_put_bytes(batch, VALUE_TEXT, "x", 1);
    }
    batch_put_null(batch);
    batch_put_null(batch);
}

static bool sum_row(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = row->values[0].integer;
    return true;
}

static void check_wrong(const char *path, enum wrong wrong)
{
    static const char *const words[WRONG_COUNT] = {
        "CHECK constraint failed: state",          "CHECK constraint failed: staff",
        "CHECK constraint failed: amount >= -5",   "CHECK constraint failed: amount < 1000",
        "NOT NULL constraint failed: things.name", "cannot store TEXT value in INTEGER column"};
    struct err e = {0};
    struct store *store = test_open(path);
    const uint64_t number = store_head(store).last_batch + 1;
    store_commit(store, test_batch(store, number, number, 1));
    assert_true(store_wait(store, number, &e));
    static const char sum[] = "SELECT sum(id * 1000 + amount) FROM things";
    int64_t before = 0;
    int64_t after = 1;
    assert_true(store_query(store, sum, NULL, 0, sum_row, &before, &e));
    struct batch *batch = test_batch(store, number + 1, number + 1, 30);
    put_wrong(batch, wrong);
    store_commit(store, batch);
    store_commit(store, test_batch(store, number + 2, number + 31, 1));
    assert_false(store_wait(store, number + 2, &e));
    assert_int_equal(e.kind, ERR_FAULT);
    if (!strstr(e.text, words[wrong]) || !strstr(e.text, "row 7 of table 'things'")) {
        fail_msg("%s", e.text);
    }
    uint64_t durable = 0;
    assert_false(store_poll(store, &durable, &e));
    assert_int_equal(durable, number);
    store_commit(store, test_batch(store, number + 3, number + 32, 1));  // Ignored.
    struct test_count count = {0};
    assert_true(store_load(store, OTHERS, NULL, test_count_row, &count, &e));
    assert_int_equal(count.rows, number);
    assert_true(store_query(store, sum, NULL, 0, sum_row, &after, &e));
    assert_int_equal(after, before);  // Rows before the wrong one are taken back.
    store_close(store);
}

static void test_broken_rules(void **state)
{
    (void)state;
    const char *path = test_path();
    for (int wrong = 0; wrong < WRONG_COUNT; wrong++) {
        check_wrong(path, (enum wrong)wrong);
    }
    struct store *store = test_open(path);
    check_content(store, WRONG_COUNT);
    store_close(store);
    test_remove(path);
}

// In a child: commits batches of some turns for ever and tells which are durable.
static void commit_for_ever(const char *path, int tell)
{
    const struct store_options options = test_options(path);
    struct store *store = NULL;
    struct err e = {0};
    if (!store_open(&store, &options, &e)) {
        (void)fprintf(stderr, "%s\n", e.text);
        _exit(1);
    }
    uint64_t number = store_head(store).last_batch;
    uint64_t turn = store_head(store).last_turn;
    for (;;) {
        const unsigned turns = 1 + (unsigned)(number % 7) * 40;
        store_commit(store, test_batch(store, ++number, turn + 1, turns));
        turn += turns;
        uint64_t durable = 0;
        if (!store_poll(store, &durable, &e)) {
            (void)fprintf(stderr, "%s\n", e.text);
            _exit(1);
        }
        const struct store_head head = store_head(store);
        const uint64_t told[2] = {durable, head.last_turn};
        if (write(tell, told, sizeof told) != sizeof told) {
            _exit(1);
        }
    }
}

#define KILLS 60

static void test_kill(void **state)
{
    (void)state;
    const char *path = test_path();
    unsigned random = 1;
    uint64_t acknowledged = 0;
    for (unsigned i = 0; i < KILLS; i++) {
        int tell[2];
        assert_int_equal(pipe(tell), 0);
        const pid_t pid = fork();
        if (pid == 0) {
            close(tell[0]);
            commit_for_ever(path, tell[1]);
        }
        close(tell[1]);
        random = random * 1103515245 + 12345;
        const struct timespec wait = {.tv_nsec = 1000L * (long)(random >> 8 & 0x7fff)};
        uint64_t told[2] = {0, 0};
        if (i % 4 != 0) {  // Else at any time, also while it opens.
            assert_int_equal(read(tell[0], told, sizeof told), sizeof told);
        }
        nanosleep(&wait, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(tell[0], told, sizeof told) == sizeof told) {
        }
        close(tell[0]);
        struct store *store = test_open(path);
        const struct store_head head = store_head(store);
        if (head.last_batch < told[0] || head.last_turn < told[1]) {
            fail_msg("acknowledged up to batch %llu, found %llu", (unsigned long long)told[0],
                     (unsigned long long)head.last_batch);
        }
        check_content(store, head.last_turn);
        acknowledged += told[0] > 0;
        store_close(store);
    }
    assert_in_range(acknowledged, KILLS / 3, KILLS);
    test_remove(path);
}

// In a child, because the limit can't be taken back: fills up what the limit leaves.
static void fill_disk(const char *path, int tell)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    struct err e = {0};
    struct store *store = test_open(path);
    store_commit(store, test_batch(store, 1, 1, 100));
    if (!store_wait(store, 1, &e)) {
        _exit(2);
    }
    const struct rlimit limit = {.rlim_cur = 300000, .rlim_max = 300000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(3);
    }
    uint64_t turn = 100;
    for (uint64_t number = 2; number < 1000; number++) {
        store_commit(store, test_batch(store, number, turn + 1, 50));
        turn += 50;
        if (!store_wait(store, number, &e)) {
            uint64_t durable = 0;
            if (e.kind != ERR_FULL || store_poll(store, &durable, &e) || durable != number - 1 ||
                !strstr(e.text, "did not go through")) {
                (void)fprintf(stderr, "%d %s\n", e.kind, e.text);
                _exit(4);
            }
            const uint64_t turns = store_head(store).last_turn;
            (void)!write(tell, &turns, sizeof turns);
            store_close(store);
            _exit(0);
        }
    }
    _exit(5);
}

static void test_disk_full(void **state)
{
    (void)state;
    const char *path = test_path();
    int tell[2];
    assert_int_equal(pipe(tell), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        fill_disk(path, tell[1]);
    }
    int status;
    uint64_t turns = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(tell[0], &turns, sizeof turns), sizeof turns);
    close(tell[0]);
    close(tell[1]);
    struct store *store = test_open(path);  // Room again: it goes on where it stopped.
    check_content(store, turns);
    struct err e = {0};
    store_commit(store, test_batch(store, store_head(store).last_batch + 1, turns + 1, 500));
    assert_true(store_wait(store, store_head(store).last_batch + 1, &e));
    store_close(store);
    store = test_open(path);
    check_content(store, turns + 500);
    store_close(store);
    test_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_rules),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_disk_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
