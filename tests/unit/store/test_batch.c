// What is packed comes out as it went in.
#include "store/batch.h"

#include "test_store.h"

static void test_rows(void **state)
{
    (void)state;
    static const int64_t numbers[] = {
        0,         1,         -1,        127,       128,
        -128,      -129,      INT32_MAX, INT32_MIN, INT64_C(2147483648),
        INT64_MAX, INT64_MIN, -300,      70000,     5};
    struct batch *batch = batch_new();
    batch_begin_row(batch, 3, 7, false);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        batch_put_int(batch, numbers[i]);
    }
    batch_begin_row(batch, 2, UINT32_MAX, true);
    batch_begin_row(batch, 1, 9, false);
    batch_put_bytes(batch, VALUE_TEXT, "text", 4);
    batch_put_bytes(batch, VALUE_BLOB, "\0\1", 2);
    batch_put_bytes(batch, VALUE_TEXT, NULL, 0);
    batch_put_null(batch);
    assert_int_equal(batch->row_count, 3);

    for (int round = 0; round < 2; round++) {
        struct batch_cursor cursor = {0};
        struct batch_row row;
        struct value value;
        assert_true(batch_next_row(batch, &cursor, &row));
        assert_int_equal(row.table, 3);
        assert_int_equal(row.id, 7);
        assert_false(row.deleted);
        // The second time nobody reads the values: the next row comes all the same.
        for (size_t i = 0; round == 0 && i < COUNT(numbers); i++) {
            batch_next_value(batch, &cursor, &value);
            assert_int_equal(value.type, VALUE_INT);
            assert_true(value.integer == numbers[i]);
        }
        assert_true(batch_next_row(batch, &cursor, &row));
        assert_true(row.deleted);
        assert_int_equal(row.id, UINT32_MAX);
        assert_true(batch_next_row(batch, &cursor, &row));
        batch_next_value(batch, &cursor, &value);
        assert_int_equal(value.type, VALUE_TEXT);
        assert_int_equal(value.size, 4);
        assert_memory_equal(value.data, "text", 4);
        batch_next_value(batch, &cursor, &value);
        assert_int_equal(value.type, VALUE_BLOB);
        assert_memory_equal(value.data, "\0\1", 2);
        batch_next_value(batch, &cursor, &value);
        assert_int_equal(value.type, VALUE_TEXT);
        assert_int_equal(value.size, 0);
        batch_next_value(batch, &cursor, &value);
        assert_int_equal(value.type, VALUE_NULL);
        assert_false(batch_next_row(batch, &cursor, &row));
    }
    batch_clear(batch);
    struct batch_cursor cursor = {0};
    struct batch_row row;
    assert_false(batch_next_row(batch, &cursor, &row));
    batch_free(batch);
}

static void test_entries(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    test_put_entry(batch, 1);
    buf_u32(&batch->journal, 0);
    test_put_entry(batch, 2);
    size_t position = 0;
    const char *data;
    size_t size;
    assert_true(batch_next_entry(batch, &position, &data, &size));
    assert_memory_equal(data, "entry of turn 1", size);
    assert_true(batch_next_entry(batch, &position, &data, &size));
    assert_int_equal(size, 0);
    assert_true(batch_next_entry(batch, &position, &data, &size));
    assert_memory_equal(data, "entry of turn 2", size);
    assert_false(batch_next_entry(batch, &position, &data, &size));
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
