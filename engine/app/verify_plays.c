// Who the database says has won, held against what a receipt says; see the header.
#include "app/verify_plays.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 3

enum { COL_ID, COL_GAME, COL_NUMBER, COL_AT, COL_AMOUNT, COL_TIER, COL_WHY, COL_MEMBER };

static const char PLAYS_SQL[] =
    "SELECT p.id, p.game, p.number, p.at, p.amount, coalesce(z.tier, 0), p.why,"
    " coalesce(m.ext, '') FROM plays p LEFT JOIN prizes z ON z.id = p.prize"
    " LEFT JOIN members m ON m.id = p.member WHERE p.game IN (SELECT game FROM receipts)"
    " ORDER BY p.game, p.number, p.id";

// Whose the order is.
static const char BUYER_SQL[] =
    "SELECT coalesce(m.ext, '') FROM orders o LEFT JOIN members m ON m.id = o.member"
    " WHERE o.ext = ?1";

// ---- reading

static const char *text_of(struct verify_plays *plays, const struct value *value)
{
    return value->type == VALUE_TEXT ? arena_strndup(&plays->texts, value->data, value->size) : "";
}

static bool on_play(void *ctx, const struct store_row *row, struct err *e)
{
    struct verify_plays *plays = ctx;
    (void)e;
    if (plays->count == plays->capacity) {
        plays->capacity = plays->capacity == 0 ? 1024 : 2 * plays->capacity;
        plays->rows = xrealloc(plays->rows, plays->capacity * sizeof(*plays->rows));
    }
    plays->rows[plays->count++] = (struct verify_play){
        .id = row->values[COL_ID].integer,
        .game = row->values[COL_GAME].integer,
        .number = row->values[COL_NUMBER].integer,
        .at_ms = row->values[COL_AT].integer,
        .amount = row->values[COL_AMOUNT].integer,
        .tier = row->values[COL_TIER].integer,
        .won = row->values[COL_WHY].size == 3 && memcmp(row->values[COL_WHY].data, "won", 3) == 0,
        .member = text_of(plays, &row->values[COL_MEMBER]),
    };
    return true;
}

bool verify_plays_read(struct verify_plays *plays, struct store *store, struct err *e)
{
    *plays = (struct verify_plays){.store = store};
    arena_init(&plays->texts, 65536);
    buf_init(&plays->buyer, 4096);
    return store_query(store, PLAYS_SQL, NULL, 0, on_play, plays, e);
}

void verify_plays_deinit(struct verify_plays *plays)
{
    arena_deinit(&plays->texts);
    buf_deinit(&plays->buyer);
    free(plays->rows);
}

// ---- what a receipt says

// Of one play; what it doesn't say is like the play.
struct said {
    struct slice member;
    int64_t at_ms, amount, tier;
};

static bool on_buyer(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    buf_clear(ctx);
    buf_append(ctx, row->values[0].data, row->values[0].size);
    return true;
}

static struct slice text_slice(const struct json_node *node)
{
    return node->type == JSON_TEXT ? (struct slice){node->text, node->text_size}
                                   : (struct slice){"", 0};
}

static const struct json_node *element(const struct json_node *list, uint32_t index)
{
    const struct json_node *node = json_child(list);
    while (index > 0) {
        node = json_next(node);
        index--;
    }
    return node;
}

static bool is_of(const struct json_node *node, uint32_t count)
{
    return node->type == JSON_ARRAY && node->count >= count;
}

// [number, member, time, prize or -1, why]
static bool wheel_said(const struct json_node *node, struct said *said)
{
    if (!is_of(node, 4)) {
        return false;
    }
    said->member = text_slice(element(node, 1));
    said->at_ms = element(node, 2)->integer;
    said->tier = element(node, 3)->integer + 1;
    return true;
}

// [envelope, part, member, time, amount]
static bool envelope_said(const struct json_node *node, struct said *said)
{
    if (!is_of(node, 5)) {
        return false;
    }
    said->member = text_slice(element(node, 2));
    said->at_ms = element(node, 3)->integer;
    said->amount = element(node, 4)->integer;
    return true;
}

// The order that was drawn -> who bought.
static bool order_said(struct verify_plays *plays, const struct json_node *node, struct said *said,
                       struct err *e)
{
    const struct slice order = text_slice(node);
    const struct value param = {.type = VALUE_TEXT, .data = order.data, .size = order.size};
    buf_clear(&plays->buyer);
    if (!store_query(plays->store, BUYER_SQL, &param, 1, on_buyer, &plays->buyer, e)) {
        return false;
    }
    said->member = (struct slice){plays->buyer.data, (uint32_t)plays->buyer.size};
    return true;
}

static bool is_other(const struct verify_play *play, const struct said *said)
{
    return said->member.size != strlen(play->member) ||
           memcmp(said->member.data, play->member, said->member.size) != 0 ||
           said->at_ms != play->at_ms || said->amount != play->amount || said->tier != play->tier;
}

static void tell(const struct verify_play *play, const struct said *said, struct buf *findings)
{
    buf_printf(findings, "play %" PRId64 " (number %" PRId64 ") is of member '%s'", play->id,
               play->number, play->member);
    if (play->amount != said->amount) {
        buf_printf(findings, ", amount %" PRId64, play->amount);
    } else if (play->tier != said->tier) {
        buf_printf(findings, ", prize %" PRId64, play->tier);
    } else if (play->at_ms != said->at_ms) {
        buf_printf(findings, ", at %" PRId64, play->at_ms);
    }
    buf_printf(findings, "; the receipt says '%.*s'", (int)said->member.size, said->member.data);
    if (play->amount != said->amount) {
        buf_printf(findings, ", %" PRId64, said->amount);
    } else if (play->tier != said->tier) {
        buf_printf(findings, ", %" PRId64, said->tier);
    } else if (play->at_ms != said->at_ms) {
        buf_printf(findings, ", %" PRId64, said->at_ms);
    }
    buf_putc(findings, '\n');
}

// ---- a game

static bool read_said(struct verify_plays *plays, const char *kind, const struct json_node *node,
                      struct said *said, struct err *e)
{
    if (strcmp(kind, "wheel") == 0) {
        return wheel_said(node, said) || err_set(e, ERR_INVALID, "a play that can't be read");
    }
    if (strcmp(kind, "envelope") == 0) {
        return envelope_said(node, said) || err_set(e, ERR_INVALID, "a play that can't be read");
    }
    if (strcmp(kind, "fairy") == 0) {
        return order_said(plays, node, said, e);
    }
    said->member = text_slice(node);
    return true;
}

static size_t first_of(const struct verify_plays *plays, int64_t game)
{
    size_t low = 0;
    size_t high = plays->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (plays->rows[middle].game < game) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Who has a place in the end, or which order: [place, who was drawn, why not her, who came
// instead].
static const struct json_node *drawn_again(const struct json_node *body, int64_t place,
                                           const struct json_node *first)
{
    const struct json_node *list = json_field(body, "redraws");
    const struct json_node *last = first;
    const struct json_node *node = list == NULL ? NULL : json_child(list);
    for (; list != NULL && node != json_end(list); node = json_next(node)) {
        last = is_of(node, 4) && element(node, 0)->integer == place ? element(node, 3) : last;
    }
    return last;
}

// Tiers above those that the receipt knows are consolations: to it, nothing was won.
static int64_t tiers_of(const struct json_node *body)
{
    const struct json_node *draw = json_field(body, "draw");
    const struct json_node *prizes = draw == NULL ? NULL : json_field(draw, "prizes");
    return prizes == NULL ? INT64_MAX : (int64_t)prizes->count;
}

bool verify_plays_check(struct verify_plays *plays, int64_t game, const char *kind,
                        const struct json_node *body, struct buf *findings, struct err *e)
{
    const bool is_played = strcmp(kind, "wheel") == 0 || strcmp(kind, "envelope") == 0;
    const struct json_node *list = json_field(body, is_played ? "plays" : "winners");
    const struct json_node *node = list == NULL ? NULL : json_child(list);
    const int64_t tiers = tiers_of(body);
    int64_t number = 1;  // Of `node`.
    size_t wrong = 0;
    for (size_t i = first_of(plays, game); list != NULL && i < plays->count; i++) {
        struct verify_play *play = &plays->rows[i];
        if (play->game != game || wrong == TOLD_MAX) {
            break;
        }
        play->tier = play->tier > tiers ? 0 : play->tier;
        if (!is_played && !play->won) {  // Drawn again: somebody else has that number.
            continue;
        }
        for (; number < play->number && node != json_end(list); number++) {
            node = json_next(node);
        }
        struct said said = {
            .at_ms = play->at_ms, .amount = play->amount, .tier = play->tier, .member = {"", 0}};
        if (number != play->number || node == json_end(list)) {
            buf_printf(findings, "play %" PRId64 " (number %" PRId64 ") isn't in the receipt\n",
                       play->id, play->number);
            wrong++;
        } else if (!read_said(plays, kind, drawn_again(body, number - 1, node), &said, e)) {
            return false;
        } else if (is_other(play, &said)) {
            tell(play, &said, findings);
            wrong++;
        }
    }
    return true;
}
