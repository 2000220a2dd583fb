// Facts of the groups: who came, who left, who spoke, who liked. See reduce.c for what all kinds of
// event share.

#include "core/reduce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define CHAINS_OPEN_MAX 4   // Open chains of a group that a message is compared with, newest first.
#define CHAINS_LOOK_MAX 16  // Chains looked at to find them, closed ones included.
#define CHAIN_TEXT_MAX 1024  // Longer messages are no copy of a phrase.
#define HOW_MAX 64           // Bytes kept of how she came.
#define DAY_MS 86400000
#define OVER_LIMIT_NAME "engine:over_limit"  // No name that a playbook would give.

enum { CHAIN_OPEN, CHAIN_CLOSED };
enum { STAFF_HOST, STAFF_GUIDE };

// --- Joins and leaves. ---
//
// They may come in any order: each changes who is present only if nothing later is known of her in
// this group. So a leave makes her known even if no join was seen (joined_at 0): a join that comes
// after it and is older finds her gone. Counts are counts of events, whatever their order.

struct origin {
    uint32_t inviter, guide, code;
    text_id how;
};

// A host who invites isn't an inviter; a guide binds whom she brings.
static void origin_without_staff(struct reduce *r, struct origin *origin)
{
    if (origin->inviter == r->facts->member) {
        origin->inviter = 0;
    }
    if (origin->inviter == 0 || !people_is_staff(r->state, origin->inviter)) {
        return;
    }
    const struct member *member = table_get(r->state, T_MEMBERS, origin->inviter);
    const uint32_t id = TABLE_FIND(r->state, T_STAFF, STAFF_BY_EXT, member->ext);
    const struct staff *staff = id ? table_get(r->state, T_STAFF, id) : NULL;
    if (staff != NULL && staff->role == STAFF_GUIDE && origin->guide == 0) {
        origin->guide = id;
    }
    origin->inviter = 0;
}

static bool origin_find(struct reduce *r, struct origin *origin)
{
    const struct event *event = r->event;
    *origin = (struct origin){.code = reduce_code(r, event->code)};
    if (origin->code != 0) {
        const struct code *code = table_get(r->state, T_CODES, origin->code);
        if (code->kind == CODE_INVITE || code->kind == CODE_SHARE) {
            origin->inviter = (uint32_t)code->member;
        }
    }
    origin->guide = reduce_guide(r, event->code);
    if (event->inviter.size &&
        !reduce_other_member(r, event->inviter, "inviter", &origin->inviter)) {
        return false;
    }
    origin_without_staff(r, origin);
    const struct slice how = event->how.size   ? event->how
                             : origin->inviter ? slice_of("invite")
                             : origin->guide   ? slice_of("channel")
                                               : slice_of("");
    return reduce_keep_text(r, &origin->how, how, HOW_MAX, "how");
}

// Her membership closed: whoever brought her has one less. Memberships from before the campaign
// began were brought in another one.
static struct inviter *inviter_of(struct reduce *r, const struct membership *membership)
{
    const struct group *group = table_get(r->state, T_GROUPS, (uint32_t)membership->group);
    const struct campaign *campaign = table_get(r->state, T_CAMPAIGNS, (uint32_t)group->campaign);
    if (membership->inviter == 0 || campaign == NULL ||
        membership->joined_at < campaign->started_at) {
        return NULL;
    }
    const uint32_t id =
        TABLE_FIND(r->state, T_INVITERS, INVITERS_BY_MEMBER, campaign->id, membership->inviter);
    return id ? table_edit(r->state, T_INVITERS, id) : NULL;
}

static uint32_t membership_new(struct reduce *r, uint32_t member, const struct origin *origin)
{
    const struct membership fresh = {
        .group = TABLES_U16(r->facts->group),
        .member = (int32_t)member,
        .inviter = (int32_t)origin->inviter,
    };
    return ((const struct membership *)table_insert(r->state, T_MEMBERSHIPS, &fresh))->id;
}

static void join_first(struct reduce *r, uint32_t id, const struct origin *origin)
{
    struct membership *row = table_edit(r->state, T_MEMBERSHIPS, id);
    if (row->inviter != (int32_t)origin->inviter) {  // Her leave came first.
        table_rekey(r->state, T_MEMBERSHIPS, id, "inviter", origin->inviter);
    }
    row->joined_at = TABLES_I48(r->at);
    row->guide = TABLES_U16(origin->guide);
    row->how = origin->how;
    if (origin->inviter != 0 && r->counted && r->facts->campaign != 0) {
        people_inviter_count(
            people_inviter(r->state, r->facts->campaign, origin->inviter, r->facts->group), 1, 0,
            0);
        coupon_tiers_check(r->core, r->facts->campaign, origin->inviter);
    }
    r->facts->first_join = true;
}

// She is gone: whoever brought her has one less.
static void leave_inviter(struct reduce *r, uint32_t id)
{
    struct membership *row = table_edit(r->state, T_MEMBERSHIPS, id);
    struct inviter *inviter =
        row->audit == MEMBERSHIP_REJECTED || row->lost ? NULL : inviter_of(r, row);
    if (inviter != NULL && inviter->effective > 0) {
        people_inviter_count(inviter, 0, 1, 0);
        row->lost = 1;
        coupon_tiers_check(r->core, (uint32_t)inviter->campaign, (uint32_t)inviter->member);
    }
}

// A join of her that is older than her leave: she isn't there.
static void join_late(struct reduce *r, uint32_t id, const struct origin *origin)
{
    const struct membership *known = table_get(r->state, T_MEMBERSHIPS, id);
    if (known->joined_at == 0) {
        join_first(r, id, origin);
        if (r->counted) {
            leave_inviter(r, id);
        }
    } else if (known->joined_at < r->at) {
        struct membership *row = table_edit(r->state, T_MEMBERSHIPS, id);
        row->joined_at = TABLES_I48(r->at);
        row->how = origin->how;
    }
}

// She comes back. Whoever brought her the first time has her again, unless somebody else is named.
static void join_again(struct reduce *r, uint32_t id, const struct origin *origin)
{
    struct membership *row = table_edit(r->state, T_MEMBERSHIPS, id);
    if (row->lost && (origin->inviter == 0 || origin->inviter == (uint32_t)row->inviter)) {
        struct inviter *inviter = inviter_of(r, row);
        if (inviter != NULL && inviter->left > 0) {
            people_inviter_count(inviter, 0, -1, 0);
            coupon_tiers_check(r->core, (uint32_t)inviter->campaign, (uint32_t)inviter->member);
        }
        row->lost = 0;
    }
    row->joined_at = TABLES_I48(r->at);
    row->left_at = 0;
    row->guide = row->guide ? row->guide : TABLES_U16(origin->guide);
    row->how = origin->how;
}

// Her membership is open afterwards. true: she wasn't present before.
static bool join_member(struct reduce *r, uint32_t member, const struct origin *origin)
{
    const uint32_t id =
        TABLE_FIND(r->state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP, member, r->facts->group);
    r->facts->membership = id;
    const struct membership *row = id ? table_get(r->state, T_MEMBERSHIPS, id) : NULL;
    if (row != NULL && row->left_at == 0) {
        if (row->joined_at < r->at) {  // A leave in between is still to come, or was lost.
            ((struct membership *)table_edit(r->state, T_MEMBERSHIPS, id))->joined_at =
                TABLES_I48(r->at);
        }
        return false;
    }
    const bool gone = row != NULL && row->left_at > r->at;
    if (gone) {
        join_late(r, id, origin);
    } else if (row == NULL || row->joined_at == 0) {
        r->facts->membership = row == NULL ? membership_new(r, member, origin) : id;
        ((struct membership *)table_edit(r->state, T_MEMBERSHIPS, r->facts->membership))->left_at =
            0;
        join_first(r, r->facts->membership, origin);
    } else {
        join_again(r, id, origin);
    }
    struct member *who = table_edit(r->state, T_MEMBERS, member);
    who->group = who->group ? who->group : TABLES_U16(r->facts->group);
    who->status = gone ? who->status : MEMBER_ACTIVE;
    if (origin->code != 0) {
        struct code *code = table_edit(r->state, T_CODES, origin->code);
        REDUCE_COUNT(code->uses, 1);
    }
    return !gone;
}

// What "once a day" means here: the campaign's own day, else the day of UTC.
static int64_t over_limit_day(struct reduce *r, uint32_t *day)
{
    *day = 0;
    for (uint32_t id = TABLE_LIST(r->state, T_DAYS, DAYS_BY_CAMPAIGN, r->facts->campaign); id != 0;
         id = table_list_next(r->state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        const struct day *row = table_get(r->state, T_DAYS, id);
        if (r->at >= row->from_at && r->at < row->until_at) {
            *day = id;
            return row->from_at;
        }
    }
    return r->at - r->at % DAY_MS;
}

// A milestone leaves memory, so a row of the library's memory keeps the day it was last noted.
static void over_limit_note(struct reduce *r, const struct group *group)
{
    uint32_t day;
    char noted[24];
    snprintf(noted, sizeof(noted), "%" PRId64, over_limit_day(r, &day));
    const text_id name = state_text(r->state, OVER_LIMIT_NAME, strlen(OVER_LIMIT_NAME));
    uint32_t id = TABLE_FIND(r->state, T_MEMORY, MEMORY_BY_NAME, 0, group->id, name);
    if (id == 0) {
        const struct memory fresh = {
            .name = name, .ref = (int32_t)group->id, .scope = SCOPE_LIBRARY};
        id = ((const struct memory *)table_insert(r->state, T_MEMORY, &fresh))->id;
    }
    struct memory *memory = table_edit(r->state, T_MEMORY, id);
    const struct bytes *old = memory->value;
    if (old != NULL && old->size == strlen(noted) && memcmp(old->data, noted, old->size) == 0) {
        return;
    }
    table_set_bytes(r->state, &memory->value, noted, strlen(noted));
    const char *text =
        arena_printf(state_arena(r->state), "group '%s' has %d members, its platform allows %d",
                     state_get_text(r->state, group->ext), group->members, group->member_max);
    milestone_add(r->state, "over_limit", r->facts->campaign, day, group->id, group->members,
                  group->member_max, text);
}

// Joins are counted as the platform tells them, also the second one of somebody present.
static void join_count(struct reduce *r, bool entered)
{
    if (!r->counted) {
        return;
    }
    struct group *group = table_edit(r->state, T_GROUPS, r->facts->group);
    reduce_count(&group->joins, 1);
    struct hour *hour = reduce_hour(r, group->id);
    REDUCE_COUNT(hour->joins, 1);
    if (entered) {
        reduce_count(&group->members, 1);
        if (group->member_max > 0 && group->members > group->member_max) {
            over_limit_note(r, group);
        }
    }
}

bool reduce_join(struct reduce *r)
{
    struct origin origin;
    if (!reduce_find_group(r, true) || !reduce_find_member(r, REDUCE_MEMBER) ||
        !origin_find(r, &origin)) {
        return false;
    }
    join_count(r, join_member(r, r->facts->member, &origin));
    r->facts->inviter = origin.inviter;
    r->facts->guide = origin.guide;
    if (r->counted) {
        waits_changed(r->core, WAIT_JOINS, r->facts->group);
    }
    return true;
}

// Closes the membership of somebody present, unless she joined again since; who isn't present only
// counts as a leave, noted for joins that come late. The count of members
// never goes below zero.
static void leave_member(struct reduce *r, uint32_t member)
{
    struct group *group = table_edit(r->state, T_GROUPS, r->facts->group);
    if (r->counted) {
        reduce_count(&group->leaves, 1);
        struct hour *hour = reduce_hour(r, group->id);
        REDUCE_COUNT(hour->leaves, 1);
    }
    uint32_t id =
        TABLE_FIND(r->state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP, member, group->id);
    const bool stranger = id == 0;
    id = stranger ? membership_new(r, member, &(struct origin){0}) : id;
    const struct membership *known = table_get(r->state, T_MEMBERSHIPS, id);
    const bool gone = stranger || known->left_at != 0;
    if (known->left_at > r->at || (!gone && known->joined_at > r->at)) {
        return;
    }
    struct membership *row = table_edit(r->state, T_MEMBERSHIPS, id);
    row->left_at = TABLES_I48(r->at);
    if (gone) {
        return;
    }
    r->facts->membership = id;
    r->facts->inviter = (uint32_t)row->inviter;
    r->facts->guide = (uint32_t)row->guide;
    if (!r->counted) {
        return;
    }
    group->members -= group->members > 0;
    leave_inviter(r, id);
}

bool reduce_leave(struct reduce *r)
{
    const struct event *event = r->event;
    if (!reduce_find_group(r, true)) {
        return false;
    }
    if (event->member.size == 0) {
        return err_set(r->e, ERR_INVALID, "member: missing");
    }
    r->counted = true;
    if (!reduce_find_member(r, REDUCE_MEMBER)) {
        return false;
    }
    const uint32_t member = r->facts->member;
    leave_member(r, member);
    const bool here = people_present(r->state, member, r->facts->group);  // Back since.
    if (!here && event->by.size != 0 && people_member(r->state, event->by) != member) {
        struct member *row = table_edit(r->state, T_MEMBERS, member);
        row->status = row->status == MEMBER_FORGOTTEN ? MEMBER_FORGOTTEN : MEMBER_REMOVED;
    }
    return true;
}

// --- Rosters: what the platform forgot to tell. ---

// Everybody on the list is present afterwards; their bits are set in `listed`.
static bool members_join(struct reduce *r, uint8_t *listed, size_t listed_bits)
{
    const struct origin origin = {.how = state_text(r->state, "roster", strlen("roster"))};
    for (size_t i = 0; i < r->event->list_count; i++) {
        char field[32];
        snprintf(field, sizeof(field), "list[%zu]", i);
        uint32_t member;
        if (!reduce_other_member(r, r->event->list[i], field, &member)) {
            return false;
        }
        if (member < listed_bits) {
            listed[member / 8] |= (uint8_t)(1U << (member % 8));
        }
        if (people_present(r->state, member, r->facts->group)) {
            continue;
        }
        r->counted = !people_is_staff(r->state, member);
        struct member *row = table_edit(r->state, T_MEMBERS, member);
        row->seen_at = TABLES_I48(row->seen_at < r->at ? r->at : row->seen_at);
        join_count(r, join_member(r, member, &origin));
    }
    return true;
}

static void members_leave(struct reduce *r, const uint8_t *listed, uint32_t last)
{
    for (uint32_t id = TABLE_LIST(r->state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, r->facts->group);
         id != 0; id = table_list_next(r->state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, id)) {
        const struct membership *row = table_get(r->state, T_MEMBERSHIPS, id);
        const uint32_t member = (uint32_t)row->member;
        // Members made by this roster (above `last`) are on it.
        if (row->left_at == 0 && member <= last && !(listed[member / 8] >> (member % 8) & 1)) {
            r->counted = !people_is_staff(r->state, member);
            leave_member(r, member);
        }
    }
}

bool reduce_members(struct reduce *r)
{
    if (!reduce_find_group(r, true)) {
        return false;
    }
    const struct group *group = table_get(r->state, T_GROUPS, r->facts->group);
    if (r->event->list_count == 0 && group->members > 0) {
        // A connector's slip more likely than everybody's leaving at once, hosts included.
        return err_set(r->e, ERR_INVALID, "list: empty, but group '%s' has %d members",
                       state_get_text(r->state, group->ext), group->members);
    }
    const uint32_t last = table_last(r->state, T_MEMBERS);
    uint8_t *listed = arena_zalloc(state_arena(r->state), last / 8 + 1);
    if (!members_join(r, listed, (size_t)last + 1)) {
        return false;
    }
    members_leave(r, listed, last);
    const uint32_t kept_group = r->facts->group;
    *r->facts = (struct facts){.campaign = (uint32_t)group->campaign, .group = kept_group};
    waits_changed(r->core, WAIT_JOINS, kept_group);
    return true;
}

// --- Messages. ---

// The newest open chain whose phrase the message repeats; 0: none.
static uint32_t chain_repeated(struct reduce *r, const uint32_t *open, size_t count)
{
    const struct slice text = r->event->text;
    struct buf folded;
    buf_init(&folded, (size_t)32 * CHAIN_TEXT_MAX);
    utf8_fold(text.data, text.size, &folded);
    uint32_t found = 0;
    for (size_t i = 0; i < count && found == 0 && folded.size > 0; i++) {
        const struct chain *chain = table_get(r->state, T_CHAINS, open[i]);
        const char *phrase = state_get_text(r->state, chain->folded);
        if (memmem(folded.data, folded.size, phrase, strlen(phrase)) != NULL) {
            found = open[i];
        }
    }
    buf_deinit(&folded);
    return found;
}

static uint32_t chain_find(struct reduce *r)
{
    const struct slice text = r->event->text;
    if (text.size == 0 || text.size > CHAIN_TEXT_MAX) {
        return 0;
    }
    uint32_t open[CHAINS_OPEN_MAX];
    size_t count = 0;
    uint32_t id = TABLE_LIST(r->state, T_CHAINS, CHAINS_OF_GROUP, r->facts->group);
    for (int looked = 0; id != 0 && looked < CHAINS_LOOK_MAX && count < CHAINS_OPEN_MAX; looked++) {
        const struct chain *chain = table_get(r->state, T_CHAINS, id);
        if (chain->status == CHAIN_OPEN && chain->folded != 0) {
            open[count++] = id;
        }
        id = table_list_next(r->state, T_CHAINS, CHAINS_OF_GROUP, id);
    }
    return count ? chain_repeated(r, open, count) : 0;
}

static void chain_reply(struct reduce *r, uint32_t id, struct hour *hour)
{
    const uint32_t member = r->facts->member;
    struct chain *chain = table_edit(r->state, T_CHAINS, id);
    reduce_count(&chain->messages, 1);
    r->facts->chain = id;
    if (TABLE_FIND(r->state, T_REPLIES, REPLIES_BY_MEMBER, id, member) != 0) {
        return;
    }
    const int64_t after_ms = r->at - chain->opened_at;
    const struct reply reply = {
        .at = TABLES_I48(r->at),
        .chain = (int32_t)id,
        .member = (int32_t)member,
        .after_ms = (int32_t)(after_ms < 0           ? 0
                              : after_ms > INT32_MAX ? INT32_MAX
                                                     : after_ms),
    };
    table_insert(r->state, T_REPLIES, &reply);
    reduce_count(&chain->replies, 1);
    REDUCE_COUNT(hour->replies, 1);
    r->facts->reply_place = (uint32_t)chain->replies;
    waits_changed(r->core, WAIT_REPLIES, id);
}

bool reduce_message(struct reduce *r)
{
    // A private message has no group: she was seen, nothing is counted.
    if (!reduce_find_group(r, false) || !reduce_find_member(r, REDUCE_MEMBER)) {
        return false;
    }
    const uint32_t id = r->facts->group;
    if (id == 0 || !r->counted) {
        return true;
    }
    struct group *group = table_edit(r->state, T_GROUPS, id);
    struct hour *hour = reduce_hour(r, id);
    struct participant *participant = reduce_participant(r);
    group->messages++;
    REDUCE_COUNT(hour->messages, 1);
    if (participant != NULL) {
        REDUCE_COUNT(participant->messages, 1);
    }
    const uint32_t chain = chain_find(r);
    if (chain != 0) {
        chain_reply(r, chain, hour);
    }
    waits_changed(r->core, WAIT_MESSAGES, id);
    return true;
}

// --- Reactions and buttons. ---

static void reaction_like(struct reduce *r, uint32_t id, uint32_t like)
{
    struct post *post = table_edit(r->state, T_POSTS, id);
    if (like == 0) {
        reduce_count(&post->likers, 1);
        const struct like fresh = {
            .at = TABLES_I48(r->at),
            .post = (int32_t)id,
            .member = (int32_t)r->facts->member,
            .place = post->likers,
            .liked = 1,
        };
        table_insert(r->state, T_LIKES, &fresh);
    } else {
        ((struct like *)table_edit(r->state, T_LIKES, like))->liked = 1;
    }
    reduce_count(&post->likes, 1);
    waits_changed(r->core, WAIT_LIKES, id);
}

bool reduce_reaction(struct reduce *r)
{
    if (!reduce_find_group(r, false) || !reduce_find_member(r, REDUCE_MEMBER)) {
        return false;
    }
    const text_id ext = people_text_known(r->state, r->event->to);
    const uint32_t id = ext ? TABLE_FIND(r->state, T_POSTS, POSTS_BY_EXT, ext) : 0;
    if (id == 0) {
        return true;  // Likes of other messages aren't counted.
    }
    const struct post *post = table_get(r->state, T_POSTS, id);
    r->facts->post = id;
    if (r->facts->group == 0 && post->group != 0) {
        const struct group *group = table_get(r->state, T_GROUPS, (uint32_t)post->group);
        r->facts->group = group->id;
        r->facts->campaign = (uint32_t)group->campaign;
    }
    if (!r->counted) {
        return true;
    }
    reduce_participant(r);
    const struct game *game = table_get(r->state, T_GAMES, (uint32_t)post->game);
    if (game != NULL && filing_day_is_done(r->state, (uint32_t)game->day)) {
        return true;  // Nobody counts them any more, and who liked it has left memory.
    }
    const uint32_t like_id = TABLE_FIND(r->state, T_LIKES, LIKES_BY_MEMBER, id, r->facts->member);
    const struct like *like = like_id ? table_get(r->state, T_LIKES, like_id) : NULL;
    const bool liked = like != NULL && like->liked;
    if (r->event->on && !liked) {
        reaction_like(r, id, like_id);
    } else if (!r->event->on && liked) {
        ((struct like *)table_edit(r->state, T_LIKES, like_id))->liked = 0;
        reduce_count(&((struct post *)table_edit(r->state, T_POSTS, id))->likes, -1);
    }
    return true;
}

// The game of a button "<kind>:<game id>"; 0: none, or no such game.
static uint32_t press_game(const struct reduce *r)
{
    const struct slice button = r->event->button;
    size_t digits = 0;
    while (digits < button.size && button.data[button.size - 1 - digits] >= '0' &&
           button.data[button.size - 1 - digits] <= '9') {
        digits++;
    }
    if (digits == 0 || digits > 10 || digits + 1 >= button.size ||
        button.data[button.size - 1 - digits] != ':') {
        return 0;
    }
    uint64_t id = 0;
    for (size_t i = button.size - digits; i < button.size; i++) {
        id = id * 10 + (uint64_t)(button.data[i] - '0');
    }
    return id <= UINT32_MAX && table_get(r->state, T_GAMES, (uint32_t)id) ? (uint32_t)id : 0;
}

bool reduce_press(struct reduce *r)
{
    if (!reduce_find_group(r, false) || !reduce_find_member(r, REDUCE_MEMBER)) {
        return false;
    }
    if (!r->counted) {
        return true;  // Hosts don't play.
    }
    r->facts->game = press_game(r);
    if (r->facts->game != 0 && r->facts->group == 0) {
        const struct game *game = table_get(r->state, T_GAMES, r->facts->game);
        const struct day *day = table_get(r->state, T_DAYS, (uint32_t)game->day);
        const struct member *member = table_get(r->state, T_MEMBERS, r->facts->member);
        r->facts->group = game->group ? (uint32_t)game->group : (uint32_t)member->group;
        r->facts->campaign = day ? (uint32_t)day->campaign : 0;
    }
    reduce_participant(r);
    return true;
}
