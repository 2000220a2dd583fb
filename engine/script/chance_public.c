// Draws by public numbers (RFC 3797). Their sources are announced with the rules, who takes part is
// frozen and its hash told before the numbers are known, and whoever enters the numbers can choose
// nothing: they are in the newspapers, and the receipt shows them.
//
//   announced: games.seed = the rules' bytes        games.commitment = their SHA-256
//   frozen:    games.seed = the draw object's bytes games.commitment = the draw's hash
//   drawn:     receipts.body, whose draw_hash is that commitment
#include <string.h>

#include "base/json.h"
#include "rules/receipt_read.h"
#include "rules/rfc3797.h"
#include "script/chance.h"

// What stands in games.seed from now on; the commitment is always its hash.
static void keep_bytes(struct state *state, uint32_t game, const char *data, size_t size)
{
    char hex[2 * SHA256_SIZE + 1];
    const struct sha256 hash = sha256_of(data, size);
    hex_encode(hash.bytes, SHA256_SIZE, hex);
    struct game *edit = table_edit(state, T_GAMES, game);
    table_set_bytes(state, &edit->seed, data, size);
    edit->commitment = state_text(state, hex, strlen(hex));
}

bool chance_announce_public(struct chance *chance, uint32_t game, struct err *e)
{
    const struct game *row = table_get(chance_state(chance), T_GAMES, game);
    if (row->rules == NULL || row->rules->size < RECEIPT_SEED_SIZE) {
        return err_set(e, ERR_INVALID, "rules: a draw by public numbers names its sources");
    }
    keep_bytes(chance_state(chance), game, row->rules->data, row->rules->size);
    return true;
}

// The sources as the rules name them, in the turn's arena.
static bool read_sources(struct chance *chance, const struct game *row, struct receipt_draw *draw,
                         struct err *e)
{
    struct arena *arena = state_arena(chance_state(chance));
    struct json_reader *reader = json_reader_new((size_t)1 << 20);
    const struct json_node *rules = NULL;
    bool ok = json_parse(reader, row->rules->data, row->rules->size, &rules, e);
    const struct json_node *list = ok ? json_field(rules, "sources") : NULL;
    if (ok && (list == NULL || list->type != JSON_ARRAY || list->count == 0)) {
        ok = err_set(e, ERR_INVALID, "sources: are missing");
    }
    if (ok) {
        const char **texts = arena_zalloc(arena, list->count * sizeof(*texts));
        for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
            texts[draw->source_count++] =
                n->type == JSON_TEXT ? arena_strndup(arena, n->text, n->text_size) : "";
        }
        draw->sources = texts;
    }
    json_reader_free(reader);
    return ok;
}

bool chance_freeze(struct chance *chance, uint32_t game, uint32_t k,
                   const struct chance_entrant *entrants, uint32_t count,
                   const struct receipt_exclusion *excluded, uint32_t excluded_count, struct err *e)
{
    struct state *state = chance_state(chance);
    const struct game *row = table_get(state, T_GAMES, game);
    if (row == NULL || row->commitment == 0 || row->status != 0) {
        return err_set(e, ERR_REFUSED, "the list is frozen already, or was never announced");
    }
    uint32_t *rows;
    struct receipt_draw draw = {
        .kind = RECEIPT_RFC3797,
        .id = chance_draw_id(chance, row),
        .text = arena_strndup(state_arena(state), row->rules->data, row->rules->size),
        .winner_count = k < count ? k : count,
        .entrant_count = count,
        .entrant = receipt_entrant_of_array,
        .entrant_ctx = chance_entrants(chance, entrants, count, &rows, e),
        .excluded = excluded,
        .excluded_count = excluded_count,
    };
    if (draw.entrant_ctx == NULL || !chance_as_announced(chance, row, k, count, e) ||
        !read_sources(chance, row, &draw, e)) {
        return false;
    }
    struct buf bytes;
    struct sha256 hash;
    buf_init(&bytes, (size_t)64 << 20);
    const bool ok = receipt_freeze(&draw, &bytes, &hash, e);
    if (ok) {
        keep_bytes(state, game, bytes.data, bytes.size);
        struct game *edit = table_edit(state, T_GAMES, game);
        edit->status = 1;
        edit->opened_at = state_now(state);
    }
    buf_deinit(&bytes);
    return ok;
}

// The frozen list as a receipt without its end, for the reader of receipts.
static bool read_frozen(const struct chance *chance, const struct game *row,
                        struct receipt_doc *doc, struct buf *text, struct err *e)
{
    const char *hash = state_get_text(chance_state(chance), row->commitment);
    buf_puts(text, "{\"body\":{\"draw\":");
    buf_append(text, row->seed->data, row->seed->size);
    buf_printf(text,
               ",\"draw_hash\":\"%s\",\"plays\":[],\"redraws\":[],\"seed\":\"\",\"winners\":[]},"
               "\"hash\":\"%s\",\"marks\":{},\"receipt\":1}",
               hash, hash);
    return receipt_read(doc, text->data, text->size, e);
}

static bool draw_frozen(struct chance *chance, uint32_t game, struct receipt_doc *doc,
                        const char *const **winners, uint32_t *winner_count, struct err *e)
{
    struct arena *arena = state_arena(chance_state(chance));
    const uint32_t count = receipt_winner_count(&doc->draw);
    uint32_t *indexes = arena_alloc(arena, ((size_t)count + 1) * sizeof(*indexes));
    if (!receipt_winners(&doc->draw, &doc->result, indexes, e) ||
        !chance_store(chance, game, &doc->draw, &doc->result, e)) {
        return false;
    }
    const char **ids = arena_zalloc(arena, ((size_t)count + 1) * sizeof(*ids));
    for (uint32_t i = 0; i < count; i++) {
        struct receipt_entrant entrant;
        doc->draw.entrant(doc->draw.entrant_ctx, indexes[i], &entrant);
        ids[i] = arena_strndup(arena, entrant.id, entrant.id_size);
    }
    *winners = ids;
    *winner_count = count;
    return true;
}

bool chance_numbers(struct chance *chance, uint32_t game, const char *key,
                    const char *const **winners, uint32_t *winner_count, struct err *e)
{
    const struct game *row = table_get(chance_state(chance), T_GAMES, game);
    if (row == NULL || row->status != 1 ||
        TABLE_FIND(chance_state(chance), T_RECEIPTS, RECEIPTS_BY_GAME, game) != 0) {
        return err_set(e, ERR_REFUSED, "no list is frozen here, or it was drawn from already");
    }
    struct receipt_doc doc;
    struct buf text;
    buf_init(&text, (size_t)64 << 20);
    bool ok = read_frozen(chance, row, &doc, &text, e);
    if (ok) {
        doc.result.key = key;
        ok = draw_frozen(chance, game, &doc, winners, winner_count, e);
    }
    receipt_doc_deinit(&doc);
    buf_deinit(&text);
    return ok;
}
