// feed_query FILE SQL: the rows of one statement, fields apart by tabs. For tests that look into a
// database without asking for the sqlite3 program.
#include <inttypes.h>
#include <stdio.h>

#include "core/tables.h"
#include "store/store.h"

static bool on_row(void *ctx, const struct store_row *row, struct err *e)
{
    (void)ctx;
    (void)e;
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        if (value->data != NULL) {
            printf("%s%.*s", i > 0 ? "\t" : "", (int)value->size, (const char *)value->data);
        } else {
            printf("%s%" PRId64, i > 0 ? "\t" : "", value->integer);
        }
    }
    printf("\n");
    return true;
}

int main(int argc, char **argv)
{
    struct store *store;
    struct err e = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: feed_query FILE SQL\n");
        return 2;
    }
    const struct store_options options = {
        .path = argv[1], .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&store, &options, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    const bool ok = store_query(store, argv[2], NULL, 0, on_row, NULL, &e);
    store_close(store);
    if (!ok) {
        fprintf(stderr, "%s\n", e.text);
    }
    return ok ? 0 : 1;
}
