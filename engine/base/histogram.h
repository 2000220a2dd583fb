#pragma once
// How long things took, counted by size: a few buckets that every measured time falls in. What a
// monitoring system asks for, and the most of the last while for people. No clock in here.

#include <stdint.h>

// Upper ends of the buckets in microseconds; longer ones count in the last one.
#define HISTOGRAM_BOUNDS                                                                           \
    {                                                                                              \
        100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,     \
            2500000, 5000000, 10000000, 30000000, 60000000, 300000000                              \
    }
#define HISTOGRAM_BUCKETS 20

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    int64_t sum_us;
};

extern const int64_t histogram_bounds_us[HISTOGRAM_BUCKETS - 1];
void histogram_add(struct histogram *histogram, int64_t us);  // Below 0 counts as 0.

// The most of the last ten seconds or so: kept by the second.
#define RECENT_SECONDS 10
struct recent {
    int64_t second[RECENT_SECONDS];  // Which one it is of.
    int64_t most_us[RECENT_SECONDS];
};
void recent_add(struct recent *recent, int64_t now_us, int64_t us);
int64_t recent_most_us(const struct recent *recent, int64_t now_us);
