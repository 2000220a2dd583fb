// Speed of the core: turns in memory, batches, the schedule's heap, the outbox, the inbox. Prints a
// table of processor time (nothing here waits); checks nothing but that the work was done. Beside
// each figure stands a limit in plain C, measured in the same run, where one makes sense.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "core/core.h"

#define TURNS 2000000
#define TURNS_A_BATCH 4096
#define ENTRIES 1000000
#define EFFECTS 100000
#define IDS 1000000

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_rate(const char *what, double count, double seconds)
{
    printf("%-58s %8.3f s  %8.2f million/s  %7.1f ns\n", what, seconds, count / seconds / 1e6,
           seconds / count * 1e9);
}

// The least a turn can do: copy three rows aside, change them, add one, add the entry.
static double plain_turns(const struct buf *entry)
{
    struct participant *rows = xcalloc(4096, sizeof(*rows));
    struct participant *copies = xcalloc(3, sizeof(*copies));
    struct milestone *added = xcalloc(TURNS_A_BATCH, sizeof(*added));
    char *journal = xmalloc(TURNS_A_BATCH * (entry->size + 4));
    int64_t sum = 0;
    const double start = now_s();
    for (uint32_t i = 0; i < TURNS; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            struct participant *row = &rows[(i * 7 + k * 1000) % 4096];
            copies[k] = *row;
            row->messages++;
            sum += copies[k].messages;
        }
        added[i % TURNS_A_BATCH].value = i;
        memcpy(journal + i % TURNS_A_BATCH * (entry->size + 4), entry->data, entry->size);
        __asm__ volatile("" : : "r"(journal), "r"(copies), "r"(added) : "memory");
    }
    const double seconds = now_s() - start;
    if (sum < 0) {
        printf("never\n");
    }
    free(journal);
    free(added);
    free(copies);
    free(rows);
    return seconds;
}

static void bench_turns(void)
{
    struct state *state = state_new();
    struct batch *batch = batch_new();
    struct buf entry;
    double taking = 0;
    size_t rows = 0;
    buf_init(&entry, 1000);
    memset(buf_reserve(&entry, 120), 'e', 120);
    state_begin(state, 1);
    for (int i = 0; i < 4096; i++) {
        const struct participant row = {.campaign = 1, .member = i + 1};
        table_insert(state, T_PARTICIPANTS, &row);
    }
    state_keep(state, &entry);
    state_take_batch(state, batch);
    batch_clear(batch);
    const double start = now_s();
    for (uint32_t i = 0; i < TURNS; i++) {
        state_begin(state, i);
        for (uint32_t k = 0; k < 3; k++) {
            struct participant *row =
                table_edit(state, T_PARTICIPANTS, 1 + (i * 7 + k * 1000) % 4096);
            row->messages++;
        }
        const struct milestone row = {.at = i, .value = i};
        table_insert(state, T_MILESTONES, &row);
        state_keep(state, &entry);
        if (state_batch_turns(state) == TURNS_A_BATCH) {
            const double before = now_s();
            state_take_batch(state, batch);
            rows += batch->row_count;
            batch_clear(batch);
            taking += now_s() - before;
        }
    }
    print_rate("turns: 3 edits, 1 insert, entry of 120 bytes, kept", TURNS,
               now_s() - start - taking);
    print_rate("  their rows packed into batches of 4,096 turns", (double)rows, taking);
    print_rate("  plain C: the copies, the changes, the entry", TURNS, plain_turns(&entry));
    buf_deinit(&entry);
    batch_free(batch);
    state_free(state);
}

static void bench_dropped(void)
{
    struct state *state = state_new();
    state_begin(state, 1);
    for (int i = 0; i < 4096; i++) {
        const struct member row = {.ext = state_text(state, (char *)&(int){i + 0x30303030}, 4)};
        table_insert(state, T_MEMBERS, &row);
    }
    state_keep(state, NULL);
    const double start = now_s();
    for (uint32_t i = 0; i < TURNS; i++) {
        state_begin(state, i);
        for (uint32_t k = 0; k < 3; k++) {
            ((struct member *)table_edit(state, T_MEMBERS, 1 + (i * 7 + k * 1000) % 4096))
                ->orders++;
        }
        const struct reply row = {.chain = 1, .member = 1};
        table_insert(state, T_REPLIES, &row);
        state_drop(state);
    }
    print_rate("turns: 3 edits, 1 insert with two indexes, dropped", TURNS, now_s() - start);
    state_free(state);
}

static void bench_insert(void)
{
    struct state *state = state_new();
    struct batch *batch = batch_new();
    state_begin(state, 1);
    const double start = now_s();
    for (int i = 0; i < ENTRIES; i++) {
        const struct membership row = {.group = TABLES_U16(i % 400 + 1), .member = i + 1};
        table_insert(state, T_MEMBERSHIPS, &row);
    }
    print_rate("memberships inserted (one unique, two list indexes)", ENTRIES, now_s() - start);
    state_keep(state, NULL);
    const double before = now_s();
    for (int i = 0; i < ENTRIES; i++) {
        const int member = (int)((uint32_t)i * 2654435761u % ENTRIES);
        if (TABLE_FIND(state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP, member + 1,
                       member % 400 + 1) == 0) {
            printf("lost a membership\n");
        }
    }
    print_rate("  found again in random order", ENTRIES, now_s() - before);
    printf("  memory of a membership: %.1f bytes\n",
           (double)table_memory(state, T_MEMBERSHIPS) / ENTRIES);
    batch_free(batch);
    state_free(state);
}

static void bench_schedule(bool same_time)
{
    struct state *state = state_new();
    struct schedule *schedule = schedule_new(state);
    struct rng rng;
    char name[32];
    uint32_t taken = 0;
    rng_init(&rng, 1, 0, 0);
    state_begin(state, 1);
    for (int i = 0; i < ENTRIES; i++) {
        const int size = snprintf(name, sizeof(name), "entry %d", i);
        const struct schedule_entry row = {.due_at =
                                               same_time ? 5 : (int64_t)rng_below(&rng, 432000000),
                                           .name = state_text(state, name, (size_t)size)};
        table_insert(state, T_SCHEDULE, &row);
    }
    state_keep(state, NULL);
    const double start = now_s();
    schedule_rebuild(schedule);  // Pushes every row.
    const double pushed = now_s();
    while (schedule_take(schedule, INT64_MAX) != 0) {
        taken++;
    }
    const double end = now_s();
    print_rate(same_time ? "schedule entries of one instant pushed"
                         : "schedule entries of five days pushed",
               ENTRIES, pushed - start);
    print_rate("  and taken", taken, end - pushed);
    printf("  heap: %.1f bytes an entry\n", (double)schedule_memory(schedule) / ENTRIES);
    schedule_free(schedule);
    state_free(state);
}

static void bench_outbox(int32_t channels)
{
    struct state *state = state_new();
    struct outbox *outbox = outbox_new(state);
    char hex[33];
    uint32_t id;
    uint32_t sent = 0;
    state_begin(state, 1);
    for (uint32_t i = 0; i < EFFECTS; i++) {
        const struct outbox_row row = {.group = (int32_t)i % channels + 1};
        outbox_append(outbox, &row, "{\"text\":\"hi\"}", 13, 1, 2, i);
    }
    state_keep(state, NULL);
    outbox_turn_kept(outbox, 1);
    const double start = now_s();
    while ((id = outbox_next(outbox, 1, 10)) != 0) {
        outbox_key_hex(table_get(state, T_OUTBOX, id), hex);
        const struct event event = {.kind = EVENT_RESULT, .to = slice_of(hex), .ok = true};
        state_begin(state, 10);
        outbox_result(outbox, &event);
        state_keep(state, NULL);
        outbox_turn_kept(outbox, 1);
        sent++;
    }
    printf("outbox of %d channels: ", channels);
    print_rate("next and result, 100,000 waiting", sent, now_s() - start);
    outbox_free(outbox);
    state_free(state);
}

static void bench_inbox(void)
{
    struct inbox *inbox = inbox_new();
    char id[32];
    size_t seen = 0;
    const double start = now_s();
    for (int i = 0; i < IDS; i++) {
        const int size = snprintf(id, sizeof(id), "message-%d", i);
        const struct event event = {
            .at = 1, .connector = slice_of("xmpp"), .id = {id, (uint32_t)size}};
        seen += inbox_seen(inbox, &event);
        inbox_remember(inbox, &event);
    }
    print_rate("inbox: ids looked up and remembered", IDS, now_s() - start);
    if (seen > 0) {
        printf("the inbox saw what never came\n");
    }
    inbox_free(inbox);
}

int main(void)
{
    bench_turns();
    bench_dropped();
    bench_insert();
    bench_schedule(false);
    bench_schedule(true);
    bench_outbox(4);
    bench_outbox(20000);
    bench_inbox();
    return 0;
}
