// Reads the parameter file: {name = {value=, source=}, ...}, hours = {values = {24 numbers},
// source=}.
#include <string.h>

#include "base/json.h"
#include "link/crowd_internal.h"

static bool number_of(const struct json_node *node, double *out)
{
    if (node != NULL && node->type == JSON_INT) {
        *out = (double)node->integer;
        return true;
    }
    if (node != NULL && node->type == JSON_REAL) {
        *out = node->real;
        return true;
    }
    return false;
}

static bool read_param(const struct json_node *root, const char *name, double least, double most,
                       double *out, struct err *e)
{
    const struct json_node *row = json_field(root, name);
    if (row == NULL || row->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "crowd parameter '%s' is missing", name);
    }
    if (!number_of(json_field(row, "value"), out)) {
        return err_set(e, ERR_INVALID, "crowd parameter '%s': value must be a number", name);
    }
    const struct json_node *source = json_field(row, "source");
    if (source == NULL || source->type != JSON_TEXT || source->text_size == 0) {
        return err_set(e, ERR_INVALID, "crowd parameter '%s': say its source", name);
    }
    if (!(*out >= least && *out <= most)) {
        return err_set(e, ERR_INVALID, "crowd parameter '%s' = %g is outside %g .. %g", name, *out,
                       least, most);
    }
    return true;
}

static bool read_hours(const struct json_node *root, double *hours, struct err *e)
{
    const struct json_node *row = json_field(root, "hours");
    const struct json_node *values =
        row == NULL || row->type != JSON_OBJECT ? NULL : json_field(row, "values");
    if (values == NULL || values->type != JSON_ARRAY || values->count != 24) {
        return err_set(e, ERR_INVALID, "crowd parameter 'hours': 24 values are needed");
    }
    size_t hour = 0;
    for (const struct json_node *n = json_child(values); n != json_end(values); n = json_next(n)) {
        if (!number_of(n, &hours[hour]) || !(hours[hour] >= 0 && hours[hour] <= 1)) {
            return err_set(e, ERR_INVALID, "crowd parameter 'hours': value %zu is not in 0 .. 1",
                           hour);
        }
        hour++;
    }
    return true;
}

static const char *const NAMES[] = {
#define CROWD_PARAM_NAME(name, least, most, help) #name,
    CROWD_PARAMS(CROWD_PARAM_NAME) "hours"};

static bool check_names(const struct json_node *root, struct err *e)
{
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        bool known = false;
        for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]) && !known; i++) {
            known = strlen(NAMES[i]) == n->key_size && memcmp(NAMES[i], n->key, n->key_size) == 0;
        }
        if (!known) {
            return err_set(e, ERR_INVALID, "there is no crowd parameter '%.*s'", (int)n->key_size,
                           n->key);
        }
    }
    return true;
}

bool crowd_params_read(struct crowd_params *out, const char *json, size_t size, struct err *e)
{
    struct json_reader *reader = json_reader_new((size_t)1 << 20);
    const struct json_node *root;
    bool ok = json_parse(reader, json, size, &root, e) && check_names(root, e) &&
              read_hours(root, out->hours, e);
#define CROWD_PARAM_READ(name, least, most, help)                                                  \
    ok = ok && read_param(root, #name, least, most, &out->name, e);
    CROWD_PARAMS(CROWD_PARAM_READ)
    json_reader_free(reader);
    return ok;
}
