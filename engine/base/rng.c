// Repeatable chance: xoshiro256** (Blackman and Vigna 2018) seeded by splitmix64. Only additions,
// multiplications, divisions and square roots of IEEE doubles are used, which are exact to the last
// bit everywhere; log() and exp() of libm are not (they differ with the processor), so the
// logarithm here is our own.

#include "base/rng.h"

#include <math.h>

#include "base/check.h"
#include "base/hash.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF  // gcc has it off in C11 mode. A fused a * b + c rounds differently.
#endif

__extension__ typedef unsigned __int128 rng_wide;

static uint64_t rng_rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream, uint64_t counter)
{
    // Each part of the key goes through a bijection before the next is added, so that neighbouring
    // streams and counters share nothing.
    uint64_t key = hash64_int(seed);
    key = hash64_int(key ^ stream);
    key = hash64_int(key ^ rng_rotate(counter, 32));
    for (unsigned i = 0; i < 4; i++) {
        rng->state[i] = hash64_int(key + i * UINT64_C(0x9e3779b97f4a7c15));
    }
    // All zero is the one state that never leaves itself. hash64_int is a bijection, so four
    // different inputs can't all give zero.
    CHECK((rng->state[0] | rng->state[1]) != 0);
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rng_rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotate(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    CHECK(bound > 0);
    // Lemire 2019: the high half of random * bound; low halves under 2^64 mod bound are redrawn.
    rng_wide product = (rng_wide)rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold) {
            product = (rng_wide)rng_next(rng) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

int rng_chance(struct rng *rng, double probability)
{
    return rng_unit(rng) < probability;
}

// Natural logarithm of x > 0, within 2 units of the last place: x = m * 2^e with m in [0.7, 1.42),
// log m = 2 atanh((m - 1) / (m + 1)) by its series.
static double rng_log(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    const double t = (m - 1) / (m + 1);
    const double square = t * t;  // Below 0.0295: the term of t^21 is under 10^-17.
    double sum = 0;
    for (int k = 21; k >= 1; k -= 2) {
        sum = sum * square + 1.0 / k;
    }
    return 2 * t * sum + exponent * 0.69314718055994531;
}

double rng_normal(struct rng *rng)
{
    // Marsaglia's polar method; the second number it makes is thrown away to keep no state.
    for (;;) {
        const double x = 2 * rng_unit(rng) - 1;
        const double y = 2 * rng_unit(rng) - 1;
        const double square = x * x + y * y;
        if (square > 0 && square < 1) {
            return x * sqrt(-2 * rng_log(square) / square);
        }
    }
}

double rng_exponential(struct rng *rng, double mean)
{
    return -mean * rng_log(1 - rng_unit(rng));
}

// log(k!), by a table up to 9 and Stirling's series above (error under 10^-10).
static double rng_log_factorial(double k)
{
    static const double small[10] = {0,
                                     0,
                                     0.69314718055994531,
                                     1.7917594692280550,
                                     3.1780538303479458,
                                     4.7874917427820460,
                                     6.5792512120101010,
                                     8.5251613610654143,
                                     10.604602902745250,
                                     12.801827480081469};
    if (k < 10) {
        return small[(int)k];
    }
    const double half_log_two_pi = 0.91893853320467274;
    const double inverse = 1 / k;
    const double inverse2 = inverse * inverse;
    return (k + 0.5) * rng_log(k) - k + half_log_two_pi +
           inverse * (1.0 / 12 - inverse2 * (1.0 / 360 - inverse2 / 1260));
}

// Hörmann, "The transformed rejection method for generating Poisson random variables" (1993),
// algorithm PTRS, for a mean of 10 or more.
static uint64_t rng_poisson_large(struct rng *rng, double mean)
{
    const double log_mean = rng_log(mean);
    const double b = 0.931 + 2.53 * sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        const double u = rng_unit(rng) - 0.5;
        const double v = 1 - rng_unit(rng);
        const double us = 0.5 - fabs(u);
        if (us <= 0) {
            continue;
        }
        const double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) {
            return (uint64_t)k;
        }
        if (k < 0 || (us < 0.013 && v > us)) {
            continue;
        }
        if (rng_log(v * inverse_alpha / (a / (us * us) + b)) <=
            k * log_mean - mean - rng_log_factorial(k)) {
            return (uint64_t)k;
        }
    }
}

uint64_t rng_poisson(struct rng *rng, double mean)
{
    CHECK(mean >= 0);
    CHECK(mean <= 1e9);
    if (mean >= 10) {
        return rng_poisson_large(rng, mean);
    }
    // How many exponential waits fit into `mean`.
    uint64_t count = 0;
    double waited = rng_exponential(rng, 1);
    while (waited < mean) {
        count++;
        waited += rng_exponential(rng, 1);
    }
    return count;
}
