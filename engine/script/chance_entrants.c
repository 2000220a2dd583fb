// What draws of all kinds have in common: the name of a draw, who takes part in canonical order,
// and that no more win than was announced. Draws nothing.
#include <string.h>

#include "base/json.h"
#include "script/chance.h"

const char *chance_draw_id(const struct chance *chance, const struct game *row)
{
    const struct state *state = chance_state(chance);
    const struct day *day = table_get(state, T_DAYS, (uint32_t)row->day);
    const struct group *group = table_get(state, T_GROUPS, (uint32_t)row->group);
    return arena_printf(state_arena(chance_state(chance)), "%s/%s/%s",
                        day == NULL ? "" : state_get_text(chance_state(chance), day->name),
                        group == NULL ? "all" : state_get_text(chance_state(chance), group->ext),
                        state_get_text(chance_state(chance), row->name));
}

struct receipt_entrant *chance_entrants(const struct chance *chance,
                                        const struct chance_entrant *entrants, uint32_t count,
                                        uint32_t **rows, struct err *e)
{
    struct arena *arena = state_arena(chance_state(chance));
    struct receipt_entrant *list = arena_zalloc(arena, ((size_t)count + 1) * sizeof(*list));
    for (uint32_t i = 0; i < count; i++) {
        const char *ext = state_get_text(chance_state(chance), entrants[i].ext);
        list[i] = (struct receipt_entrant){
            .id = ext, .id_size = (uint32_t)strlen(ext), .stratum = i, .value = entrants[i].value};
    }
    if (!receipt_entrants_sort(list, count, e)) {
        return NULL;
    }
    *rows = arena_alloc(arena, ((size_t)count + 1) * sizeof(**rows));
    for (uint32_t i = 0; i < count; i++) {
        (*rows)[i] = entrants[list[i].stratum].row;
        list[i].stratum = 0;
    }
    return list;
}

static int64_t rule_of(const struct json_node *rules, const char *name)
{
    const struct json_node *node = json_field(rules, name);
    return node != NULL && node->type == JSON_INT ? node->integer : 0;
}

// What was announced: the place of a like (0: none), how many win (0: not said).
static bool read_announced(const struct game *row, int64_t *place, int64_t *winners, struct err *e)
{
    const struct json_node *rules = NULL;
    struct json_reader *reader = json_reader_new((size_t)1 << 20);
    const bool ok = json_parse(reader, row->rules->data, row->rules->size, &rules, e);
    *place = ok ? rule_of(rules, "n") : 0;
    *winners = ok ? rule_of(rules, "winners") : 0;
    json_reader_free(reader);
    return ok;
}

bool chance_as_announced(const struct chance *chance, const struct game *row, uint32_t k,
                         uint32_t count, struct err *e)
{
    int64_t place = 0;
    int64_t winners = 0;
    if (row->rules != NULL && !read_announced(row, &place, &winners, e)) {
        return false;
    }
    const char *kind = state_get_text(chance_state(chance), row->kind);
    const int64_t all = winners < count ? winners : count;
    if (place > 0 && k != place) {
        return err_set(e, ERR_REFUSED, "like number %lld was announced, not %u", (long long)place,
                       k);
    }
    if (winners > 0 && strcmp(kind, "stratified") != 0 && k != all) {
        return err_set(e, ERR_REFUSED, "%lld winners were announced, not %u", (long long)winners,
                       k);
    }
    return true;
}
