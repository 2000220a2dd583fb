// Reading the journal and verifying its hash chain: see journal.h. A segment's body is a batch's
// journal as it was packed: for each turn a u32 size, little endian, and that many bytes.
#include "store/journal.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"

#define VERIFY_ALL_BYTES_MAX (INT64_C(64) << 20)
#define VERIFY_LAST_SEGMENTS 16

struct segment {
    uint64_t first_turn;
    uint64_t last_turn;
    int64_t last_at_ms;
    const char *body;
    size_t size;
    struct sha256 chain;
};

struct sha256 journal_link(const struct sha256 *previous, const char *entry, size_t size)
{
    return sha256_of2(previous, sizeof *previous, entry, size);
}

static bool segment_fail(struct sqlite *sqlite, const struct segment *segment, struct err *e)
{
    return err_set(e, ERR_CORRUPT,
                   "%s: the journal doesn't verify from turn %" PRIu64 " on (the segment up to "
                   "turn %" PRIu64 " was changed or damaged). Keep the file as it is, and start "
                   "from a backup",
                   sqlite->path, segment->first_turn, segment->last_turn);
}

// The next entry of a body; false at its end or where it is broken (then *at stays before the end).
static bool segment_next(const struct segment *segment, size_t *at, const char **entry,
                         size_t *size)
{
    uint32_t narrow;
    if (segment->size - *at < sizeof narrow) {
        return false;
    }
    memcpy(&narrow, segment->body + *at, sizeof narrow);
    if (segment->size - *at - sizeof narrow < narrow) {
        return false;
    }
    *entry = segment->body + *at + sizeof narrow;
    *size = narrow;
    *at += sizeof narrow + narrow;
    return true;
}

static bool segment_verify(const struct segment *segment, struct sha256 *link)
{
    size_t at = 0;
    uint64_t turns = 0;
    const char *entry;
    size_t size;
    while (segment_next(segment, &at, &entry, &size)) {
        *link = journal_link(link, entry, size);
        turns++;
    }
    return at == segment->size && segment->last_turn >= segment->first_turn &&
           turns == segment->last_turn - segment->first_turn + 1 &&
           sha256_equal(link, &segment->chain);
}

static bool segment_give(const struct segment *segment, uint64_t from_turn, store_entry_fn on_entry,
                         void *ctx, struct err *e)
{
    size_t at = 0;
    uint64_t turn = segment->first_turn;
    const char *entry;
    size_t size;
    while (segment_next(segment, &at, &entry, &size)) {
        if (turn >= from_turn && !on_entry(ctx, turn, entry, size, e)) {
            return false;
        }
        turn++;
    }
    return true;
}

static bool segment_read(sqlite3_stmt *stmt, struct segment *out)
{
    out->first_turn = (uint64_t)sqlite3_column_int64(stmt, 0);
    out->last_turn = (uint64_t)sqlite3_column_int64(stmt, 1);
    out->last_at_ms = sqlite3_column_int64(stmt, 2);
    out->body = sqlite3_column_blob(stmt, 4);
    out->size = (size_t)sqlite3_column_bytes(stmt, 4);
    const void *chain = sqlite3_column_blob(stmt, 3);
    if (!chain || sqlite3_column_bytes(stmt, 3) != SHA256_SIZE) {
        return false;
    }
    memcpy(&out->chain, chain, SHA256_SIZE);
    return true;
}

// The head before the first segment that will be walked.
static bool journal_before(struct sqlite *sqlite, uint64_t from_turn, struct store_head *out,
                           struct err *e)
{
    static const char sql[] =
        "SELECT last_turn, last_at, chain FROM journal WHERE first_turn <"
        " coalesce((SELECT max(first_turn) FROM journal WHERE first_turn <= ?1), ?1)"
        " ORDER BY first_turn DESC LIMIT 1";
    *out = (struct store_head){0};
    sqlite3_stmt *stmt = sqlite_prepare(sqlite, sql, "reading the journal", e);
    if (!stmt) {
        return false;
    }
    sqlite3_bind_int64(stmt, 1, (int64_t)from_turn);
    const int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW && sqlite3_column_bytes(stmt, 2) == SHA256_SIZE) {
        out->last_turn = (uint64_t)sqlite3_column_int64(stmt, 0);
        out->last_at_ms = sqlite3_column_int64(stmt, 1);
        memcpy(&out->chain, sqlite3_column_blob(stmt, 2), SHA256_SIZE);
    }
    const bool done = code == SQLITE_ROW || code == SQLITE_DONE;
    if (!done) {
        sqlite_fail(sqlite, e, "reading the journal");
    }
    sqlite3_finalize(stmt);
    return done;
}

bool journal_walk(struct sqlite *sqlite, uint64_t from_turn, store_entry_fn on_entry, void *ctx,
                  struct store_head *end, struct err *e)
{
    static const char sql[] =
        "SELECT first_turn, last_turn, last_at, chain, body FROM journal WHERE first_turn >="
        " coalesce((SELECT max(first_turn) FROM journal WHERE first_turn <= ?1), ?1)"
        " ORDER BY first_turn";
    if (!journal_before(sqlite, from_turn, end, e)) {
        return false;
    }
    sqlite3_stmt *stmt = sqlite_prepare(sqlite, sql, "reading the journal", e);
    if (!stmt) {
        return false;
    }
    sqlite3_bind_int64(stmt, 1, (int64_t)from_turn);
    bool done = true;
    int code;
    while (done && (code = sqlite3_step(stmt)) != SQLITE_DONE) {
        struct segment segment;
        if (code != SQLITE_ROW) {
            done = sqlite_fail(sqlite, e, "reading the journal");
        } else if (!segment_read(stmt, &segment) || !segment_verify(&segment, &end->chain)) {
            done = segment_fail(sqlite, &segment, e);
        } else {
            end->last_turn = segment.last_turn;
            end->last_at_ms = segment.last_at_ms;
            done = !on_entry || segment_give(&segment, from_turn, on_entry, ctx, e);
        }
    }
    sqlite3_finalize(stmt);
    return done;
}

bool journal_verify(struct sqlite *sqlite, const struct setup_meta *meta, struct err *e)
{
    if (!meta->journal_kept) {
        return true;
    }
    int64_t bytes = 0;
    int64_t from_turn = 0;
    if (!sqlite_read_int(sqlite,
                         "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                         "reading the journal", &bytes, e)) {
        return false;
    }
    if (bytes > VERIFY_ALL_BYTES_MAX) {
        char sql[128];
        sqlite3_snprintf(sizeof sql, sql,
                         "SELECT first_turn FROM journal ORDER BY first_turn DESC LIMIT 1 OFFSET "
                         "%d",
                         VERIFY_LAST_SEGMENTS - 1);
        if (!sqlite_read_int(sqlite, sql, "reading the journal", &from_turn, e)) {
            return false;
        }
    }
    struct store_head end;
    if (!journal_walk(sqlite, (uint64_t)from_turn, NULL, NULL, &end, e)) {
        return false;
    }
    if (end.last_turn == meta->head.last_turn && sha256_equal(&end.chain, &meta->head.chain)) {
        return true;
    }
    return err_set(e, ERR_CORRUPT,
                   "%s: the journal ends at turn %" PRIu64 " where the file says turn %" PRIu64
                   ". Keep the file as it is, and start from a backup",
                   sqlite->path, end.last_turn, meta->head.last_turn);
}
