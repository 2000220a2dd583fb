// Plans and takes over: see reload.h.
#include "app/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/hash.h"
#include "base/json.h"
#include "app/reload_internal.h"

#define PLAN_JSON_MAX ((size_t)8 << 20)
#define PLAN_PLAYBOOKS_MAX 1000

// --- The files, each read once. ---

static bool copy_package(const struct package *from, struct package *out, struct err *e)
{
    package_begin(out, from->folder);
    for (size_t i = 0; i < from->count; i++) {
        package_add(out, from->files[i].path, from->files[i].text, from->files[i].size);
    }
    return package_seal(out, e);
}

// A script_package_fn: what was read before comes again.
static bool plan_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    struct reload_plan *plan = ctx;
    const char *name = playbook == NULL ? "" : playbook;
    for (size_t i = 0; i < plan->file_count; i++) {
        if (strcmp(plan->files[i].playbook, name) == 0) {
            return copy_package(&plan->files[i].package, out, e);
        }
    }
    struct package package;
    const bool found = plan->folder != NULL
                           ? script_folder_package(&plan->from_folder, playbook, &package, e)
                           : script_version_package(&plan->from_version, playbook, &package, e);
    if (!found) {
        return false;
    }
    if (plan->file_count == PLAN_PLAYBOOKS_MAX) {
        package_close(&package);
        return err_set(e, ERR_LIMIT, "more than %d playbooks", PLAN_PLAYBOOKS_MAX);
    }
    plan->files = xrealloc(plan->files, (plan->file_count + 1) * sizeof(*plan->files));
    plan->files[plan->file_count++] =
        (struct reload_file){.playbook = xstrdup(name), .package = package};
    return copy_package(&package, out, e);
}

// --- The turn. ---

static void drop(struct engine *engine)
{
    outbox_turn_dropped(engine->core.outbox);
    state_drop(engine->state);
}

static bool take_over(struct engine *engine, const struct script_reload *reload, struct buf *json,
                      struct buf *problems, struct err *e)
{
    buf_putc(json, '{');
    const bool ok = script_reload(engine->script, reload, json, problems, e);
    if (json->overflow) {
        return err_set(e, ERR_LIMIT, "the edit changes too much to be told");
    }
    return ok;
}

// Sources, the version that they follow, and what changes. Not the scenes, which come and go while
// somebody reads the plan, and not what is left in budgets.
static void put_token(struct reload_plan *plan, const struct json_node *root)
{
    struct buf changes;
    struct sha256_state hash;
    buf_init(&changes, PLAN_JSON_MAX);
    json_canonical(json_field(root, "changes"), &changes);
    sha256_begin(&hash);
    sha256_add(&hash, &plan->number, sizeof(plan->number));
    sha256_add(&hash, changes.data, changes.size);
    for (size_t i = 0; i < plan->file_count; i++) {
        sha256_add(&hash, plan->files[i].package.version, sizeof(plan->files[i].package.version));
    }
    const struct sha256 digest = sha256_end(&hash);
    hex_encode(digest.bytes, 8, plan->token);
    buf_deinit(&changes);
}

static bool read_plan(struct reload_plan *plan, struct err *e)
{
    struct json_reader *reader = json_reader_new(PLAN_JSON_MAX);
    const struct json_node *root;
    const bool ok = json_parse(reader, plan->json.data, plan->json.size, &root, e);
    if (ok) {
        plan->empty = json_field(root, "changes")->count == 0;
        plan->number = (int32_t)json_field(root, "number")->integer;
        put_token(plan, root);
    }
    json_reader_free(reader);
    return ok;
}

static bool make_plan(struct engine *engine, struct reload_plan *plan, int64_t now_ms,
                      struct buf *problems, struct err *e)
{
    const struct script_reload reload = {
        .campaign = plan->campaign, .by = "", .package = plan_package, .package_ctx = plan};
    (void)turn_open(engine, now_ms, NULL);
    state_begin(engine->state, now_ms);
    script_begin_turn(engine->script, slice_of(""));
    const bool ok = take_over(engine, &reload, &plan->json, problems, e);
    drop(engine);
    buf_putc(&plan->json, '}');
    if (!ok || !read_plan(plan, e)) {
        return false;
    }
    buf_append(&plan->warnings, problems->data == NULL ? "" : problems->data, problems->size);
    return true;
}

static struct reload_plan *plan_begin(struct engine *engine, uint32_t campaign)
{
    struct reload_plan *plan = xcalloc(1, sizeof(*plan));
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    plan->campaign = campaign;
    if (row != NULL) {
        snprintf(plan->name, sizeof(plan->name), "%s", state_get_text(engine->state, row->name));
        snprintf(plan->currency, sizeof(plan->currency), "%s",
                 state_get_text(engine->state, row->currency));
    }
    buf_init(&plan->json, PLAN_JSON_MAX);
    buf_init(&plan->warnings, (size_t)1 << 20);
    return plan;
}

static bool plan_end(struct engine *engine, struct reload_plan *plan, int64_t now_ms,
                     struct reload_plan **out, struct buf *problems, struct err *e)
{
    if (!make_plan(engine, plan, now_ms, problems, e)) {
        reload_plan_free(plan);
        return false;
    }
    *out = plan;
    return true;
}

static struct reload_plan *begin_folder(struct engine *engine, uint32_t campaign,
                                        const char *folder)
{
    struct reload_plan *plan = plan_begin(engine, campaign);
    plan->folder = xstrdup(folder);
    plan->from_folder = (struct script_folder){.script = engine->script, .folder = plan->folder};
    return plan;
}

// NULL, with `e`: no such version.
static struct reload_plan *begin_version(struct engine *engine, uint32_t campaign, int32_t number,
                                         struct err *e)
{
    const int32_t last = script_version_number(engine->script, campaign);
    if (number < 1 || number > last) {
        err_set(e, ERR_INVALID, "there is no version %d: there are 1 to %d", number, last);
        return NULL;
    }
    struct reload_plan *plan = plan_begin(engine, campaign);
    plan->back = number;
    plan->from_version =
        (struct script_version){.script = engine->script, .campaign = campaign, .number = number};
    return plan;
}

bool reload_plan_new(struct engine *engine, uint32_t campaign, const char *folder, int64_t now_ms,
                     struct reload_plan **out, struct buf *problems, struct err *e)
{
    return plan_end(engine, begin_folder(engine, campaign, folder), now_ms, out, problems, e);
}

bool reload_plan_of_version(struct engine *engine, uint32_t campaign, int32_t number,
                            int64_t now_ms, struct reload_plan **out, struct buf *problems,
                            struct err *e)
{
    struct reload_plan *plan = begin_version(engine, campaign, number, e);
    return plan != NULL && plan_end(engine, plan, now_ms, out, problems, e);
}

void reload_plan_free(struct reload_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->file_count; i++) {
        free(plan->files[i].playbook);
        package_close(&plan->files[i].package);
    }
    free(plan->files);
    free(plan->folder);
    buf_deinit(&plan->json);
    buf_deinit(&plan->warnings);
    free(plan);
}

bool reload_plan_is_empty(const struct reload_plan *plan)
{
    return plan->empty;
}

int32_t reload_plan_number(const struct reload_plan *plan)
{
    return plan->number;
}

const char *reload_plan_token(const struct reload_plan *plan)
{
    return plan->token;
}

static bool apply(struct engine *engine, const struct reload_plan *plan,
                  const struct script_reload *reload, int64_t at_ms, struct buf *json,
                  struct buf *problems, struct err *e)
{
    (void)turn_open(engine, at_ms, NULL);
    state_begin(engine->state, at_ms);
    script_begin_turn(engine->script, slice_of(""));
    if (!take_over(engine, reload, json, problems, e)) {
        drop(engine);
        return false;
    }
    const struct event event = {
        .kind = EVENT_OPERATOR,
        .at = state_now(engine->state),
        .text = slice_of("reload"),
        .by = slice_of(reload->by),
        .ref = plan->campaign,
        .qty = script_version_number(engine->script, plan->campaign),
        .amount = plan->back,
    };
    turn_keep(engine, &event, JOURNAL_OK, script_stops(engine->script, state_arena(engine->state)));
    engine_batch(engine, false);
    turn_kept(engine, event.at);
    turn_wakes(engine, event.at);
    return true;
}

bool reload_apply(struct engine *engine, const struct reload_plan *plan, const char *by,
                  int64_t at_ms, struct buf *problems, struct err *e)
{
    struct buf json;
    const struct script_reload reload = {
        .campaign = plan->campaign,
        .by = by,
        .package = plan_package,
        .package_ctx = (void *)plan,
        .keep = true,
        .back = plan->back,
    };
    buf_init(&json, PLAN_JSON_MAX);
    const bool ok = apply(engine, plan, &reload, at_ms, &json, problems, e);
    buf_deinit(&json);
    return ok;
}

struct agreed {
    struct reload_plan *plan;
    struct slice token;
    const struct buf *problems;
};

// What it would do now must still be what was shown.
static bool agrees(void *ctx, struct err *e)
{
    const struct agreed *agreed = ctx;
    const struct buf *problems = agreed->problems;
    buf_putc(&agreed->plan->json, '}');
    buf_append(&agreed->plan->warnings, problems->data == NULL ? "" : problems->data,
               problems->size);
    return read_plan(agreed->plan, e) &&
           (slice_is(agreed->token, agreed->plan->token) ||
            err_set(e, ERR_REFUSED,
                    "the files or what runs have changed since this was shown: look again"));
}

// --- For who asks by a line. ---

static void put_plan(const struct reload_plan *plan, struct buf *out)
{
    struct buf text;
    buf_init(&text, PLAN_JSON_MAX);
    reload_plan_text(plan, &text);
    json_key(out, "text");
    json_put_text(out, text.data == NULL ? "" : text.data, text.size);
    buf_deinit(&text);
    json_key(out, "plan");
    reload_plan_json(plan, out);
    json_key(out, "token");
    json_put_z(out, plan->token);
    json_key(out, "empty");
    buf_puts(out, plan->empty ? "true" : "false");
}

static struct reload_plan *begin_asked(struct engine *engine, const struct reload_ask *ask,
                                       struct err *e)
{
    if (ask->folder.size == 0) {
        return begin_version(engine, ask->campaign, ask->number, e);
    }
    char *folder = xstrndup(ask->folder.data, ask->folder.size);
    struct reload_plan *plan = begin_folder(engine, ask->campaign, folder);
    free(folder);
    return plan;
}

// With a token it is worked out once, inside the turn that is kept if it is what was shown.
static bool answer(struct engine *engine, const struct reload_ask *ask, struct buf *problems,
                   struct buf *out, struct err *e)
{
    const bool applies = ask->token.size > 0;
    struct reload_plan *plan = begin_asked(engine, ask, e);
    if (plan == NULL) {
        return false;
    }
    struct agreed agreed = {.plan = plan, .token = ask->token, .problems = problems};
    const struct script_reload reload = {
        .campaign = plan->campaign,
        .by = ask->by,
        .package = plan_package,
        .package_ctx = plan,
        .keep = true,
        .back = plan->back,
        .agrees = agrees,
        .agrees_ctx = &agreed,
    };
    const bool ok = applies ? apply(engine, plan, &reload, ask->at_ms, &plan->json, problems, e)
                            : make_plan(engine, plan, ask->at_ms, problems, e);
    if (plan->token[0] != '\0') {
        put_plan(plan, out);
        json_key(out, "applied");
        buf_puts(out, ok && applies ? "true" : "false");
    }
    reload_plan_free(plan);
    return ok;
}

bool reload_answer(struct engine *engine, const struct reload_ask *ask, struct buf *out,
                   struct err *e)
{
    struct buf problems;
    buf_init(&problems, (size_t)1 << 20);
    const bool ok = answer(engine, ask, &problems, out, e);
    json_key(out, "problems");
    json_put_text(out, problems.data == NULL ? "" : problems.data, problems.size);
    buf_deinit(&problems);
    return ok;
}

// --- Once more, from the journal. ---

bool reload_is(const struct event *event)
{
    return event->kind == EVENT_OPERATOR && slice_is(event->text, "reload");
}

bool reload_again(struct engine *engine, const struct event *event, struct err *e)
{
    char by[256];
    struct buf json;
    struct buf problems;
    if (event->qty < 2 || engine->replay == NULL || engine->replay->package == NULL) {
        return err_set(e, ERR_REFUSED, "a reload is asked for with drumbeat reload");
    }
    snprintf(by, sizeof(by), "%.*s", (int)event->by.size,
             event->by.size == 0 ? "" : event->by.data);
    const struct script_reload reload = {
        .campaign = (uint32_t)event->ref,
        .by = by,
        .package = engine->replay->package,
        .package_ctx = engine->replay->ctx,
        .keep = true,
        .back = (int32_t)event->amount,
    };
    buf_init(&json, PLAN_JSON_MAX);
    buf_init(&problems, (size_t)1 << 20);
    const bool ok = take_over(engine, &reload, &json, &problems, e);
    buf_deinit(&problems);
    buf_deinit(&json);
    return ok;
}
