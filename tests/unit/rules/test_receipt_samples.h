#pragma once
// One receipt of each kind with everything it was made of, for the tests of receipts.

#include "test_rules.h"

#include "rules/receipt.h"

#define MANY 40
#define OPEN_MS INT64_C(1700000000000)

// A receipt with all that it was made of.
struct sample {
    struct receipt_draw draw;
    struct receipt_result result;
    struct receipt_entrant entrants[MANY];
    char ids[MANY][24];
    struct wheel_rules wheel;
    struct envelope_rules envelope;
    struct receipt_play plays[MANY];
    struct receipt_redraw redraws[2];
    struct buf json;
};

static const struct receipt_exclusion EXCLUDED[] = {{"host", "works for the brand"},
                                                    {"zebra", "not paid"}};
static const char *const GROUPS[] = {"old 1", "new \"2\"", "新群"};
static const uint32_t QUOTAS[] = {2, 1, 3};
static const char *const SOURCES[] = {"lottery of 7 March", "lottery of 8 March"};
static const char *const PRIZES[] = {"coat", "scarf"};

static inline void sample_entrants(struct sample *sample)
{
    for (uint32_t i = 0; i < MANY; i++) {
        // "m-07": ascending; one id needs escapes, one is Chinese.
        snprintf(sample->ids[i], sizeof(sample->ids[i]), "m-%02u%s", i,
                 i == 11   ? "\"\n"
                 : i == 12 ? "芬芬"
                           : "");
        sample->entrants[i] = (struct receipt_entrant){
            .id = sample->ids[i],
            .id_size = (uint32_t)strlen(sample->ids[i]),
            .stratum = i % 3,
            .value = sample->draw.kind == RECEIPT_NTH ? OPEN_MS + i / 4 * 1000 : 1 + i * i,
        };
    }
    sample->draw.entrant = receipt_entrant_of_array;
    sample->draw.entrant_ctx = sample->entrants;
    sample->draw.entrant_count = MANY;
    sample->draw.winner_count = sample->draw.kind == RECEIPT_NTH ? 7 : 3;
}

static inline struct draw_key sample_key(struct sample *sample)
{
    struct sha256 hash;
    struct err e;
    assert_true(receipt_freeze(&sample->draw, NULL, &hash, &e));
    return draw_key_derive(sample->result.seed, RECEIPT_SEED_SIZE, &hash);
}

// What happened before play i, counted the plain way: by looking at all plays before.
static inline struct wheel_ctx sample_ctx(const struct sample *sample, uint32_t i,
                                          int64_t *won_today)
{
    const struct receipt_play *play = &sample->plays[i];
    struct wheel_ctx ctx = {.at_ms = play->at_ms, .won_today = won_today};
    memset(won_today, 0, 2 * sizeof(*won_today));
    for (uint32_t j = 0; j < i; j++) {
        const struct receipt_play *other = &sample->plays[j];
        const bool today =
            wheel_day(&sample->wheel, other->at_ms) == wheel_day(&sample->wheel, play->at_ms);
        if (other->prize >= 0) {
            won_today[other->prize] += today;
        }
        if (strcmp(other->member, play->member) == 0) {
            ctx.member_spins++;
            ctx.member_spins_today += today;
            ctx.member_wins += other->prize >= 0;
            ctx.member_wins_today += today && other->prize >= 0;
        }
    }
    return ctx;
}

// Ten members spin twice on the first day and once on the second.
static inline void sample_wheel(struct sample *sample)
{
    sample->wheel = (struct wheel_rules){
        .tiers = {{.odds_ppm = 100000, .stock = 2, .paced = true},
                  {.odds_ppm = 700000, .stock = 9, .day_max = 5}},
        .tier_count = 2,
        .day_offset_s = 8 * 3600,
        .spins_per_member = 3,
        .spins_per_day = 2,
        .wins_per_member = 1,
        .wins_per_day = 1,
        .open_ms = OPEN_MS,
        .slot_ms = 3600000,
        .slot_count = 2,
    };
    sample->draw.wheel = &sample->wheel;
    sample->draw.prizes = PRIZES;
    sample->draw.consolation = "voucher of 20";
    const struct draw_key key = sample_key(sample);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    int64_t left[2] = {2, 9};
    for (uint32_t i = 0; i < 30; i++) {
        snprintf(sample->ids[i], sizeof(sample->ids[i]), "w-%u", i % 10);
        sample->plays[i] = (struct receipt_play){
            .member = sample->ids[i], .at_ms = OPEN_MS + i / 20 * INT64_C(86400000) + i * 60000};
        int64_t won_today[2];
        const struct wheel_ctx ctx = sample_ctx(sample, i, won_today);
        draw_stream_seek(&stream, i);
        const struct wheel_result won =
            wheel_spin(&sample->wheel, left, &ctx, (uint32_t)draw_below(&stream, WHEEL_ODDS_WHOLE));
        sample->plays[i].prize = won.tier;
        sample->plays[i].reason = won.reason;
    }
    draw_stream_deinit(&stream);
    sample->result.plays = sample->plays;
    sample->result.play_count = 30;
}

static inline void sample_envelope(struct sample *sample)
{
    sample->envelope = (struct envelope_rules){.sum = 1000, .count = 8, .drama = 60};
    sample->draw.envelope = &sample->envelope;
    sample->draw.envelope_count = 3;
    const struct draw_key key = sample_key(sample);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    uint32_t count = 0;
    for (uint32_t rain = 0; rain < 2; rain++) {  // Nobody takes from the third.
        struct envelope_part parts[8];
        draw_stream_seek(&stream, rain);
        envelope_split(&sample->envelope, &stream, parts);
        for (uint32_t place = 0; place < 8 - rain; place++) {
            snprintf(sample->ids[count], sizeof(sample->ids[count]), "e-%u", place * (rain + 1));
            sample->plays[count] = (struct receipt_play){.member = sample->ids[count],
                                                         .at_ms = OPEN_MS + count,
                                                         .envelope = rain,
                                                         .place = place,
                                                         .amount = parts[place].amount};
            count++;
        }
    }
    draw_stream_deinit(&stream);
    sample->result.plays = sample->plays;
    sample->result.play_count = count;
}

static inline void sample_fill(struct sample *sample, enum receipt_kind kind, bool variant)
{
    *sample = (struct sample){.draw = {.kind = kind, .id = "day3/wheel", .text = "一人一次"}};
    for (unsigned i = 0; i < RECEIPT_SEED_SIZE; i++) {
        sample->result.seed[i] = (uint8_t)(i * 7 + 1);
    }
    sample->draw.commitment = receipt_commitment(sample->result.seed);
    sample->draw.excluded = EXCLUDED;
    sample->draw.excluded_count = variant ? 0 : 2;
    sample->draw.weighted = variant;
    sample->draw.replacement = variant;
    if (kind == RECEIPT_WHEEL) {
        sample_wheel(sample);
        return;
    }
    if (kind == RECEIPT_ENVELOPE) {
        sample_envelope(sample);
        return;
    }
    sample_entrants(sample);
    sample->draw.groups = GROUPS;
    sample->draw.quotas = QUOTAS;
    sample->draw.group_count = 3;
    sample->draw.sources = SOURCES;
    sample->draw.source_count = 2;
    sample->result.key = "9319./2.5.8.10.12./";
    sample->redraws[0] = (struct receipt_redraw){kind == RECEIPT_NTH ? 0 : 1, "not reachable"};
    sample->redraws[1] = (struct receipt_redraw){kind == RECEIPT_NTH ? 0 : 1, "again not"};
    sample->result.redraws = sample->redraws;
    sample->result.redraw_count = variant ? 0 : 2;
}

static inline void sample_make(struct sample *sample, enum receipt_kind kind, bool variant)
{
    struct err e;
    sample_fill(sample, kind, variant);
    buf_init(&sample->json, 1 << 20);
    const struct receipt_sink sink = {.out = &sample->json};
    if (!receipt_write(&sample->draw, &sample->result, &sink, &e)) {
        fprintf(stderr, "%s: %s\n", receipt_kind_name(kind), e.text);
        fail();
    }
}
