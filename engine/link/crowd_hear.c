// Reading and talking: who reads a message, when, and what she does about it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "link/crowd_internal.h"

#define EVENING_ATTENTION 0.6  // Hours from which an evening counts as attended

// --- Understanding a message: the fields a person sees. ---

static bool has_true(const struct json_node *root, const char *name)
{
    const struct json_node *node = json_field(root, name);
    return node != NULL && node->type == JSON_TRUE;
}

static char *text_field(const struct json_node *root, const char *name)
{
    const struct json_node *node = root == NULL ? NULL : json_field(root, name);
    return node == NULL || node->type != JSON_TEXT ? NULL : xstrndup(node->text, node->text_size);
}

static void read_buttons(const struct json_node *root, struct hearing *out)
{
    const struct json_node *list = json_field(root, "buttons");
    if (list == NULL || list->type != JSON_ARRAY) {
        return;
    }
    for (const struct json_node *n = json_child(list); n != json_end(list) && out->button_count < 4;
         n = json_next(n)) {
        char *id = n->type == JSON_OBJECT ? text_field(n, "id") : NULL;
        if (id != NULL) {
            out->survey |= strncmp(id, "survey:", 7) == 0;
            out->buttons[out->button_count++] = id;
        }
    }
}

static uint32_t group_by_ext(const struct crowd *crowd, const struct json_node *node)
{
    if (node == NULL || node->type != JSON_TEXT) {
        return 0;
    }
    return people_group(crowd->state, (struct slice){node->text, node->text_size});
}

// Where friends are asked to come: said by the message, else the new group this group feeds, else
// her own.
static uint32_t growth_target(struct crowd *crowd, const struct json_node *growth, uint32_t group)
{
    const uint32_t into = group_by_ext(crowd, json_field(growth, "into"));
    if (into != 0) {
        return into;
    }
    const struct crowd_group *from = crowd_group_of(crowd, group);
    return from != NULL && from->feeds != 0 ? from->feeds : group;
}

static void read_growth(struct crowd *crowd, const struct json_node *root, struct hearing *out)
{
    const struct json_node *growth = json_field(root, "growth");
    if (growth == NULL || growth->type != JSON_OBJECT) {
        return;
    }
    const struct json_node *method = json_field(growth, "method");
    out->growth = true;
    out->growth_invite = method != NULL && json_text_is(method, "invite");
    out->growth_into = growth_target(crowd, growth, out->group);
}

static void read_goods(const struct crowd *crowd, const struct json_node *root, struct hearing *out)
{
    const struct json_node *list = json_field(root, "goods");
    if (list == NULL || list->type != JSON_ARRAY) {
        return;
    }
    for (const struct json_node *n = json_child(list); n != json_end(list) && out->good_count < 16;
         n = json_next(n)) {
        if (n->type == JSON_TEXT) {
            const text_id sku = text_find(state_texts(crowd->state), n->text, n->text_size);
            const uint32_t good =
                TABLE_FIND(crowd->state, T_GOODS, GOODS_BY_SKU, crowd->campaign, sku);
            if (good != 0) {
                out->goods[out->good_count++] = good;
            }
        }
    }
}

static bool understand(struct crowd *crowd, const struct outbox_row *row, struct hearing *out)
{
    const struct json_node *root;
    struct err e;
    if (row->body == NULL ||
        !json_parse(crowd->reader, row->body->data, row->body->size, &root, &e) ||
        root->type != JSON_OBJECT) {
        return false;
    }
    const struct json_node *mention = json_field(root, "mention");
    out->announcement = mention != NULL;
    out->ask = text_field(root, "ask");
    out->like = has_true(root, "like");
    out->shop = json_field(root, "link") != NULL;
    out->share = json_field(root, "share") != NULL;
    if (out->like) {
        outbox_key_hex(row, out->post);
    }
    read_buttons(root, out);
    read_growth(crowd, root, out);
    read_goods(crowd, root, out);
    return true;
}

// --- Who reads. ---

static void plan_reading(struct crowd *crowd, uint32_t hearing, uint32_t person, double share,
                         int64_t at)
{
    const struct person *who = crowd_person(crowd, person);
    if (who->state != PERSON_IN) {
        return;
    }
    crowd_key(crowd, person, FOR_READING, crowd->hearings[hearing].key);
    double chance = share * (0.5 + 0.5 * (double)who->activity) * (1 + (double)who->habit);
    if (rng_chance(&crowd->rng, chance > 0.97 ? 0.97 : chance)) {
        const int64_t reads = crowd_after_min(crowd, at, crowd->params.read_delay_min);
        if (reads > crowd->adopted_at) {  // Else she read it before this crowd began.
            crowd_plan(crowd, reads, PLAN_READ, person, hearing, 0);
        }
    }
}

static uint32_t keep_hearing(struct crowd *crowd, const struct hearing *hearing)
{
    if (crowd->hearing_count == crowd->hearing_capacity) {
        CHECK(crowd->hearing_count < UINT32_MAX / 2);
        crowd->hearing_capacity = crowd->hearing_capacity == 0 ? 256 : crowd->hearing_capacity * 2;
        crowd->hearings =
            xrealloc(crowd->hearings, crowd->hearing_capacity * sizeof(*crowd->hearings));
    }
    crowd->hearings[crowd->hearing_count] = *hearing;
    return crowd->hearing_count++;
}

static bool matters(const struct hearing *hearing)
{
    return hearing->announcement || hearing->ask != NULL || hearing->button_count > 0 ||
           hearing->like || hearing->shop || hearing->growth || hearing->share ||
           hearing->good_count > 0;
}

void crowd_hear(struct crowd *crowd, uint32_t effect, int64_t now_ms)
{
    crowd_look_at_rows(crowd, now_ms);
    crowd_recall(crowd, table_get(crowd->state, T_OUTBOX, effect), now_ms);
}

void crowd_recall(struct crowd *crowd, const struct outbox_row *row, int64_t now_ms)
{
    struct hearing hearing = {.at = now_ms};
    if (row == NULL || (row->op != OUTBOX_SEND && row->op != OUTBOX_DM)) {
        return;
    }
    const uint32_t person = row->member > 0 ? crowd_person_of(crowd, (uint32_t)row->member) : 0;
    hearing.group = person != 0 ? crowd_person(crowd, person)->group : (uint32_t)row->group;
    if (!understand(crowd, row, &hearing) || !matters(&hearing)) {
        free(hearing.ask);
        return;
    }
    const bool personal = row->op == OUTBOX_DM;
    if (crowd->adopted) {
        hearing.key = crowd_message_key(crowd, row, hearing.group, personal ? person : 0);
    }
    const uint32_t kept = keep_hearing(crowd, &hearing);
    const struct crowd_group *group = crowd_group_of(crowd, hearing.group);
    if (group == NULL) {
        return;
    }
    // A group in which half follow the brand reads as the shares say; a sleepy one less.
    const double awake = 0.25 + 1.5 * group->awake;
    if (personal) {
        if (person != 0) {
            plan_reading(crowd, kept, person, crowd->params.dm_read_share * awake, now_ms);
        }
        return;
    }
    const double share =
        (hearing.announcement ? crowd->params.read_share : crowd->params.say_read_share) *
        crowd_attention(crowd, now_ms) * awake;
    for (uint32_t i = 0; i < group->count; i++) {
        plan_reading(crowd, kept, group->people[i], share, now_ms);
    }
}

// --- What a reader does. ---

static void add_silent(struct hearing *hearing, uint32_t person)
{
    if (hearing->silent_count == hearing->silent_capacity) {
        hearing->silent_capacity =
            hearing->silent_capacity == 0 ? 64 : hearing->silent_capacity * 2;
        hearing->silent =
            xrealloc(hearing->silent, hearing->silent_capacity * sizeof(*hearing->silent));
    }
    hearing->silent[hearing->silent_count++] = person;
}

static int64_t soon(struct crowd *crowd, int64_t at)
{
    return crowd_after_min(crowd, at, crowd->params.reply_delay_s / 60);
}

static void attend(struct crowd *crowd, struct person *who, int64_t at)
{
    const uint8_t day = crowd_day(crowd, at);
    if (who->last_evening == day || crowd_attention(crowd, at) < EVENING_ATTENTION) {
        return;
    }
    who->last_evening = day;
    who->evenings++;
    who->habit += (float)crowd->params.habit_gain;
    if (who->habit > (float)crowd->params.habit_max) {
        who->habit = (float)crowd->params.habit_max;
    }
}

static void react_growth(struct crowd *crowd, uint32_t person, const struct hearing *hearing,
                         uint32_t id, int64_t at)
{
    const struct crowd_params *p = &crowd->params;
    const struct person *who = crowd_person(crowd, person);
    double share = hearing->growth_invite ? p->invite_share : p->poster_share;
    share *= (double)who->activity * (who->inviter != 0 ? p->relay_factor : 1);
    if (rng_chance(&crowd->rng, share > 0.9 ? 0.9 : share)) {
        crowd_plan(crowd, crowd_after_min(crowd, at, p->share_delay_min), PLAN_SHARE, person, id,
                   0);
    }
}

static void react_games(struct crowd *crowd, uint32_t person, const struct hearing *hearing,
                        uint32_t id, int64_t at)
{
    const struct crowd_params *p = &crowd->params;
    if (hearing->button_count > 0 &&
        rng_chance(&crowd->rng, hearing->survey ? p->survey_share : p->press_share)) {
        const uint8_t button = (uint8_t)rng_below(&crowd->rng, hearing->button_count);
        crowd_plan(crowd, soon(crowd, at), PLAN_PRESS, person, id, button);
    }
    if (hearing->like && rng_chance(&crowd->rng, p->like_share)) {
        crowd_plan(crowd, soon(crowd, at), PLAN_LIKE, person, id, 0);
    }
}

static void react_shop(struct crowd *crowd, uint32_t person, const struct hearing *hearing,
                       int64_t at)
{
    const struct crowd_params *p = &crowd->params;
    if (hearing->good_count > 0 && rng_chance(&crowd->rng, p->visit_goods)) {
        const uint32_t good = hearing->goods[rng_below(&crowd->rng, hearing->good_count)];
        crowd_plan(crowd, soon(crowd, at), PLAN_VISIT, person, good, 0);
    } else if (hearing->shop && rng_chance(&crowd->rng, p->visit_notice)) {
        crowd_plan(crowd, soon(crowd, at), PLAN_VISIT, person, 0, 0);
    }
}

static void read_message(struct crowd *crowd, const struct plan *plan)
{
    const struct crowd_params *p = &crowd->params;
    struct hearing *hearing = &crowd->hearings[plan->ref];
    struct person *who = crowd_person(crowd, plan->person);
    if (who->state != PERSON_IN) {
        return;
    }
    attend(crowd, who, plan->at);
    if (hearing->announcement && rng_chance(&crowd->rng, p->notice_leave)) {
        crowd_plan(crowd, soon(crowd, plan->at), PLAN_LEAVE, plan->person, 0, 0);
        return;
    }
    if (hearing->ask != NULL && !who->fake) {
        if (rng_chance(&crowd->rng, p->reply_first * (0.5 + 0.5 * (double)who->activity))) {
            crowd_plan(crowd, soon(crowd, plan->at), PLAN_REPLY, plan->person, plan->ref, 0);
        } else {
            add_silent(hearing, plan->person);
        }
    }
    if (hearing->growth) {
        react_growth(crowd, plan->person, hearing, plan->ref, plan->at);
    }
    if (who->fake) {
        return;  // Made to be counted, not to take part.
    }
    if (hearing->share && who->bought && rng_chance(&crowd->rng, p->share_code)) {
        crowd_plan(crowd, crowd_after_min(crowd, plan->at, p->share_delay_min / 4), PLAN_SHARE,
                   plan->person, plan->ref, 1);
    }
    react_games(crowd, plan->person, hearing, plan->ref, plan->at);
    react_shop(crowd, plan->person, hearing, plan->at);
}

// Each reply draws some of those who have read and kept silent: the screen fills.
static void spread(struct crowd *crowd, struct hearing *hearing, uint32_t id, int64_t at)
{
    uint64_t more = rng_poisson(&crowd->rng, crowd->params.reply_spread);
    for (; more > 0 && hearing->silent_count > 0; more--) {
        const uint32_t pick = (uint32_t)rng_below(&crowd->rng, hearing->silent_count);
        const uint32_t person = hearing->silent[pick];
        hearing->silent[pick] = hearing->silent[--hearing->silent_count];
        crowd_plan(crowd, soon(crowd, at), PLAN_REPLY, person, id, 0);
    }
}

static bool take_chat(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    static const char *const TALK[] = {
        "早上好", "今天降温了，大家加衣服", "这件有S码吗？", "等晚上的活动",
        "哈哈哈", "上次买的大衣很暖和",     "求搭配",        "来了来了"};
    const struct person *who = crowd_person(crowd, plan->person);
    if (who->state != PERSON_IN) {
        return false;
    }
    const double mean = crowd->params.messages_day * (double)who->activity;
    crowd_plan(crowd,
               plan->at + (int64_t)(rng_exponential(&crowd->rng, 1 / (mean * 2)) * 86400000.0) + 1,
               PLAN_CHAT, plan->person, 0, 0);
    if (!rng_chance(&crowd->rng, crowd_attention(crowd, plan->at))) {
        return false;
    }
    out->kind = EVENT_MESSAGE;
    out->text = slice_of(TALK[rng_below(&crowd->rng, sizeof(TALK) / sizeof(TALK[0]))]);
    return true;
}

static bool take_reaction(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    struct hearing *hearing = &crowd->hearings[plan->ref];
    switch ((enum plan_kind)plan->kind) {
    case PLAN_REPLY:
        out->kind = EVENT_MESSAGE;
        out->text = slice_of(hearing->ask);
        spread(crowd, hearing, plan->ref, plan->at);
        return true;
    case PLAN_PRESS:
        out->kind = EVENT_PRESS;
        out->button = slice_of(hearing->buttons[plan->extra]);
        return true;
    case PLAN_LIKE:
        out->kind = EVENT_REACTION;
        out->to = slice_of(hearing->post);
        out->emoji = slice_of("👍");
        out->on = true;
        return true;
    default:
        return false;
    }
}

bool crowd_take_talk(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    if (plan->kind == PLAN_CHAT) {
        return take_chat(crowd, plan, out);
    }
    if (plan->kind == PLAN_READ) {
        read_message(crowd, plan);
        return false;
    }
    if (crowd_person(crowd, plan->person)->state != PERSON_IN) {
        return false;
    }
    if (plan->kind == PLAN_SHARE) {
        if (plan->extra == 1) {
            crowd_pass_code(crowd, plan->person, &crowd->hearings[plan->ref], plan->at);
        } else {
            crowd_pass_on(crowd, plan->person, &crowd->hearings[plan->ref], plan->at);
        }
        return false;
    }
    return take_reaction(crowd, plan, out);
}
