// Rows of promotions, goods and members put before the rules. What the rules have read of a
// campaign's promotions is kept as long as their rows say the same; nothing here changes a row.

#include "core/promotions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/money.h"
#include "core/promotions_internal.h"

#define SETS_MAX 8  // Campaigns kept at once.
#define JSON_MAX ((size_t)1 << 20)

struct kept_set {
    struct promo_set *set;  // NULL: the campaign has none, or the slot is free.
    uint32_t campaign;
    uint64_t changes;  // Of the table when it was last compared.
    uint64_t print;    // Of the ids and bodies it was read from.
    uint32_t count;
    uint32_t rows[PROMO_SET_MAX];
};

struct promotions {
    struct kept_set sets[SETS_MAX];
    uint32_t next;  // The slot that is given up next.
};

struct promotions *promotions_new(void)
{
    return xcalloc(1, sizeof(struct promotions));
}

void promotions_free(struct promotions *promotions)
{
    for (size_t i = 0; promotions != NULL && i < SETS_MAX; i++) {
        promo_set_free(promotions->sets[i].set);
    }
    free(promotions);
}

// --- Following the rows. ---

// The oldest PROMO_SET_MAX of a campaign (the library refuses more), in order of declaration.
static uint32_t list_rows(const struct state *state, uint32_t campaign, uint32_t *rows)
{
    uint32_t count = 0;
    for (uint32_t id = TABLE_LIST(state, T_PROMOTIONS, PROMOTIONS_OF_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_PROMOTIONS, PROMOTIONS_OF_CAMPAIGN, id)) {
        count++;
    }
    uint32_t place = count;
    for (uint32_t id = TABLE_LIST(state, T_PROMOTIONS, PROMOTIONS_OF_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_PROMOTIONS, PROMOTIONS_OF_CAMPAIGN, id)) {
        place--;
        if (place < PROMO_SET_MAX) {
            rows[place] = id;
        }
    }
    return count < PROMO_SET_MAX ? count : PROMO_SET_MAX;
}

static uint64_t print_rows(const struct state *state, const uint32_t *rows, uint32_t count)
{
    uint64_t print = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct promotion *row = table_get(state, T_PROMOTIONS, rows[i]);
        print = hash64(&rows[i], sizeof(rows[i]), print);
        if (row->body != NULL) {
            print = hash64(row->body->data, row->body->size, print);
        }
    }
    return print;
}

// Bodies were read once when their rows were written, so they can be read again.
static void read_set(const struct state *state, struct kept_set *kept)
{
    struct buf json;
    struct err e = {0};
    promo_set_free(kept->set);
    kept->set = NULL;
    if (kept->count == 0) {
        return;
    }
    buf_init(&json, JSON_MAX);
    buf_putc(&json, '[');
    for (uint32_t i = 0; i < kept->count; i++) {
        const struct promotion *row = table_get(state, T_PROMOTIONS, kept->rows[i]);
        buf_puts(&json, i == 0 ? "" : ",");
        if (row->body != NULL) {
            buf_append(&json, row->body->data, row->body->size);
        } else {
            buf_puts(&json, "{}");
        }
    }
    buf_putc(&json, ']');
    if (!promo_set_read(json.data, json.size, &kept->set, &e)) {
        kept->set = NULL;  // Written by hand into the file: it gives nothing rather than too much.
        kept->count = 0;
    }
    buf_deinit(&json);
}

static struct kept_set *slot_of(struct promotions *promotions, uint32_t campaign)
{
    for (size_t i = 0; i < SETS_MAX; i++) {
        if (promotions->sets[i].campaign == campaign) {
            return &promotions->sets[i];
        }
    }
    struct kept_set *kept = &promotions->sets[promotions->next];
    promotions->next = (promotions->next + 1) % SETS_MAX;
    promo_set_free(kept->set);
    *kept = (struct kept_set){.campaign = campaign, .changes = UINT64_MAX};
    return kept;
}

static const struct kept_set *set_of(const struct core *core, uint32_t campaign)
{
    const struct state *state = core->state;
    struct kept_set *kept = slot_of(core->promotions, campaign);
    const uint64_t changes = table_changes(state, T_PROMOTIONS);
    if (kept->changes == changes) {
        return kept;
    }
    uint32_t rows[PROMO_SET_MAX];
    const uint32_t count = list_rows(state, campaign, rows);
    const uint64_t print = print_rows(state, rows, count);
    if (kept->changes == UINT64_MAX || kept->print != print) {
        kept->count = count;
        memcpy(kept->rows, rows, count * sizeof(rows[0]));
        read_set(state, kept);
        kept->print = print;
    }
    kept->changes = changes;
    return kept;
}

bool promotions_any(const struct core *core, uint32_t campaign)
{
    return table_count(core->state, T_PROMOTIONS) != 0 && campaign != 0 &&
           set_of(core, campaign)->count != 0;
}

// --- Asking. ---

int64_t promotion_uses_of(const struct state *state, uint32_t promotion, uint32_t member)
{
    int64_t count = 0;
    for (uint32_t id =
             TABLE_LIST(state, T_PROMOTION_USES, PROMOTION_USES_OF_MEMBER, promotion, member);
         id != 0; id = table_list_next(state, T_PROMOTION_USES, PROMOTION_USES_OF_MEMBER, id)) {
        const struct promotion_use *use = table_get(state, T_PROMOTION_USES, id);
        count += use->status == PROMOTION_RESERVED || use->status == PROMOTION_USED;
    }
    return count;
}

uint32_t promotion_held_by(const struct state *state, uint32_t promotion, uint32_t member)
{
    uint32_t held = 0;
    for (uint32_t id = member == 0 ? 0
                                   : TABLE_LIST(state, T_PROMOTION_USES, PROMOTION_USES_OF_MEMBER,
                                                promotion, member);
         id != 0; id = table_list_next(state, T_PROMOTION_USES, PROMOTION_USES_OF_MEMBER, id)) {
        const struct promotion_use *use = table_get(state, T_PROMOTION_USES, id);
        held = use->status == PROMOTION_RESERVED ? id : held;
    }
    return held;
}

// The use of this promotion that the cart's checkout holds, NULL: none.
static const struct promotion_use *held_of(const struct core *core,
                                           const struct promotion_cart *cart, uint32_t promotion)
{
    if (cart->all_held) {
        const uint32_t id = promotion_held_by(core->state, promotion, cart->member);
        return id == 0 ? NULL : table_get(core->state, T_PROMOTION_USES, id);
    }
    for (size_t i = 0; i < cart->held_count; i++) {
        const struct promotion_use *use = table_get(core->state, T_PROMOTION_USES, cart->held[i]);
        // Its turn may have been undone and the id be another's.
        if (use != NULL && use->promotion == (int32_t)promotion &&
            use->member == (int32_t)cart->member && use->status == PROMOTION_RESERVED) {
            return use;
        }
    }
    return NULL;
}

static int64_t budget_left(const struct core *core, const struct promotion *row)
{
    char name[300];
    snprintf(name, sizeof(name), "budget:%s", state_get_text(core->state, row->budget));
    const uint32_t account = ledger_find(core->state, (uint32_t)row->campaign, name);
    return account == 0 ? 0 : ledger_balance(core->state, account);
}

// A use she holds is hers: it counts as free for her, and its time window has been kept already.
// A window that a promotion leaves open is the campaign's: it doesn't outlive that.
static struct promo_set_now now_of(const struct core *core, const struct promotion_cart *cart,
                                   const struct promotion *row)
{
    const struct promotion_use *held = held_of(core, cart, row->id);
    const struct campaign *run = table_get(core->state, T_CAMPAIGNS, (uint32_t)row->campaign);
    const int64_t mine = held != NULL ? 1 : 0;
    const int64_t from_ms = row->from_at != 0 || run == NULL ? row->from_at : run->from_at;
    const int64_t until_ms = row->until_at != 0 || run == NULL ? row->until_at : run->until_at;
    struct promo_set_now now = {
        .name = state_get_text(core->state, row->name),
        .from_ms = from_ms == 0 || held != NULL ? INT64_MIN : from_ms,
        .until_ms = until_ms == 0 || held != NULL ? INT64_MAX : until_ms,
        .uses_left = PROMO_SET_UNLIMITED,
        .member_left = PROMO_SET_UNLIMITED,
        .budget_left = PROMO_SET_UNLIMITED,
    };
    if (row->limit_total != 0) {
        now.uses_left = (int64_t)row->limit_total - row->used - row->reserved + mine;
    }
    if (row->limit_member != 0 && cart->member != 0) {
        now.member_left =
            row->limit_member - promotion_uses_of(core->state, row->id, cart->member) + mine;
        now.member_left = now.member_left < 0 ? 0 : now.member_left;
    }
    if (row->budget != 0) {
        now.budget_left = budget_left(core, row) + (held != NULL ? held->amount : 0);
    }
    return now;
}

static bool buyer_of(const struct core *core, const struct promotion_cart *cart,
                     struct promotion_buyer *out)
{
    const struct state *state = core->state;
    const struct member *member =
        cart->member == 0 ? NULL : table_get(state, T_MEMBERS, cart->member);
    *out = (struct promotion_buyer){.group = "", .segment = "", .tags = ""};
    if (cart->buyer != NULL) {
        *out = *cart->buyer;
        return true;
    }
    if (member == NULL) {
        return false;
    }
    const uint32_t row =
        TABLE_FIND(state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, cart->campaign, cart->member);
    const struct participant *participant = row ? table_get(state, T_PARTICIPANTS, row) : NULL;
    const int32_t home =
        participant != NULL && participant->group != 0 ? participant->group : member->group;
    const struct group *group = home == 0 ? NULL : table_get(state, T_GROUPS, (uint32_t)home);
    out->orders = member->orders;
    out->level = member->level;
    out->tags = state_get_text(state, member->tags);
    if (group != NULL) {
        out->group = state_get_text(state, group->ext);
        out->segment = state_get_text(state, group->segment);
    }
    return true;
}

bool promotions_judge(const struct core *core, const struct promotion_cart *cart, int64_t *off_fen,
                      struct promotion_judgement *out, struct err *e)
{
    const struct kept_set *kept = set_of(core, cart->campaign);
    struct promo_set_now now[PROMO_SET_MAX];
    uint32_t places[PROMO_SET_MAX];
    out->count = kept->count;
    out->shipping_off_fen = 0;
    memset(off_fen, 0, cart->line_count * sizeof(off_fen[0]));
    if (kept->count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < kept->count; i++) {
        now[i] = now_of(core, cart, table_get(core->state, T_PROMOTIONS, kept->rows[i]));
    }
    const struct campaign *campaign = table_get(core->state, T_CAMPAIGNS, cart->campaign);
    const int decimals = money_decimals(state_get_text(core->state, campaign->currency));
    struct promotion_buyer buyer;
    const bool known = buyer_of(core, cart, &buyer);
    const struct promo_set_ask ask = {
        .lines = cart->lines,
        .line_count = cart->line_count,
        .now = now,
        .at_ms = cart->at_ms,
        .shipping_fen = cart->shipping_fen,
        .round = MONEY_ROUND_HALF_UP,
        .decimals = decimals < 0 ? 2 : decimals,
        .known = known,
        .orders = buyer.orders,
        .level = buyer.level,
        .group = buyer.group,
        .segment = buyer.segment,
        .tags = buyer.tags,
        .channel = cart->store ? "store" : "online",
    };
    if (!promo_set_judge(kept->set, &ask, off_fen, &out->shipping_off_fen, out->promos, places,
                         e)) {
        return false;
    }
    for (uint32_t i = 0; i < kept->count; i++) {
        out->rows[i] = kept->rows[places[i]];
    }
    return true;
}
