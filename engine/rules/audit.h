#pragma once
// Audit of newcomers before invitations are paid out (domain B4). It scores, lists its evidence and
// says whether a person should look. It never removes or rejects anybody: on labelled accounts the
// name rules are no better than chance, so they can't queue anybody by themselves, not even
// together. What each rule is worth was measured; see engine/rules/README.md. Pure.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum audit_gender { AUDIT_GENDER_UNKNOWN, AUDIT_GENDER_FEMALE, AUDIT_GENDER_MALE };

struct audit_person {
    const char *nickname;  // NUL-terminated UTF-8, never NULL ("" if unknown); same for signature.
    const char *signature;
    enum audit_gender gender;
    bool avatar_flagged;      // The avatar is known from elsewhere (stock celebrity, seen before).
    uint32_t album_count;     // Pictures in the album that were looked at.
    uint32_t album_receipts;  // Of those, screenshots of payments.
};

enum audit_code {
    AUDIT_NAME_A,           // Begins with A or a: to stand on top of a contact list.
    AUDIT_NAME_DIGITS,      // More than half digits or symbols.
    AUDIT_NAME_TITLE,       // Ends in or contains jie (elder sister) or bao bao.
    AUDIT_NAME_DOUBLED,     // A reduplicated name: two equal characters and nothing else, or A-bb.
    AUDIT_NAME_SALES,       // Words of trade in the name (wholesale, agent, official shop ...).
    AUDIT_SIGNATURE_SALES,  // Sales words or contact details in the signature.
    AUDIT_SIGNATURE_INSPIRING,  // Inspirational words; counts only beside another sign.
    AUDIT_GENDER,               // Not the group the shop sells to; counts only beside another sign.
    AUDIT_AVATAR,
    AUDIT_ALBUM,  // At least half of three or more pictures are payment receipts.
    AUDIT_CODE_COUNT
};

struct audit_rules {
    uint8_t points[AUDIT_CODE_COUNT];  // 0 switches a rule off.
    uint8_t queue_at;                  // Score from which a person should look.
    uint8_t name_points_max;           // Name rules together give at most this, < queue_at.
    enum audit_gender target;          // UNKNOWN: sells to everybody.
};

struct audit_evidence {
    enum audit_code code;
    uint8_t points;         // What it added to the score.
    uint32_t offset, size;  // The bytes of nickname or signature that matched; size 0: not text.
};

struct audit_result {
    uint8_t score;  // 0 .. 100
    bool queue;     // A person should look at this newcomer.
    uint8_t evidence_count;
    struct audit_evidence evidence[AUDIT_CODE_COUNT];
};

struct audit_rules audit_rules_default(void);
void audit_score(const struct audit_rules *rules, const struct audit_person *person,
                 struct audit_result *out);
const char *audit_code_name(enum audit_code code);  // "name-a", "signature-sales", ...
const char *audit_code_text(enum audit_code code);  // One sentence for the reviewer.
