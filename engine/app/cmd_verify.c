// drumbeat verify: receipts from files, all that a database can prove, or the page for members.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/cmd.h"
#include "app/input.h"
#include "app/report.h"
#include "app/verify_db.h"
#include "app/verify_page.h"
#include "app/verify_rows.h"
#include "base/json.h"
#include "core/tables.h"
#include "rules/receipt.h"

#define VERDICT_MAX ((size_t)1 << 20)
#define JSON_MAX ((size_t)256 << 20)

struct verify {
    struct cli *cli;
    bool as_json;
    struct buf json;
    size_t ok, open, unplayed, failed;
    struct verify_rows rows;
    const char *extract;  // Folder, or NULL.
    char **names;         // Files written into it.
    size_t name_count;
};

static void put_field(struct buf *json, const char *name, const char *text)
{
    json_key(json, name);
    json_put_z(json, text);
}

static void put_count(struct buf *json, const char *name, size_t count)
{
    json_key(json, name);
    json_put_int(json, (int64_t)count);
}

// Lines as a list of texts; `size` without the last newline's rest.
static void put_lines(struct buf *json, const char *lines, size_t size)
{
    buf_putc(json, '[');
    for (size_t at = 0; at < size;) {
        const char *end = memchr(lines + at, '\n', size - at);
        const size_t line = end == NULL ? size - at : (size_t)(end - lines) - at;
        json_comma(json);
        json_put_text(json, lines + at, line);
        at += line + 1;
    }
    buf_putc(json, ']');
}

static void print_findings(const char *lines, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(lines + at, '\n', size - at);
        const size_t line = end == NULL ? size - at : (size_t)(end - lines) - at;
        printf("  %.*s\n", (int)line, lines + at);
        at += line + 1;
    }
}

// ---- files

// A verdict: findings, then the whole in one line. Printed the other way round.
static void tell_file(struct verify *verify, const char *path, bool ok, const struct buf *verdict)
{
    const size_t size = verdict->size - 1;  // The last line's newline.
    const char *last = verdict->data + size;
    while (last > verdict->data && last[-1] != '\n') {
        last--;
    }
    const size_t findings = (size_t)(last - verdict->data);
    if (verify->as_json) {
        json_comma(&verify->json);
        buf_putc(&verify->json, '{');
        put_field(&verify->json, "path", path);
        json_key(&verify->json, "verified");
        buf_puts(&verify->json, ok ? "true" : "false");
        json_key(&verify->json, "verdict");
        json_put_text(&verify->json, last, size - findings);
        json_key(&verify->json, "findings");
        put_lines(&verify->json, verdict->data, findings);
        buf_putc(&verify->json, '}');
        return;
    }
    struct buf line;
    buf_init(&line, VERDICT_MAX);
    buf_append(&line, last, size - findings);
    printf("%s: ", path);
    term_put(&verify->cli->out, ok ? TERM_GOOD : TERM_BAD, line.data);
    putchar('\n');
    print_findings(verdict->data, findings);
    buf_deinit(&line);
}

// An unreadable file is wrong input; anything that was read and isn't right was altered.
static int verify_files(struct verify *verify)
{
    int code = EXIT_OK;
    for (size_t i = 0; i < verify->cli->arg_count; i++) {
        const char *path = cli_arg(verify->cli, i, "-");
        struct buf data;
        struct buf verdict;
        struct err e;
        err_clear(&e);
        buf_init(&data, (size_t)RECEIPT_SIZE_MAX);
        buf_init(&verdict, VERDICT_MAX);
        if (!input_read(path, &data, &e)) {
            code = code == EXIT_VERIFY ? code : cli_fail(verify->cli, &e);
        } else {
            const char *bytes = data.data == NULL ? "" : data.data;
            const bool ok = receipt_verify(bytes, data.size, &verdict, &e);
            tell_file(verify, path, ok, &verdict);
            code = ok ? code : EXIT_VERIFY;
        }
        buf_deinit(&data);
        buf_deinit(&verdict);
    }
    return code;
}

// ---- a database

static bool name_taken(const struct verify *verify, const char *name)
{
    for (size_t i = 0; i < verify->name_count; i++) {
        if (strcmp(verify->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// kind-day-group-name.json: what a file name may not hold becomes '-'. Of two equal names the
// second one gets a number.
static void file_name(const struct verify *verify, const struct verify_game *game, struct buf *out)
{
    for (size_t number = 1; number == 1 || name_taken(verify, out->data); number++) {
        buf_clear(out);
        buf_printf(out, "%s-%s-%s-%s", game->kind, game->day, game->group, game->name);
        for (size_t i = 0; i < out->size; i++) {
            const unsigned char c = (unsigned char)out->data[i];
            if (c <= ' ' || c == 0x7f || strchr("/\\:*?\"<>|", c) != NULL) {
                out->data[i] = '-';
            }
        }
        if (number > 1) {
            buf_printf(out, "-%zu", number);
        }
        buf_puts(out, ".json");
    }
}

static bool write_file(const char *path, const char *data, size_t size, struct err *e)
{
    FILE *file = fopen(path, "wbe");
    bool done = file != NULL && fwrite(data, 1, size, file) == size;
    const int fault = errno;
    if (file != NULL && fclose(file) != 0) {
        done = false;
    }
    return done || err_set(e, ERR_FAULT, "%s: %s", path, strerror(fault));
}

static bool extract_game(struct verify *verify, const struct verify_game *game, struct err *e)
{
    struct buf name;
    struct buf path;
    buf_init(&name, 4096);
    buf_init(&path, 8192);
    file_name(verify, game, &name);
    buf_printf(&path, "%s/%s", verify->extract, name.data);
    const bool done = write_file(path.data, game->receipt, game->receipt_size, e);
    if (done) {
        verify->names = xrealloc(verify->names, (verify->name_count + 1) * sizeof(*verify->names));
        verify->names[verify->name_count++] = xstrdup(name.data);
    }
    buf_deinit(&name);
    buf_deinit(&path);
    return done;
}

static void put_game(struct buf *json, const struct verify_game *game)
{
    json_comma(json);
    buf_putc(json, '{');
    put_field(json, "campaign", game->campaign);
    put_field(json, "day", game->day);
    put_field(json, "group", game->group);
    put_field(json, "kind", game->kind);
    put_field(json, "name", game->name);
    put_field(json, "state", verify_state_name(game->state));
    json_key(json, "findings");
    put_lines(json, game->findings, strlen(game->findings));
    buf_putc(json, '}');
}

static bool on_game(void *ctx, const struct verify_game *game, struct err *e)
{
    struct verify *verify = ctx;
    const bool bad = game->state == VERIFY_ALTERED || game->state == VERIFY_NO_RECEIPT;
    verify->ok += game->state == VERIFY_OK;
    verify->open += game->state == VERIFY_OPEN;
    verify->unplayed += game->state == VERIFY_UNPLAYED;
    verify->failed += bad;
    if (verify->as_json) {
        put_game(&verify->json, game);
    } else if (bad) {
        printf("%s, day %s, group %s, %s '%s': ", game->campaign, game->day, game->group,
               game->kind, game->name);
        term_put(&verify->cli->out, TERM_BAD, "NOT verified");
        putchar('\n');
        print_findings(game->findings, strlen(game->findings));
    }
    return verify->extract == NULL || game->receipt == NULL || extract_game(verify, game, e);
}

static void tell_journal(struct verify *verify, const struct verify_journal *journal)
{
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(journal->chain.bytes, sizeof(journal->chain.bytes), hex);
    if (verify->as_json) {
        struct buf *json = &verify->json;
        json_key(json, "journal");
        buf_putc(json, '{');
        json_key(json, "kept");
        buf_puts(json, journal->kept ? "true" : "false");
        put_count(json, "turns", (size_t)journal->turns);
        put_field(json, "chain", hex);
        buf_putc(json, '}');
        return;
    }
    if (!journal->kept) {
        printf("journal: none is kept in this file\n");
        return;
    }
    struct buf turns;
    buf_init(&turns, 64);
    term_number(&turns, (int64_t)journal->turns);
    printf("journal: ");
    term_put(&verify->cli->out, TERM_GOOD, "verified");
    printf(", %s turns in one chain that ends with %s\n", turns.data, hex);
    buf_deinit(&turns);
}

static void on_broken(void *ctx, const struct verify_broken *broken)
{
    struct verify *verify = ctx;
    if (verify->as_json) {
        struct buf *json = &verify->json;
        json_comma(json);
        buf_putc(json, '{');
        put_field(json, "rule", broken->rule);
        put_field(json, "table", broken->table);
        put_count(json, "id", (size_t)broken->id);
        put_field(json, "column", broken->column);
        put_field(json, "found", broken->found);
        put_field(json, "expected", broken->expected);
        put_count(json, "more", (size_t)broken->more);
        buf_putc(json, '}');
        return;
    }
    term_put(&verify->cli->out, TERM_BAD, "broken");
    printf(": %s: %s %lld, %s is %s, not %s", broken->rule, broken->table, (long long)broken->id,
           broken->column, broken->found, broken->expected);
    if (broken->more > 0) {
        printf(" (and %llu more)", (unsigned long long)broken->more);
    }
    putchar('\n');
}

static bool verify_rows(struct verify *verify, struct store *store, struct err *e)
{
    struct buf *json = &verify->json;
    if (verify->as_json) {
        json_key(json, "broken");
        buf_putc(json, '[');
    }
    if (!verify_db_rows(store, on_broken, verify, &verify->rows, e)) {
        return false;
    }
    if (verify->as_json) {
        buf_putc(json, ']');
        put_count(json, "rules", verify->rows.rules);
        json_key(json, "games");
        buf_putc(json, '[');
    } else {
        printf("rows: ");
        term_put(&verify->cli->out, verify->rows.broken == 0 ? TERM_GOOD : TERM_BAD,
                 verify->rows.broken == 0 ? "verified" : "NOT verified");
        printf(", %u rules, %u of them broken\n", verify->rows.rules, verify->rows.broken);
    }
    return true;
}

static void tell_games(struct verify *verify)
{
    if (verify->as_json) {
        struct buf *json = &verify->json;
        buf_putc(json, ']');
        put_count(json, "verified", verify->ok);
        put_count(json, "open", verify->open);
        put_count(json, "unplayed", verify->unplayed);
        put_count(json, "failed", verify->failed);
        return;
    }
    printf("games: %zu receipts verified, %zu failed, %zu still open, %zu ended without a draw\n",
           verify->ok, verify->failed, verify->open, verify->unplayed);
    if (verify->extract != NULL) {
        printf("%zu receipts written to %s\n", verify->name_count, verify->extract);
    }
}

static bool make_folder(const char *path, struct err *e)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ||
           err_set(e, ERR_FAULT, "%s: %s", path, strerror(errno));
}

static bool verify_store(struct verify *verify, struct store *store, struct err *e)
{
    struct verify_journal journal;
    uint32_t campaign;
    const char *name = cli_text(verify->cli, "campaign", NULL);
    if ((name != NULL && !report_find_campaign(store, name, &campaign, e)) ||
        (verify->extract != NULL && !make_folder(verify->extract, e)) ||
        !verify_db_journal(store, &journal, e)) {
        return false;
    }
    tell_journal(verify, &journal);
    if (!verify_rows(verify, store, e) || !verify_db_games(store, name, on_game, verify, e)) {
        return false;
    }
    tell_games(verify);
    return true;
}

static int verify_database(struct verify *verify)
{
    const struct store_options options = {
        .path = cli_text(verify->cli, "db", NULL),
        .tables = tables_all,
        .table_count = T_COUNT,
        .read_only = true,
    };
    struct store *store;
    struct err e;
    err_clear(&e);
    if (!store_open(&store, &options, &e)) {
        return cli_fail(verify->cli, &e);
    }
    verify->extract = cli_text(verify->cli, "extract", NULL);
    const bool done = verify_store(verify, store, &e);
    store_close(store);
    for (size_t i = 0; i < verify->name_count; i++) {
        free(verify->names[i]);
    }
    free(verify->names);
    if (!done) {
        verify->as_json = false;  // Half a document helps nobody.
        return cli_fail(verify->cli, &e);
    }
    return verify->failed > 0 || verify->rows.broken > 0 ? EXIT_VERIFY : EXIT_OK;
}

// ---- the verb

static int write_page(void)
{
    struct buf page;
    buf_init(&page, (size_t)1 << 20);
    verify_page_write(&page);
    fwrite(page.data, 1, page.size, stdout);
    buf_deinit(&page);
    return EXIT_OK;
}

// What doesn't go together. EXIT_OK: all is well.
static int check_usage(struct cli *cli)
{
    const bool db = cli_has(cli, "db");
    const bool page = cli_has(cli, "page");
    if (page && (db || cli->arg_count > 0 || cli_has(cli, "json"))) {
        return cli_usage(cli, "--page stands alone");
    }
    if (db && cli->arg_count > 0) {
        return cli_usage(cli, "give either receipts or --db FILE, not both");
    }
    if (!db && (cli_has(cli, "extract") || cli_has(cli, "campaign"))) {
        return cli_usage(cli, "--%s needs --db FILE",
                         cli_has(cli, "extract") ? "extract" : "campaign");
    }
    if (!db && !page && cli->arg_count == 0) {
        return cli_usage(cli, "RECEIPT… is missing");
    }
    return EXIT_OK;
}

int cmd_verify(struct cli *cli)
{
    int code = check_usage(cli);
    if (code != EXIT_OK) {
        return code;
    }
    if (cli_has(cli, "page")) {
        return write_page();
    }
    struct verify verify = {.cli = cli, .as_json = cli_has(cli, "json")};
    const bool db = cli_has(cli, "db");
    buf_init(&verify.json, JSON_MAX);
    buf_puts(&verify.json, "{\"schema\":\"drumbeat.verify/1\"");
    if (!db) {
        json_key(&verify.json, "receipts");
        buf_putc(&verify.json, '[');
    }
    code = db ? verify_database(&verify) : verify_files(&verify);
    if (verify.as_json) {
        buf_puts(&verify.json, db ? "}\n" : "]}\n");
        fwrite(verify.json.data, 1, verify.json.size, stdout);
    }
    buf_deinit(&verify.json);
    return code;
}
