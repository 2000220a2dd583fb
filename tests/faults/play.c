// The campaign that is played while its disk fails; see the header.
#include "play.h"

#include <string.h>

#include "app/feed.h"
#include "app/paths.h"
#include "base/rng.h"

#define START_MS INT64_C(1762477200000)  // 2025-11-07 09:00 in Shanghai
#define END_MS (START_MS + 15 * INT64_C(3600000))
#define PEOPLE 30
#define EVENTS 130

// --- Events. ---

struct feed_writer {
    FILE *out;
    struct rng rng;
    int64_t at_ms;
    int number, orders;
};

static int below(struct feed_writer *feed, int bound)
{
    return (int)rng_below(&feed->rng, (uint64_t)bound);
}

static void begin(struct feed_writer *feed, const char *kind)
{
    feed->number++;
    feed->at_ms += 1 + below(feed, 150000);
    fprintf(feed->out, "{\"t\":\"ev\",\"seq\":%d,\"ts\":%lld,\"id\":\"f%d\",\"k\":\"%s\"",
            feed->number, (long long)feed->at_ms, feed->number, kind);
}

static int put_who(struct feed_writer *feed, int member)
{
    fprintf(feed->out, ",\"group\":\"g%d\",\"member\":\"u%d\"", 1 + member % 2, member);
    return 1 + member % 2;
}

static void put_order(struct feed_writer *feed)
{
    fprintf(feed->out,
            ",\"order\":\"o%d\",\"total\":\"150.00\",\"currency\":\"CNY\","
            "\"items\":[{\"sku\":\"S1\",\"qty\":1,\"paid\":\"150.00\"}]",
            ++feed->orders);
    if (below(feed, 2) == 0) {
        fprintf(feed->out, ",\"vouchers\":[\"v%d\"]", 1 + below(feed, 30));
    }
}

static void put_event(struct feed_writer *feed)
{
    const int what = below(feed, 100);
    const int member = 1 + below(feed, PEOPLE);
    if (what < 50) {
        begin(feed, "message");
        put_who(feed, member);
        fprintf(feed->out, ",\"text\":\"%s %d\"", what < 35 ? "answer" : "I am here", feed->number);
    } else if (what < 70) {
        begin(feed, "press");
        fprintf(feed->out, ",\"button\":\"spin:%d\"", put_who(feed, member) == 1 ? 1 : 2);
    } else if (what < 85 || feed->orders == 0) {
        begin(feed, "order.paid");
        put_who(feed, member);
        put_order(feed);
    } else if (what < 92) {
        begin(feed, "order.refunded");
        fprintf(feed->out, ",\"order\":\"o%d\",\"amount\":\"20.00\"",
                1 + below(feed, feed->orders));
    } else {
        begin(feed, "visit");
        put_who(feed, member);
        fprintf(feed->out, ",\"sku\":\"S1\"");
    }
}

void play_write_feed(const char *path, uint64_t seed)
{
    struct feed_writer feed = {.out = fopen(path, "w"), .at_ms = START_MS};
    CHECK(feed.out != NULL);
    rng_init(&feed.rng, seed, 0x66617573, 0);
    fprintf(feed.out, "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"feed\"}\n");
    for (int i = 1; i <= PEOPLE; i++) {
        begin(&feed, "member.join");
        put_who(&feed, i);
        fprintf(feed.out, "}\n");
    }
    for (int i = 0; i < EVENTS; i++) {
        put_event(&feed);
        fprintf(feed.out, "}\n");
    }
    CHECK(fclose(feed.out) == 0);
}

// --- Playing. ---

struct playing {
    struct engine engine;
    struct play_sent *sent;
};

// A command leaves: its batch is durable, whatever happens from now on.
static ssize_t on_command(void *ctx, const char *data, size_t size)
{
    struct playing *playing = ctx;
    struct play_sent *sent = playing->sent;
    const char *id = memmem(data, size, "\"id\":\"", 6);
    const size_t count = atomic_load(&sent->count);
    CHECK(id != NULL && (size_t)(data + size - id) > 38 && count < PLAY_KEYS_MAX);
    memcpy(sent->keys[count], id + 6, 32);
    sent->keys[count][32] = '\0';
    atomic_store(&sent->durable, playing->engine.durable);
    atomic_store(&sent->count, count + 1);
    return (ssize_t)size;
}

static bool begin_campaign(struct engine *engine, struct err *e)
{
    struct state *state = engine->state;
    if (TABLE_FIND(state, T_CAMPAIGNS, CAMPAIGNS_BY_NAME, state_text(state, "crash", 5)) != 0) {
        return true;
    }
    uint32_t campaign;
    struct buf problems;
    const uint8_t seed[32] = {7};
    const struct script_overrides overrides = {.seed = seed};
    buf_init(&problems, 65536);
    const bool ok = engine_start(engine, CRASH_DIR "/campaign", &overrides, START_MS - 1, true,
                                 &campaign, &problems, e);
    if (!ok && problems.size > 0) {
        fprintf(stderr, "%s", problems.data);
    }
    buf_deinit(&problems);
    return ok && engine_flush(engine, e);
}

static bool play(struct playing *playing, const char *path, FILE *out, struct err *e)
{
    struct feed *feed;
    struct feed_counts counts;
    const struct feed_options options = {
        .path = path, .out = out, .currency_decimals = 2, .until_ms = END_MS};
    if (!begin_campaign(&playing->engine, e) || !feed_open(&feed, &playing->engine, &options, e)) {
        return false;
    }
    const bool ok = feed_play(feed, START_MS, &counts, e);
    feed_close(feed);
    return ok && engine_flush(&playing->engine, e);
}

bool play_feed(const char *path, const char *feed, struct play_sent *sent, struct err *e)
{
    struct playing playing = {.sent = sent};
    struct paths paths;
    paths_init(&paths, CRASH_DIR "/campaign");
    const struct engine_options options = {.path = path,
                                           .playbook_dirs = (const char *const *)paths.dirs};
    atomic_store(&sent->count, 0);
    atomic_store(&sent->durable, 0);
    bool ok = engine_open(&playing.engine, &options, e);
    if (ok) {
        FILE *out = fopencookie(&playing, "w", (cookie_io_functions_t){.write = on_command});
        CHECK(out != NULL);
        ok = play(&playing, feed, out, e);
        fclose(out);
        struct err closing = {0};
        if (!engine_close(&playing.engine, &closing) && ok) {
            *e = closing;
            ok = false;
        }
    }
    paths_deinit(&paths);
    return ok;
}
