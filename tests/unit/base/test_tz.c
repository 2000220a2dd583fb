// Time zones: dates, the recorded transitions, glibc as a second opinion, gaps and doubled hours,
// damaged files.

#include "test_base.h"

#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/tz.h"
#include "base/tz_file.h"

static struct tz *open_zone(const char *name)
{
    struct err e = {0};
    struct tz *tz = NULL;
    if (!tz_open(name, &tz, &e)) {
        fail_msg("%s", e.text);
    }
    return tz;
}

// "2026-11-01T05:30:00Z" or without the Z, as seconds.
static int64_t seconds_of(const char *text)
{
    struct tz_civil c = {0};
    assert_int_equal(
        sscanf(text, "%d-%d-%dT%d:%d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute, &c.second),
        6);
    return tz_days(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

static void test_days_both_ways(void **state)
{
    (void)state;
    assert_int_equal(tz_days(1970, 1, 1), 0);
    assert_int_equal(tz_days(2000, 3, 1), 11017);
    assert_int_equal(tz_days(1969, 12, 31), -1);
    assert_int_equal(tz_days(2025, 13, 1), tz_days(2026, 1, 1));
    assert_int_equal(tz_days(2025, 0, 1), tz_days(2024, 12, 1));
    assert_int_equal(tz_days(2025, -11, 1), tz_days(2024, 1, 1));
    assert_int_equal(tz_days(2025, 12, 32), tz_days(2026, 1, 1));
    for (int64_t days = -1000000; days < 1000000; days += 7) {
        int year;
        int month;
        int day;
        tz_from_days(days, &year, &month, &day);
        assert_in_range(month, 1, 12);
        assert_in_range(day, 1, 31);
        assert_int_equal(tz_days(year, month, day), days);
    }
}

static void test_utc_and_extremes(void **state)
{
    (void)state;
    struct tz *tz = open_zone("UTC");
    struct tz_civil c;
    tz_to_local(tz, -1, &c);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.second, 59);
    assert_int_equal(c.weekday, 3);
    tz_to_local(tz, INT64_MAX, &c);
    tz_to_local(tz, INT64_MIN, &c);
    tz_close(tz);
    tz = open_zone("America/New_York");
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
    for (int i = 0; i < 3; i++) {
        tz_to_local(tz, ends[i], &c);
        int64_t at;
        tz_from_local(tz, &c, &at);
    }
    static const int edges[] = {INT32_MIN, -1, 0, INT32_MAX};
    for (int i = 0; i < 4096; i++) {
        const struct tz_civil odd = {edges[i & 3],
                                     edges[i >> 2 & 3],
                                     edges[i >> 4 & 3],
                                     edges[i >> 6 & 3],
                                     edges[i >> 8 & 3],
                                     edges[i >> 10],
                                     0};
        int64_t at;
        tz_from_local(tz, &odd, &at);
    }
    tz_close(tz);
    tz_close(NULL);
}

static void test_names_that_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "..",
                                      "../passwd",
                                      "/etc/passwd",
                                      "Asia",
                                      "Asia/",
                                      "Asia//X",
                                      "Asia/../UTC",
                                      "Asia/Shanghi",
                                      "a b",
                                      "Asia/Shanghai\n",
                                      "zone.tab",
                                      "./UTC",
                                      "tzdata.zi",
                                      "\xff"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err e = {0};
        struct tz *tz;
        if (tz_open(bad[i], &tz, &e)) {
            fail_msg("'%s' was opened", bad[i]);
        }
        assert_null(tz);
        assert_int_equal(e.kind, ERR_INVALID);
    }
}

struct fit_case {
    const char *zone, *local, *utc;
    enum tz_fit fit;
};

static void test_gaps_and_doubled_hours(void **state)
{
    (void)state;
    static const struct fit_case cases[] = {
        {"Asia/Shanghai", "2026-11-21T20:30:00", "2026-11-21T12:30:00", TZ_UNIQUE},
        {"Asia/Shanghai", "1986-05-04T02:30:00", "1986-05-03T18:00:00", TZ_GAP},
        {"Asia/Shanghai", "1986-05-04T03:00:00", "1986-05-03T18:00:00", TZ_UNIQUE},
        {"Asia/Shanghai", "1986-09-14T01:30:00", "1986-09-13T16:30:00", TZ_TWICE},
        {"Asia/Shanghai", "1986-09-14T02:00:00", "1986-09-13T18:00:00", TZ_UNIQUE},
        {"America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59", TZ_UNIQUE},
        {"America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00", TZ_GAP},
        {"America/New_York", "2026-03-08T02:59:59", "2026-03-08T07:00:00", TZ_GAP},
        {"America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00", TZ_UNIQUE},
        {"America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59", TZ_UNIQUE},
        {"America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00", TZ_TWICE},
        {"America/New_York", "2026-11-01T01:59:59", "2026-11-01T05:59:59", TZ_TWICE},
        {"America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00", TZ_UNIQUE},
        // Far behind the table: the rule of the footer.
        {"America/New_York", "2400-03-12T02:30:00", "2400-03-12T07:00:00", TZ_GAP},
        {"America/New_York", "2400-11-05T01:30:00", "2400-11-05T05:30:00", TZ_TWICE},
        {"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:00:00", TZ_GAP},
        {"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00", TZ_TWICE},
        {"Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00", TZ_UNIQUE},
        // Half an hour only.
        {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00", TZ_GAP},
        {"Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-03T15:30:00", TZ_UNIQUE},
        {"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00", TZ_TWICE},
        {"Australia/Lord_Howe", "2026-04-05T01:15:00", "2026-04-04T14:15:00", TZ_UNIQUE},
        {"Australia/Lord_Howe", "2200-10-05T02:15:00", "2200-10-04T15:30:00", TZ_GAP},
        // Clocks go back for Ramadan and forward behind it.
        {"Africa/Casablanca", "2024-03-10T02:30:00", "2024-03-10T01:30:00", TZ_TWICE},
        {"Africa/Casablanca", "2024-04-14T02:30:00", "2024-04-14T02:00:00", TZ_GAP},
        {"Africa/Casablanca", "2024-03-20T12:00:00", "2024-03-20T12:00:00", TZ_UNIQUE},
        {"Africa/Casablanca", "2024-05-01T12:00:00", "2024-05-01T11:00:00", TZ_UNIQUE},
        // A whole day that never was.
        {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00", TZ_GAP},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct tz *tz = open_zone(cases[i].zone);
        struct tz_civil c = {0};
        sscanf(cases[i].local, "%d-%d-%dT%d:%d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute,
               &c.second);
        int64_t at_ms = 0;
        const enum tz_fit fit = tz_from_local(tz, &c, &at_ms);
        if (fit != cases[i].fit || at_ms != seconds_of(cases[i].utc) * 1000) {
            fail_msg("%s %s: fit %d, %lld ms", cases[i].zone, cases[i].local, (int)fit,
                     (long long)at_ms);
        }
        tz_close(tz);
    }
}

static void test_local_fields_are_normalised(void **state)
{
    (void)state;
    struct tz *tz = open_zone("Asia/Shanghai");
    int64_t a;
    int64_t b;
    const struct tz_civil odd = {2025, 11, 32, 24, 60, 61, 0};
    const struct tz_civil plain = {2025, 12, 3, 1, 1, 1, 0};
    assert_int_equal(tz_from_local(tz, &odd, &a), TZ_UNIQUE);
    assert_int_equal(tz_from_local(tz, &plain, &b), TZ_UNIQUE);
    assert_true(a == b);
    tz_close(tz);
}

// Every instant comes back from its local time, as itself or as the other one of a doubled hour.
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const zones[] = {"Asia/Shanghai",       "America/New_York",  "Europe/Berlin",
                                        "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza",
                                        "Europe/Dublin",       "America/Nuuk"};
    for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
        struct tz *tz = open_zone(zones[z]);
        for (int64_t s = seconds_of("1900-01-01T00:00:00"); s < seconds_of("2150-01-01T00:00:00");
             s += 71993) {
            struct tz_civil c;
            tz_to_local(tz, s * 1000, &c);
            int64_t back = 0;
            const enum tz_fit fit = tz_from_local(tz, &c, &back);
            assert_int_not_equal(fit, TZ_GAP);
            if (fit == TZ_UNIQUE) {
                assert_true(back == s * 1000);
            } else {
                assert_true(back <= s * 1000);
            }
        }
        tz_close(tz);
    }
}

static void test_agrees_with_glibc(void **state)
{
    (void)state;
    static const char *const zones[] = {
        "Asia/Shanghai",     "America/New_York",    "Europe/London",    "Europe/Dublin",
        "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kolkata",     "Asia/Kathmandu",
        "America/Sao_Paulo", "Pacific/Chatham",     "America/St_Johns", "Africa/Cairo",
        "Asia/Gaza",         "America/Nuuk",        "Antarctica/Troll", "Asia/Tehran",
        "Pacific/Apia",      "Africa/Monrovia",     "America/Caracas",  "Europe/Moscow"};
    for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
        struct tz *tz = open_zone(zones[z]);
        setenv("TZ", zones[z], 1);
        tzset();
        for (int64_t s = 0; s < seconds_of("2500-01-01T00:00:00"); s += 350003) {
            const time_t at = s;
            struct tm wanted;
            localtime_r(&at, &wanted);
            struct tz_civil c;
            tz_to_local(tz, s * 1000 + 999, &c);
            if (wanted.tm_gmtoff != tz_offset_s(tz, s * 1000) || c.hour != wanted.tm_hour ||
                c.day != wanted.tm_mday || c.year != wanted.tm_year + 1900 ||
                c.weekday % 7 != wanted.tm_wday) {
                fail_msg("%s at %lld: %d, glibc %ld", zones[z], (long long)s,
                         tz_offset_s(tz, s * 1000), wanted.tm_gmtoff);
            }
        }
        tz_close(tz);
    }
    unsetenv("TZ");
    tzset();
}

// One row of the recorded data: [utc, local, abbreviation, isdst, offset].
static bool row_agrees(const struct tz *tz, const struct json_node *row)
{
    const struct json_node *utc = json_child(row);
    const struct json_node *local = json_next(utc);
    const struct json_node *offset = json_next(json_next(json_next(local)));
    char text[40];
    snprintf(text, sizeof(text), "%.*s", (int)utc->text_size, utc->text);
    const int64_t at_s = seconds_of(text);
    struct tz_civil c;
    tz_to_local(tz, at_s * 1000, &c);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour,
             c.minute, c.second);
    int64_t back;
    tz_from_local(tz, &c, &back);
    return json_text_is(local, text) && tz_offset_s(tz, at_s * 1000) == offset->integer &&
           back <= at_s * 1000;
}

// Governments change their minds: where the installed tzdata is newer than the recording, glibc,
// which reads the same tzdata as we do, says whether we read it right.
static bool glibc_agrees(const struct tz *tz, const char *zone, const struct json_node *row)
{
    const struct json_node *utc = json_child(row);
    char text[40];
    snprintf(text, sizeof(text), "%.*s", (int)utc->text_size, utc->text);
    const time_t at_s = seconds_of(text);
    setenv("TZ", zone, 1);
    tzset();
    struct tm wanted;
    localtime_r(&at_s, &wanted);
    unsetenv("TZ");
    tzset();
    return wanted.tm_gmtoff == tz_offset_s(tz, (int64_t)at_s * 1000);
}

static void test_recorded_transitions(void **state)
{
    (void)state;
    FILE *file = fopen(SHARED_DATA_DIR "/time/tz-transitions.json", "rb");
    if (file == NULL) {
        printf("SKIPPED: %s is absent, recorded transitions were not compared\n",
               SHARED_DATA_DIR "/time/tz-transitions.json");
        return;
    }
    char *data = xmalloc(1 << 20);
    const size_t size = fread(data, 1, 1 << 20, file);
    fclose(file);
    struct json_reader *reader = json_reader_new(1 << 20);
    const struct json_node *root;
    struct err e = {0};
    if (!json_parse(reader, data, size, &root, &e)) {
        fail_msg("%s", e.text);
    }
    const struct json_node *zones = json_field(root, "zones");
    assert_non_null(zones);
    int rows = 0;
    int wrong = 0;
    int changed = 0;
    for (const struct json_node *z = json_child(zones); z != json_end(zones); z = json_next(z)) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)z->key_size, z->key);
        struct tz *tz = open_zone(name);
        for (const struct json_node *r = json_child(z); r != json_end(z); r = json_next(r)) {
            rows++;
            if (row_agrees(tz, r)) {
                continue;
            }
            const struct json_node *utc = json_child(r);
            if (glibc_agrees(tz, name, r)) {
                changed++;
            } else {
                wrong++;
                printf("%s differs at %.*s\n", name, (int)utc->text_size, utc->text);
            }
        }
        tz_close(tz);
    }
    printf("%d recorded rows compared, %d changed in tzdata since\n", rows, changed);
    assert_true(changed < rows / 50);
    assert_true(rows > 1000);
    assert_int_equal(wrong, 0);
    json_reader_free(reader);
    free(data);
}

static void test_footer_grammar(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "CST-8",
                                       "<+0330>-3:30",
                                       "CET-1CEST,M3.5.0,M10.5.0/3",
                                       "IST-1GMT0,M10.5.0,M3.5.0/1",
                                       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                       "XXX3EDT4,0/0,J365/23",
                                       "EET-2EEST,M3.4.4/50,M10.4.4/50"};
    static const char *const bad[] = {"C",
                                      "CST",
                                      "CST-",
                                      "CST-25",
                                      "<+03",
                                      "CST-8CDT",
                                      "CST-8CDT,M3",
                                      "CST-8CDT,M13.1.0,0",
                                      "CST-8CDT,M3.0.0,M3.6.0",
                                      "CST-8CDT,J0,J1",
                                      "CST-8CDT,366,0",
                                      "CST-8CDT,M3.1.7,M4.1.0",
                                      "CST-8CDT,M3.1.0/168,M4.1.0",
                                      "CST-8CDT,M3.1.0,M4.1.0x",
                                      "CST-8:60",
                                      "CST-99999999999"};
    struct tz_footer footer;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(tz_footer_parse(good[i], strlen(good[i]), &footer));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (tz_footer_parse(bad[i], strlen(bad[i]), &footer)) {
            fail_msg("'%s' was taken", bad[i]);
        }
    }
}

static void assert_dst_from(const char *footer, const char *utc)
{
    struct tz tz = {0};
    assert_true(tz_footer_parse(footer, strlen(footer), &tz.footer));
    const int64_t at_ms = seconds_of(utc) * 1000;
    assert_int_equal(tz_offset_s(&tz, at_ms - 1000), 0);
    assert_int_equal(tz_offset_s(&tz, at_ms), 3600);
}

static void test_footer_days(void **state)
{
    (void)state;
    // J counts no 29 February, a plain number does; 2024 is a leap year.
    assert_dst_from("AAA0BBB,J59/0,J300/0", "2024-02-28T00:00:00");
    assert_dst_from("AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00");
    assert_dst_from("AAA0BBB,J60/0,J300/0", "2025-03-01T00:00:00");
    assert_dst_from("AAA0BBB,59/0,300/0", "2024-02-29T00:00:00");
    assert_dst_from("AAA0BBB,59/0,300/0", "2025-03-01T00:00:00");
    assert_dst_from("AAA0BBB,M2.5.4/0,300/0", "2024-02-29T00:00:00");  // The last Thursday.
    assert_dst_from("AAA0BBB,M3.1.0/-24,300/0", "2025-03-01T00:00:00");
    // Daylight time the whole year: no moment of standard time at the turn.
    struct tz tz = {0};
    const char *always = "XXX3EDT4,0/0,J365/23";
    assert_true(tz_footer_parse(always, strlen(always), &tz.footer));
    for (int64_t s = seconds_of("2023-12-30T00:00:00"); s < seconds_of("2025-01-03T00:00:00");
         s += 1800) {
        assert_int_equal(tz_offset_s(&tz, s * 1000), -4 * 3600);
    }
}

// A version 1 file: two transitions between +1:00 and +2:00. `at` and `index` are those of the
// second.
static bool parse_small_file(int32_t at, uint8_t index, struct tz **tz)
{
    uint8_t data[44 + 2 * 5 + 2 * 6 + 4] = "TZif";
    data[35] = 2;  // Transitions.
    data[39] = 2;  // Types.
    data[43] = 4;  // Bytes of abbreviations.
    uint8_t *p = data + 44;
    p[3] = 100;  // The first at 100 seconds.
    for (int i = 0; i < 4; i++) {
        p[4 + i] = (uint8_t)((uint32_t)at >> (24 - 8 * i));
    }
    p[8] = 1;
    p[9] = index;
    p[12] = 3600 >> 8;
    p[13] = 3600 & 255;
    p[18] = 7200 >> 8;
    p[19] = 7200 & 255;
    struct err e = {0};
    return tz_parse(data, sizeof(data), tz, &e);
}

static void test_version_1_files(void **state)
{
    (void)state;
    struct tz *tz;
    assert_true(parse_small_file(200, 0, &tz));
    assert_int_equal(tz_offset_s(tz, 99999), 3600);
    assert_int_equal(tz_offset_s(tz, 100000), 7200);
    assert_int_equal(tz_offset_s(tz, 199999), 7200);
    assert_int_equal(tz_offset_s(tz, 200000), 3600);
    assert_int_equal(tz_offset_s(tz, INT64_MAX), 3600);
    assert_int_equal(tz_offset_s(tz, INT64_MIN), 3600);
    tz_close(tz);
    assert_false(parse_small_file(100, 0, &tz));  // Not rising.
    assert_false(parse_small_file(-5, 0, &tz));
    assert_false(parse_small_file(200, 2, &tz));  // There is no type 2.
}

// Real files with bytes changed, cut or both: an answer or a refusal, never a crash.
static void test_damaged_files(void **state)
{
    (void)state;
    FILE *file = fopen("/usr/share/zoneinfo/Australia/Lord_Howe", "rb");
    if (file == NULL) {
        printf("SKIPPED: tzdata is not installed, damaged files were not tried\n");
        return;
    }
    uint8_t whole[8192];
    const size_t size = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    uint64_t random = 3;
    int taken = 0;
    for (int round = 0; round < 20000; round++) {
        const size_t cut = round % 3 == 0 ? test_random(&random) % (size + 1) : size;
        uint8_t *copy = xmalloc(cut);  // Exact, so that a read too far is seen.
        memcpy(copy, whole, cut);
        const size_t changes = round % 2 == 0 ? 0 : test_random(&random) % 4;
        for (size_t i = 0; i < changes && cut > 0; i++) {
            const uint64_t r = test_random(&random);
            copy[r % (i % 2 ? cut : cut < 60 ? cut : 60)] = (uint8_t)(r >> 32);
        }
        struct err e = {0};
        struct tz *tz;
        if (tz_parse(copy, cut, &tz, &e)) {
            taken++;
            for (int64_t year = 1880; year < 2100; year += 10) {
                struct tz_civil c = {(int)year, 4, 3, 2, 15, 0, 0};
                int64_t at;
                tz_from_local(tz, &c, &at);
                tz_to_local(tz, at, &c);
            }
            tz_close(tz);
        } else {
            assert_null(tz);
            assert_int_equal(e.kind, ERR_INVALID);
        }
        free(copy);
    }
    assert_true(taken > 0);
}

static void test_dates_and_clocks(void **state)
{
    (void)state;
    struct err e = {0};
    int64_t days;
    assert_true(tz_parse_date("2025-11-07", 10, &days, &e));
    assert_int_equal(days, tz_days(2025, 11, 7));
    assert_true(tz_parse_date("2024-02-29", 10, &days, &e));
    static const char *const bad_dates[] = {
        "2025-02-29",  "2025-13-01", "2025-00-10", "2025-04-31", "2025-1-1",   "20251107",
        "2025-11-07 ", "",           "2025/11/07", "2025-11-0x", "-025-11-07", "2025-11-00"};
    for (size_t i = 0; i < sizeof(bad_dates) / sizeof(*bad_dates); i++) {
        assert_false(tz_parse_date(bad_dates[i], strlen(bad_dates[i]), &days, &e));
        assert_int_equal(e.kind, ERR_INVALID);
    }
    int32_t seconds;
    assert_true(tz_parse_clock("20:30", 5, &seconds, &e));
    assert_int_equal(seconds, 73800);
    assert_true(tz_parse_clock("20:30:15", 8, &seconds, &e));
    assert_int_equal(seconds, 73815);
    assert_true(tz_parse_clock("24:00", 5, &seconds, &e));
    assert_int_equal(seconds, 86400);
    static const char *const bad_clocks[] = {"24:01", "25:00",    "20:60",    "9:30",  "20.30",
                                             "",      "20:30:60", "20:30:1",  "20:3x", "20:30 ",
                                             "-1:30", "20:30-15", "99:99:99", "2030"};
    for (size_t i = 0; i < sizeof(bad_clocks) / sizeof(*bad_clocks); i++) {
        assert_false(tz_parse_clock(bad_clocks[i], strlen(bad_clocks[i]), &seconds, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_both_ways),
        cmocka_unit_test(test_utc_and_extremes),
        cmocka_unit_test(test_names_that_are_refused),
        cmocka_unit_test(test_gaps_and_doubled_hours),
        cmocka_unit_test(test_local_fields_are_normalised),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_agrees_with_glibc),
        cmocka_unit_test(test_recorded_transitions),
        cmocka_unit_test(test_footer_grammar),
        cmocka_unit_test(test_footer_days),
        cmocka_unit_test(test_version_1_files),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_dates_and_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
