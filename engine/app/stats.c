// What a run took. Only reads; nothing of it stands in a report.
#include "app/stats.h"

#include <stdlib.h>

#define TABLES_SHOWN 14

struct use {
    enum table_id table;
    size_t bytes;
};

static int more_bytes(const void *a, const void *b)
{
    const size_t x = ((const struct use *)a)->bytes;
    const size_t y = ((const struct use *)b)->bytes;
    return (x < y) - (x > y);
}

void stats_print(const struct rehearsal *rehearsal, int64_t report_us, FILE *out)
{
    const struct state *state = rehearsal->engine.state;
    struct use uses[T_COUNT];
    const double seconds = (double)rehearsal->wall_us / 1e6;
    const uint32_t members = table_count(state, T_MEMBERS);
    const size_t bytes = state_memory(state);
    fprintf(out, "stats: %llu turns in %.2f s, %.0f a second; report %.2f s\n",
            (unsigned long long)rehearsal->turns, seconds, (double)rehearsal->turns / seconds,
            (double)report_us / 1e6);
    fprintf(out, "stats: CPU %.2f s in turns, %.2f s in storage\n", (double)rehearsal->cpu_us / 1e6,
            (double)rehearsal->storage_cpu_us / 1e6);
    const size_t peak = rehearsal->state_peak > bytes ? rehearsal->state_peak : bytes;
    const size_t texts = text_pool_memory(state_texts((struct state *)state));
    const double each = members > 0 ? 1.0 / members : 0;
    fprintf(out,
            "stats: state %.1f MB, %u members, %.0f bytes a member, all in, at its end; %.0f at its"
            " peak; playbooks %.1f MB\n",
            (double)bytes / 1e6, members, (double)bytes * each, (double)peak * each,
            (double)script_memory(rehearsal->engine.script) / 1e6);
    fprintf(out, "stats: %-14s %40.1f MB %6.1f a member\n", "texts", (double)texts / 1e6,
            (double)texts * each);
    for (int table = 0; table < T_COUNT; table++) {
        uses[table] = (struct use){(enum table_id)table, table_memory(state, table)};
    }
    qsort(uses, T_COUNT, sizeof(uses[0]), more_bytes);
    for (size_t i = 0; i < TABLES_SHOWN; i++) {
        fprintf(out, "stats: %-14s %9u rows in memory, %9u ever %5.1f MB %6.1f a member\n",
                tables_all[uses[i].table]->name, table_count(state, uses[i].table),
                table_last(state, uses[i].table), (double)uses[i].bytes / 1e6,
                (double)uses[i].bytes * each);
    }
}
