// Descriptors of all tables, generated from the column lists in tables.h; what stands here by hand
// is what the lists can't say: indexes, and which rows leave memory.
#include "core/tables.h"

#define TABLES_COLUMN(R, type, name, role, of, help)                                               \
    {#name, COLUMN_##type, ROLE_##role, (uint16_t)offsetof(struct R, name), of, help},

#define UNIQUE(name, ...)                                                                          \
    {                                                                                              \
        name, true, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                  \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define LIST(name, ...)                                                                            \
    {                                                                                              \
        name, false, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                 \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static bool leaves_always(const void *row)
{
    (void)row;
    return true;
}

static bool leaves_outbox(const void *row)
{
    const struct outbox_row *effect = row;
    return effect->status == 2 || effect->status == 3 || effect->status == 5;
}

static bool leaves_schedule(const void *row)
{
    return ((const struct schedule_entry *)row)->status != 0;
}

// clang-format off
static const struct index_desc index_campaign[] = {UNIQUE("by_name", "name"), {0}};
static const struct index_desc index_source[] = {UNIQUE("by_path", "version", "path"), {0}};
static const struct index_desc index_day[] = {UNIQUE("by_name", "campaign", "name"), LIST("by_campaign", "campaign"), {0}};
static const struct index_desc index_group[] = {UNIQUE("by_ext", "ext"), LIST("by_campaign", "campaign"), {0}};
static const struct index_desc index_member[] = {UNIQUE("by_ext", "ext"), {0}};
static const struct index_desc index_membership[] = {UNIQUE("by_member_group", "member", "group"), LIST("of_group", "group"), LIST("of_inviter", "inviter"), {0}};
static const struct index_desc index_inviter[] = {UNIQUE("by_member", "campaign", "member"), {0}};
static const struct index_desc index_code[] = {UNIQUE("by_code", "code"), LIST("of_member", "member", "kind"), {0}};
static const struct index_desc index_staff[] = {UNIQUE("by_ext", "ext"), {0}};
static const struct index_desc index_participant[] = {UNIQUE("by_member", "campaign", "member"), {0}};
static const struct index_desc index_chain[] = {LIST("of_group", "group"), {0}};
static const struct index_desc index_reply[] = {UNIQUE("by_member", "chain", "member"), LIST("of_chain", "chain"), {0}};
static const struct index_desc index_post[] = {UNIQUE("by_ext", "ext"), {0}};
static const struct index_desc index_like[] = {UNIQUE("by_member", "post", "member"), LIST("of_post", "post"), {0}};
static const struct index_desc index_game[] = {UNIQUE("by_name", "day", "group", "name"), LIST("of_day", "day"), {0}};
static const struct index_desc index_prize[] = {LIST("of_game", "game"), {0}};
static const struct index_desc index_play[] = {LIST("of_game", "game"), LIST("of_member", "game", "member"), LIST("by_claim", "claim"), {0}};
static const struct index_desc index_coupon[] = {UNIQUE("by_name", "campaign", "name"), {0}};
static const struct index_desc index_voucher[] = {LIST("of_member", "member"), LIST("of_coupon", "coupon"), {0}};
static const struct index_desc index_good[] = {UNIQUE("by_sku", "campaign", "sku"), {0}};
static const struct index_desc index_book[] = {LIST("of_campaign", "campaign"), {0}};
static const struct index_desc index_order[] = {UNIQUE("by_ext", "ext"), LIST("of_member", "member"), {0}};
static const struct index_desc index_order_line[] = {LIST("of_order", "order"), {0}};
static const struct index_desc index_account[] = {UNIQUE("by_name", "campaign", "name"), {0}};
static const struct index_desc index_scene[] = {UNIQUE("by_name", "day", "group", "name"), {0}};
static const struct index_desc index_step[] = {LIST("of_scene", "scene"), {0}};
static const struct index_desc index_schedule_entry[] = {UNIQUE("by_name", "day", "group", "name"), {0}};
static const struct index_desc index_memory[] = {UNIQUE("by_name", "day", "ref", "name"), {0}};
static const struct index_desc index_outbox_row[] = {UNIQUE("by_key", "key_high", "key_low"), {0}};
static const struct index_desc index_connector[] = {UNIQUE("by_name", "name"), {0}};
static const struct index_desc index_minute[] = {UNIQUE("by_at", "campaign", "at"), {0}};
static const struct index_desc index_hour[] = {UNIQUE("by_at", "group", "at"), {0}};

static const struct index_desc index_refund[] = {{0}};
static const struct index_desc index_ledger_leg[] = {{0}};
static const struct index_desc index_parked[] = {{0}};
static const struct index_desc index_milestone[] = {{0}};
static const struct index_desc index_audit[] = {{0}};
static const struct index_desc index_promise[] = {{0}};
// clang-format on

#define TABLES_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TABLES_DESC(NAME, row, table, help, checks, leaves)                                        \
    static const struct column columns_##row[] = {TABLE_##NAME(TABLES_COLUMN, row)};               \
    static const struct table_desc desc_##row = {                                                  \
        table,         help,                                                                       \
        checks,        sizeof(struct row),                                                         \
        columns_##row, TABLES_COUNT_OF(columns_##row),                                             \
        index_##row,   TABLES_COUNT_OF(index_##row) - 1,                                           \
        leaves,                                                                                    \
    };
TABLES(TABLES_DESC)

#define TABLES_ENTRY(NAME, row, table, help, checks, leaves) [T_##NAME] = &desc_##row,
const struct table_desc *const tables_all[T_COUNT] = {TABLES(TABLES_ENTRY)};
