// Prices: which book decides at an instant.

#include "core_script.h"

#define GOODS                                                                                      \
    "+ campaigns name=sale currency=CNY until_at=5000\n"                                           \
    "+ goods campaign=1 sku=COAT list=60000 deal=33000 floor=20000\n"                              \
    "+ goods campaign=1 sku=SOCK list=1000\n"

static void expect_price(struct script *s, uint32_t good, int64_t at, int64_t shown, bool for_sale)
{
    struct price_now now;
    prices_of(s->core.state, good, at, &now);
    if (now.shown != shown || now.for_sale != for_sale) {
        fail_msg("%s: good %u at %lld shows %lld%s", s->name, good, (long long)at,
                 (long long)now.shown, now.for_sale ? "" : ", not for sale");
    }
}

static void test_books(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        const char *books;
        int64_t at;
        int64_t coat, sock;
        bool for_sale;
    } cases[] = {
        {"no book", "", 100, 60000, 1000, true},
        {"before", "+ books campaign=1 opens_at=200 closes_at=300 placeholder=999900\n", 199,
         999900, 999900, false},
        {"at the flip", "+ books campaign=1 opens_at=200 closes_at=300 placeholder=999900\n", 200,
         33000, 1000, true},
        {"the last instant", "+ books campaign=1 opens_at=200 closes_at=300\n", 299, 33000, 1000,
         true},
        {"back", "+ books campaign=1 opens_at=200 closes_at=300\n", 300, 60000, 1000, true},
        {"no placeholder", "+ books campaign=1 opens_at=200 closes_at=300\n", 100, 60000, 1000,
         true},
        {"withdrawn", "+ books campaign=1 opens_at=200 closes_at=300 placeholder=9 status=1\n", 250,
         60000, 1000, true},
        {"until the campaign's end", "+ books campaign=1 opens_at=200\n", 4999, 33000, 1000, true},
        {"after the campaign's end", "+ books campaign=1 opens_at=200\n", 5000, 60000, 1000, true},
        {"another campaign's", "+ books campaign=2 opens_at=200\n", 250, 60000, 1000, true},
        {"an open one decides",
         "+ books campaign=1 opens_at=100 closes_at=400\n"
         "+ books campaign=1 opens_at=300 closes_at=400 placeholder=9\n",
         200, 33000, 1000, true},
        {"between two list holds",
         "+ books campaign=1 opens_at=100 closes_at=200\n"
         "+ books campaign=1 opens_at=300 closes_at=400 placeholder=9\n",
         250, 60000, 1000, true},
        {"the next one's placeholder",
         "+ books campaign=1 opens_at=300 closes_at=400 placeholder=9\n"
         "+ books campaign=1 opens_at=200 closes_at=400 placeholder=7\n",
         100, 7, 7, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script *s = script_new(cases[i].name);
        script_run(s, GOODS);
        script_run(s, cases[i].books);
        expect_price(s, 1, cases[i].at, cases[i].coat, cases[i].for_sale);
        expect_price(s, 2, cases[i].at, cases[i].sock, cases[i].for_sale);
        script_free(s);
    }
}

static void test_fields(void **unused)
{
    (void)unused;
    struct script *s = script_new("fields");
    script_run(s, GOODS);
    struct price_now now;
    prices_of(s->core.state, 1, 0, &now);
    assert_int_equal(now.list, 60000);
    assert_int_equal(now.deal, 33000);
    assert_int_equal(now.floor, 20000);
    prices_of(s->core.state, 2, 0, &now);
    assert_int_equal(now.deal, 1000);
    expect_price(s, 0, 100, 0, false);
    expect_price(s, 99, 100, 0, false);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_books),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
