// What is no file of ours, or no longer whole, is refused, in words, and not changed.
#include "test_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "base/mem.h"

static void write_file(const char *path, const char *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static char *read_whole(const char *path, size_t *size)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &info), 0);
    *size = (size_t)info.st_size;
    char *data = xmalloc(*size + 1);
    assert_int_equal(fread(data, 1, *size, file), *size);
    assert_int_equal(fclose(file), 0);
    return data;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void check_refused(const char *path, enum err_kind kind, const char *words)
{
    struct store_options options = test_options(path);
    size_t size_before;
    size_t size_after;
    char *before = read_whole(path, &size_before);
    test_open_fails(&options, kind, words);
    char *after = read_whole(path, &size_after);
    assert_int_equal(size_after, size_before);
    assert_memory_equal(after, before, size_before);
    free(before);
    free(after);
    options.read_only = true;
    test_open_fails(&options, kind, words);
}

static void make_store(const char *path, unsigned batches)
{
    struct err e = {0};
    struct store *store = test_open(path);
    for (uint64_t i = 0; i < batches; i++) {
        store_commit(store, test_batch(store, i + 1, i * 100 + 1, 100));
    }
    assert_true(store_wait(store, batches, &e));
    store_close(store);
}

static int64_t count_of(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const int64_t count = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return count;
}

// Views and their indexes of another version are made anew; an index of somebody else stays.
static void test_old_views(void **state)
{
    (void)state;
    const char *path = test_path();
    make_store(path, 1);
    run_sql(path, "CREATE VIEW v_gone AS SELECT 1; CREATE INDEX i_v_gone ON things(amount);"
                  "CREATE INDEX theirs ON things(amount); DROP VIEW v_summary");
    static const char names[] =
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('v_gone', 'i_v_gone')";
    store_close(test_open(path));
    assert_int_equal(count_of(path, names), 2);  // The text is known to be this version's.
    run_sql(path, "UPDATE meta SET views = zeroblob(0)");
    store_close(test_open(path));
    assert_int_equal(count_of(path, names), 0);
    assert_int_equal(
        count_of(path, "SELECT count(*) FROM sqlite_schema WHERE name IN ('theirs', 'v_summary')"),
        2);
    test_remove(path);
}

static void test_foreign(void **state)
{
    (void)state;
    const char *path = test_path();
    run_sql(path, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);");
    check_refused(path, ERR_INVALID, "is the database of another program");
    run_sql(path, "PRAGMA application_id=77; PRAGMA journal_mode=WAL;");
    check_refused(path, ERR_INVALID, "is the database of another program");
    write_file(path, "just some text\n", 15);
    check_refused(path, ERR_CORRUPT, "this is no SQLite database");
    struct store_options options = test_options(path);
    options.fresh = true;
    test_open_fails(&options, ERR_INVALID, "exists already");
    options = test_options("/tmp");
    test_open_fails(&options, ERR_INVALID, "is no file");
    options = test_options("/does/not/exist.db");
    test_open_fails(&options, ERR_FAULT, "No such file or directory");
    test_remove(path);
}

static void test_versions(void **state)
{
    (void)state;
    const char *path = test_path();
    make_store(path, 1);
    run_sql(path, "PRAGMA user_version=99");
    check_refused(path, ERR_INVALID, "was made by a newer drumbeat (schema 99");
    run_sql(path, "PRAGMA user_version=2");
    check_refused(path, ERR_INVALID, "was made before drumbeat's first release (schema 2");
    run_sql(path, "PRAGMA user_version=3; ALTER TABLE others ADD COLUMN more INTEGER");
    check_refused(path, ERR_INVALID, "the table 'others' has other columns");
    run_sql(path, "DROP TABLE others");
    check_refused(path, ERR_INVALID, "the table 'others' is missing");
    test_remove(path);

    // An empty file is a new one; so is one where creating was cut off before its end.
    path = test_path();
    write_file(path, "", 0);
    make_store(path, 1);
    test_remove(path);
    path = test_path();
    run_sql(path, "PRAGMA journal_mode=WAL");
    make_store(path, 1);

    struct store_options options = test_options(path);
    options.drop_journal = true;
    test_open_fails(&options, ERR_INVALID, "it can't be continued without one");
    test_remove(path);
}

static void test_journal_changed(void **state)
{
    (void)state;
    static const char *const changes[] = {
        ("UPDATE journal SET body = CAST(replace(body, 'turn 250', 'turn 259') AS BLOB)"
         " WHERE first_turn = 201"),
        "DELETE FROM journal WHERE first_turn = 201",
        "DELETE FROM journal WHERE first_turn = (SELECT max(first_turn) FROM journal)",
        "DELETE FROM journal",
        "UPDATE journal SET chain = zeroblob(32) WHERE first_turn = 201",
        "UPDATE journal SET last_turn = last_turn + 1 WHERE first_turn = 201",
        "UPDATE meta SET last_turn = 1",
        "DELETE FROM meta",
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        const char *path = test_path();
        make_store(path, 5);
        run_sql(path, changes[i]);
        const struct store_options options = test_options(path);
        test_open_fails(&options, ERR_CORRUPT,
                        i == 0 ? "the journal doesn't verify from turn 201 on" : path);
        test_remove(path);
    }
}

static bool hash_row(void *ctx, uint32_t id, const struct value *values, size_t count,
                     struct err *e)
{
    (void)e;
    struct sha256_state *hash = ctx;
    sha256_add(hash, &id, sizeof id);
    for (size_t i = 0; i < count; i++) {
        sha256_add(hash, &values[i].type, sizeof values[i].type);
        sha256_add(hash, &values[i].integer, sizeof values[i].integer);
        if (values[i].size > 0) {
            sha256_add(hash, values[i].data, values[i].size);
        }
    }
    return true;
}

enum verdict { DETECTED, HARMLESS, LATE, SILENT };

// Opens a damaged file: is it refused, or is everything there all the same?
static enum verdict judge(const char *path, const struct sha256 *whole, struct sha256 *out)
{
    const struct store_options options = test_options(path);
    struct store *store = NULL;
    struct err e = {0};
    if (!store_open(&store, &options, &e)) {
        if (e.kind != ERR_CORRUPT && e.kind != ERR_INVALID) {
            fail_msg("%d %s", e.kind, e.text);
        }
        assert_non_null(strstr(e.text, path));
        return DETECTED;
    }
    struct sha256_state hash;
    struct test_count count = {0};
    sha256_begin(&hash);
    store_journal_begin(store, 1, test_count_entry, &count);
    const bool loaded = store_load(store, THINGS, NULL, hash_row, &hash, &e) &&
                        store_load(store, OTHERS, NULL, hash_row, &hash, &e);
    const bool done = store_journal_end(store, &e) && loaded;
    assert_true(!done || count.entries == 2000);  // The journal is never wrong in silence.
    const struct sha256 got = sha256_end(&hash);
    store_close(store);
    if (out) {
        *out = got;
        return HARMLESS;
    }
    return !done ? LATE : sha256_equal(&got, whole) ? HARMLESS : SILENT;
}

// Page after page: cleared, its head changed, the file cut off there.
static void test_damaged_pages(void **state)
{
    (void)state;
    const char *path = test_path();
    make_store(path, 20);
    size_t size;
    char *good = read_whole(path, &size);
    char *bad = xmalloc(size);
    struct sha256 whole;
    assert_int_equal(judge(path, NULL, &whole), HARMLESS);
    unsigned counts[4] = {0};
    for (size_t at = 0; at < size; at += 4096) {
        for (unsigned kind = 0; kind < 4; kind++) {
            memcpy(bad, good, size);
            size_t left = size;
            if (kind == 0) {
                memset(bad + at, 0, 4096);
            } else if (kind == 1) {
                bad[at] = (char)(bad[at] ^ 0x55);
            } else if (kind == 2) {
                memset(bad + at + 3, 0xff, 2);
            } else {
                left = at;
            }
            if (left == 0) {
                continue;  // An empty file is a new one.
            }
            write_file(path, bad, left);
            const enum verdict verdict = judge(path, &whole, NULL);
            counts[verdict]++;
            if (verdict == SILENT || verdict == LATE) {
                fail_msg("page %zu, damage %u: not noticed when opened", at / 4096 + 1, kind);
            }
        }
    }
    print_message("%u damages detected, %u harmless\n", counts[DETECTED], counts[HARMLESS]);
    assert_in_range(counts[HARMLESS], 0, counts[DETECTED] / 4);
    free(bad);
    free(good);
    test_remove(path);
}

static void test_emptied(void **state)
{
    (void)state;
    const char *path = test_path();
    char wal[80];
    write_file(path, "", 0);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    write_file(wal, "what was committed", 18);
    const struct store_options options = test_options(path);
    test_open_fails(&options, ERR_CORRUPT, "the file was emptied");
    assert_int_equal(access(wal, F_OK), 0);
    test_remove(path);
}

static void read_only_folder(const char *path)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        _exit(1);
    }
    struct store_options options = test_options(path);
    test_open_fails(&options, ERR_FAULT, "could not be created: Permission denied");
    options.read_only = true;
    struct store *store = NULL;
    struct err e = {0};
    struct test_count count = {0};
    if (!store_open(&store, &options, &e) ||
        !store_journal(store, 1, test_count_entry, &count, &e) || count.entries != 200) {
        (void)fprintf(stderr, "%s\n", e.text);
        _exit(2);
    }
    store_close(store);
    _exit(0);
}

static void test_read_only_folder(void **state)
{
    (void)state;
    const char *path = test_path();
    make_store(path, 2);
    char dir[80];
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(strlen(path) - 5), path);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        read_only_folder(path);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(dir, 0755), 0);
    test_remove(path);
}

// A file as the first release made it, kept as text: it is never changed again. Files of later
// releases are added beside it.
static const char RELEASE_3[] =
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL,"
    " store_uuid TEXT NOT NULL, journal_kept INTEGER NOT NULL, last_batch INTEGER NOT NULL,"
    " last_turn INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32), views BLOB NOT NULL) STRICT;"
    "CREATE TABLE journal (first_turn INTEGER PRIMARY KEY, last_turn INTEGER NOT NULL,"
    " first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32), body BLOB NOT NULL) STRICT;"
    "CREATE TABLE last_ids (table_name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;"
    "INSERT INTO meta VALUES (1, 3, '00112233445566778899aabbccddeeff', 1, 0, 0, 0, zeroblob(32),"
    " zeroblob(0));"
    "CREATE TABLE \"things\" (id INTEGER PRIMARY KEY, \"amount\" INTEGER NOT NULL, \"group\" "
    "INTEGER"
    " NOT NULL, \"state\" INTEGER NOT NULL CHECK (\"state\" BETWEEN 0 AND 2), \"staff\" INTEGER NOT"
    " NULL CHECK (\"staff\" BETWEEN 0 AND 1), \"name\" TEXT NOT NULL, \"packed\" BLOB, \"inputs\" "
    "TEXT,"
    " CHECK (amount >= -5), CHECK ( amount < 1000 OR staff = 1)) STRICT;"
    "CREATE TABLE \"others\" (id INTEGER PRIMARY KEY, \"turn\" INTEGER NOT NULL) STRICT;"
    "INSERT INTO things VALUES (1, 5, 0, 1, 0, 'one', x'0102', '[1]'), (7, 999, 1, 2, 0, 'seven',"
    " NULL, NULL);"
    "INSERT INTO others VALUES (1, 4);"
    "CREATE VIEW v_things AS SELECT amount FROM things;"
    "PRAGMA application_id=1146244418; PRAGMA user_version=3; PRAGMA journal_mode=WAL";

static void open_well(const struct store_options *options)
{
    struct store *store;
    struct err e = {0};
    if (!store_open(&store, options, &e)) {
        fail_msg("%s", e.text);
    }
    store_close(store);
}

static void test_kept_release(void **state)
{
    (void)state;
    const char *path = test_path();
    run_sql(path, RELEASE_3);
    struct store_options options = test_options(path);
    open_well(&options);
    assert_int_equal(count_of(path, "SELECT sum(amount) FROM things"), 1004);
    assert_int_equal(count_of(path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
    options.read_only = true;
    open_well(&options);
    test_remove(path);
}

// Tables as two releases later: a column more, one less, a table more.
static const struct column things_5_columns[] = {
    {.name = "amount", .type = COLUMN_I64, .role = ROLE_MONEY},
    {.name = "group", .type = COLUMN_I32, .role = ROLE_REF, .of = "others"},
    {.name = "note", .type = COLUMN_TEXT},
    {.name = "weight", .type = COLUMN_I32},
    {.name = "name", .type = COLUMN_TEXT},
    {.name = "packed", .type = COLUMN_BYTES},
    {.name = "seal", .type = COLUMN_BYTES},
};
static const struct table_desc things_5 = {
    .name = "things", .columns = things_5_columns, .column_count = COUNT(things_5_columns)};
static const struct table_desc extras_5 = {
    .name = "extras", .columns = others_columns, .column_count = COUNT(others_columns)};
static const struct table_desc *const tables_5[] = {&things_5, &others, &extras_5};

static void test_migrations(void **state)
{
    (void)state;
    static const struct store_migration STEPS[] = {
        {4, "UPDATE things SET amount = amount - 1 WHERE state = 2"}, {5, NULL}, {0, NULL}};
    static const struct store_migration BROKEN[] = {
        {4, "UPDATE things SET amount = amount - 1"}, {5, "UPDATE nothing SET x = 1"}, {0, NULL}};
    const char *path = test_path();
    run_sql(path, RELEASE_3);
    struct store_options options = test_options(path);
    options.tables = tables_5;
    options.table_count = COUNT(tables_5);
    options.migrations = STEPS;
    options.read_only = true;
    test_open_fails(&options, ERR_INVALID,
                    "was made by an earlier drumbeat (schema 3, this one has 5)");
    options.read_only = false;
    options.migrations = BROKEN;
    test_open_fails(&options, ERR_FAULT, "it stays as it was, of schema 3");
    assert_int_equal(count_of(path, "SELECT sum(amount) FROM things"), 1004);
    options.migrations = STEPS;
    open_well(&options);
    assert_int_equal(count_of(path, "PRAGMA user_version"), 5);
    assert_int_equal(count_of(path, "SELECT schema_version FROM meta"), 5);
    assert_int_equal(count_of(path, "SELECT sum(amount) FROM things"), 1003);
    assert_int_equal(count_of(path, "SELECT count(*) FROM things WHERE note = '' AND weight = 0 AND"
                                    " seal IS NULL AND (packed = x'0102') IS (id = 1 OR NULL)"),
                     2);
    assert_int_equal(count_of(path, "SELECT count(*) FROM extras"), 0);
    assert_int_equal(count_of(path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'old%'"),
                     0);
    open_well(&options);  // Once only.
    assert_int_equal(count_of(path, "SELECT sum(amount) FROM things"), 1003);
    options = test_options(path);
    test_open_fails(&options, ERR_INVALID, "was made by a newer drumbeat (schema 5");
    test_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_views),        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_versions),         cmocka_unit_test(test_journal_changed),
        cmocka_unit_test(test_damaged_pages),    cmocka_unit_test(test_emptied),
        cmocka_unit_test(test_read_only_folder), cmocka_unit_test(test_kept_release),
        cmocka_unit_test(test_migrations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
