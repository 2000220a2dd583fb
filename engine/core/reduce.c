// The facts of an event: what follows from it whatever a playbook says. Here: who and where an
// event is about, and the kinds that need no file of their own. Changes rows through table_insert
// and table_edit only, inside the caller's turn; a refusal leaves half-done changes for it to drop.
//
// Hosts and guides are known like everybody, but never counted: not as members, messages, replies,
// likes, visitors, participants or players. Money they pay is money all the same.

#include "core/reduce.h"

#include <limits.h>
#include <string.h>

#include "base/utf8.h"

#define REDUCE_AT_MAX TABLES_I48_MAX  // In the year 6429.
#define REDUCE_NAME_MAX 256           // Bytes kept of nicknames, addresses, states.
#define REDUCE_SIGNATURE_MAX 1024
#define REDUCE_MINUTE_MS 60000
#define REDUCE_HOUR_MS 3600000

enum { CAMPAIGN_BOUND, CAMPAIGN_RUNNING };

void reduce_count(int32_t *counter, int64_t add)
{
    const int64_t sum = (int64_t)*counter + add;
    *counter = (int32_t)(sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum);
}

bool reduce_keep_text(struct reduce *r, text_id *column, struct slice text, size_t max,
                      const char *field)
{
    if (text.size == 0) {
        *column = 0;
        return true;
    }
    const size_t size = text.size > max ? utf8_cut(text.data, text.size, max) : text.size;
    const char *kept = state_get_text(r->state, *column);
    if (strncmp(kept, text.data, size) == 0 && kept[size] == '\0') {
        return true;
    }
    if (!utf8_valid(text.data, size)) {
        return err_set(r->e, ERR_INVALID, "%s: no valid text", field);
    }
    *column = state_text(r->state, text.data, size);
    return true;
}

bool reduce_find_group(struct reduce *r, bool needed)
{
    const struct slice ext = r->event->group;
    if (ext.size == 0) {
        return !needed || err_set(r->e, ERR_INVALID, "group: missing");
    }
    const uint32_t id = people_group(r->state, ext);
    if (id == 0) {
        return err_set(r->e, ERR_INVALID, "group: unknown group '%.*s'",
                       (int)utf8_cut(ext.data, ext.size, REDUCE_NAME_MAX), ext.data);
    }
    const struct group *group = table_get(r->state, T_GROUPS, id);
    r->facts->group = id;
    r->facts->campaign = (uint32_t)group->campaign;
    return true;
}

bool reduce_other_member(struct reduce *r, struct slice ext, const char *field, uint32_t *member)
{
    *member = people_ensure_member(r->state, ext);
    if (*member != 0) {
        return true;
    }
    return ext.size > PEOPLE_EXT_MAX
               ? err_set(r->e, ERR_INVALID, "%s: longer than %d bytes", field, PEOPLE_EXT_MAX)
               : err_set(r->e, ERR_INVALID, "%s: no valid text", field);
}

// What the event says about her beside her id. The platform's tags are added; none is taken away,
// for those that playbooks gave stand among them. Who asked to be forgotten stays so until she
// joins.
static bool reduce_note_member(struct reduce *r, uint32_t id)
{
    const struct event *event = r->event;
    struct member *member = table_edit(r->state, T_MEMBERS, id);
    if (member->seen_at < r->at) {
        member->seen_at = TABLES_I48(r->at);
    }
    if (member->status == MEMBER_FORGOTTEN) {
        return true;
    }
    if ((event->name.size &&
         !reduce_keep_text(r, &member->name, event->name, REDUCE_NAME_MAX, "member.name")) ||
        (event->signature.size && !reduce_keep_text(r, &member->signature, event->signature,
                                                    REDUCE_SIGNATURE_MAX, "member.signature")) ||
        (event->avatar.size && !reduce_keep_text(r, &member->avatar, event->avatar,
                                                 REDUCE_SIGNATURE_MAX, "member.avatar"))) {
        return false;
    }
    if (event->gender.size) {
        if (slice_is(event->gender, "female")) {
            member->gender = 1;
        } else if (slice_is(event->gender, "male")) {
            member->gender = 2;
        }
    }
    if (event->level < 0 || event->level > UINT8_MAX) {
        return err_set(r->e, ERR_INVALID, "member.level: %lld is not 0 to 255",
                       (long long)event->level);
    }
    if (event->level != 0) {
        member->level = (uint8_t)event->level;
    }
    if (event->tags.size) {
        if (!utf8_valid(event->tags.data, event->tags.size)) {
            return err_set(r->e, ERR_INVALID, "member.tags: no valid text");
        }
        people_set_tags(r->state, id, event->tags, true);
    }
    return true;
}

bool reduce_find_member(struct reduce *r, enum reduce_who who)
{
    const struct event *event = r->event;
    struct slice ext = event->member;
    const char *field = "member";
    char visitor[sizeof("session:") + PEOPLE_EXT_MAX];
    if (ext.size == 0 && who == REDUCE_VISITOR && event->session.size != 0) {
        // One byte too many where it is too long, so that it is refused below.
        const size_t prefix = strlen("session:");
        const size_t room = PEOPLE_EXT_MAX + 1 - prefix;
        const size_t size = event->session.size < room ? event->session.size : room;
        memcpy(visitor, "session:", prefix);
        memcpy(visitor + prefix, event->session.data, size);
        ext = (struct slice){visitor, (uint32_t)(prefix + size)};
        field = "session";
    }
    if (ext.size == 0) {
        return who == REDUCE_VISITOR || err_set(r->e, ERR_INVALID, "member: missing");
    }
    if (!reduce_other_member(r, ext, field, &r->facts->member)) {
        return false;
    }
    r->counted = !people_is_staff(r->state, r->facts->member);
    return reduce_note_member(r, r->facts->member);
}

// The only campaign that is running; 0 if none is or several are.
static uint32_t reduce_running_campaign(const struct state *state)
{
    uint32_t only = 0;
    for (uint32_t id = 0; (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        const struct campaign *campaign = table_get(state, T_CAMPAIGNS, id);
        if (campaign->status == CAMPAIGN_RUNNING) {
            if (only != 0) {
                return 0;
            }
            only = id;
        }
    }
    return only;
}

bool reduce_find_shopper(struct reduce *r)
{
    if (!reduce_find_group(r, false) || !reduce_find_member(r, REDUCE_VISITOR)) {
        return false;
    }
    struct facts *facts = r->facts;
    if (facts->group == 0 && facts->member != 0) {
        const struct member *member = table_get(r->state, T_MEMBERS, facts->member);
        facts->group = (uint32_t)member->group;
    }
    if (facts->group != 0) {
        const struct group *group = table_get(r->state, T_GROUPS, facts->group);
        CHECK(group != NULL);
        facts->campaign = (uint32_t)group->campaign;
    }
    if (facts->campaign == 0) {
        facts->campaign = reduce_running_campaign(r->state);
    }
    return true;
}

struct participant *reduce_participant(struct reduce *r)
{
    const struct facts *facts = r->facts;
    if (!r->counted) {
        return NULL;
    }
    const uint32_t id = people_participant(r->state, facts->campaign, facts->member, facts->group);
    return id ? table_edit(r->state, T_PARTICIPANTS, id) : NULL;
}

struct hour *reduce_hour(struct reduce *r, uint32_t group)
{
    const int64_t at = r->at - r->at % REDUCE_HOUR_MS;
    const uint32_t id = TABLE_FIND(r->state, T_HOURS, HOURS_BY_AT, group, at);
    if (id != 0) {
        return table_edit(r->state, T_HOURS, id);
    }
    const struct hour fresh = {.at = TABLES_I48(at), .group = (int32_t)group};
    struct hour *hour = table_insert(r->state, T_HOURS, &fresh);
    filing_hour_began(r->state, group);
    return hour;
}

struct minute *reduce_minute(struct reduce *r, uint32_t campaign)
{
    const int64_t at = r->at - r->at % REDUCE_MINUTE_MS;
    const uint32_t id = TABLE_FIND(r->state, T_MINUTES, MINUTES_BY_AT, campaign, at);
    if (id != 0) {
        return table_edit(r->state, T_MINUTES, id);
    }
    const struct minute fresh = {.at = at, .campaign = (int32_t)campaign};
    return table_insert(r->state, T_MINUTES, &fresh);
}

uint32_t reduce_code(const struct reduce *r, struct slice code)
{
    return code.size > 0 ? codes_find(r->state, code) : 0;
}

uint32_t reduce_guide(const struct reduce *r, struct slice code)
{
    const text_id id = people_text_known(r->state, code);
    if (id == 0) {
        return 0;
    }
    const uint32_t row = TABLE_FIND(r->state, T_CODES, CODES_BY_CODE, id);
    const struct code *known = row ? table_get(r->state, T_CODES, row) : NULL;
    if (known != NULL) {
        return known->kind == CODE_CHANNEL ? (uint32_t)known->guide : 0;
    }
    for (uint32_t staff = 0; (staff = table_next(r->state, T_STAFF, staff)) != 0;) {
        if (((const struct staff *)table_get(r->state, T_STAFF, staff))->code == id) {
            return staff;
        }
    }
    return TABLE_FIND(r->state, T_STAFF, STAFF_BY_EXT, id);
}

// Login, logout, banned: what becomes of the connector's account.
static bool reduce_bot(struct reduce *r)
{
    const struct event *event = r->event;
    if (!reduce_find_group(r, false)) {
        return false;
    }
    const struct slice said = event->text.size ? event->text : event->how;
    text_id connector = 0;
    text_id state = 0;
    if (!reduce_keep_text(r, &connector, event->connector, REDUCE_NAME_MAX, "connector") ||
        !reduce_keep_text(r, &state, said, REDUCE_NAME_MAX, "state")) {
        return false;
    }
    const char *text =
        arena_printf(state_arena(r->state), "%s: %s", state_get_text(r->state, connector),
                     state_get_text(r->state, state));
    milestone_add(r->state, "bot", r->facts->campaign, 0, r->facts->group, 0, 0, text);
    return true;
}

// Customer service has handed out what a certificate's code stands for.
static bool reduce_claim(struct reduce *r)
{
    const struct slice code = r->event->code;
    const text_id text = people_text_known(r->state, code);
    const uint32_t id = text ? TABLE_LIST(r->state, T_PLAYS, PLAYS_BY_CLAIM, text) : 0;
    const int shown = (int)utf8_cut(code.data, code.size, REDUCE_NAME_MAX);
    if (id == 0) {
        return err_set(r->e, ERR_INVALID, "code: no prize has the claim code '%.*s'", shown,
                       code.data);
    }
    const struct play *play = table_get(r->state, T_PLAYS, id);
    if (play->prize == 0) {
        return err_set(r->e, ERR_REFUSED, "code: the prize of '%.*s' was drawn again", shown,
                       code.data);
    }
    if (play->claimed_at != 0) {
        return err_set(r->e, ERR_REFUSED, "code: the prize of '%.*s' was handed out already", shown,
                       code.data);
    }
    ((struct play *)table_edit(r->state, T_PLAYS, id))->claimed_at = TABLES_I48(r->at);
    r->facts->member = (uint32_t)play->member;
    r->facts->game = (uint32_t)play->game;
    const uint32_t row = reduce_code(r, code);
    if (row != 0) {
        struct code *used = table_edit(r->state, T_CODES, row);
        REDUCE_COUNT(used->uses, 1);
    }
    return true;
}

static bool reduce_operator(struct reduce *r)
{
    const struct event *event = r->event;
    if (slice_is(event->text, "claim")) {
        return reduce_claim(r);
    }
    if (slice_is(event->text, "outbox")) {
        return outbox_decide(r->core->outbox, event, r->e);
    }
    if (!slice_is(event->text, "audit")) {
        return true;
    }
    if (event->ref < 1 || event->ref > UINT32_MAX) {
        return err_set(r->e, ERR_INVALID, "ref: unknown audit %lld", (long long)event->ref);
    }
    if (!people_judge(r->core, (uint32_t)event->ref, event->ok, event->by, r->e)) {
        return false;
    }
    const struct audit *audit = table_get(r->state, T_AUDITS, (uint32_t)event->ref);
    r->facts->campaign = (uint32_t)audit->campaign;
    r->facts->group = (uint32_t)audit->group;
    r->facts->member = (uint32_t)audit->member;
    r->facts->inviter = (uint32_t)audit->inviter;
    return true;
}

static bool reduce_start(struct reduce *r)
{
    const text_id name = people_text_known(r->state, r->event->text);
    r->facts->campaign = name ? TABLE_FIND(r->state, T_CAMPAIGNS, CAMPAIGNS_BY_NAME, name) : 0;
    return true;
}

bool reduce_event(struct core *core, const struct event *event, struct facts *facts, struct err *e)
{
    *facts = (struct facts){0};
    if (event->at < 0 || event->at > REDUCE_AT_MAX) {
        return err_set(e, ERR_INVALID, "ts: %lld is not a time from 1970 to 6429",
                       (long long)event->at);
    }
    struct reduce r = {
        .core = core,
        .state = core->state,
        .event = event,
        .facts = facts,
        .at = event->at > 0 ? event->at : 1,
        .e = e,
    };
    switch (event->kind) {
    case EVENT_JOIN:
        return reduce_join(&r);
    case EVENT_LEAVE:
        return reduce_leave(&r);
    case EVENT_MEMBERS:
        return reduce_members(&r);
    case EVENT_MESSAGE:
        return reduce_message(&r);
    case EVENT_REACTION:
        return reduce_reaction(&r);
    case EVENT_PRESS:
        return reduce_press(&r);
    case EVENT_VISIT:
        return reduce_visit(&r);
    case EVENT_FAVORITE:
    case EVENT_CART:
        return reduce_interest(&r);
    case EVENT_ORDER:
        return reduce_order(&r);
    case EVENT_REFUND:
        return reduce_refund(&r);
    case EVENT_BOT:
        return reduce_bot(&r);
    case EVENT_RESULT:
        outbox_result(core->outbox, event);
        return true;
    case EVENT_OPERATOR:
        return reduce_operator(&r);
    case EVENT_START:
        return reduce_start(&r);
    case EVENT_NONE:
    case EVENT_TIMER:
    case EVENT_WAKE:
    case EVENT_OPEN:
    case EVENT_LINE:
    case EVENT_RELEASE:
    case EVENT_KEPT:
    case EVENT_KIND_COUNT:
        break;
    }
    return true;
}
