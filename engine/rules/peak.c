// Peak of UV. Pure, integers only.

#include "rules/peak.h"

#define PEAK_MINUTE_MS 60000
#define PEAK_BP 10000

_Static_assert(sizeof(struct peak) <= 64, "a peak meter is a row of a table");

struct peak_rules peak_rules_default(void)
{
    return (struct peak_rules){
        .alpha_bp = 2000,
        .fall_bp = 1000,
        .fall_minutes = 3,
        .noise_tenths = 50,
        .rise_bp = 2000,
        .uv_min = 10,
        .warm_up_minutes = 5,
    };
}

bool peak_rules_check(const struct peak_rules *rules, struct err *e)
{
    if (rules->alpha_bp < 1 || rules->alpha_bp > PEAK_BP) {
        return err_set(e, ERR_INVALID, "alpha: %d is not in 1 .. 10,000 basis points",
                       rules->alpha_bp);
    }
    if (rules->fall_bp < 1 || rules->fall_bp > PEAK_BP) {
        return err_set(e, ERR_INVALID, "fall: %d is not in 1 .. 10,000 basis points",
                       rules->fall_bp);
    }
    if (rules->rise_bp < 1 || rules->rise_bp > 100 * PEAK_BP) {
        return err_set(e, ERR_INVALID, "rise: %d is not in 1 .. 1,000,000 basis points",
                       rules->rise_bp);
    }
    if (rules->fall_minutes < 1 || rules->fall_minutes > 1440) {
        return err_set(e, ERR_INVALID, "fall_minutes: %d is not in 1 .. 1,440",
                       rules->fall_minutes);
    }
    if (rules->noise_tenths < 0 || rules->noise_tenths > 1000) {
        return err_set(e, ERR_INVALID, "noise_tenths: %d is not in 0 .. 1,000",
                       rules->noise_tenths);
    }
    if (rules->uv_min < 1) {
        return err_set(e, ERR_INVALID, "uv_min: %d is not above 0", rules->uv_min);
    }
    if (rules->warm_up_minutes < 0 || rules->warm_up_minutes > 1440) {
        return err_set(e, ERR_INVALID, "warm_up_minutes: %d is not in 0 .. 1,440",
                       rules->warm_up_minutes);
    }
    return true;
}

void peak_init(struct peak *peak)
{
    *peak = (struct peak){.armed = 1};
}

int64_t peak_fall_bp(const struct peak *peak)
{
    if (peak->peak_milli <= peak->smooth_milli) {
        return 0;
    }
    return (peak->peak_milli - peak->smooth_milli) * PEAK_BP / peak->peak_milli;
}

static int64_t peak_root(int64_t value)
{
    int64_t root = 0;
    for (int64_t bit = INT64_C(1) << 31; bit > 0; bit >>= 1) {
        const int64_t next = root + bit;
        if (next <= value / next) {
            root = next;
        }
    }
    return root;
}

int64_t peak_line_bp(const struct peak *peak, const struct peak_rules *rules)
{
    if (peak->peak_milli == 0) {
        return rules->fall_bp;
    }
    // Millionths of a visitor squared at 4,000 million visitors a minute stay below 2^63.
    const int64_t variance =
        peak->peak_milli * 1000 / (2 * PEAK_BP - rules->alpha_bp) * rules->alpha_bp;
    const int64_t noise = peak_root(variance) * rules->noise_tenths / 10;
    const int64_t noise_bp = noise * PEAK_BP / peak->peak_milli;
    return noise_bp > rules->fall_bp ? noise_bp : rules->fall_bp;
}

// A new rise: what came before doesn't count any more.
static void peak_arm(struct peak *peak)
{
    peak->armed = 1;
    peak->peak_milli = 0;
    peak->peak_uv = 0;
    peak->low_minutes = 0;
}

static void peak_note_highest(struct peak *peak, int64_t minute_ms, uint32_t uv)
{
    // The raw maximum and the smoothed one fall into different minutes; both are worth telling.
    int64_t raw_ms = peak->peak_ms - (int64_t)peak->peak_uv_ago * PEAK_MINUTE_MS;
    if (uv > peak->peak_uv) {
        peak->peak_uv = uv;
        raw_ms = minute_ms;
    }
    if (peak->smooth_milli > peak->peak_milli) {
        peak->peak_milli = peak->smooth_milli;
        peak->peak_ms = minute_ms;
    }
    peak->peak_uv_ago = (int32_t)((peak->peak_ms - raw_ms) / PEAK_MINUTE_MS);
}

bool peak_feed(struct peak *peak, const struct peak_rules *rules, int64_t minute_ms, uint32_t uv)
{
    const int64_t uv_milli = (int64_t)uv * 1000;
    if (uv == 0 && peak->smooth_milli >= PEAK_GAP_UV * 1000) {
        return false;
    }
    if (peak->minutes == 0) {
        peak->smooth_milli = uv_milli;
        peak->peak_ms = minute_ms;
    } else {
        peak->smooth_milli += (uv_milli - peak->smooth_milli) * rules->alpha_bp / PEAK_BP;
    }
    peak->minutes += peak->minutes < UINT32_MAX;
    if (peak->minutes <= (uint32_t)rules->warm_up_minutes) {
        return false;
    }
    if (!peak->armed) {
        if (peak->smooth_milli < peak->low_milli) {
            peak->low_milli = peak->smooth_milli;
        }
        const int64_t rise = peak->smooth_milli - peak->low_milli;
        if (peak->smooth_milli < (int64_t)rules->uv_min * 1000 ||
            rise * PEAK_BP < peak->low_milli * rules->rise_bp) {
            return false;
        }
        peak_arm(peak);
    }
    peak_note_highest(peak, minute_ms, uv);
    const bool low = peak->peak_milli >= (int64_t)rules->uv_min * 1000 &&
                     peak_fall_bp(peak) >= peak_line_bp(peak, rules);
    if (!low) {
        peak->low_minutes = 0;
        return false;
    }
    if (peak->low_minutes < UINT16_MAX) {
        peak->low_minutes++;
    }
    if (peak->low_minutes < rules->fall_minutes) {
        return false;
    }
    peak->armed = 0;
    peak->low_milli = peak->smooth_milli;
    if (peak->passed < UINT8_MAX) {
        peak->passed++;
    }
    return true;
}
