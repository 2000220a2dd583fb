#pragma once
// Shared by the tests of engine/store: two tables with every type of column, a folder for files,
// and batches whose content follows from the turn's number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct column things_columns[] = {
    {.name = "amount", .type = COLUMN_I64, .role = ROLE_MONEY},
    {.name = "group", .type = COLUMN_I32, .role = ROLE_REF, .of = "others"},
    {.name = "state", .type = COLUMN_U8, .role = ROLE_ENUM, .of = "new|going|done"},
    {.name = "staff", .type = COLUMN_U8, .role = ROLE_BOOL},
    {.name = "name", .type = COLUMN_TEXT},
    {.name = "packed", .type = COLUMN_BYTES},
    {.name = "inputs", .type = COLUMN_BYTES, .role = ROLE_JSON},
};
static const struct column others_columns[] = {
    {.name = "turn", .type = COLUMN_I64},
};
static const struct table_desc things = {.name = "things",
                                         .checks = "amount >= -5; amount < 1000 OR staff = 1",
                                         .columns = things_columns,
                                         .column_count = COUNT(things_columns)};
static const struct table_desc others = {
    .name = "others", .columns = others_columns, .column_count = COUNT(others_columns)};
static const struct table_desc *const test_tables[] = {&things, &others};
enum { THINGS, OTHERS };

// A new folder below /tmp; the file's name in it is returned and lives until the program ends.
static inline const char *test_path(void)
{
    static char path[64];
    char dir[] = "/tmp/test_store_XXXXXX";
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/t.db", dir);
    return path;
}

// Deletes the folder of a path from test_path.
static inline void test_remove(const char *path)
{
    char command[256];
    assert_memory_equal(path, "/tmp/test_store_", 16);
    (void)snprintf(command, sizeof command, "rm -r -- '%.*s'", (int)(strlen(path) - 5), path);
    assert_int_equal(system(command), 0);
}

static inline struct store_options test_options(const char *path)
{
    return (struct store_options){.path = path,
                                  .tables = test_tables,
                                  .table_count = COUNT(test_tables),
                                  .busy_timeout_ms = 100};
}

static inline struct store *test_open(const char *path)
{
    const struct store_options options = test_options(path);
    struct store *store = NULL;
    struct err e = {0};
    if (!store_open(&store, &options, &e)) {
        fail_msg("%s", e.text);
    }
    return store;
}

// Fails with this kind and these words.
static inline void test_open_fails(const struct store_options *options, enum err_kind kind,
                                   const char *words)
{
    struct store *store = NULL;
    struct err e = {0};
    if (store_open(&store, options, &e)) {
        fail_msg("it opened; expected: %s", words);
    }
    if (e.kind != kind || !strstr(e.text, words)) {
        fail_msg("expected %d, \"%s\"; came %d, \"%s\"", kind, words, e.kind, e.text);
    }
}

static inline void test_put_thing(struct batch *batch, uint32_t id, int64_t amount, int64_t state)
{
    batch_begin_row(batch, THINGS, id, false);
    batch_put_int(batch, amount);
    batch_put_int(batch, id);
    batch_put_int(batch, state);
    batch_put_int(batch, 0);
    batch_put_bytes(batch, VALUE_TEXT, "安妮", 6);
    batch_put_null(batch);
    batch_put_null(batch);
}

static inline void test_put_entry(struct batch *batch, uint64_t turn)
{
    char text[40];
    const int size = snprintf(text, sizeof text, "entry of turn %llu", (unsigned long long)turn);
    buf_u32(&batch->journal, (uint32_t)size);
    buf_append(&batch->journal, text, (size_t)size);
}

// A batch of `turns` turns after those that were handed over: each writes row `turn` of others and
// row 1 + turn % 50 of things with amount = turn % 900.
static inline struct batch *test_batch(struct store *store, uint64_t number, uint64_t first_turn,
                                       unsigned turns)
{
    struct batch *batch = store_recycle(store);
    batch->number = number;
    batch->first_turn = first_turn;
    batch->last_turn = first_turn + turns - 1;
    batch->first_at_ms = (int64_t)first_turn * 1000;
    batch->last_at_ms = (int64_t)batch->last_turn * 1000;
    for (uint64_t turn = first_turn; turn <= batch->last_turn; turn++) {
        test_put_thing(batch, (uint32_t)(1 + turn % 50), (int64_t)(turn % 900), 1);
        batch_begin_row(batch, OTHERS, (uint32_t)turn, false);
        batch_put_int(batch, (int64_t)turn);
        test_put_entry(batch, turn);
    }
    return batch;
}

struct test_count {
    uint64_t entries;
    uint64_t rows;
};

static inline bool test_count_entry(void *ctx, uint64_t turn, const char *entry, size_t size,
                                    struct err *e)
{
    (void)e;
    struct test_count *count = ctx;
    char text[40];
    const int expected =
        snprintf(text, sizeof text, "entry of turn %llu", (unsigned long long)turn);
    assert_int_equal(size, expected);
    assert_memory_equal(entry, text, size);
    count->entries++;
    return true;
}

static inline bool test_count_row(void *ctx, uint32_t id, const struct value *values, size_t count,
                                  struct err *e)
{
    (void)e;
    assert_int_equal(count, 1);
    assert_int_equal(values[0].integer, id);
    ((struct test_count *)ctx)->rows++;
    return true;
}
