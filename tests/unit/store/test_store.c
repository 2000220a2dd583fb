// The store as its caller sees it: what was committed is there, what was not is not.
#include <time.h>

#include "test_store.h"

#include <sqlite3.h>

static void put_types(struct batch *batch, uint32_t id, int64_t amount, bool empty)
{
    batch_begin_row(batch, THINGS, id, false);
    batch_put_int(batch, amount);
    batch_put_int(batch, INT32_MIN);
    batch_put_int(batch, 2);
    batch_put_int(batch, 1);
    batch_put_bytes(batch, VALUE_TEXT, "a\"';--", empty ? 0 : 6);
    batch_put_bytes(batch, VALUE_BLOB, "\0\xff\1", empty ? 0 : 3);
    batch_put_bytes(batch, VALUE_BLOB, "{\"a\":1}", empty ? 0 : 7);
}

static bool check_types(void *ctx, uint32_t id, const struct value *values, size_t count,
                        struct err *e)
{
    (void)e;
    unsigned *seen = ctx;
    (*seen)++;
    assert_int_equal(count, COUNT(things_columns));
    assert_true(values[1].integer == (id < 3 ? INT32_MIN : (int64_t)id));
    if (id == 3) {
        assert_int_equal(values[5].type, VALUE_NULL);
        assert_int_equal(values[6].type, VALUE_NULL);
        return true;
    }
    const bool empty = id == 2;
    assert_true(values[0].integer == (empty ? -5 : INT64_MAX));
    assert_int_equal(values[4].type, VALUE_TEXT);
    assert_int_equal(values[5].type, VALUE_BLOB);
    assert_int_equal(values[6].type, VALUE_TEXT);
    assert_int_equal(values[4].size, empty ? 0 : 6);
    assert_int_equal(values[5].size, empty ? 0 : 3);
    assert_int_equal(values[6].size, empty ? 0 : 7);
    assert_memory_equal(values[4].data, "a\"';--", values[4].size);
    assert_memory_equal(values[5].data, "\0\xff\1", values[5].size);
    assert_memory_equal(values[6].data, "{\"a\":1}", values[6].size);
    return true;
}

static void check_round_trip(const char *path)
{
    struct err e = {0};
    struct store *store = test_open(path);
    struct batch *batch = store_recycle(store);
    batch->number = 1;
    put_types(batch, 2, 7, false);  // Overwritten below: only the last image counts.
    test_put_thing(batch, 3, 1, 0);
    put_types(batch, 1, INT64_MAX, false);
    put_types(batch, 2, -5, true);
    store_commit(store, batch);
    assert_true(store_wait(store, 1, &e));
    if (path) {
        store_close(store);
        store = test_open(path);
    }
    unsigned seen = 0;
    assert_true(store_load(store, THINGS, NULL, check_types, &seen, &e));
    assert_int_equal(seen, 3);
    seen = 0;
    assert_true(store_load(store, THINGS, "state = 2 AND id > 1", check_types, &seen, &e));
    assert_int_equal(seen, 1);
    assert_int_equal(store_head(store).last_batch, 1);
    assert_int_equal(store_head(store).last_turn, 0);
    store_close(store);
}

static void test_round_trip(void **state)
{
    (void)state;
    const char *path = test_path();
    check_round_trip(path);
    char name[80];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    assert_int_equal(access(name, F_OK), -1);  // One file when nobody has it open.
    (void)snprintf(name, sizeof name, "%s.lock", path);
    assert_int_equal(access(name, F_OK), -1);
    test_remove(path);
    check_round_trip(NULL);
}

static void check_content(struct store *store, uint64_t turns)
{
    struct err e = {0};
    struct test_count count = {0};
    assert_true(store_journal(store, 1, test_count_entry, &count, &e));
    assert_int_equal(count.entries, turns);
    struct test_count beside = {0};
    store_journal_begin(store, 1, test_count_entry, &beside);
    assert_true(store_load(store, OTHERS, NULL, test_count_row, &count, &e));
    assert_true(store_journal_end(store, &e));
    assert_int_equal(beside.entries, turns);
    assert_int_equal(count.rows, turns);
    assert_int_equal(store_head(store).last_turn, turns);
}

static void test_reopen(void **state)
{
    (void)state;
    const char *path = test_path();
    struct err e = {0};
    uint64_t turn = 1;
    uint64_t number = 0;
    for (unsigned run = 0; run < 4; run++) {
        struct store *store = test_open(path);
        check_content(store, turn - 1);
        for (unsigned i = 0; i < 20; i++) {
            const unsigned turns = 1 + i * 7;
            store_commit(store, test_batch(store, ++number, turn, turns));
            turn += turns;
        }
        uint64_t durable = 0;
        assert_true(store_poll(store, &durable, &e));
        assert_in_range(durable, 0, number);
        if (run % 2 == 0) {
            assert_true(store_wait(store, number, &e));
            assert_true(store_idle(store));
            check_content(store, turn - 1);
        }
        assert_true(store_memory(store) > 0);
        store_close(store);  // Commits what was handed over.
    }
    struct store *store = test_open(path);
    check_content(store, turn - 1);
    assert_int_equal(store_head(store).last_batch, number);
    assert_int_equal(store_head(store).last_at_ms, (turn - 1) * 1000);
    struct test_count count = {0};
    assert_true(store_journal(store, turn - 100, test_count_entry, &count, &e));
    assert_int_equal(count.entries, 100);
    assert_true(store_journal(store, turn, test_count_entry, &count, &e));
    assert_int_equal(count.entries, 100);
    store_close(store);
    test_remove(path);
}

static uint32_t last_id(struct store *store, size_t table)
{
    uint32_t ids[2];
    store_last_ids(store, ids);
    return ids[table];
}

static void test_last_id(void **state)
{
    (void)state;
    const char *path = test_path();
    struct err e = {0};
    struct store *store = test_open(path);
    assert_int_equal(last_id(store, OTHERS), 0);
    struct batch *batch = test_batch(store, 1, 1, 10);
    batch_begin_row(batch, OTHERS, 10, true);  // Written and deleted in one batch.
    batch_begin_row(batch, OTHERS, 3, true);
    store_commit(store, batch);
    assert_true(store_wait(store, 1, &e));
    assert_int_equal(last_id(store, OTHERS), 10);
    assert_int_equal(last_id(store, THINGS), 11);
    store_close(store);
    store = test_open(path);
    batch = store_recycle(store);
    batch->number = 2;
    batch_begin_row(batch, OTHERS, 5, true);
    store_commit(store, batch);
    assert_true(store_wait(store, 2, &e));
    assert_int_equal(last_id(store, OTHERS), 10);
    struct test_count count = {0};
    assert_true(store_load(store, OTHERS, NULL, test_count_row, &count, &e));
    assert_int_equal(count.rows, 7);
    store_close(store);
    test_remove(path);
}

static bool check_query(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    (*(unsigned *)ctx)++;
    assert_int_equal(row->count, 4);
    assert_string_equal(row->names[0], "n");
    assert_int_equal(row->values[0].integer, 30);
    assert_true(row->is_real[1]);
    assert_int_equal(row->values[1].integer, 15500000);
    assert_int_equal(row->values[2].type, VALUE_TEXT);
    assert_memory_equal(row->values[2].data, "x'y", 3);
    assert_int_equal(row->values[3].type, VALUE_NULL);
    return true;
}

static bool any_row(void *ctx, const struct store_row *row, struct err *e)
{
    (void)row;
    (*(unsigned *)ctx)++;
    return err_set(e, ERR_REFUSED, "enough");
}

static void check_queries(const char *path)
{
    struct err e = {0};
    struct store *store = test_open(path);
    store_commit(store, test_batch(store, 1, 1, 30));
    assert_true(store_wait(store, 1, &e));
    const struct value params[] = {{.type = VALUE_TEXT, .data = "x'y", .size = 3},
                                   {.type = VALUE_NULL}};
    unsigned seen = 0;
    assert_true(store_query(store, "SELECT count(*) AS n, avg(turn), ?1, ?2 FROM others;", params,
                            2, check_query, &seen, &e));
    assert_int_equal(seen, 1);
    assert_false(store_query(store, "SELECT 1", NULL, 0, any_row, &seen, &e));
    assert_string_equal(e.text, "enough");
    static const char *const refused[] = {
        "DELETE FROM others",
        "INSERT INTO others VALUES (99, 99)",
        "PRAGMA user_version = 7",
        "PRAGMA wal_checkpoint",
        "ATTACH '/tmp/x' AS x",
        "BEGIN",
        "VACUUM",
        "CREATE TEMP TABLE x (a)",
        "SELECT load_extension('x')",
        "SELECT 1; DELETE FROM others",
        "",
        "SELECT nothing FROM nowhere",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        e = (struct err){0};
        if (store_query(store, refused[i], NULL, 0, any_row, &seen, &e) ||
            (e.kind != ERR_REFUSED && e.kind != ERR_INVALID)) {
            fail_msg("%s: %d %s", refused[i], e.kind, e.text);
        }
    }
    // Writing goes on after all this.
    store_commit(store, test_batch(store, 2, 31, 1));
    assert_true(store_wait(store, 2, &e));
    check_content(store, 31);
    store_close(store);
}

static void test_query(void **state)
{
    (void)state;
    const char *path = test_path();
    check_queries(path);
    test_remove(path);
    check_queries(NULL);
}

static void test_read_only(void **state)
{
    (void)state;
    const char *path = test_path();
    struct err e = {0};
    struct store_options options = test_options(path);
    options.read_only = true;
    test_open_fails(&options, ERR_FAULT, "No such file");
    struct store *store = test_open(path);
    store_commit(store, test_batch(store, 1, 1, 10));
    assert_true(store_wait(store, 1, &e));
    struct store *reader = NULL;
    assert_true(store_open(&reader, &options, &e));  // While the engine has it open.
    check_content(reader, 10);
    unsigned seen = 0;
    assert_false(store_query(reader, "SELECT 1", NULL, 0, any_row, &seen, &e));
    assert_int_equal(seen, 1);
    store_close(reader);
    store_commit(store, test_batch(store, 2, 11, 10));
    assert_true(store_wait(store, 2, &e));
    store_close(store);
    test_remove(path);
}

static void on_news(void *ctx)
{
    __atomic_add_fetch((unsigned *)ctx, 1, __ATOMIC_SEQ_CST);
}

static void test_news_and_drop_journal(void **state)
{
    (void)state;
    unsigned news = 0;
    struct err e = {0};
    struct store_options options = test_options(NULL);
    options.on_news = on_news;
    options.ctx = &news;
    struct store *kept = NULL;
    struct store *dropped = NULL;
    assert_true(store_open(&kept, &options, &e));
    options.drop_journal = true;
    assert_true(store_open(&dropped, &options, &e));
    for (uint64_t i = 1; i <= 50; i++) {
        store_commit(kept, test_batch(kept, i, i, 1));
        store_commit(dropped, test_batch(dropped, i, i, 1));
    }
    assert_true(store_wait(kept, 50, &e));
    assert_true(store_wait(dropped, 50, &e));
    const struct store_head a = store_head(kept);
    const struct store_head b = store_head(dropped);
    assert_true(sha256_equal(&a.chain, &b.chain));
    struct test_count count = {0};
    assert_true(store_journal(dropped, 1, test_count_entry, &count, &e));
    assert_int_equal(count.entries, 0);
    store_close(dropped);
    store_close(kept);
    assert_int_equal(news, 100);
}

// A store that forgets takes batches as any other does.
// A rest ends with the commit, and is none where nothing is committed.
static void test_nap(void **state)
{
    (void)state;
    const char *path = test_path();
    struct store *store = test_open(path);
    struct err e = {0};
    uint64_t durable = 0;
    const time_t begun = time(NULL);
    store_nap(store, 60 * INT64_C(1000000));
    for (uint64_t i = 1; i <= 20; i++) {
        store_commit(store, test_batch(store, i, i, 1));
        store_nap(store, 60 * INT64_C(1000000));
        assert_true(store_poll(store, &durable, &e));
        assert_int_equal(durable, i);
    }
    assert_true(time(NULL) - begun < 30);
    store_close(store);
    test_remove(path);
}

static void test_forgets(void **state)
{
    (void)state;
    struct err e = {0};
    struct store_options options = test_options(NULL);
    options.forgets = true;
    struct store *store = NULL;
    assert_true(store_open(&store, &options, &e));
    assert_int_equal(store_head(store).last_turn, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        store_commit(store, test_batch(store, i, i, 1));
    }
    uint64_t durable = 0;
    assert_true(store_wait(store, 3, &e));
    assert_true(store_poll(store, &durable, &e));
    assert_int_equal(durable, 3);
    assert_true(store_idle(store));
    store_close(store);
}

// An operator's shell that reads for a long time, and one that writes: the engine goes on.
static void test_shells(void **state)
{
    (void)state;
    const char *path = test_path();
    struct err e = {0};
    struct store *store = test_open(path);
    sqlite3 *shell;
    assert_int_equal(sqlite3_open(path, &shell), SQLITE_OK);
    assert_int_equal(sqlite3_exec(shell, "BEGIN; SELECT * FROM things", NULL, NULL, NULL), 0);
    store_commit(store, test_batch(store, 1, 1, 100));
    assert_true(store_wait(store, 1, &e));
    assert_int_equal(sqlite3_exec(shell, "COMMIT; BEGIN EXCLUSIVE", NULL, NULL, NULL), 0);
    store_commit(store, test_batch(store, 2, 101, 100));
    usleep(300000);  // More than one busy timeout.
    uint64_t durable = 0;
    assert_true(store_poll(store, &durable, &e));
    assert_int_equal(durable, 1);
    assert_int_equal(sqlite3_exec(shell, "COMMIT", NULL, NULL, NULL), 0);
    assert_true(store_wait(store, 2, &e));
    // One that never lets go ends in ERR_BUSY, with nothing acknowledged.
    assert_int_equal(sqlite3_exec(shell, "BEGIN EXCLUSIVE", NULL, NULL, NULL), 0);
    store_commit(store, test_batch(store, 3, 201, 100));
    assert_false(store_wait(store, 3, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    assert_false(store_poll(store, &durable, &e));
    assert_int_equal(durable, 2);
    sqlite3_close(shell);
    store_close(store);
    store = test_open(path);
    check_content(store, 200);
    store_close(store);
    test_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_reopen),
        cmocka_unit_test(test_last_id),    cmocka_unit_test(test_query),
        cmocka_unit_test(test_read_only),  cmocka_unit_test(test_news_and_drop_journal),
        cmocka_unit_test(test_forgets),    cmocka_unit_test(test_nap),
        cmocka_unit_test(test_shells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
