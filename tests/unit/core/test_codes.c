// Codes of members: each says whose it is, of which campaign and kind; no other text does.
#include "core_script.h"

#define MEMBERS 300

static void test_codes(void **unused)
{
    (void)unused;
    struct script *s = script_new("codes");
    struct state *state = s->core.state;
    char code[CODES_SIZE + 1];
    uint32_t campaign;
    enum codes_kind kind;
    state_begin(state, 1);
    for (int i = 0; i < 2; i++) {
        const struct campaign row = {.name = state_text(state, i == 0 ? "a" : "b", 1)};
        struct campaign *inserted = table_insert(state, T_CAMPAIGNS, &row);
        table_set_bytes(state, &inserted->seed, i == 0 ? "one seed" : "two seed", 8);
    }
    for (int i = 0; i < MEMBERS; i++) {
        char ext[16];
        const int size = snprintf(ext, sizeof(ext), "m%d", i);
        const struct member row = {.ext = state_text(state, ext, (size_t)size)};
        table_insert(state, T_MEMBERS, &row);
    }
    for (uint32_t of = 1; of <= 2; of++) {
        for (uint32_t member = 1; member <= MEMBERS; member++) {
            for (enum codes_kind as = CODES_INVITE; as <= CODES_SHARE; as++) {
                assert_true(codes_spell(state, of, as, member, code));
                assert_int_equal(strlen(code), CODES_SIZE);
                assert_int_equal(codes_owner(state, slice_of(code), &campaign, &kind), member);
                assert_int_equal(campaign, of);
                assert_int_equal(kind, as);
            }
            code[3] = code[3] == 'A' ? 'B' : 'A';
            assert_int_equal(codes_owner(state, slice_of(code), &campaign, &kind), 0);
        }
    }
    assert_true(codes_spell(state, 1, CODES_SHARE, MEMBERS + 1, code));  // Nobody yet.
    assert_int_equal(codes_owner(state, slice_of(code), &campaign, &kind), 0);
    assert_int_equal(codes_owner(state, slice_of(""), &campaign, &kind), 0);
    assert_int_equal(codes_owner(state, slice_of("AAAAAAA"), &campaign, &kind), 0);
    assert_int_equal(codes_owner(state, slice_of("IIIIIIII"), &campaign, &kind), 0);
    assert_int_equal(table_count(state, T_CODES), 0);
    // Used, it gets its row, once.
    assert_true(codes_spell(state, 2, CODES_SHARE, 7, code));
    assert_int_equal(codes_find(state, slice_of(code)), 1);
    assert_int_equal(codes_find(state, slice_of(code)), 1);
    const struct code *row = table_get(state, T_CODES, 1);
    assert_int_equal(row->member, 7);
    assert_int_equal(row->campaign, 2);
    assert_int_equal(row->kind, CODES_SHARE);
    state_keep(state, NULL);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
