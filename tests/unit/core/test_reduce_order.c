// Joins and leaves in every order that they can come in: who is there, and for whom she counts, is
// the same in the end.

#include "core_script.h"

#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1\n"                                                              \
    "+ groups ext=new-2 campaign=1\n"

// What is left of a history of one member, in whichever order it came.
static void put_history(struct script *s, struct buf *out)
{
    const struct group *group = table_get(s->core.state, T_GROUPS, 2);
    buf_printf(out, "members %d joins %d leaves %d", group->members, group->joins, group->leaves);
    for (uint32_t id = 0; (id = table_next(s->core.state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(s->core.state, T_MEMBERSHIPS, id);
        buf_printf(out, " / joined %lld left %lld lost %d", (long long)row->joined_at,
                   (long long)row->left_at, row->lost);
    }
    for (uint32_t id = 0; (id = table_next(s->core.state, T_INVITERS, id)) != 0;) {
        const struct inviter *row = table_get(s->core.state, T_INVITERS, id);
        buf_printf(out, " / brought %d left %d effective %d", row->joined, row->left,
                   row->effective);
    }
    const struct member *row =
        table_get(s->core.state, T_MEMBERS, people_member(s->core.state, slice_of("ben")));
    buf_printf(out, " / status %d", row->status);
    buf_putc(out, '\0');
}

// Ann brings Ben: he joins, leaves, joins, ... `count` times in all, at the times 1 to count.
static void play_history(const int *order, int count, bool removed, struct buf *out)
{
    struct script *s = script_new("history");
    script_run(s, BRAND "join group=new-2 member=ann\n");
    s->at += 1000;
    for (int i = 0; i < count; i++) {
        const bool join = order[i] % 2 == 0;
        const struct event event = {
            .kind = join ? EVENT_JOIN : EVENT_LEAVE,
            .at = s->at + order[i] + 1,
            .group = slice_of("new-2"),
            .member = slice_of("ben"),
            .inviter = slice_of(join ? "ann" : ""),
            .by = slice_of(removed && !join ? "host" : ""),
        };
        script_run_event(s, &event);
        assert_false(s->refused);
    }
    buf_init(out, 4096);
    put_history(s, out);
    script_free(s);
}

// All orders of a history end as the right one does.
static void permute(int *order, int at, int count, bool removed, const struct buf *wanted)
{
    if (at == count) {
        struct buf got;
        play_history(order, count, removed, &got);
        if (strcmp(got.data, wanted->data) != 0) {
            fail_msg("order %d%d%d%d of %d\ngot    %s\nwanted %s", order[0], order[1], order[2],
                     order[3], count, got.data, wanted->data);
        }
        buf_deinit(&got);
        return;
    }
    for (int i = at; i < count; i++) {
        const int moved = order[i];
        order[i] = order[at];
        order[at] = moved;
        permute(order, at + 1, count, removed, wanted);
        order[at] = order[i];
        order[i] = moved;
    }
}

static void test_joins_and_leaves_in_any_order(void **unused)
{
    (void)unused;
    for (int count = 1; count <= 5; count++) {
        int order[5] = {0, 1, 2, 3, 4};
        struct buf wanted;
        const bool removed = count % 2 == 0;
        play_history(order, count, removed, &wanted);
        permute(order, 0, count, removed, &wanted);
        buf_deinit(&wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joins_and_leaves_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
