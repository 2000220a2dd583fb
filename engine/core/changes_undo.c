// Taking back what changes_pack kept, row by row. What has functions of its own (schedule, outbox,
// ledger, vouchers) goes through them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/changes.h"

#define NAME_SHOWN 80

struct undoing {
    struct core *core;
    struct state *state;
    struct changes_undoing *how;
    const struct json_node *change;  // The row being taken back.
    enum table_id table;
    uint32_t id;
    const struct json_node *was, *now, *row;
    struct ledger_leg_in legs[LEDGER_LEGS_MAX];
    size_t leg_count;
};

static const struct column *find_column(enum table_id table, const struct json_node *field)
{
    const struct table_desc *desc = tables_all[table];
    for (size_t i = 0; i < desc->column_count; i++) {
        if (strlen(desc->columns[i].name) == field->key_size &&
            memcmp(desc->columns[i].name, field->key, field->key_size) == 0) {
            return &desc->columns[i];
        }
    }
    return NULL;
}

static bool find_table(const struct json_node *name, enum table_id *out)
{
    for (int table = 0; name != NULL && table < T_COUNT; table++) {
        if (json_text_is(name, tables_all[table]->name)) {
            *out = (enum table_id)table;
            return true;
        }
    }
    return false;
}

// --- What is told of a row. ---

// "price.flip [new-2]", as far as it has names.
static void row_name(const struct undoing *u, char out[NAME_SHOWN])
{
    const void *row = table_get(u->state, u->table, u->id);
    const struct table_desc *desc = tables_all[u->table];
    const char *name = "";
    const char *group = "";
    for (size_t i = 0; row != NULL && i < desc->column_count; i++) {
        struct column_value value;
        const char *column = desc->columns[i].name;
        table_read(row, &desc->columns[i], &value);
        if (value.type == COLUMN_TEXT &&
            (strcmp(column, "name") == 0 || strcmp(column, "ext") == 0 ||
             strcmp(column, "sku") == 0)) {
            name = state_get_text(u->state, (text_id)value.integer);
        } else if (strcmp(column, "group") == 0 && value.integer > 0 && u->table != T_MEMBERS) {
            const struct group *g = table_get(u->state, T_GROUPS, (uint32_t)value.integer);
            group = g == NULL ? "" : state_get_text(u->state, g->ext);
        }
    }
    snprintf(out, NAME_SHOWN, "%s %.40s%s%.20s%s", desc->name, name, group[0] == '\0' ? "" : " [",
             group, group[0] == '\0' ? "" : "]");
}

// The last tweak after this one that changed the same row; 0: none.
static uint32_t touched_by(const struct undoing *u)
{
    char what[100];
    uint32_t found = 0;
    snprintf(what, sizeof(what), "{\"table\":\"%s\",\"id\":%u,", tables_all[u->table]->name, u->id);
    for (uint32_t id = u->how->tweak; (id = table_next(u->state, T_TWEAKS, id)) != 0;) {
        const struct tweak *row = table_get(u->state, T_TWEAKS, id);
        if (row->status == 1 && row->changes != NULL &&
            memmem(row->changes->data, row->changes->size, what, strlen(what)) != NULL) {
            found = id;
        }
    }
    return found;
}

static bool refuse(const struct undoing *u, struct err *e, const char *why)
{
    char name[NAME_SHOWN];
    const uint32_t other = touched_by(u);
    row_name(u, name);
    if (other != 0) {
        const struct tweak *row = table_get(u->state, T_TWEAKS, other);
        return err_set(e, ERR_REFUSED, "%s: %s (by tweak %u of %s: undo that one first)", name, why,
                       other, state_get_text(u->state, row->by));
    }
    return err_set(e, ERR_REFUSED, "%s: %s", name, why);
}

// --- Values. ---

static int64_t field_int(const struct json_node *object, const char *name, int64_t otherwise)
{
    const struct json_node *node = object == NULL ? NULL : json_field(object, name);
    return node != NULL && node->type == JSON_INT ? node->integer : otherwise;
}

static struct bytes *bytes_of(const struct json_node *node)
{
    const struct json_node *hex = node->type == JSON_OBJECT ? json_field(node, "hex") : NULL;
    const struct json_node *text = hex == NULL ? node : hex;
    if (text->type != JSON_TEXT) {
        return NULL;
    }
    const size_t size = hex == NULL ? text->text_size : text->text_size / 2;
    struct bytes *bytes = xmalloc(sizeof(*bytes) + size + 1);
    bytes->size = (uint32_t)size;
    if (hex == NULL) {
        memcpy(bytes->data, text->text, size);
    } else {
        for (size_t i = 0; i < size; i++) {
            char digits[3] = {text->text[2 * i], text->text[2 * i + 1], '\0'};
            bytes->data[i] = (char)strtoul(digits, NULL, 16);
        }
    }
    return bytes;
}

// The value in the column's own terms; *own is to be freed.
static void value_of(const struct undoing *u, const struct column *column,
                     const struct json_node *node, struct column_value *out, struct bytes **own)
{
    *out = (struct column_value){.type = column->type};
    *own = NULL;
    if (column->type == COLUMN_BYTES) {
        *own = bytes_of(node);
        out->bytes = *own;
    } else if (column->type == COLUMN_TEXT) {
        out->integer = state_text(u->state, node->text, node->text_size);
    } else {
        out->integer = node->integer;
    }
}

static bool same_value(const struct column_value *a, const struct column_value *b)
{
    if (a->type != COLUMN_BYTES) {
        return a->integer == b->integer;
    }
    return a->bytes == b->bytes ||
           (a->bytes != NULL && b->bytes != NULL && a->bytes->size == b->bytes->size &&
            memcmp(a->bytes->data, b->bytes->data, a->bytes->size) == 0);
}

// Whether every column that the tweak left behind still says so.
static bool is_as_left(const struct undoing *u, const void *row, const struct json_node *fields)
{
    for (const struct json_node *n = json_child(fields); n != json_end(fields); n = json_next(n)) {
        const struct column *column = find_column(u->table, n);
        struct column_value left;
        struct column_value is;
        struct bytes *own;
        if (column == NULL) {
            return false;
        }
        value_of(u, column, n, &left, &own);
        table_read(row, column, &is);
        const bool same = same_value(&left, &is);
        free(own);
        if (!same) {
            return false;
        }
    }
    return true;
}

static bool write_fields(const struct undoing *u, void *row, const struct json_node *fields,
                         struct err *e)
{
    for (const struct json_node *n = json_child(fields); n != json_end(fields); n = json_next(n)) {
        const struct column *column = find_column(u->table, n);
        struct column_value value;
        struct bytes *own;
        if (column == NULL) {
            return err_set(e, ERR_CORRUPT, "no such column: %.*s", (int)n->key_size, n->key);
        }
        value_of(u, column, n, &value, &own);
        const bool ok = table_write(u->state, row, u->table, column, &value, e);
        free(own);
        if (!ok) {
            return false;
        }
    }
    return true;
}

// --- Row by row. ---

static bool undo_account(struct undoing *u, struct err *e)
{
    const int64_t more = field_int(u->now, "balance", 0) - field_int(u->was, "balance", 0);
    const int64_t opening = field_int(u->was, "opening", -1);
    const struct account *row = table_get(u->state, T_ACCOUNTS, u->id);
    if (row == NULL) {
        return refuse(u, e, "the account is gone");
    }
    if (more != 0 && u->leg_count == LEDGER_LEGS_MAX) {
        return err_set(e, ERR_REFUSED, "it moved money between more accounts than one transaction");
    }
    if (more != 0) {
        u->legs[u->leg_count++] = (struct ledger_leg_in){u->id, -more};
    }
    if (u->was != NULL && opening >= 0) {
        if (row->opening != field_int(u->now, "opening", 0)) {
            return refuse(u, e, "its cap was changed since");
        }
        ((struct account *)table_edit(u->state, T_ACCOUNTS, u->id))->opening = opening;
    }
    return true;
}

static bool undo_entry_back(struct undoing *u, struct err *e)
{
    // Its row has left memory: a new one of the same name takes its place.
    struct schedule_entry row = {0};
    const struct json_node *parts[] = {u->row, u->was};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] != NULL && !write_fields(u, &row, parts[i], e)) {
            return false;
        }
    }
    row.id = 0;
    if (row.due_at <= state_now(u->state)) {
        u->how->has_nearest = true;
        if (!u->how->nearest) {
            return err_set(e, ERR_REFUSED, "the time of '%s' has passed",
                           state_get_text(u->state, row.name));
        }
        row.due_at = state_now(u->state);
    }
    if (TABLE_FIND(u->state, T_SCHEDULE, SCHEDULE_BY_NAME, row.day, row.name, row.group) != 0) {
        return err_set(e, ERR_REFUSED, "there is an entry '%s' again",
                       state_get_text(u->state, row.name));
    }
    schedule_add(u->core->schedule, &row);
    return true;
}

static bool undo_entry(struct undoing *u, struct err *e)
{
    const struct schedule_entry *row = table_get(u->state, T_SCHEDULE, u->id);
    if (u->was == NULL) {  // It was added.
        if (row == NULL || row->status == SCHEDULE_DONE) {
            return refuse(u, e, "it has run already");
        }
        schedule_cancel(u->core->schedule, u->id);
        return true;
    }
    const int64_t status = field_int(u->now, "status", SCHEDULE_PLANNED);
    if (u->now == NULL || status == SCHEDULE_CANCELLED || status == SCHEDULE_SKIPPED) {
        return undo_entry_back(u, e);
    }
    if (row == NULL) {
        return refuse(u, e, "it has run already");
    }
    if (!is_as_left(u, row, u->now)) {
        return refuse(u, e, "it was changed since");
    }
    int64_t due_at = field_int(u->was, "due_at", row->due_at);
    const int64_t was_status = field_int(u->was, "status", row->status);
    if (due_at <= state_now(u->state) && was_status == SCHEDULE_PLANNED) {
        u->how->has_nearest = true;
        if (!u->how->nearest) {
            return refuse(u, e, "its old time has passed");
        }
        due_at = state_now(u->state);
    }
    schedule_set(u->core->schedule, u->id, (enum schedule_status)was_status, due_at);
    return true;
}

static bool undo_effect(struct undoing *u, struct err *e)
{
    const struct outbox_row *row = table_get(u->state, T_OUTBOX, u->id);
    if (row == NULL || row->status != OUTBOX_READY || outbox_flies(u->core->outbox, u->id)) {
        return err_set(e, ERR_REFUSED, "message %u has left, or was taken back", u->id);
    }
    if (u->was == NULL) {
        outbox_expire(u->core->outbox, u->id);
        return true;
    }
    if (!is_as_left(u, row, u->now)) {
        return refuse(u, e, "it was changed since");
    }
    return write_fields(u, table_edit(u->state, T_OUTBOX, u->id), u->was, e);
}

static bool undo_insert(struct undoing *u, struct err *e)
{
    const void *row = table_get(u->state, u->table, u->id);
    if (u->table == T_VOUCHERS) {
        return coupon_take_back(u->core, u->id, "undone", e);
    }
    if (row == NULL || !is_as_left(u, row, u->now)) {
        return refuse(u, e, "it was changed since");
    }
    for (size_t i = 0; i < tables_all[u->table]->index_count; i++) {
        if (!tables_all[u->table]->indexes[i].unique ||
            tables_all[u->table]->indexes[i].hangs != 0) {
            return refuse(u, e, "a row like this can't be taken out again");
        }
    }
    table_delete(u->state, u->table, u->id);
    return true;
}

static bool undo_row(struct undoing *u, struct err *e)
{
    if (u->table == T_ACCOUNTS) {
        return undo_account(u, e);
    }
    if (u->table == T_SCHEDULE) {
        return undo_entry(u, e);
    }
    if (u->table == T_OUTBOX) {
        return undo_effect(u, e);
    }
    if (u->was == NULL) {
        return undo_insert(u, e);
    }
    const void *row = table_get(u->state, u->table, u->id);
    if (u->now == NULL) {
        return refuse(u, e, "a row that was taken out can't be put back");
    }
    if (row == NULL || !is_as_left(u, row, u->now)) {
        return refuse(u, e, row == NULL ? "it is gone" : "it was changed since");
    }
    return write_fields(u, table_edit(u->state, u->table, u->id), u->was, e);
}

static bool undo_all(struct undoing *u, const struct json_node *root, struct err *e)
{
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        u->change = n;
        u->was = json_field(n, "was");
        u->now = json_field(n, "now");
        u->row = json_field(n, "row");
        u->id = (uint32_t)field_int(n, "id", 0);
        if (!find_table(json_field(n, "table"), &u->table) || u->id == 0) {
            return err_set(e, ERR_CORRUPT, "the changes that were kept can't be read");
        }
        if (!undo_row(u, e)) {
            return false;
        }
    }
    return u->leg_count == 0 ||
           ledger_move(u->state, u->legs, u->leg_count, "undo", 0, u->how->tweak, e);
}

bool changes_undo(struct core *core, const char *json, size_t size, struct changes_undoing *how,
                  struct err *e)
{
    struct json_reader *reader = json_reader_new(CHANGES_BYTES_MAX * 2);
    struct undoing u = {.core = core, .state = core->state, .how = how};
    const struct json_node *root;
    how->has_nearest = false;
    const bool ok = json_parse(reader, json, size, &root, e) && undo_all(&u, root, e);
    json_reader_free(reader);
    return ok;
}
