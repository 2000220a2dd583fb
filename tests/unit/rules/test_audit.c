// The audit: a table of cases, hostile text, and what the rules are worth on labelled accounts.

#include "test_rules.h"

#include "base/utf8.h"
#include "rules/audit.h"

// Cuts `line` at the next '|' and trims blanks.
static char *next_cell(char **line)
{
    char *cell = *line;
    char *end = strchr(cell, '|');
    if (end != NULL) {
        *end = '\0';
        *line = end + 1;
    } else {
        end = cell + strlen(cell);
        *line = end;
    }
    while (*cell == ' ') {
        cell++;
    }
    while (end > cell && (end[-1] == ' ' || end[-1] == '\n')) {
        *--end = '\0';
    }
    return cell;
}

static void run_line(char *line)
{
    struct audit_person person = {.nickname = next_cell(&line)};
    person.signature = next_cell(&line);
    const char *gender = next_cell(&line);
    person.gender = gender[0] == 'f'   ? AUDIT_GENDER_FEMALE
                    : gender[0] == 'm' ? AUDIT_GENDER_MALE
                                       : AUDIT_GENDER_UNKNOWN;
    person.avatar_flagged = next_cell(&line)[0] == '1';
    assert_int_equal(sscanf(next_cell(&line), "%u/%u", &person.album_receipts, &person.album_count),
                     2);
    const char *evidence = next_cell(&line);
    const bool queue = next_cell(&line)[0] == 'y';
    struct audit_rules rules = audit_rules_default();
    rules.target = AUDIT_GENDER_FEMALE;
    struct audit_result result;
    audit_score(&rules, &person, &result);
    char found[400] = "";
    for (unsigned i = 0; i < result.evidence_count; i++) {
        const struct audit_evidence *one = &result.evidence[i];
        const bool in_signature =
            one->code == AUDIT_SIGNATURE_SALES || one->code == AUDIT_SIGNATURE_INSPIRING;
        const char *text = in_signature ? person.signature : person.nickname;
        assert_true(one->offset + one->size <= strlen(text));
        assert_true(utf8_valid(text + one->offset, one->size));
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s", i > 0 ? " " : "",
                 audit_code_name(one->code));
        assert_true(strlen(audit_code_text(one->code)) > 10);
    }
    if (strcmp(found[0] != '\0' ? found : "-", evidence) != 0 || result.queue != queue) {
        fprintf(stderr, "'%s' '%s': found '%s', queue %d\n", person.nickname, person.signature,
                found, result.queue);
        fail();
    }
}

static void test_table(void **state)
{
    (void)state;
    FILE *file = fopen(TESTS_DIR "/cases/audit.txt", "r");
    assert_non_null(file);
    char line[1000];
    unsigned count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] != '#') {
            run_line(line);
            count++;
        }
    }
    fclose(file);
    assert_true(count >= 30);
}

// Broken UTF-8 and long texts: a score, no crash, evidence inside the text.
static void test_hostile_text(void **state)
{
    (void)state;
    const struct audit_rules rules = audit_rules_default();
    struct audit_result result;
    static const char *const texts[] = {"\xff\xfe",         "\xe5\xa7", "\xf0\x9f\x98",
                                        "\xe5\xa7\x90\xe5", "\xc0\x80", "a\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct audit_person person = {.nickname = texts[i], .signature = texts[i]};
        audit_score(&rules, &person, &result);
        assert_true(result.score <= 100);
    }
    char *longest = xmalloc(100001);
    memset(longest, '8', 100000);
    longest[100000] = '\0';
    const struct audit_person person = {.nickname = longest, .signature = longest};
    audit_score(&rules, &person, &result);
    assert_true(result.queue);
    free(longest);
}

// No set of name rules reaches the queue, whatever points an operator gives each of them.
static void test_names_never_queue(void **state)
{
    (void)state;
    struct audit_rules rules = audit_rules_default();
    memset(rules.points, 100, 4);
    const struct audit_person person = {.nickname = "A芬芬", .signature = ""};
    struct audit_result result;
    audit_score(&rules, &person, &result);
    assert_false(result.queue);
    assert_true(result.score <= rules.name_points_max);
    memset(rules.points, 0, 4);  // Off: no evidence either.
    audit_score(&rules, &person, &result);
    assert_int_equal(result.evidence_count, 0);
}

// ---- labelled accounts
// ---------------------------------------------------------------------------

struct tally {
    unsigned hits, spam;
};

static void tally_add(struct tally *tally, bool spam)
{
    tally->hits++;
    tally->spam += spam;
}

static double tally_precision(const struct tally *tally)
{
    return tally->hits > 0 ? (double)tally->spam / tally->hits : 0;
}

// One CSV field; quotes doubled inside quotes. The file's stand-ins for what was blackened out
// become something of the same kind.
static void csv_field(FILE *file, struct buf *out, bool *end)
{
    buf_clear(out);
    bool quoted = false;
    int c;
    while ((c = getc(file)) != EOF) {
        if (c == '"') {
            const int after = quoted ? getc(file) : 0;
            if (quoted && after == '"') {
                buf_putc(out, '"');
                continue;
            }
            if (quoted && after != EOF) {
                ungetc(after, file);
            }
            quoted = !quoted;
            continue;
        }
        if (!quoted && (c == ',' || c == '\n')) {
            break;
        }
        if (c != '\r') {
            buf_putc(out, (char)c);
        }
    }
    *end = c == '\n' || c == EOF;
    buf_append(out, "", 0);
}

static void put_back(struct buf *text)
{
    static const char *const pairs[][2] = {{"[LINK]", "http"}, {"[CONTACT]", "13800138"}};
    for (unsigned i = 0; i < 2; i++) {
        char *at = strstr(text->data, pairs[i][0]);
        if (at != NULL) {
            const size_t size = strlen(pairs[i][0]);
            memset(at, ' ', size);
            memcpy(at, pairs[i][1], strlen(pairs[i][1]));
        }
    }
}

// Prints what each rule is worth, and holds the measured worth.
static void labelled_judge(const struct tally *all, const struct tally *queued,
                           const struct tally *codes)
{
    assert_int_equal(all->hits, 941);
    printf("base rate %.1f %% of %u\n", 100 * tally_precision(all), all->hits);
    for (int i = 0; i < AUDIT_CODE_COUNT; i++) {
        printf("%-20s %4u accounts, %5.1f %% precise\n", audit_code_name((enum audit_code)i),
               codes[i].hits, 100 * tally_precision(&codes[i]));
    }
    printf("queued: %u accounts, %.1f %% precise, %.1f %% of all spam\n", queued->hits,
           100 * tally_precision(queued), 100.0 * queued->spam / all->spam);
    assert_true(tally_precision(&codes[AUDIT_SIGNATURE_SALES]) >= 0.9);
    assert_true(codes[AUDIT_SIGNATURE_SALES].hits >= 80);
    assert_true(tally_precision(&codes[AUDIT_NAME_SALES]) >= 0.9);
    assert_true(tally_precision(queued) >= 0.9);
    // Chance: the rules of case B on names alone.
    for (int i = AUDIT_NAME_A; i <= AUDIT_NAME_DOUBLED; i++) {
        assert_true(codes[i].hits < 8 || tally_precision(&codes[i]) < 0.65);
    }
}

static void test_labelled_accounts(void **state)
{
    (void)state;
    FILE *file = fopen(SHARED_DATA_DIR "/names/accounts-labelled.csv", "r");
    if (file == NULL) {
        test_skip_loudly("labelled accounts");
        return;
    }
    struct audit_rules rules = audit_rules_default();
    rules.target = AUDIT_GENDER_FEMALE;
    struct tally codes[AUDIT_CODE_COUNT] = {{0}};
    struct tally all = {0};
    struct tally queued = {0};
    struct buf fields[10];
    for (unsigned i = 0; i < 10; i++) {
        buf_init(&fields[i], 100000);
    }
    for (unsigned row = 0;; row++) {
        bool end = false;
        unsigned count = 0;
        while (count < 10 && !end) {
            csv_field(file, &fields[count++], &end);
        }
        if (count < 10) {
            break;
        }
        if (row == 0) {
            continue;
        }
        put_back(&fields[4]);
        const bool spam = strcmp(fields[9].data, "spam") == 0;
        const struct audit_person person = {.nickname = fields[1].data,
                                            .signature = fields[4].data,
                                            .gender = strcmp(fields[2].data, "male") == 0
                                                          ? AUDIT_GENDER_MALE
                                                          : AUDIT_GENDER_FEMALE};
        struct audit_result result;
        audit_score(&rules, &person, &result);
        tally_add(&all, spam);
        for (unsigned i = 0; i < result.evidence_count; i++) {
            tally_add(&codes[result.evidence[i].code], spam);
        }
        if (result.queue) {
            tally_add(&queued, spam);
        }
    }
    fclose(file);
    for (unsigned i = 0; i < 10; i++) {
        buf_deinit(&fields[i]);
    }
    labelled_judge(&all, &queued, codes);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_names_never_queue),
        cmocka_unit_test(test_labelled_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
