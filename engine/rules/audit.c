// The audit of newcomers. Pure; looks at text character by character, allocates nothing.

#include "rules/audit.h"

#include <string.h>

#include "base/check.h"
#include "base/utf8.h"

#define AUDIT_CONTACT_DIGITS 7  // So many digits in a row are a telephone or messenger number.
#define AUDIT_ALBUM_MIN 3

// Words of trade, chosen by meaning. An employer's "company", an e-mail address, travel as a hobby
// and the V of a verified account are none, though they often stand in advertising too.
static const char *const SALES_WORDS[] = {
    "微信", "薇信", "v信",  "加v",  "加微", "微商", "qq",   "扣扣", "企鹅", "代理", "招商",
    "加盟", "批发", "淘宝", "网店", "店铺", "旺旺", "客服", "代购", "货源", "正品", "包邮",
    "团购", "优惠", "减肥", "祛斑", "祛痘", "面膜", "整形", "美容", "赚钱", "贷款", "发票",
    "热线", "电话", "咨询", "订购", "购买", "专卖", "主营", "业务", "厂家", "洽谈", "销售",
    "产品", "客户", "商务", "招聘", "联系", "http", "www."};
static const char *const NAME_SALES_WORDS[] = {
    "加微", "代理", "招商", "加盟", "批发", "淘宝", "网店", "代购", "正品", "减肥",
    "祛斑", "护肤", "面膜", "整形", "美容", "贷款", "发票", "咨询", "专卖", "公司",
    "厂家", "商务", "策划", "原料", "官方", "客服", "微商", "热线"};
static const char *const INSPIRING_WORDS[] = {"梦想", "努力", "坚持", "加油", "奋斗", "幸福",
                                              "相信", "成功", "微笑", "未来", "美好", "正能量"};
static const char *const TITLE_WORDS[] = {"姐", "宝宝"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *name, *text;
} CODES[AUDIT_CODE_COUNT] = {
    [AUDIT_NAME_A] = {"name-a", "The name begins with A (to stand on top of a list)."},
    [AUDIT_NAME_DIGITS] = {"name-digits", "The name is mostly digits or symbols."},
    [AUDIT_NAME_TITLE] = {"name-title", "The name calls itself elder sister or baby."},
    [AUDIT_NAME_DOUBLED] = {"name-doubled", "The name is a doubled character."},
    [AUDIT_NAME_SALES] = {"name-sales", "The name has words of trade."},
    [AUDIT_SIGNATURE_SALES] = {"signature-sales",
                               "The signature has words of trade or contact details."},
    [AUDIT_SIGNATURE_INSPIRING] = {"signature-inspiring",
                                   "An inspirational signature, beside another sign."},
    [AUDIT_GENDER] = {"gender", "Not the gender the shop sells to, beside another sign."},
    [AUDIT_AVATAR] = {"avatar", "The avatar is known from elsewhere."},
    [AUDIT_ALBUM] = {"album", "The album is full of payment receipts."},
};

const char *audit_code_name(enum audit_code code)
{
    CHECK((size_t)code < AUDIT_CODE_COUNT);
    return CODES[code].name;
}

const char *audit_code_text(enum audit_code code)
{
    CHECK((size_t)code < AUDIT_CODE_COUNT);
    return CODES[code].text;
}

struct audit_rules audit_rules_default(void)
{
    return (struct audit_rules){
        .points =
            {
                [AUDIT_NAME_A] = 2,
                [AUDIT_NAME_DIGITS] = 2,
                [AUDIT_NAME_TITLE] = 2,
                [AUDIT_NAME_DOUBLED] = 2,
                [AUDIT_NAME_SALES] = 50,
                [AUDIT_SIGNATURE_SALES] = 60,
                [AUDIT_SIGNATURE_INSPIRING] = 2,
                [AUDIT_GENDER] = 10,
                [AUDIT_AVATAR] = 40,
                [AUDIT_ALBUM] = 40,
            },
        .queue_at = 50,
        .name_points_max = 5,
        .target = AUDIT_GENDER_UNKNOWN,
    };
}

// The character at *at, full-width forms as ASCII and capitals as small letters; moves on.
static uint32_t audit_character(const char *text, size_t size, size_t *at)
{
    const unsigned char *byte = (const unsigned char *)text + *at;
    const size_t step = utf8_step(text + *at, size - *at);
    uint32_t c = byte[0];
    if (step == 2) {
        c = (byte[0] & 0x1fu) << 6 | (byte[1] & 0x3fu);
    } else if (step == 3) {
        c = (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
    } else if (step == 4) {
        c = (byte[0] & 0x07u) << 18 | (byte[1] & 0x3fu) << 12 | (byte[2] & 0x3fu) << 6 |
            (byte[3] & 0x3fu);
    } else if (step == 0) {
        c = 0xFFFD;  // A broken byte is a symbol.
    }
    *at += step == 0 ? 1 : step;
    if (c >= 0xFF01 && c <= 0xFF5E) {
        c -= 0xFEE0;
    }
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool audit_is_han(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

// Letters of any script; blocks of punctuation, symbols and emoji are left out.
static bool audit_is_letter(uint32_t c)
{
    if (c < 0x80) {
        return c >= 'a' && c <= 'z';
    }
    if (c < 0xC0 || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2BFF) ||
        (c >= 0x3000 && c <= 0x303F) || (c >= 0xE000 && c <= 0xF8FF) ||
        (c >= 0xFE00 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF65) || c == 0xFFFD) {
        return false;
    }
    return c < 0x1F000 || c > 0x1FAFF;
}

static bool audit_match_at(const char *text, size_t size, size_t at, const char *word, size_t *end)
{
    const size_t word_size = strlen(word);
    for (size_t i = 0; i < word_size;) {
        if (at >= size ||
            audit_character(text, size, &at) != audit_character(word, word_size, &i)) {
            return false;
        }
    }
    *end = at;
    return true;
}

// The first place where any of the words stands; fills the evidence's bytes.
static bool audit_find(const char *text, const char *const *words, size_t count,
                       struct audit_evidence *out)
{
    const size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        for (size_t w = 0; w < count; w++) {
            size_t end = 0;
            if (audit_match_at(text, size, at, words[w], &end)) {
                out->offset = (uint32_t)at;
                out->size = (uint32_t)(end - at);
                return true;
            }
        }
        (void)audit_character(text, size, &at);
    }
    return false;
}

static bool audit_find_number(const char *text, struct audit_evidence *out)
{
    const size_t size = strlen(text);
    size_t start = 0;
    unsigned digits = 0;
    for (size_t at = 0; at < size;) {
        const size_t before = at;
        const uint32_t c = audit_character(text, size, &at);
        if (c < '0' || c > '9') {
            digits = 0;
            continue;
        }
        start = digits == 0 ? before : start;
        digits++;
        if (digits == AUDIT_CONTACT_DIGITS) {
            out->offset = (uint32_t)start;
            out->size = (uint32_t)(at - start);
            return true;
        }
    }
    return false;
}

// What a name looks like, read once.
struct audit_name {
    uint32_t first;
    uint32_t letters, others;
    bool doubled;
};

static struct audit_name audit_name_read(const char *text)
{
    const size_t size = strlen(text);
    struct audit_name name = {0};
    uint32_t last = 0;
    uint32_t before = 0;
    for (size_t at = 0; at < size;) {
        const uint32_t c = audit_character(text, size, &at);
        name.first = name.first == 0 ? c : name.first;
        if (!audit_is_letter(c)) {
            name.others++;
            continue;
        }
        name.letters++;
        before = last;
        last = c;
    }
    // Two characters, or a surname or "little" before them; digits and symbols don't hide it.
    name.doubled = (name.letters == 2 || name.letters == 3) && last == before && audit_is_han(last);
    return name;
}

// A rule whose points are 0 is off and leaves no evidence.
static void audit_add(const struct audit_rules *rules, struct audit_evidence evidence,
                      unsigned points_max, struct audit_result *out, unsigned *score)
{
    unsigned points = rules->points[evidence.code];
    if (points == 0) {
        return;
    }
    points = points < points_max ? points : points_max;
    evidence.points = (uint8_t)points;
    CHECK(out->evidence_count < AUDIT_CODE_COUNT);
    out->evidence[out->evidence_count++] = evidence;
    *score += points;
}

static void audit_names(const struct audit_rules *rules, const char *nickname,
                        struct audit_result *out, unsigned *score)
{
    const struct audit_name name = audit_name_read(nickname);
    struct audit_evidence title = {.code = AUDIT_NAME_TITLE};
    const uint32_t whole = (uint32_t)strlen(nickname);
    unsigned names = 0;  // Points of the rules that are no better than chance.
    const unsigned max = rules->name_points_max;
    if (name.first == 'a') {
        const uint32_t size = (uint32_t)utf8_step(nickname, whole);
        audit_add(rules, (struct audit_evidence){.code = AUDIT_NAME_A, .size = size}, max - names,
                  out, &names);
    }
    if (name.others > name.letters) {
        audit_add(rules, (struct audit_evidence){.code = AUDIT_NAME_DIGITS, .size = whole},
                  max - names, out, &names);
    }
    if (audit_find(nickname, TITLE_WORDS, COUNT(TITLE_WORDS), &title)) {
        audit_add(rules, title, max - names, out, &names);
    }
    if (name.doubled) {
        audit_add(rules, (struct audit_evidence){.code = AUDIT_NAME_DOUBLED, .size = whole},
                  max - names, out, &names);
    }
    *score += names;
}

void audit_score(const struct audit_rules *rules, const struct audit_person *person,
                 struct audit_result *out)
{
    CHECK(rules->name_points_max < rules->queue_at);
    *out = (struct audit_result){0};
    unsigned score = 0;
    struct audit_evidence trade = {.code = AUDIT_NAME_SALES};
    struct audit_evidence sales = {.code = AUDIT_SIGNATURE_SALES};
    struct audit_evidence inspiring = {.code = AUDIT_SIGNATURE_INSPIRING};
    audit_names(rules, person->nickname, out, &score);
    if (audit_find(person->nickname, NAME_SALES_WORDS, COUNT(NAME_SALES_WORDS), &trade)) {
        audit_add(rules, trade, 100, out, &score);
    }
    if (audit_find(person->signature, SALES_WORDS, COUNT(SALES_WORDS), &sales) ||
        audit_find_number(person->signature, &sales)) {
        audit_add(rules, sales, 100, out, &score);
    }
    if (person->avatar_flagged) {
        audit_add(rules, (struct audit_evidence){.code = AUDIT_AVATAR}, 100, out, &score);
    }
    if (person->album_count >= AUDIT_ALBUM_MIN &&
        person->album_receipts >= person->album_count - person->album_count / 2) {
        audit_add(rules, (struct audit_evidence){.code = AUDIT_ALBUM}, 100, out, &score);
    }
    // These two say nothing by themselves.
    const bool other_sign = out->evidence_count > 0;
    if (other_sign &&
        audit_find(person->signature, INSPIRING_WORDS, COUNT(INSPIRING_WORDS), &inspiring)) {
        audit_add(rules, inspiring, 100, out, &score);
    }
    if (other_sign && rules->target != AUDIT_GENDER_UNKNOWN &&
        person->gender != AUDIT_GENDER_UNKNOWN && person->gender != rules->target) {
        audit_add(rules, (struct audit_evidence){.code = AUDIT_GENDER}, 100, out, &score);
    }
    out->score = (uint8_t)(score < 100 ? score : 100);
    out->queue = score >= rules->queue_at;
}
