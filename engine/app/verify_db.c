// Verifies what a database holds; see the header. Knows the tables' SQL, prints nothing.

#include "app/verify_db.h"

#include <string.h>

#include "app/verify_plays.h"
#include "base/json.h"
#include "rules/receipt.h"

#define FINDINGS_MAX ((size_t)1 << 20)

enum { STATUS_ANNOUNCED, STATUS_OPEN, STATUS_CLOSED, STATUS_CANCELLED };

// The columns of the query, in order.
enum {
    COL_CAMPAIGN,
    COL_DAY,
    COL_GROUP,
    COL_KIND,
    COL_NAME,
    COL_STATUS,
    COL_COMMITMENT,
    COL_RULES,
    COL_RECEIPT,
    COL_SEED,
    COL_PLAYS,
    COL_WINS,
    COL_ID
};

static const char GAMES_SQL[] =
    "SELECT c.name, d.name, coalesce(r.ext, 'all'), g.kind, g.name, g.status, g.commitment,"
    " g.rules, p.body, g.seed, g.plays, g.wins, g.id FROM games g JOIN days d ON d.id = g.day"
    " JOIN campaigns c ON c.id = d.campaign LEFT JOIN \"groups\" r ON r.id = g.\"group\""
    " LEFT JOIN receipts p ON p.game = g.id"
    " WHERE (?1 = '' OR c.name = ?1) AND (g.commitment <> '' OR p.id IS NOT NULL)"
    " ORDER BY g.id";

struct verify_walk {
    verify_game_fn on_game;
    void *ctx;
    struct arena arena;
    struct json_reader *reader;
    struct buf findings;
    struct verify_plays plays;
};

const char *verify_state_name(enum verify_state state)
{
    static const char *const names[] = {"verified", "open", "unplayed", "altered", "no receipt"};
    CHECK((size_t)state < sizeof(names) / sizeof(names[0]));
    return names[state];
}

// ---- the journal

static bool count_entry(void *ctx, uint64_t turn, const char *entry, size_t size, struct err *e)
{
    struct verify_journal *journal = ctx;
    (void)entry;
    (void)size;
    (void)e;
    journal->kept = true;
    journal->turns = turn;
    return true;
}

bool verify_db_journal(struct store *store, struct verify_journal *out, struct err *e)
{
    const struct store_head head = store_head(store);
    *out = (struct verify_journal){.chain = head.chain};
    if (!store_journal(store, 1, count_entry, out, e)) {
        return false;
    }
    // An engine may have gone on since the file was opened, but never back.
    if (out->kept && out->turns < head.last_turn) {
        return err_set(e, ERR_CORRUPT,
                       "the journal ends at turn %llu where the file says turn %llu",
                       (unsigned long long)out->turns, (unsigned long long)head.last_turn);
    }
    return true;
}

// ---- games

static const char *column_text(struct verify_walk *walk, const struct store_row *row, size_t column)
{
    const struct value *value = &row->values[column];
    return value->type == VALUE_TEXT || value->type == VALUE_BLOB
               ? arena_strndup(&walk->arena, value->data, value->size)
               : "";
}

static void find(struct verify_walk *walk, const char *text)
{
    buf_puts(&walk->findings, text);
    buf_putc(&walk->findings, '\n');
}

// The seed, once chosen, must be the one behind the announced commitment.
static void check_seed(struct verify_walk *walk, const struct store_row *row,
                       const char *commitment)
{
    const struct value *seed = &row->values[COL_SEED];
    char hex[2 * SHA256_SIZE + 1];
    if (seed->type != VALUE_BLOB) {
        return;
    }
    const struct sha256 hash = sha256_of(seed->data, seed->size);
    hex_encode(hash.bytes, sizeof(hash.bytes), hex);
    if (strcmp(hex, commitment) != 0) {
        find(walk, "the stored seed is not the one behind the announced commitment");
    }
}

static void check_field(struct verify_walk *walk, const struct json_node *field, const char *wanted,
                        const char *what)
{
    if (!json_text_is(field, wanted)) {
        buf_printf(&walk->findings, "%s in the receipt is not the one in the database\n", what);
    }
}

// A receipt that is right by itself may still be another game's, or not what was given.
static bool check_whose(struct verify_walk *walk, const struct store_row *row,
                        const struct verify_game *game, struct err *e)
{
    const struct json_node *root = NULL;
    if (!json_parse(walk->reader, game->receipt, game->receipt_size, &root, e)) {
        find(walk, e->text);
        return true;
    }
    const struct json_node *body = json_field(root, "body");
    const struct json_node *draw = json_field(body, "draw");
    const struct json_node *rules = json_field(draw, "rules");
    const char *id = arena_printf(&walk->arena, "%s/%s/%s", game->day, game->group, game->name);
    check_field(walk, json_field(draw, "id"), id, "the name of the draw");
    // By public numbers: what was announced is the hash of the frozen list.
    const bool is_public = json_text_is(json_field(draw, "kind"), "rfc3797");
    check_field(walk, is_public ? json_field(body, "draw_hash") : json_field(draw, "commitment"),
                column_text(walk, row, COL_COMMITMENT),
                is_public ? "the hash of the frozen list" : "the commitment");
    check_field(walk, json_field(rules, "text"), column_text(walk, row, COL_RULES), "the rules");
    const struct json_node *plays = json_field(body, "plays");
    if (strcmp(game->kind, "wheel") == 0 && plays != NULL &&
        plays->count != row->values[COL_PLAYS].integer) {
        find(walk, "the number of plays in the receipt is not the one in the database");
    }
    return verify_plays_check(&walk->plays, row->values[COL_ID].integer, game->kind, body,
                              &walk->findings, e);
}

static bool check_receipt(struct verify_walk *walk, const struct store_row *row,
                          struct verify_game *game, struct err *e)
{
    struct err why;
    struct buf verdict;
    bool ok = true;
    err_clear(&why);
    buf_init(&verdict, FINDINGS_MAX);
    if (receipt_verify(game->receipt, game->receipt_size, &verdict, &why)) {
        ok = check_whose(walk, row, game, e);
    } else {
        // The last line only counts what stands above it.
        char *end = verdict.data + verdict.size - 1;
        *end = '\0';
        char *last = strrchr(verdict.data, '\n');
        CHECK(last != NULL);
        buf_append(&walk->findings, verdict.data, (size_t)(last + 1 - verdict.data));
    }
    buf_deinit(&verdict);
    return ok;
}

static bool on_row(void *ctx, const struct store_row *row, struct err *e)
{
    struct verify_walk *walk = ctx;
    arena_reset(&walk->arena);
    buf_clear(&walk->findings);
    const struct value *receipt = &row->values[COL_RECEIPT];
    const int64_t status = row->values[COL_STATUS].integer;
    const bool has_receipt = receipt->type == VALUE_TEXT || receipt->type == VALUE_BLOB;
    struct verify_game game = {
        .campaign = column_text(walk, row, COL_CAMPAIGN),
        .day = column_text(walk, row, COL_DAY),
        .group = column_text(walk, row, COL_GROUP),
        .kind = column_text(walk, row, COL_KIND),
        .name = column_text(walk, row, COL_NAME),
        .receipt = has_receipt ? receipt->data : NULL,
        .receipt_size = has_receipt ? receipt->size : 0,
    };
    check_seed(walk, row, column_text(walk, row, COL_COMMITMENT));
    if (has_receipt) {
        if (!check_receipt(walk, row, &game, e)) {
            return false;
        }
        game.state = VERIFY_OK;
    } else if (row->values[COL_WINS].integer > 0 && status == STATUS_CLOSED) {
        find(walk, "the game is closed and has winners, but there is no receipt");
        game.state = VERIFY_NO_RECEIPT;
    } else {
        game.state =
            status == STATUS_ANNOUNCED || status == STATUS_OPEN ? VERIFY_OPEN : VERIFY_UNPLAYED;
    }
    if (walk->findings.size > 0 && game.state != VERIFY_NO_RECEIPT) {
        game.state = VERIFY_ALTERED;
    }
    game.findings = walk->findings.size > 0 ? walk->findings.data : "";
    return walk->on_game(walk->ctx, &game, e);
}

bool verify_db_games(struct store *store, const char *campaign, verify_game_fn on_game, void *ctx,
                     struct err *e)
{
    const char *name = campaign == NULL ? "" : campaign;
    const struct value param = {.type = VALUE_TEXT, .data = name, .size = strlen(name)};
    struct verify_walk walk = {
        .on_game = on_game, .ctx = ctx, .reader = json_reader_new((size_t)RECEIPT_SIZE_MAX)};
    arena_init(&walk.arena, 65536);
    buf_init(&walk.findings, 2 * FINDINGS_MAX);
    const bool done = verify_plays_read(&walk.plays, store, e) &&
                      store_query(store, GAMES_SQL, &param, 1, on_row, &walk, e);
    verify_plays_deinit(&walk.plays);
    json_reader_free(walk.reader);
    arena_deinit(&walk.arena);
    buf_deinit(&walk.findings);
    return done;
}
