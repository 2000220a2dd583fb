// Times counted by size: see histogram.h.
#include "base/histogram.h"

#include <stddef.h>

const int64_t histogram_bounds_us[HISTOGRAM_BUCKETS - 1] = HISTOGRAM_BOUNDS;

void histogram_add(struct histogram *histogram, int64_t us)
{
    const int64_t taken_us = us > 0 ? us : 0;
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS - 1 && taken_us > histogram_bounds_us[bucket]) {
        bucket++;
    }
    histogram->counts[bucket]++;
    histogram->count++;
    histogram->sum_us += taken_us;
}

void recent_add(struct recent *recent, int64_t now_us, int64_t us)
{
    const int64_t second = now_us / 1000000;
    const size_t place = (size_t)(second % RECENT_SECONDS);
    if (recent->second[place] != second) {
        recent->second[place] = second;
        recent->most_us[place] = 0;
    }
    if (us > recent->most_us[place]) {
        recent->most_us[place] = us;
    }
}

int64_t recent_most_us(const struct recent *recent, int64_t now_us)
{
    const int64_t second = now_us / 1000000;
    int64_t most_us = 0;
    for (size_t i = 0; i < RECENT_SECONDS; i++) {
        if (recent->second[i] > second - RECENT_SECONDS && recent->most_us[i] > most_us) {
            most_us = recent->most_us[i];
        }
    }
    return most_us;
}
