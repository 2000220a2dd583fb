// People by their ids on the platform, participants, tags, and a person's verdict on an audit.
// Knows rows only; what an event means for them is reduce's.

#include <limits.h>
#include <string.h>

#include "base/utf8.h"
#include "core/core.h"
#include "core/reduce.h"

uint32_t people_group(const struct state *state, struct slice ext)
{
    const text_id id = people_text_known(state, ext);
    return id ? TABLE_FIND(state, T_GROUPS, GROUPS_BY_EXT, id) : 0;
}

uint32_t people_member(const struct state *state, struct slice ext)
{
    const text_id id = people_text_known(state, ext);
    return id ? TABLE_FIND(state, T_MEMBERS, MEMBERS_BY_EXT, id) : 0;
}

text_id people_text_known(const struct state *state, struct slice text)
{
    // The pool itself isn't part of the state that turns change, so looking needs no turn.
    return text.size ? text_find(state_texts((struct state *)state), text.data, text.size) : 0;
}

uint32_t people_ensure_member(struct state *state, struct slice ext)
{
    const uint32_t known = people_member(state, ext);
    if (known) {
        return known;
    }
    if (ext.size == 0 || ext.size > PEOPLE_EXT_MAX || !utf8_valid(ext.data, ext.size)) {
        return 0;
    }
    struct member row = {.ext = state_text(state, ext.data, ext.size)};
    row.staff = TABLE_FIND(state, T_STAFF, STAFF_BY_EXT, row.ext) != 0;
    const struct member *member = table_insert(state, T_MEMBERS, &row);
    const uint32_t id = member->id;
    people_is_staff(state, id);
    return id;
}

// Her account has turned out to be a host's: she leaves the counts of members.
static void people_mark_staff(struct state *state, struct member *member, uint32_t staff)
{
    struct staff *row = table_edit(state, T_STAFF, staff);
    row->member = (int32_t)member->id;
    if (member->staff) {
        return;
    }
    member->staff = 1;
    for (uint32_t group = 0; (group = table_next(state, T_GROUPS, group)) != 0;) {
        if (people_present(state, member->id, group)) {
            struct group *edit = table_edit(state, T_GROUPS, group);
            edit->members -= edit->members > 0;
        }
    }
}

bool people_is_staff(struct state *state, uint32_t member)
{
    const struct member *row = table_get(state, T_MEMBERS, member);
    if (row == NULL) {
        return false;
    }
    if (table_count(state, T_STAFF) == 0) {
        return row->staff;
    }
    const uint32_t id = TABLE_FIND(state, T_STAFF, STAFF_BY_EXT, row->ext);
    if (id == 0) {
        return row->staff;
    }
    const struct staff *staff = table_get(state, T_STAFF, id);
    if (!row->staff || staff->member != (int32_t)member) {
        people_mark_staff(state, table_edit(state, T_MEMBERS, member), id);
    }
    return true;
}

uint32_t people_participant(struct state *state, uint32_t campaign, uint32_t member, uint32_t group)
{
    if (campaign == 0 || member == 0) {
        return 0;
    }
    const uint32_t known =
        TABLE_FIND(state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, campaign, member);
    if (known) {
        return known;
    }
    if (people_is_staff(state, member)) {
        return 0;
    }
    const struct member *row = table_get(state, T_MEMBERS, member);
    CHECK(row != NULL);
    const struct participant participant = {
        .campaign = TABLES_U16(campaign),
        .member = (int32_t)member,
        .group = group ? TABLES_U16(group) : row->group,
    };
    return ((const struct participant *)table_insert(state, T_PARTICIPANTS, &participant))->id;
}

bool people_present(const struct state *state, uint32_t member, uint32_t group)
{
    const uint32_t id =
        TABLE_FIND(state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP, member, group);
    const struct membership *row = id ? table_get(state, T_MEMBERSHIPS, id) : NULL;
    return row != NULL && row->left_at == 0;
}

// --- Tags: one sorted text, "a,b,c". ---

// The next tag of a text with commas, without blanks around it, cut to PEOPLE_TAG_MAX.
// false: no more.
static bool tag_next(const char **at, const char *end, struct slice *tag)
{
    while (*at < end) {
        const char *start = *at;
        const char *comma = memchr(start, ',', (size_t)(end - start));
        const char *stop = comma ? comma : end;
        *at = comma ? comma + 1 : end;
        while (start < stop && (*start == ' ' || *start == '\t')) {
            start++;
        }
        while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--;
        }
        const size_t whole = (size_t)(stop - start);
        const size_t size = whole > PEOPLE_TAG_MAX ? utf8_cut(start, whole, PEOPLE_TAG_MAX) : whole;
        if (size > 0) {
            *tag = (struct slice){start, (uint32_t)size};
            return true;
        }
    }
    return false;
}

static int tag_compare(struct slice a, struct slice b)
{
    const int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool tag_among(const char *tags, struct slice wanted)
{
    const char *at = tags;
    const char *end = tags + strlen(tags);
    struct slice tag;
    while (tag_next(&at, end, &tag)) {
        if (tag_compare(tag, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static void tag_put(struct buf *out, struct slice tag)
{
    if (out->size > 0) {
        buf_putc(out, ',');
    }
    buf_append(out, tag.data, tag.size);
}

// The tags with `tag` in its place, or without it.
static void tag_merge(const char *tags, struct slice tag, bool on, struct buf *out)
{
    const char *at = tags;
    const char *end = tags + strlen(tags);
    bool placed = !on;
    struct slice other;
    while (tag_next(&at, end, &other)) {
        const int order = tag_compare(tag, other);
        if (!placed && order < 0) {
            tag_put(out, tag);
            placed = true;
        }
        if (order != 0) {
            tag_put(out, other);
        }
    }
    if (!placed) {
        tag_put(out, tag);
    }
}

void people_set_tags(struct state *state, uint32_t member, struct slice tags, bool on)
{
    const char *at = tags.data;
    const char *end = at + tags.size;
    struct slice tag;
    while (tags.size > 0 && tag_next(&at, end, &tag)) {
        const struct member *row = table_get(state, T_MEMBERS, member);
        CHECK(row != NULL);
        const char *old = state_get_text(state, row->tags);
        if (tag_among(old, tag) == on || !utf8_valid(tag.data, tag.size)) {
            continue;
        }
        struct buf merged;
        buf_init(&merged, PEOPLE_TAGS_MAX);
        tag_merge(old, tag, on, &merged);
        if (!merged.overflow) {
            struct member *edit = table_edit(state, T_MEMBERS, member);
            edit->tags = merged.size ? state_text(state, merged.data, merged.size) : 0;
        }
        buf_deinit(&merged);
        if (merged.overflow) {
            return;
        }
    }
}

void people_tag(struct state *state, uint32_t member, const char *tag, bool on)
{
    people_set_tags(state, member, slice_of(tag), on);
}

bool people_has_tag(const struct state *state, uint32_t member, const char *tag)
{
    const struct member *row = table_get(state, T_MEMBERS, member);
    const char *at = tag;
    struct slice wanted;
    return row != NULL && tag_next(&at, tag + strlen(tag), &wanted) &&
           tag_among(state_get_text(state, row->tags), wanted);
}

// --- Inviters. ---

struct inviter *people_inviter(struct state *state, uint32_t campaign, uint32_t member,
                               uint32_t group)
{
    uint32_t id = TABLE_FIND(state, T_INVITERS, INVITERS_BY_MEMBER, campaign, member);
    if (id == 0) {
        const struct member *row = table_get(state, T_MEMBERS, member);
        CHECK(row != NULL);
        const struct inviter fresh = {
            .campaign = TABLES_U16(campaign),
            .member = (int32_t)member,
            .group = row->group ? row->group : TABLES_U16(group),
        };
        id = ((const struct inviter *)table_insert(state, T_INVITERS, &fresh))->id;
    }
    return table_edit(state, T_INVITERS, id);
}

void people_inviter_count(struct inviter *inviter, int joined, int left, int rejected)
{
    inviter->joined += joined;
    inviter->left += left;
    inviter->rejected += rejected;
    inviter->effective = inviter->joined - inviter->left - inviter->rejected;
    CHECK(inviter->left >= 0);
    CHECK(inviter->effective >= 0);
}

// --- Audits. ---

enum { AUDIT_QUEUED, AUDIT_APPROVED, AUDIT_REJECTED };

// What the verdict means for her membership and for who brought her.
static void people_judge_apply(struct core *core, const struct audit *audit, bool approve)
{
    struct state *state = core->state;
    const uint32_t id =
        TABLE_FIND(state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP, audit->member, audit->group);
    struct membership *membership = id ? table_edit(state, T_MEMBERSHIPS, id) : NULL;
    const bool again = membership != NULL && membership->audit == MEMBERSHIP_REJECTED;
    if (membership != NULL) {
        membership->audit = approve ? MEMBERSHIP_PASSED : MEMBERSHIP_REJECTED;
    }
    const uint32_t inviter_member = membership ? membership->inviter : audit->inviter;
    if (approve || again || inviter_member == 0) {
        return;
    }
    const uint32_t row =
        TABLE_FIND(state, T_INVITERS, INVITERS_BY_MEMBER, audit->campaign, inviter_member);
    if (row == 0) {
        return;
    }
    struct inviter *inviter = table_edit(state, T_INVITERS, row);
    if (membership != NULL && membership->lost) {
        membership->lost = 0;  // She counts once: rejected, no longer as one who left.
        people_inviter_count(inviter, 0, -1, 1);
    } else if (inviter->effective > 0) {
        people_inviter_count(inviter, 0, 0, 1);
    }
    coupon_tiers_check(core, (uint32_t)audit->campaign, inviter_member);
}

bool people_judge(struct core *core, uint32_t audit, bool approve, struct slice by, struct err *e)
{
    struct state *state = core->state;
    const struct audit *row = table_get(state, T_AUDITS, audit);
    if (row == NULL) {
        return err_set(e, ERR_INVALID, "ref: unknown audit %u", audit);
    }
    const uint8_t verdict = approve ? AUDIT_APPROVED : AUDIT_REJECTED;
    if (row->status == verdict) {
        return true;
    }
    if (row->status != AUDIT_QUEUED) {
        return err_set(e, ERR_REFUSED, "audit %u was decided already: %s", audit,
                       row->status == AUDIT_APPROVED ? "approved" : "rejected");
    }
    const size_t by_size = utf8_cut(by.data, by.size, PEOPLE_EXT_MAX);
    if (by_size > 0 && !utf8_valid(by.data, by_size)) {
        return err_set(e, ERR_INVALID, "by: no valid text");
    }
    struct audit *edit = table_edit(state, T_AUDITS, audit);
    edit->status = verdict;
    edit->decided_at = state_now(state);
    edit->decided_by = state_text(state, by.data, by_size);
    people_judge_apply(core, edit, approve);
    return true;
}
