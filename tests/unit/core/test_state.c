// The state's own promises one by one; random turns against a model are in test_state_model.c.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"
#include "core/state_internal.h"

static text_id text(struct state *state, const char *words)
{
    return state_text(state, words, strlen(words));
}

static const struct column *column_of(enum table_id table, const char *name)
{
    const struct table_desc *desc = tables_all[table];
    for (size_t i = 0; i < desc->column_count; i++) {
        if (strcmp(desc->columns[i].name, name) == 0) {
            return &desc->columns[i];
        }
    }
    fail();
    return NULL;
}

static uint32_t add_member(struct state *state, const char *ext)
{
    const struct member row = {.ext = text(state, ext)};
    return ((const struct member *)table_insert(state, T_MEMBERS, &row))->id;
}

static int64_t spent(const struct state *state, uint32_t id)
{
    return ((const struct member *)table_get(state, T_MEMBERS, id))->spent;
}

static void spend(struct state *state, uint32_t id, int64_t amount)
{
    ((struct member *)table_edit(state, T_MEMBERS, id))->spent = TABLES_I48(amount);
}

static void test_keep_and_drop(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    state_begin(state, 1000);
    assert_int_equal(state_turn(state), 1);
    const uint32_t anna = add_member(state, "anna");
    assert_int_equal(anna, 1);
    state_keep(state, NULL);

    state_begin(state, 5000);
    spend(state, anna, 7);
    assert_int_equal(add_member(state, "ben"), 2);
    assert_int_equal(state_turn(state), 2);
    state_drop(state);
    assert_int_equal(spent(state, anna), 0);
    assert_null(table_get(state, T_MEMBERS, 2));
    assert_int_equal(TABLE_FIND(state, T_MEMBERS, MEMBERS_BY_EXT, text(state, "ben")), 0);
    assert_int_equal(state_turn(state), 1);
    assert_int_equal(state_now(state), 1000);  // A dropped turn's time never was.

    state_begin(state, 400);  // Time never goes back.
    assert_int_equal(state_now(state), 1000);
    assert_int_equal(add_member(state, "carl"), 2);  // The same id again.
    state_keep(state, NULL);
    assert_int_equal(table_count(state, T_MEMBERS), 2);
    state_free(state);
}

static void test_savepoints(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    state_begin(state, 1);
    const uint32_t id = add_member(state, "anna");
    spend(state, id, 1);
    const size_t first = state_savepoint(state);
    spend(state, id, 2);
    const size_t second = state_savepoint(state);
    spend(state, id, 3);
    add_member(state, "ben");
    state_rollback(state, second);
    assert_int_equal(spent(state, id), 2);
    assert_int_equal(table_count(state, T_MEMBERS), 1);
    spend(state, id, 4);
    state_rollback(state, second);  // A savepoint serves more than once.
    assert_int_equal(spent(state, id), 2);
    spend(state, id, 5);
    state_rollback(state, first);
    assert_int_equal(spent(state, id), 1);
    state_keep(state, NULL);
    assert_int_equal(spent(state, id), 1);
    state_free(state);
}

static void test_bytes(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    state_begin(state, 1);
    const struct memory row = {.name = text(state, "notes")};
    struct memory *memory = table_insert(state, T_MEMORY, &row);
    table_set_bytes(state, &memory->value, "one", 3);
    table_set_bytes(state, &memory->value, "two", 3);
    const size_t savepoint = state_savepoint(state);
    memory = table_edit(state, T_MEMORY, 1);
    table_set_bytes(state, &memory->value, "three", 5);
    state_rollback(state, savepoint);
    assert_memory_equal(memory->value->data, "two", 3);
    state_keep(state, NULL);

    state_begin(state, 2);
    table_delete(state, T_MEMORY, 1);
    assert_null(table_get(state, T_MEMORY, 1));
    state_drop(state);
    memory = (struct memory *)table_get(state, T_MEMORY, 1);
    assert_memory_equal(memory->value->data, "two", 3);
    state_begin(state, 3);
    table_set_bytes(state, &((struct memory *)table_edit(state, T_MEMORY, 1))->value, NULL, 0);
    state_keep(state, NULL);
    assert_null(memory->value);
    state_free(state);
}

static void test_rekey(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    state_begin(state, 1);
    for (int i = 0; i < 4; i++) {
        const struct group row = {.ext = text(state, (char[]){(char)('a' + i), 0}),
                                  .campaign = i % 2 + 1};
        table_insert(state, T_GROUPS, &row);
    }
    state_keep(state, NULL);
    state_begin(state, 2);
    table_rekey(state, T_GROUPS, 2, "campaign", 1);  // 1 has 3, 1 already.
    assert_int_equal(TABLE_LIST(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 1), 3);
    assert_int_equal(table_list_next(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 3), 2);
    assert_int_equal(table_list_next(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 2), 1);
    assert_int_equal(TABLE_LIST(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 2), 4);
    assert_int_equal(table_list_next(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 4), 0);
    // Another row's key is refused, and the row stays as it is.
    struct err e = {0};
    const struct column_value value = {.type = COLUMN_TEXT, .integer = text(state, "a")};
    void *row = table_edit(state, T_GROUPS, 2);
    assert_false(table_write(state, row, T_GROUPS, column_of(T_GROUPS, "ext"), &value, &e));
    assert_string_equal(e.text, "groups.ext: another row has this value");
    assert_int_equal(TABLE_FIND(state, T_GROUPS, GROUPS_BY_EXT, text(state, "b")), 2);
    state_drop(state);
    assert_int_equal(TABLE_LIST(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 2), 4);
    assert_int_equal(table_list_next(state, T_GROUPS, GROUPS_BY_CAMPAIGN, 4), 2);
    state_free(state);
}

static uint32_t add_entry(struct state *state, const char *name)
{
    const struct schedule_entry row = {.name = text(state, name), .due_at = 9};
    return ((const struct schedule_entry *)table_insert(state, T_SCHEDULE, &row))->id;
}

// A finished row gives up its name in its turn, is gone after it, and is written all the same.
static void test_rows_that_leave(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct batch *batch = batch_new();
    state_begin(state, 1);
    add_entry(state, "wheel");
    state_keep(state, NULL);
    state_begin(state, 2);
    ((struct schedule_entry *)table_edit(state, T_SCHEDULE, 1))->status = 1;
    assert_non_null(table_get(state, T_SCHEDULE, 1));
    assert_int_equal(add_entry(state, "wheel"), 2);
    state_keep(state, NULL);
    assert_null(table_get(state, T_SCHEDULE, 1));
    assert_int_equal(TABLE_FIND(state, T_SCHEDULE, SCHEDULE_BY_NAME, 0, 0, text(state, "wheel")),
                     2);
    assert_int_equal(table_next(state, T_SCHEDULE, 0), 2);
    state_take_batch(state, batch);
    struct batch_cursor cursor = {0};
    struct batch_row row;
    struct value due;
    for (uint32_t id = 1; id <= 2; id++) {
        assert_true(batch_next_row(batch, &cursor, &row));
        assert_int_equal(row.id, id);
        assert_false(row.deleted);
        batch_next_value(batch, &cursor, &due);
        assert_int_equal(due.integer, 9);
    }
    assert_false(batch_next_row(batch, &cursor, &row));
    batch_free(batch);
    state_free(state);
}

static size_t deletions(struct state *state, struct batch *batch, size_t *rows)
{
    struct batch_cursor cursor = {0};
    struct batch_row row;
    size_t count = 0;
    batch_clear(batch);
    state_take_batch(state, batch);
    for (*rows = 0; batch_next_row(batch, &cursor, &row); *rows += 1) {
        count += row.deleted;
    }
    return count;
}

static void add_memory(struct state *state, const char *name)
{
    const struct memory row = {.name = text(state, name)};
    table_insert(state, T_MEMORY, &row);
}

static void test_deletions(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct batch *batch = batch_new();
    size_t rows;
    state_begin(state, 1);
    add_memory(state, "a");
    add_memory(state, "b");
    table_delete(state, T_MEMORY, 1);  // Never stored: the store need not hear of it.
    state_keep(state, NULL);
    assert_int_equal(deletions(state, batch, &rows), 0);
    assert_int_equal(rows, 1);
    state_begin(state, 2);
    table_delete(state, T_MEMORY, 2);
    add_memory(state, "c");
    table_delete(state, T_MEMORY, 3);  // The highest id: or it would be given again.
    state_keep(state, NULL);
    assert_int_equal(deletions(state, batch, &rows), 2);
    assert_int_equal(rows, 2);
    state_begin(state, 3);
    add_memory(state, "d");
    state_drop(state);  // Undone: not written at all.
    assert_int_equal(deletions(state, batch, &rows), 0);
    assert_int_equal(rows, 0);
    batch_free(batch);
    state_free(state);
}

static void test_batch_head(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct batch *batch = batch_new();
    struct buf entry;
    buf_init(&entry, 100);
    buf_puts(&entry, "entry");
    state_load_head(state, 41, 6, 500);
    for (int i = 1; i <= 3; i++) {
        state_begin(state, 1000 * i);
        state_keep(state, &entry);
    }
    assert_int_equal(state_batch_turns(state), 3);
    assert_int_equal(state_batch_bytes(state), 27);
    state_take_batch(state, batch);
    assert_int_equal(batch->number, 7);
    assert_int_equal(batch->first_turn, 42);
    assert_int_equal(batch->last_turn, 44);
    assert_int_equal(batch->first_at_ms, 1000);
    assert_int_equal(batch->last_at_ms, 3000);
    assert_int_equal(state_batch_turns(state), 0);
    size_t position = 0;
    const char *data;
    size_t size;
    for (int i = 0; i < 3; i++) {
        assert_true(batch_next_entry(batch, &position, &data, &size));
        assert_int_equal(size, 5);
        assert_memory_equal(data, "entry", 5);
    }
    assert_false(batch_next_entry(batch, &position, &data, &size));
    buf_deinit(&entry);
    batch_free(batch);
    state_free(state);
}

static void test_load_refuses(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct err e = {0};
    const struct table_desc *desc = tables_all[T_CONNECTORS];
    const size_t count = desc->column_count;
    const size_t name = (size_t)(column_of(T_CONNECTORS, "name") - desc->columns);
    const size_t seq = (size_t)(column_of(T_CONNECTORS, "seq") - desc->columns);
    struct value values[32] = {0};
    for (size_t i = 0; i < count; i++) {
        const enum column_type type = desc->columns[i].type;
        values[i] = (struct value){.type = type == COLUMN_TEXT    ? VALUE_TEXT
                                           : type == COLUMN_BYTES ? VALUE_NULL
                                                                  : VALUE_INT,
                                   .data = "x",
                                   .size = 1};
    }
    assert_true(state_load_row(state, T_CONNECTORS, 3, values, count, &e));
    assert_false(state_load_row(state, T_CONNECTORS, 3, values, count, &e));
    assert_false(state_load_row(state, T_CONNECTORS, 0, values, count, &e));
    assert_false(state_load_row(state, T_CONNECTORS, 0x80000000u, values, count, &e));
    assert_false(state_load_row(state, T_CONNECTORS, 4, values, count - 1, &e));
    assert_false(state_load_row(state, T_CONNECTORS, 4, values, count, &e));
    assert_string_equal(e.text, "connectors: row 4 is there twice (by_name)");
    values[name].data = "\xff";
    assert_false(state_load_row(state, T_CONNECTORS, 4, values, count, &e));
    assert_string_equal(e.text, "connectors 4: name: text in UTF-8 expected");
    values[seq].type = VALUE_TEXT;
    assert_false(state_load_row(state, T_CONNECTORS, 4, values, count, &e));
    assert_int_equal(e.kind, ERR_CORRUPT);
    assert_int_equal(table_last(state, T_CONNECTORS), 3);
    assert_int_equal(table_count(state, T_CONNECTORS), 1);
    state_free(state);
}

static void test_write_refuses(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct err e = {0};
    state_begin(state, 1);
    add_member(state, "anna");
    const struct column *status = column_of(T_MEMBERS, "status");
    struct column_value value = {.type = COLUMN_U2, .integer = 3};
    void *row = table_edit(state, T_MEMBERS, 1);
    assert_false(table_write(state, row, T_MEMBERS, status, &value, &e));
    assert_string_equal(e.text, "members.status must be 0 to 2, not 3");
    value.integer = 2;
    assert_true(table_write(state, row, T_MEMBERS, status, &value, &e));
    value.type = COLUMN_TEXT;
    assert_false(table_write(state, row, T_MEMBERS, status, &value, &e));
    state_free(state);
}

// A table that U16 columns refer to is full when the next id would not fit them.
static void test_room(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct err e = {0};
    state_begin(state, 1);
    add_member(state, "anna");
    assert_int_equal(table_room(state, T_MEMBERS), INT32_MAX - 1);
    while (table_room(state, T_STAFF) > 0) {
        char name[16];
        snprintf(name, sizeof(name), "%u", table_last(state, T_STAFF));
        table_insert(state, T_STAFF, &(struct staff){.ext = text(state, name)});
    }
    assert_int_equal(table_last(state, T_STAFF), 65535);
    const struct column *group = column_of(T_MEMBERS, "group");
    struct column_value value = {.type = COLUMN_U16, .integer = 65536};
    struct member *row = table_edit(state, T_MEMBERS, 1);
    assert_false(table_write(state, row, T_MEMBERS, group, &value, &e));
    assert_string_equal(e.text, "members.group must be 0 to 65535, not 65536");
    value.integer = 65535;
    assert_true(table_write(state, row, T_MEMBERS, group, &value, &e));
    assert_int_equal(row->group, 65535);
    state_free(state);
}

static void test_print(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct buf out;
    buf_init(&out, 1 << 16);
    state_begin(state, 1);
    const struct campaign campaign = {.name = text(state, "demo"), .currency = text(state, "JPY")};
    table_insert(state, T_CAMPAIGNS, &campaign);
    const struct coupon coupon = {.name = text(state, "thirty"), .issued = 11, .campaign = 1};
    table_insert(state, T_COUPONS, &coupon);
    add_memory(state, "old");
    state_keep(state, NULL);

    state_begin(state, 2);
    struct coupon *edited = table_edit(state, T_COUPONS, 1);
    edited->issued = 12;
    edited->value = 3000;
    edited->kind = 1;
    edited->until_at = INT64_C(1762547400500);
    state_savepoint(state);
    ((struct coupon *)table_edit(state, T_COUPONS, 1))->issued = 13;
    const struct voucher voucher = {.coupon = 3, .member = 17, .source = text(state, "wheel\n")};
    table_insert(state, T_VOUCHERS, &voucher);
    table_delete(state, T_MEMORY, 1);
    state_print_changes(state, &out);
    assert_string_equal(out.data, "~ coupons 1 issued 11 -> 13\n"
                                  "~ coupons 1 value 0 -> 3,000\n"
                                  "~ coupons 1 until_at never -> 2025-11-07T20:30:00.500Z\n"
                                  "~ coupons 1 kind amount -> percent\n"
                                  "+ vouchers 1 source=\"wheel\\x0a\" member=17 coupon=3\n"
                                  "- memory 1 name=\"old\"\n");
    state_drop(state);
    buf_deinit(&out);
    state_free(state);
}

static void test_hash(void **unused)
{
    (void)unused;
    char hashes[3][65];
    for (int i = 0; i < 3; i++) {
        struct state *state = state_new();
        state_begin(state, 1);
        if (i == 1) {
            text(state, "other ids of texts");
        }
        add_member(state, i == 2 ? "annb" : "anna");
        state_keep(state, NULL);
        state_hash(state, hashes[i]);
        state_free(state);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

static void test_wakes(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    uint32_t scene;
    state_begin(state, 1);
    state_wake(state, 5);
    state_wake(state, 5);
    const size_t savepoint = state_savepoint(state);
    state_wake(state, 6);
    state_rollback(state, savepoint);
    state_wake(state, 7);
    state_keep(state, NULL);
    state_begin(state, 2);
    state_wake(state, 8);
    state_drop(state);
    assert_true(state_next_wake(state, &scene));
    assert_int_equal(scene, 5);
    assert_true(state_next_wake(state, &scene));
    assert_int_equal(scene, 7);
    assert_false(state_next_wake(state, &scene));
    state_free(state);
}

// A column is read and written by its descriptor where C code has it, whatever its type, and its
// neighbours stay.
#define LAYOUT_COLUMN(R, type, name, role, of, help) LAYOUT_##type(R, name)
#define LAYOUT_I64(R, name) LAYOUT_NUMBER(R, name, 8)
#define LAYOUT_I48(R, name) LAYOUT_NUMBER(R, name, 6)
#define LAYOUT_I32(R, name) LAYOUT_NUMBER(R, name, 4)
#define LAYOUT_I24(R, name) LAYOUT_NUMBER(R, name, 3)
#define LAYOUT_U16(R, name) LAYOUT_NUMBER(R, name, 2)
#define LAYOUT_U8(R, name) LAYOUT_NUMBER(R, name, 1)
#define LAYOUT_U2(R, name) LAYOUT_BITS(R, name, 2)
#define LAYOUT_U1(R, name) LAYOUT_BITS(R, name, 1)
#define LAYOUT_TEXT(R, name) LAYOUT_NUMBER(R, name, 4)
#define LAYOUT_BYTES(R, name) layout_next(desc, #name, &next);
#define LAYOUT_NUMBER(R, name, bytes)                                                              \
    {                                                                                              \
        struct R row = {0};                                                                        \
        struct R same = {0};                                                                       \
        const struct column *column = layout_next(desc, #name, &next);                             \
        row.name = 1;                                                                              \
        table_put(&same, column, 1);                                                               \
        layout_check(&row, &same, sizeof(row), column, bytes);                                     \
    }
#define LAYOUT_BITS(R, name, bits)                                                                 \
    {                                                                                              \
        struct R row = {0};                                                                        \
        struct R same = {0};                                                                       \
        const struct column *column = layout_next(desc, #name, &next);                             \
        row.name = (1 << (bits)) - 1;                                                              \
        table_put(&same, column, (1 << (bits)) - 1);                                               \
        layout_check_bits(&row, &same, sizeof(row), column, bits);                                 \
    }
#define LAYOUT_TABLE(NAME, row_struct, table, help, checks, leaves)                                \
    {                                                                                              \
        const struct table_desc *desc = tables_all[T_##NAME];                                      \
        size_t next = 0;                                                                           \
        TABLE_##NAME(LAYOUT_COLUMN, row_struct)                                                    \
    }

static const struct column *layout_next(const struct table_desc *desc, const char *name,
                                        size_t *next)
{
    assert_string_equal(desc->columns[*next].name, name);
    return &desc->columns[(*next)++];
}

static void layout_check(const void *by_name, void *by_column, size_t size,
                         const struct column *column, size_t bytes)
{
    struct column_value value;
    assert_memory_equal(by_name, by_column, size);
    table_put(by_column, column, -2);
    table_read(by_column, column, &value);
    const bool is_signed =
        column->type != COLUMN_U8 && column->type != COLUMN_U16 && column->type != COLUMN_TEXT;
    assert_true(is_signed ? value.integer == -2 : value.integer > 100);
    size_t touched = 0;
    for (size_t i = 0; i < size; i++) {
        touched += ((const char *)by_column)[i] != 0;
    }
    assert_int_equal(touched, bytes);
}

static void layout_check_bits(const void *by_name, void *by_column, size_t size,
                              const struct column *column, int bits)
{
    struct column_value value;
    assert_memory_equal(by_name, by_column, size);
    table_read(by_column, column, &value);
    assert_int_equal(value.integer, (1 << bits) - 1);
    memset(by_column, 0xff, size);
    table_put(by_column, column, 0);
    table_read(by_column, column, &value);
    assert_int_equal(value.integer, 0);
    int cleared = 0;
    for (size_t i = 0; i < size; i++) {
        cleared += 8 - __builtin_popcount(((const uint8_t *)by_column)[i]);
    }
    assert_int_equal(cleared, bits);
}

static void test_layout(void **unused)
{
    (void)unused;
    TABLES(LAYOUT_TABLE)
    struct voucher voucher = {0};
    voucher.used_at = TABLES_I48(INT64_MAX);
    assert_true(voucher.used_at == TABLES_I48_MAX);
    voucher.used_at = TABLES_I48(INT64_MIN);
    assert_true(voucher.used_at == -TABLES_I48_MAX - 1);
    struct member member = {0};
    member.orders = TABLES_I24(INT64_C(1) << 40);
    assert_int_equal(member.orders, TABLES_I24_MAX);
    assert_int_equal(member.gender, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_and_drop), cmocka_unit_test(test_room),
        cmocka_unit_test(test_savepoints),    cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_rekey),         cmocka_unit_test(test_rows_that_leave),
        cmocka_unit_test(test_deletions),     cmocka_unit_test(test_batch_head),
        cmocka_unit_test(test_load_refuses),  cmocka_unit_test(test_write_refuses),
        cmocka_unit_test(test_print),         cmocka_unit_test(test_layout),
        cmocka_unit_test(test_hash),          cmocka_unit_test(test_wakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
