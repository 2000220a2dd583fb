#pragma once
// A short campaign (tests/crash/campaign) on generated events, in this process: played to its end,
// or until its disk fails, as often as wanted.

#include <stdatomic.h>
#include <stdio.h>

#include "app/engine.h"

#define PLAY_KEYS_MAX 4096

// What left the engine so far: may be read on another thread, up to `count`.
struct play_sent {
    char keys[PLAY_KEYS_MAX][33];
    atomic_size_t count;
    atomic_uint_fast64_t durable;  // Batches that the engine called durable.
};

// Writes the events of a seed; the same seed, the same file.
void play_write_feed(const char *path, uint64_t seed);
// Plays `feed` into the database `path`, or goes on with it. false: the engine gave up; `e` says
// why.
bool play_feed(const char *path, const char *feed, struct play_sent *sent, struct err *e);
