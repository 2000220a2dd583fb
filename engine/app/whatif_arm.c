// What a forked process of a what-if does: the rest of the campaign, once.
#include "app/whatif_arm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/report.h"
#include "app/report_rows.h"
#include "app/tweak.h"
#include "app/virtual.h"
#include "link/crowd.h"
#include "rules/receipt.h"

struct arm {
    const struct whatif_start *start;
    struct crowd *crowd;
    uint64_t messages;
};

// --- The world: as in a rehearsal. ---

static int64_t arm_next(void *ctx)
{
    const struct arm *arm = ctx;
    return crowd_next(arm->crowd);
}

static bool arm_take(void *ctx, struct event *out)
{
    const struct arm *arm = ctx;
    return crowd_take(arm->crowd, out);
}

static void arm_hear(void *ctx, uint32_t effect, int64_t now_ms)
{
    struct arm *arm = ctx;
    const struct outbox_row *row = table_get(arm->start->engine->state, T_OUTBOX, effect);
    arm->messages += row != NULL && (row->op == OUTBOX_SEND || row->op == OUTBOX_DM);
    crowd_hear(arm->crowd, effect, now_ms);
}

// --- The start. ---

// The campaign's secret seed decides draws that are to come. Nobody may learn them beforehand, so
// each pair has another.
static void reseed(struct engine *engine, const struct whatif_start *start, uint64_t seed)
{
    struct state *state = engine->state;
    char text[96];
    snprintf(text, sizeof(text), "whatif/%llu", (unsigned long long)seed);
    const struct sha256 secret = sha256_of(text, strlen(text));
    state_begin(state, start->at_ms);
    struct campaign *campaign = table_edit(state, T_CAMPAIGNS, start->campaign);
    table_set_bytes(state, &campaign->seed, secret.bytes, sizeof(secret.bytes));
    for (uint32_t id = 0; (id = table_next(state, T_GAMES, id)) != 0;) {
        const struct game *game = table_get(state, T_GAMES, id);
        if (game->seed == NULL || game->status > 1 || game->plays > 0) {
            continue;
        }
        char hex[65];
        const struct sha256 own = sha256_of2(&secret, sizeof(secret), &id, sizeof(id));
        const struct sha256 commitment = receipt_commitment(own.bytes);
        hex_encode(commitment.bytes, sizeof(commitment.bytes), hex);
        struct game *edit = table_edit(state, T_GAMES, id);
        table_set_bytes(state, &edit->seed, own.bytes, sizeof(own.bytes));
        edit->commitment = state_text(state, hex, 64);
    }
    state_keep(state, NULL);
}

struct event whatif_event(const struct whatif_start *start)
{
    return (struct event){
        .kind = EVENT_OPERATOR,
        .at = start->at_ms,
        .text = slice_of("tweak"),
        .how = slice_of("apply"),
        .by = slice_of("whatif"),
        .code = slice_of(start->options->line),
        .ref = start->campaign,
    };
}

static bool change(const struct whatif_start *start, struct err *e)
{
    const struct event event = whatif_event(start);
    struct tweak_view view;
    tweak_view_init(&view);
    const bool ok = tweak_apply(start->engine, &event, &view, e);
    tweak_view_deinit(&view);
    return ok;
}

// What the change costs in the other arm: turns have the same numbers in both.
static void change_nothing(const struct whatif_start *start)
{
    state_begin(start->engine->state, start->at_ms);
    state_keep(start->engine->state, NULL);
}

static bool begin(struct arm *arm, size_t run, bool with, struct err *e)
{
    const struct whatif_start *start = arm->start;
    const uint64_t seed = start->options->seed + run;
    const struct crowd_options crowd = {
        .params = start->params.data, .params_size = start->params.size, .seed = seed};
    (void)turn_open(start->engine, start->at_ms, NULL);
    reseed(start->engine, start, seed);
    if (!with) {
        change_nothing(start);
    }
    if ((with && !change(start, e)) || !crowd_new(&arm->crowd, &start->engine->core, &crowd, e)) {
        return false;
    }
    crowd_adopt(arm->crowd, start->campaign, start->at_ms);
    for (size_t i = 0; i < start->recent_count; i++) {
        crowd_recall(arm->crowd, &start->recent[i].row, start->recent[i].sent_at);
    }
    return true;
}

// --- The figures. ---

static void put(FILE *out, enum whatif_kind kind, const char *name, double value)
{
    fprintf(out, "%s\t%s\t%.0f\n", whatif_kind_names[kind], name, value);
}

static void put_paid(const struct arm *arm, FILE *out)
{
    const struct state *state = arm->start->engine->state;
    const size_t groups = (size_t)table_last(state, T_GROUPS) + 1;
    uint32_t *paid = xcalloc(groups, sizeof(*paid));
    for (uint32_t id = 0; (id = table_next(state, T_PARTICIPANTS, id)) != 0;) {
        const struct participant *row = table_get(state, T_PARTICIPANTS, id);
        if ((uint32_t)row->campaign == arm->start->campaign && row->paid && row->group < groups) {
            paid[row->group]++;
        }
    }
    for (uint32_t id = 0; (id = table_next(state, T_GROUPS, id)) != 0;) {
        const struct group *row = table_get(state, T_GROUPS, id);
        if ((uint32_t)row->campaign == arm->start->campaign) {
            put(out, WHATIF_PAID, state_get_text(state, row->ext), paid[id]);
        }
    }
    free(paid);
}

static bool put_view(const struct arm *arm, FILE *out, enum whatif_kind kind, const char *view,
                     const char *name, const char *value, struct err *e)
{
    struct rows rows;
    if (!rows_read_view(&rows, arm->start->engine->store, view, "", arm->start->campaign, e)) {
        return false;
    }
    for (size_t i = 0; i < rows.count; i++) {
        put(out, kind, rows_text(&rows, i, name), (double)rows_int(&rows, i, value));
    }
    rows_deinit(&rows);
    return true;
}

static bool put_figures(const struct arm *arm, FILE *out, struct err *e)
{
    struct report_figures figures;
    struct engine *engine = arm->start->engine;
    if (!report_figures(engine->store, arm->start->campaign, &figures, e)) {
        return false;
    }
    put_paid(arm, out);
    put(out, WHATIF_PAID, "", (double)figures.payers);
    put(out, WHATIF_MEMBERS, "", (double)figures.members);
    put(out, WHATIF_REVENUE, "", (double)figures.revenue);
    put(out, WHATIF_MESSAGES, "", (double)arm->messages);
    put(out, WHATIF_ERRORS, "", (double)script_errors(engine->script));
    return put_view(arm, out, WHATIF_SPENT, "v_budget", "budget", "spent", e) &&
           put_view(arm, out, WHATIF_PROMISE, "v_promise", "promise", "kept", e);
}

void whatif_arm(const struct whatif_start *start, size_t run, bool with, int fd)
{
    struct arm arm = {.start = start};
    struct err e = {0};
    const struct virtual_world world = {
        .next = arm_next, .take = arm_take, .hear = arm_hear, .ctx = &arm};
    FILE *out = fdopen(fd, "w");
    CHECK(out != NULL);
    if (begin(&arm, run, with, &e)) {
        fprintf(out, "people\t\t%zu\n", crowd_size(arm.crowd));
        if (virtual_run(start->engine, &world, start->at_ms, start->until_ms, &e) &&
            put_figures(&arm, out, &e)) {
            fputs("end\n", out);
        }
    }
    if (e.kind != ERR_NONE) {
        fprintf(out, "error\t%s\n", e.text);
    }
    fclose(out);
}
