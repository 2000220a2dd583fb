#pragma once
// What would a change do? Paired rehearsals from the moment at which a copy of the database was
// taken: each pair plays the rest of the campaign twice in virtual time, without the change and
// with it, with the same random numbers. The file is only read; nothing is sent.
//
// The copy is opened once; each arm is a forked process that goes on from there in its own memory
// and tells its figures through a pipe. Processes of a what-if are nice(10), beside
// an engine of the idle class.

#include "app/engine.h"

#define WHATIF_RUNS_MAX 1000
#define WHATIF_JOBS_MAX 8

struct whatif_options {
    const char *db;
    const char *campaign;    // NULL: the latest.
    const char *line;        // NULL: no change, only what comes of the campaign as it is.
    const char *until;       // "today", or as rehearsal_when; NULL: the campaign's end.
    const char *crowd_file;  // NULL: the built-in parameters.
    uint64_t seed;
    size_t runs;
    size_t jobs;  // Processes at a time; 0: as many as there are processors.
    bool idle;    // They take only the time that nobody else wants: an engine doesn't notice.
    void (*on_run)(void *ctx, size_t done, size_t total);  // May be NULL.
    void *ctx;
};

enum whatif_kind {
    WHATIF_PAID,      // Members of a group who paid; of all groups: name "".
    WHATIF_MEMBERS,   // There at the end.
    WHATIF_REVENUE,   // Net.
    WHATIF_SPENT,     // Of a budget.
    WHATIF_MESSAGES,  // Sent from the moment on.
    WHATIF_ERRORS,    // Of playbooks, from the moment on.
    WHATIF_PROMISE,   // 1: kept.
    WHATIF_KIND_COUNT,
};
extern const char *const whatif_kind_names[WHATIF_KIND_COUNT];

// One figure of all runs. What a run doesn't tell of is 0.
struct whatif_figure {
    enum whatif_kind kind;
    char name[96];
    double *values[2];  // [with][run]
};

struct whatif {
    char campaign[128];
    char currency[8];
    char zone[64];
    int64_t at_ms, until_ms;
    struct buf told;  // What the line changes, in the campaign's words (app/tell.h).
    bool second_person;
    struct whatif_figure *figures;  // In order of kind, then as the arms told them.
    size_t figure_count;
    size_t runs;      // Done
    size_t same;      // Pairs in which no figure differs.
    uint64_t people;  // In the simulated crowd at the start.
    int64_t us;
};

// How many leave one processor to an engine and what it waits for.
int whatif_jobs_beside(void);
// ERR_INVALID: the line is wrong or changes nothing; the campaign is over.
MUST_USE bool whatif_run(const struct whatif_options *options, struct whatif *out, struct err *e);
void whatif_deinit(struct whatif *whatif);

// What is told of a figure's runs.
struct whatif_range {
    double p5, median, p95;
};
struct whatif_range whatif_range(const double *values, size_t count);
// The same of the differences, pair by pair: with less without.
struct whatif_range whatif_difference(const struct whatif_figure *figure, size_t runs);
// In how many runs it is higher with the change, and in how many lower.
void whatif_compare(const struct whatif_figure *figure, size_t runs, size_t *higher, size_t *lower);
