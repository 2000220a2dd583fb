// A winner who isn't reachable is replaced: the receipt gets one re-draw more, recomputed whole.
// What was drawn before stays in it, readable; nobody but the seed decides who comes instead.
#include <string.h>

#include "rules/receipt_read.h"
#include "script/chance.h"

// The place (from 0) that an entrant holds after all re-draws so far.
static bool find_place(const struct receipt_doc *doc, const char *ext, const uint32_t *winners,
                       uint32_t count, uint32_t *place, struct err *e)
{
    for (uint32_t i = 0; i < count; i++) {
        struct receipt_entrant entrant;
        doc->draw.entrant(doc->draw.entrant_ctx, winners[i], &entrant);
        if (strlen(ext) == entrant.id_size && memcmp(ext, entrant.id, entrant.id_size) == 0) {
            *place = i;
            return true;
        }
    }
    return err_set(e, ERR_REFUSED, "she has won nothing here");
}

static bool redraw_doc(struct chance *chance, uint32_t game, struct receipt_doc *doc,
                       const char *ext, const char *reason, const char **instead, struct err *e)
{
    struct arena *arena = state_arena(chance_state(chance));
    const uint32_t count = receipt_winner_count(&doc->draw);
    uint32_t *winners = arena_alloc(arena, ((size_t)count + 1) * sizeof(*winners));
    const uint32_t have = doc->result.redraw_count;
    struct receipt_redraw *redraws = arena_zalloc(arena, ((size_t)have + 1) * sizeof(*redraws));
    if (have > 0) {
        memcpy(redraws, doc->result.redraws, have * sizeof(*redraws));
    }
    redraws[have].reason = reason;
    struct receipt_entrant entrant;
    if (!receipt_winners(&doc->draw, &doc->result, winners, e) ||
        !find_place(doc, ext, winners, count, &redraws[have].place, e)) {
        return false;
    }
    doc->result.redraws = redraws;
    doc->result.redraw_count = have + 1;
    if (!receipt_winners(&doc->draw, &doc->result, winners, e)) {
        return false;
    }
    doc->draw.entrant(doc->draw.entrant_ctx, winners[redraws[have].place], &entrant);
    *instead = arena_strndup(arena, entrant.id, entrant.id_size);
    return chance_store(chance, game, &doc->draw, &doc->result, e);
}

bool chance_redraw(struct chance *chance, uint32_t game, const char *ext, const char *reason,
                   const char **instead, struct err *e)
{
    const struct state *state = chance_state(chance);
    const uint32_t id = TABLE_FIND(state, T_RECEIPTS, RECEIPTS_BY_GAME, game);
    const struct receipt *row = id ? table_get(state, T_RECEIPTS, id) : NULL;
    if (row == NULL || row->body == NULL) {
        // Of a day that is over for half a day the receipts are in the file alone (core/filing.c).
        return err_set(e, ERR_REFUSED, "nothing was drawn here that could be drawn again");
    }
    struct receipt_doc doc;
    bool ok = receipt_read(&doc, row->body->data, row->body->size, e);
    if (ok && (doc.draw.kind == RECEIPT_WHEEL || doc.draw.kind == RECEIPT_ENVELOPE)) {
        ok = err_set(e, ERR_REFUSED, "only draws can be repeated for a place");
    }
    ok = ok && redraw_doc(chance, game, &doc, ext, reason, instead, e);
    receipt_doc_deinit(&doc);
    return ok;
}
