// Descriptors of all tables, generated from the column lists in tables.h; what stands here by hand
// is what the lists can't say: indexes, and which rows leave memory.
#include "core/tables.h"

#include "core/schedule.h"

// Bit-fields have no offset: a struct of the same layout without them tells it.
#define TABLES_L_I64(name) int64_t name
#define TABLES_L_I48(name) uint8_t name[6]
#define TABLES_L_I32(name) int32_t name
#define TABLES_L_I24(name) uint8_t name[3]
#define TABLES_L_U16(name) uint16_t name
#define TABLES_L_U8(name) uint8_t name
#define TABLES_L_U2(name) TABLES_C_U2(name)
#define TABLES_L_U1(name) TABLES_C_U1(name)
#define TABLES_L_TEXT(name) text_id name
#define TABLES_L_BYTES(name) struct bytes *name
#define TABLES_LAYOUT_FIELD(R, type, name, role, of, help) TABLES_L_##type(name);
#define TABLES_LAYOUT(NAME, row, table, help, checks, leaves)                                      \
    struct layout_##row {                                                                          \
        uint32_t id;                                                                               \
        TABLE_##NAME(TABLES_LAYOUT_FIELD, row)                                                     \
    };                                                                                             \
    _Static_assert(sizeof(struct layout_##row) == sizeof(struct row), "same layout: " #row);       \
    _Static_assert(_Alignof(struct layout_##row) == _Alignof(struct row), "same layout: " #row);
TABLES(TABLES_LAYOUT)

// Bits stand first in their list, right behind the id: counting them tells where each is.
#define TABLES_B_U2(R, name) bit_##R##_##name, bit_##R##_##name##_high,
#define TABLES_B_U1(R, name) bit_##R##_##name,
#define TABLES_B_I64(R, name)
#define TABLES_B_I48(R, name)
#define TABLES_B_I32(R, name)
#define TABLES_B_I24(R, name)
#define TABLES_B_U16(R, name)
#define TABLES_B_U8(R, name)
#define TABLES_B_TEXT(R, name)
#define TABLES_B_BYTES(R, name)
#define TABLES_BIT(R, type, name, role, of, help) TABLES_B_##type(R, name)
#define TABLES_BITS(NAME, row, table, help, checks, leaves)                                        \
    enum { bits_##row = sizeof(uint32_t) * 8 - 1, TABLE_##NAME(TABLES_BIT, row) };
TABLES(TABLES_BITS)

#define TABLES_O_BYTE(R, name) offsetof(struct layout_##R, name)
#define TABLES_O_U2(R, name) bit_##R##_##name
#define TABLES_O_U1(R, name) bit_##R##_##name
#define TABLES_O_I64(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_I48(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_I32(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_I24(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_U16(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_U8(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_TEXT(R, name) TABLES_O_BYTE(R, name)
#define TABLES_O_BYTES(R, name) TABLES_O_BYTE(R, name)
#define TABLES_COLUMN(R, type, name, role, of, help)                                               \
    {#name, COLUMN_##type, ROLE_##role, (uint16_t)TABLES_O_##type(R, name), of, help},

#define INDEX(name, unique, sparse, hangs, ...)                                                    \
    {                                                                                              \
        name, unique, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), {__VA_ARGS__}, \
            sparse, hangs                                                                          \
    }
#define UNIQUE(name, ...) INDEX(name, true, false, 0, __VA_ARGS__)
#define UNIQUE_UNDER(hangs, name, ...) INDEX(name, true, false, hangs, __VA_ARGS__)
#define LIST(name, ...) INDEX(name, false, false, 0, __VA_ARGS__)
#define LIST_UNDER(hangs, name, ...) INDEX(name, false, false, hangs, __VA_ARGS__)
#define SPARSE(name, column) INDEX(name, false, true, 0, column)

static bool leaves_always(const void *row)
{
    (void)row;
    return true;
}

static bool leaves_outbox(const void *row)
{
    const struct outbox_row *effect = row;
    // Whether a payment that has expired may go to somebody else is asked later: those stay, as
    // does all that failed: a person may send it again.
    return effect->status == 2 || (effect->status == 5 && effect->op != 9);
}

// One that came before its order waits for it.
static bool leaves_refund(const void *row)
{
    return ((const struct refund *)row)->order != 0;
}

// While later events wait for it, or it waits itself, it is asked for with every event.
static bool leaves_parked(const void *row)
{
    const struct parked *parked = row;
    return parked->status == 0 || parked->status == 3;
}

static bool leaves_receipt(const void *row)
{
    return ((const struct receipt *)row)->done;
}

static bool leaves_schedule(const void *row)
{
    const uint8_t status = ((const struct schedule_entry *)row)->status;
    return status != SCHEDULE_PLANNED && status != SCHEDULE_HELD && status != SCHEDULE_WITHDRAWN;
}

// clang-format off
static const struct index_desc index_campaign[] = {UNIQUE("by_name", "name"), {.name = NULL}};
static const struct index_desc index_source[] = {UNIQUE("by_path", "version", "path"), {.name = NULL}};
static const struct index_desc index_day[] = {UNIQUE("by_name", "campaign", "name"), LIST("by_campaign", "campaign"), {.name = NULL}};
static const struct index_desc index_version[] = {LIST("of_day", "campaign", "day"), {.name = NULL}};
static const struct index_desc index_group[] = {UNIQUE("by_ext", "ext"), LIST("by_campaign", "campaign"), {.name = NULL}};
static const struct index_desc index_member[] = {UNIQUE("by_ext", "ext"), {.name = NULL}};
static const struct index_desc index_membership[] = {UNIQUE_UNDER(1, "by_member_group", "member", "group"), LIST("of_group", "group"), SPARSE("of_inviter", "inviter"), {.name = NULL}};
static const struct index_desc index_inviter[] = {UNIQUE("by_member", "campaign", "member"), {.name = NULL}};
static const struct index_desc index_code[] = {UNIQUE("by_code", "code"), {.name = NULL}};
static const struct index_desc index_staff[] = {UNIQUE("by_ext", "ext"), {.name = NULL}};
static const struct index_desc index_participant[] = {UNIQUE_UNDER(2, "by_member", "campaign", "member"), {.name = NULL}};
static const struct index_desc index_chain[] = {LIST("of_group", "group"), {.name = NULL}};
static const struct index_desc index_reply[] = {UNIQUE("by_member", "chain", "member"), LIST("of_chain", "chain"), {.name = NULL}};
static const struct index_desc index_post[] = {UNIQUE("by_ext", "ext"), {.name = NULL}};
static const struct index_desc index_like[] = {UNIQUE("by_member", "post", "member"), LIST("of_post", "post"), {.name = NULL}};
static const struct index_desc index_game[] = {UNIQUE("by_name", "day", "group", "name"), LIST("of_day", "day"), {.name = NULL}};
static const struct index_desc index_receipt[] = {UNIQUE("by_game", "game"), {.name = NULL}};
static const struct index_desc index_prize[] = {LIST("of_game", "game"), {.name = NULL}};
static const struct index_desc index_play[] = {LIST("of_game", "game"), LIST("of_member", "game", "member"), SPARSE("by_claim", "claim"), {.name = NULL}};
static const struct index_desc index_coupon[] = {UNIQUE("by_name", "campaign", "name"), {.name = NULL}};
static const struct index_desc index_voucher[] = {LIST_UNDER(1, "of_member", "member"), LIST_UNDER(1, "of_coupon", "coupon"), {.name = NULL}};
static const struct index_desc index_promotion[] = {UNIQUE("by_name", "campaign", "name"), LIST("of_campaign", "campaign"), {.name = NULL}};
static const struct index_desc index_promotion_use[] = {LIST("of_member", "promotion", "member"), SPARSE("of_order", "order"), {.name = NULL}};
static const struct index_desc index_good[] = {UNIQUE("by_sku", "campaign", "sku"), {.name = NULL}};
static const struct index_desc index_book[] = {LIST("of_campaign", "campaign"), {.name = NULL}};
static const struct index_desc index_order[] = {UNIQUE("by_ext", "ext"), LIST_UNDER(1, "of_member", "member"), {.name = NULL}};
static const struct index_desc index_order_line[] = {{.name = NULL}};
static const struct index_desc index_account[] = {UNIQUE("by_name", "campaign", "name"), {.name = NULL}};
static const struct index_desc index_scene[] = {UNIQUE("by_name", "day", "group", "name"), {.name = NULL}};
static const struct index_desc index_step[] = {LIST("of_scene", "scene"), {.name = NULL}};
static const struct index_desc index_schedule_entry[] = {UNIQUE("by_name", "day", "group", "name"), {.name = NULL}};
static const struct index_desc index_memory[] = {UNIQUE("by_name", "day", "ref", "name"), {.name = NULL}};
static const struct index_desc index_outbox_row[] = {UNIQUE("by_key", "key_high", "key_low"), {.name = NULL}};
static const struct index_desc index_connector[] = {UNIQUE("by_name", "name"), {.name = NULL}};
static const struct index_desc index_minute[] = {UNIQUE("by_at", "campaign", "at"), {.name = NULL}};
static const struct index_desc index_hour[] = {UNIQUE("by_at", "group", "at"), LIST("of_group", "group"), {.name = NULL}};

static const struct index_desc index_refund[] = {UNIQUE("by_part", "ext", "part"), {.name = NULL}};
static const struct index_desc index_ledger_leg[] = {{.name = NULL}};
static const struct index_desc index_parked[] = {{.name = NULL}};
static const struct index_desc index_handler_row[] = {UNIQUE("by_number", "day", "event", "number"), {.name = NULL}};
static const struct index_desc index_kept_event[] = {{.name = NULL}};
static const struct index_desc index_block[] = {UNIQUE("by_key", "kind", "key"), {.name = NULL}};
static const struct index_desc index_milestone[] = {{.name = NULL}};
static const struct index_desc index_audit[] = {{.name = NULL}};
static const struct index_desc index_promise[] = {{.name = NULL}};
static const struct index_desc index_tweak[] = {{.name = NULL}};
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
