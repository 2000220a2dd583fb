// What came from which connector, counted in the turn of each event: so the figures are as durable
// as the events. Feeds and native connectors get their row with their first event.

#include "core/core.h"

void source_count(struct state *state, const struct event *event, bool refused)
{
    if (event->connector.size == 0) {
        return;
    }
    const text_id name = state_text(state, event->connector.data, event->connector.size);
    const uint32_t id = TABLE_FIND(state, T_CONNECTORS, CONNECTORS_BY_NAME, name);
    const struct connector fresh = {.name = name};
    struct connector *row =
        id != 0 ? table_edit(state, T_CONNECTORS, id) : table_insert(state, T_CONNECTORS, &fresh);
    if (refused) {
        row->refused++;
    } else if (event->kind != EVENT_RESULT) {
        row->events++;
        row->last_at = event->at > row->last_at ? event->at : row->last_at;
    }
    row->seq = event->seq > row->seq ? event->seq : row->seq;
}
