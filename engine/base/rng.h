#pragma once
// Chance that is not a draw: the crowd, jitter, math.random of a scene. Keyed and repeatable:
// the same key gives the same numbers on every machine. Draws use rules/draw, never this.

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];  // xoshiro256**
};

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream, uint64_t counter);
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound);  // 0 <= x < bound, unbiased; bound > 0
double rng_unit(struct rng *rng);                     // 0 <= x < 1, 53 bits
int rng_chance(struct rng *rng, double probability);  // 1 with this probability
double rng_normal(struct rng *rng);                   // mean 0, deviation 1
double rng_exponential(struct rng *rng, double mean);
uint64_t rng_poisson(struct rng *rng, double mean);  // 0 <= mean <= 10^9
