// People: ids, presence, tags, participants, hosts, verdicts.

#include "core_script.h"

#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1\n"                                                              \
    "+ groups ext=new-2 campaign=1\n"

static void test_ids(void **unused)
{
    (void)unused;
    struct script *s = script_new("ids");
    script_run(s, BRAND "join group=old-1 member=anna\n");
    struct state *state = s->core.state;
    assert_int_equal(people_group(state, slice_of("new-2")), 2);
    assert_int_equal(people_group(state, slice_of("anna")), 0);
    assert_int_equal(people_group(state, slice_of("")), 0);
    assert_int_equal(people_member(state, slice_of("anna")), 1);
    assert_int_equal(people_member(state, slice_of("old-1")), 0);
    assert_int_equal(people_ensure_member(state, slice_of("anna")), 1);
    assert_int_equal(people_ensure_member(state, slice_of("bea")), 2);
    assert_int_equal(people_ensure_member(state, slice_of("")), 0);
    assert_int_equal(people_ensure_member(state, (struct slice){"\xc3", 1}), 0);
    assert_true(people_present(state, 1, 1));
    assert_false(people_present(state, 1, 2));
    assert_false(people_present(state, 2, 1));
    script_run(s, "leave group=old-1 member=anna\n");
    assert_false(people_present(state, 1, 1));
    script_free(s);
}

static void test_participants(void **unused)
{
    (void)unused;
    struct script *s = script_new("participants");
    script_run(s, BRAND "+ staff ext=host\njoin group=new-2 member=anna\nmessage member=host\n");
    struct state *state = s->core.state;
    assert_int_equal(people_participant(state, 0, 1, 1), 0);
    assert_int_equal(people_participant(state, 1, 0, 1), 0);
    assert_int_equal(people_participant(state, 1, 2, 1), 0);  // The host.
    const uint32_t id = people_participant(state, 1, 1, 0);
    assert_int_equal(((const struct participant *)table_get(state, T_PARTICIPANTS, id))->group, 2);
    assert_int_equal(people_participant(state, 1, 1, 1), id);
    assert_true(people_is_staff(state, 2));
    assert_false(people_is_staff(state, 1));
    assert_false(people_is_staff(state, 99));
    script_free(s);
}

static void expect_tags(struct script *s, const char *tags)
{
    const struct member *row = table_get(s->core.state, T_MEMBERS, 1);
    assert_string_equal(state_get_text(s->core.state, row->tags), tags);
}

static void test_tags(void **unused)
{
    (void)unused;
    struct script *s = script_new("tags");
    script_run(s, BRAND "join group=old-1 member=anna\n");
    struct state *state = s->core.state;
    const struct {
        const char *tag;
        bool on;
        const char *after;
    } steps[] = {
        {"mid", true, "mid"},        {"mid", true, "mid"},         {"a", true, "a,mid"},
        {"z", true, "a,mid,z"},      {" mi ", true, "a,mi,mid,z"}, {"none", false, "a,mi,mid,z"},
        {"mid", false, "a,mi,z"},    {"", true, "a,mi,z"},         {" , ,", true, "a,mi,z"},
        {"x,b", true, "a,b,mi,x,z"}, {"a,z,b,x", false, "mi"},     {"mi", false, ""},
        {"会员", true, "会员"},      {"a\xff,\xc3", true, "会员"},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        people_tag(state, 1, steps[i].tag, steps[i].on);
        expect_tags(s, steps[i].after);
    }
    assert_true(people_has_tag(state, 1, "会员"));
    assert_true(people_has_tag(state, 1, " 会员 "));
    assert_false(people_has_tag(state, 1, "会"));
    assert_false(people_has_tag(state, 1, ""));
    assert_false(people_has_tag(state, 77, "会员"));
    char long_tag[200];
    for (int i = 0; i < 100; i++) {  // More than fit: what doesn't is left out, nothing is cut.
        snprintf(long_tag, sizeof(long_tag), "%03d-%0150d", i, i);
        people_tag(state, 1, long_tag, true);
    }
    const struct member *row = table_get(state, T_MEMBERS, 1);
    assert_true(strlen(state_get_text(state, row->tags)) <= PEOPLE_TAGS_MAX);
    assert_true(strlen(state_get_text(state, row->tags)) > PEOPLE_TAGS_MAX - 2 * PEOPLE_TAG_MAX);
    script_free(s);
}

static void test_verdicts(void **unused)
{
    (void)unused;
    struct script *s = script_new("verdicts");
    script_run(
        s, BRAND
        "join group=old-1 member=ines\n"
        "join group=old-1 member=a inviter=ines\njoin group=old-1 member=b inviter=ines\n"
        "join group=old-1 member=c inviter=ines\n"
        "+ audits campaign=1 group=1 member=2 inviter=1\n"
        "+ audits campaign=1 group=1 member=3 inviter=1\n"
        "+ audits campaign=1 group=1 member=4 inviter=1\n"
        "operator text=audit ref=1 ok=1 by=olga\n"
        "f member=2 group=1 inviter=1 campaign=1\n"
        "= audits id=1 : status=1 decided_by=olga decided_at=1762466405000\n"
        "= memberships member=2 : audit=1\n= inviters member=1 : effective=3\n"
        "operator text=audit ref=2 ok=0\n"
        "= memberships member=3 : audit=3\n= inviters member=1 : joined=3 rejected=1 effective=2\n"
        "operator text=audit ref=2 ok=0\n= inviters member=1 : rejected=1\n"
        "operator text=audit ref=2 ok=1\n! audit 2 was decided already: rejected\n"
        "operator text=audit ref=1 ok=0\n! audit 1 was decided already: approved\n"
        "operator text=audit ref=9 ok=0\n! ref: unknown audit 9\n"
        "operator text=audit ref=-1\n! ref: unknown audit -1\n"
        "operator text=audit ref=4294967297\n! ref: unknown audit 4294967297\n"
        // Who was rejected doesn't count again by leaving ...
        "leave group=old-1 member=b\n= inviters member=1 : left=0 rejected=1 effective=2\n"
        // ... and who left counts once when rejected.
        "leave group=old-1 member=c\n= inviters member=1 : left=1 rejected=1 effective=1\n"
        "operator text=audit ref=3 ok=0\n= inviters member=1 : left=0 rejected=2 effective=1\n"
        "leave group=old-1 member=a\n= inviters member=1 : left=1 rejected=2 effective=0\n"
        "join group=old-1 member=c\n= inviters member=1 : left=1 rejected=2 effective=0\n"
        "= memberships member=4 : lost=0\n");
    script_free(s);
}

static void test_milestones(void **unused)
{
    (void)unused;
    struct script *s = script_new("milestones");
    char text[3000];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    state_begin(s->core.state, s->at);
    milestone_add(s->core.state, "long", 1, 2, 3, 4, 5, text);
    milestone_add(s->core.state, "bad\xff", 0, 0, 0, 0, 0, "a\xffz");
    milestone_add(s->core.state, "none", 0, 0, 0, 0, 0, NULL);
    script_run(s, "= milestones kind=long : campaign=1 day=2 group=3 value=4 value2=5 "
                  "at=1762466400000\n"
                  "= milestones kind=bad\\xff : text=a\\xffz\n= milestones kind=none : text=\n");
    const struct milestone *row = table_get(s->core.state, T_MILESTONES, 1);
    assert_int_equal(strlen(state_get_text(s->core.state, row->text)), 1024);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),        cmocka_unit_test(test_participants),
        cmocka_unit_test(test_tags),       cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_milestones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
