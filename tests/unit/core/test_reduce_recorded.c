// The facts of what people really did: a shop's stream of visits against the aggregates that
// another program worked out, and the joins, leaves and messages of busy channels. Skipped where
// the recordings are absent.

#include <unistd.h>

#include "core_script.h"

#define MINUTE_MS INT64_C(60000)

struct recorded {
    FILE *lines;
    char line[1 << 16];
};

// false: absent, and said so.
static bool recorded_open(struct recorded *in, const char *path)
{
    if (access(path, R_OK) != 0) {
        printf("SKIPPED: %s is absent\n", path);
        return false;
    }
    char command[600];
    snprintf(command, sizeof(command), "gzip -dc '%s'", path);
    in->lines = popen(command, "r");
    assert_non_null(in->lines);
    return true;
}

static bool recorded_next(struct recorded *in)
{
    if (fgets(in->line, sizeof(in->line), in->lines) == NULL) {
        assert_int_equal(pclose(in->lines), 0);
        return false;
    }
    in->line[strcspn(in->line, "\r\n")] = '\0';
    return true;
}

static void run(struct script *s, const struct event *event)
{
    script_run_event(s, event);
    assert_string_equal(s->error.text, "");
    script_settle(s);
}

// Where the value of a key stands in the answers.
static const char *answer(const char *json, const char *part, const char *key)
{
    const char *at = strstr(json, part);
    assert_non_null(at);
    at = strstr(at, key);
    assert_non_null(at);
    return at + strlen(key);
}

static void check_meter(struct script *s, const char *answers)
{
    int peak = 0;
    int64_t peak_at = 0;
    int uv[10] = {0};
    int64_t first = 0;
    for (uint32_t id = 0; (id = table_next(s->core.state, T_MINUTES, id)) != 0;) {
        const struct minute *minute = table_get(s->core.state, T_MINUTES, id);
        first = first == 0 ? minute->at : first;
        const int64_t number = (minute->at - first) / MINUTE_MS;
        if (number < 10) {
            uv[number] = minute->visitors;
        }
        if (minute->visitors > peak) {
            peak = minute->visitors;
            peak_at = minute->at;
        }
    }
    const char *expected = answer(answers, "taobao", "\"peak_minute\"");
    expected = answer(expected, "", "T02:");
    assert_int_equal(peak_at % (60 * MINUTE_MS) / MINUTE_MS, strtol(expected, NULL, 10));
    assert_int_equal(peak, strtol(strchr(expected, ',') + 1, NULL, 10));
    expected = answer(answers, "taobao", "\"uv_first_10_minutes\"");
    expected = answer(expected, "", "[");
    for (int i = 0; i < 10; i++) {
        char *end;
        assert_int_equal(uv[i], strtol(expected, &end, 10));
        expected = end + 1;
    }
}

static void test_shop_stream(void **unused)
{
    (void)unused;
    struct recorded in;
    if (!recorded_open(&in, SHARED_DATA_DIR
                       "/commerce/taobao_userbehavior_20171126_0100-0310utc.csv.gz")) {
        return;
    }
    struct script *s = script_new("shop stream");
    script_run(s, "+ campaigns name=sale currency=CNY status=1\n");
    int line = 0;
    while (recorded_next(&in)) {
        char user[32];
        char kind[8];
        char order[32];
        long long seconds;
        if (line++ == 0) {
            continue;
        }
        assert_int_equal(sscanf(in.line, "%31[^,],%*[^,],%*[^,],%7[^,],%lld", user, kind, &seconds),
                         3);
        snprintf(order, sizeof(order), "o%d", line);
        struct event event = {.at = seconds * 1000, .member = slice_of(user)};
        event.kind = strcmp(kind, "pv") == 0     ? EVENT_VISIT
                     : strcmp(kind, "fav") == 0  ? EVENT_FAVORITE
                     : strcmp(kind, "cart") == 0 ? EVENT_CART
                                                 : EVENT_ORDER;
        event.order = slice_of(order);
        event.total = 1;
        run(s, &event);
    }
    int visited = 0;
    int favorited = 0;
    int carted = 0;
    int paid = 0;
    for (uint32_t id = 0; (id = table_next(s->core.state, T_PARTICIPANTS, id)) != 0;) {
        const struct participant *row = table_get(s->core.state, T_PARTICIPANTS, id);
        visited += row->visited;
        favorited += row->favorited;
        carted += row->carted;
        paid += row->paid;
    }
    static char answers[1 << 16];
    FILE *file = fopen(SHARED_DATA_DIR "/commerce/expected-aggregates.json", "r");
    assert_non_null(file);
    assert_true(fread(answers, 1, sizeof(answers) - 1, file) > 0);
    fclose(file);
    const char *users = answer(answers, "taobao", "\"unique_users\"");
    assert_int_equal(visited, strtol(answer(users, "\"pv\"", ":"), NULL, 10));
    assert_int_equal(paid, strtol(answer(users, "\"buy\"", ":"), NULL, 10));
    assert_int_equal(carted, strtol(answer(users, "\"cart\"", ":"), NULL, 10));
    assert_int_equal(favorited, strtol(answer(users, "\"fav\"", ":"), NULL, 10));
    check_meter(s, answers);
    script_free(s);
}

// The text after a key, up to its closing quote; escapes stay as they are.
static struct slice chat_text(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    if (at == NULL) {
        return (struct slice){0};
    }
    at += strlen(key);
    uint32_t size = 0;
    while (at[size] != '"') {
        size += at[size] == '\\' ? 2 : 1;
    }
    return (struct slice){at, size};
}

static void test_channels(void **unused)
{
    (void)unused;
    struct recorded in;
    if (!recorded_open(&in, SHARED_DATA_DIR "/chat/ubuntu-irc-16-windows.jsonl.gz")) {
        return;
    }
    struct script *s = script_new("channels");
    script_run(s, "+ campaigns name=chat currency=CNY status=1\n+ groups ext=ubuntu campaign=1\n");
    int64_t at = SCRIPT_START;
    while (recorded_next(&in)) {
        const struct slice kind = chat_text(in.line, "\"e\": \"");
        const struct event event = {
            .kind = slice_is(kind, "join")    ? EVENT_JOIN
                    : slice_is(kind, "leave") ? EVENT_LEAVE
                    : slice_is(kind, "msg")   ? EVENT_MESSAGE
                                              : EVENT_NONE,
            .at = at += 100,
            .group = slice_of("ubuntu"),
            .member = chat_text(in.line, "\"nick\": \""),
            .text = chat_text(in.line, "\"text\": \""),
        };
        if (event.kind != EVENT_NONE) {
            run(s, &event);
        }
    }
    script_run(s, "= groups id=1 : joins=5829 leaves=881 messages=18496\n");
    const struct group *group = table_get(s->core.state, T_GROUPS, 1);
    int present = 0;
    int joins = 0;
    int leaves = 0;
    int messages = 0;
    for (uint32_t id = 0; (id = table_next(s->core.state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(s->core.state, T_MEMBERSHIPS, id);
        present += row->left_at == 0;
    }
    for (uint32_t id = 0; (id = table_next(s->core.state, T_HOURS, id)) != 0;) {
        const struct hour *row = table_get(s->core.state, T_HOURS, id);
        joins += row->joins;
        leaves += row->leaves;
        messages += row->messages;
    }
    assert_int_equal(group->members, present);
    assert_int_equal(joins, group->joins);
    assert_int_equal(leaves, group->leaves);
    assert_int_equal(messages, group->messages);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shop_stream),
        cmocka_unit_test(test_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
