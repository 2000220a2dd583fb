// How fast commands go to a connector: token buckets, and whether it is there at all. Who waits
// here is due and durable; see the drawing in outbox_queue.h. Changes no row: when a command left
// is in its result, so a replay needs none of this, and virtual time has the same limits as the
// real one.

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/outbox_queue.h"

#define PACE_LIMITS_MAX ((size_t)65536)
#define PACE_COUNT_MAX ((int64_t)100000)  // Times stay within 63 bits when multiplied by it.
#define PACE_PER_MAX_MS ((int64_t)86400 * 1000)
#define PACE_BUCKETS_LOOK 1024

static const char *const pace_each_names[] = {"connector", "channel", "group"};

void outbox_pace_clear(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->pace_count; i++) {
        struct outbox_pace *pace = &outbox->paces[i];
        for (size_t n = 0; n < OUTBOX_WAITS; n++) {
            pace->waiting[n].count = 0;
        }
        free(pace->limits);  // Read again, with empty buckets.
        pace->limits = NULL;
        pace->rule_count = 0;
    }
    map_deinit(&outbox->bucket_of);
    map_init(&outbox->bucket_of);
    outbox->bucket_count = 0;
    outbox->bucket_look = PACE_BUCKETS_LOOK;
    outbox->since_ms = state_now(outbox->state);
}

void outbox_pace_free(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->pace_count; i++) {
        for (size_t n = 0; n < OUTBOX_WAITS; n++) {
            free(outbox->paces[i].waiting[n].items);
        }
        free(outbox->paces[i].limits);
    }
    free(outbox->paces);
    free(outbox->buckets);
    map_deinit(&outbox->bucket_of);
}

// --- Limits ---

static int64_t pace_int(const struct json_node *object, const char *name, int64_t max)
{
    const struct json_node *node = json_field(object, name);
    const bool ok =
        node != NULL && node->type == JSON_INT && node->integer >= 1 && node->integer <= max;
    return ok ? node->integer : 0;
}

// One that can't be read limits nothing; campaign.lua was checked when it was bound.
static bool pace_read_rule(const struct json_node *node, struct outbox_rule *rule)
{
    if (node->type != JSON_OBJECT) {
        return false;
    }
    const struct json_node *each = json_field(node, "each");
    *rule = (struct outbox_rule){
        .count = pace_int(node, "count", PACE_COUNT_MAX),
        .per_ms = pace_int(node, "per_ms", PACE_PER_MAX_MS),
        .burst = pace_int(node, "burst", PACE_COUNT_MAX),
    };
    for (int i = 0; each != NULL && i < 3; i++) {
        rule->each = json_text_is(each, pace_each_names[i]) ? (enum outbox_each)i : rule->each;
    }
    rule->burst += rule->burst == 0;
    return rule->count > 0 && rule->per_ms > 0;
}

static bool pace_knows(const struct outbox_pace *pace, const struct bytes *limits)
{
    const size_t size = limits == NULL ? 0 : limits->size;
    return size == pace->limits_size && (pace->limits != NULL || size == 0) &&
           (size == 0 || memcmp(pace->limits, limits->data, size) == 0);
}

// A bucket that nobody took from yet: full, but for those of before a restart.
static int64_t pace_fresh(const struct outbox *outbox, const struct outbox_rule *rule)
{
    return outbox->since_ms == 0
               ? 0
               : outbox->since_ms * rule->count + (rule->burst - 1) * rule->per_ms;
}

static const struct outbox_rule *pace_rule_of(const struct outbox *outbox, uint64_t key)
{
    for (size_t i = 0; i < outbox->pace_count; i++) {
        if (outbox->paces[i].connector == (uint32_t)(key >> 36)) {
            return &outbox->paces[i].rules[key >> 33 & (OUTBOX_RULES_MAX - 1)];
        }
    }
    return NULL;
}

// Full buckets are as good as none: channels come and go, and memory follows those that are in use.
// Those of the connector `gone` are dropped, full or not.
static void pace_sweep(struct outbox *outbox, int64_t now_ms, uint32_t gone)
{
    const struct map old = outbox->bucket_of;
    int64_t *kept = xmalloc((outbox->bucket_count + 1) * sizeof(*kept));
    uint32_t count = 0;
    map_init(&outbox->bucket_of);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.values[i] == 0) {
            continue;
        }
        const struct outbox_rule *rule = pace_rule_of(outbox, old.keys[i]);
        const int64_t full_at = outbox->buckets[old.values[i] - 1];
        if (rule != NULL && (uint32_t)(old.keys[i] >> 36) != gone &&
            full_at > now_ms * rule->count) {
            kept[count++] = full_at;
            map_put(&outbox->bucket_of, old.keys[i], count);
        }
    }
    struct map emptied = old;
    map_deinit(&emptied);
    free(outbox->buckets);
    outbox->buckets = kept;
    outbox->bucket_capacity = outbox->bucket_count + 1;
    outbox->bucket_count = count;
    outbox->bucket_look = count * 2 > PACE_BUCKETS_LOOK ? count * 2 : PACE_BUCKETS_LOOK;
}

static void pace_read(struct outbox *outbox, struct outbox_pace *pace, const struct bytes *limits)
{
    struct err ignored = {0};
    const struct json_node *root;
    if (pace->rule_count > 0) {
        pace_sweep(outbox, 0, pace->connector);  // Their units are those of the old rules.
    }
    free(pace->limits);
    pace->rule_count = 0;
    pace->limits_size = limits == NULL ? 0 : limits->size;
    pace->limits = limits == NULL ? NULL : xmalloc(limits->size + 1);
    if (limits == NULL) {
        return;
    }
    memcpy(pace->limits, limits->data, limits->size);
    struct json_reader *reader = json_reader_new(PACE_LIMITS_MAX);
    if (json_parse(reader, (const char *)limits->data, limits->size, &root, &ignored) &&
        root->type == JSON_ARRAY) {
        for (const struct json_node *n = json_child(root);
             n != json_end(root) && pace->rule_count < OUTBOX_RULES_MAX; n = json_next(n)) {
            struct outbox_rule *rule = &pace->rules[pace->rule_count];
            if (pace_read_rule(n, rule)) {
                rule->full_at = pace_fresh(outbox, rule);
                pace->rule_count++;
            }
        }
    }
    json_reader_free(reader);
}

static struct outbox_pace *pace_add(struct outbox *outbox, uint32_t connector)
{
    for (size_t i = 0; i < outbox->pace_count; i++) {
        if (outbox->paces[i].connector == connector) {
            return &outbox->paces[i];
        }
    }
    outbox->paces = xrealloc(outbox->paces, (outbox->pace_count + 1) * sizeof(*outbox->paces));
    outbox->paces[outbox->pace_count] = (struct outbox_pace){.connector = connector};
    return &outbox->paces[outbox->pace_count++];
}

struct outbox_pace *outbox_pace_of(struct outbox *outbox, const struct outbox_row *row)
{
    const uint32_t connector = outbox_connector(outbox->state, row);
    if (connector == OUTBOX_NOBODY) {
        return NULL;
    }
    const struct connector *known =
        connector == 0 ? NULL : table_get(outbox->state, T_CONNECTORS, connector);
    const struct bytes *limits = known == NULL ? NULL : known->limits;
    struct outbox_pace *pace = NULL;
    for (size_t i = 0; i < outbox->pace_count && pace == NULL; i++) {
        pace = outbox->paces[i].connector == connector ? &outbox->paces[i] : NULL;
    }
    if (pace == NULL && limits == NULL) {
        return NULL;
    }
    pace = pace == NULL ? pace_add(outbox, connector) : pace;
    if (!pace_knows(pace, limits)) {
        pace_read(outbox, pace, limits);
    }
    return pace;
}

void outbox_set_down(struct outbox *outbox, uint32_t connector, bool is_down)
{
    pace_add(outbox, connector)->is_down = is_down;
}

// --- Tokens ---

// From when a token is there: times of buckets are in units of 1/count ms.
static int64_t pace_token_at(const struct outbox_rule *rule, int64_t full_at)
{
    const int64_t at = full_at - (rule->burst - 1) * rule->per_ms;
    return at <= 0 ? 0 : (at + rule->count - 1) / rule->count;
}

// What waited for its token comes up to a millisecond late, as nothing is timed more exactly: that
// isn't lost, or 30 a second would be 29.
static int64_t pace_taken(const struct outbox_rule *rule, int64_t full_at, int64_t now_ms)
{
    const int64_t now = now_ms * rule->count;
    return (full_at > now - rule->count ? full_at : now) + rule->per_ms;
}

static bool pace_is_of_channel(const struct outbox_rule *rule, uint64_t channel)
{
    return rule->each == OUTBOX_EACH_CHANNEL ||
           (rule->each == OUTBOX_EACH_GROUP && channel >> 32 == 0);
}

// Exact: a channel has 33 bits, there are 8 rules; connectors are few.
static uint64_t pace_bucket_key(const struct outbox_pace *pace, size_t rule, uint64_t channel)
{
    return channel | (uint64_t)rule << 33 | (uint64_t)pace->connector << 36;
}

static int64_t *pace_bucket(struct outbox *outbox, const struct outbox_pace *pace, size_t rule,
                            uint64_t channel, int64_t now_ms)
{
    const uint64_t key = pace_bucket_key(pace, rule, channel);
    uint32_t number = map_first(&outbox->bucket_of, key);
    if (number == 0) {
        if (outbox->bucket_count >= outbox->bucket_look) {
            pace_sweep(outbox, now_ms, 0);
        }
        if (outbox->bucket_count == outbox->bucket_capacity) {
            outbox->bucket_capacity =
                outbox->bucket_capacity == 0 ? 16 : outbox->bucket_capacity * 2;
            outbox->buckets =
                xrealloc(outbox->buckets, outbox->bucket_capacity * sizeof(*outbox->buckets));
        }
        outbox->buckets[outbox->bucket_count++] = pace_fresh(outbox, &pace->rules[rule]);
        number = outbox->bucket_count;
        map_put(&outbox->bucket_of, key, number);
    }
    return &outbox->buckets[number - 1];
}

int64_t outbox_pace_channel_at(struct outbox *outbox, const struct outbox_pace *pace,
                               const struct outbox_row *row)
{
    const uint64_t channel = outbox_channel_key(row);
    int64_t at_ms = 0;
    for (size_t i = 0; i < pace->rule_count; i++) {
        const struct outbox_rule *rule = &pace->rules[i];
        if (!pace_is_of_channel(rule, channel)) {
            continue;
        }
        const uint32_t number = map_first(&outbox->bucket_of, pace_bucket_key(pace, i, channel));
        const int64_t full_at =
            number == 0 ? pace_fresh(outbox, rule) : outbox->buckets[number - 1];
        const int64_t token_at = pace_token_at(rule, full_at);
        at_ms = token_at > at_ms ? token_at : at_ms;
    }
    return at_ms;
}

void outbox_pace_take(struct outbox *outbox, struct outbox_pace *pace, const struct outbox_row *row,
                      int64_t now_ms)
{
    const uint64_t channel = outbox_channel_key(row);
    if (pace == NULL || row->status != OUTBOX_READY) {
        return;  // It took its tokens before it was marked as leaving.
    }
    for (size_t i = 0; i < pace->rule_count; i++) {
        struct outbox_rule *rule = &pace->rules[i];
        if (rule->each == OUTBOX_EACH_CONNECTOR) {
            rule->full_at = pace_taken(rule, rule->full_at, now_ms);
        } else if (pace_is_of_channel(rule, channel)) {
            int64_t *full_at = pace_bucket(outbox, pace, i, channel, now_ms);
            *full_at = pace_taken(rule, *full_at, now_ms);
        }
    }
}

// --- Waiting ---

void outbox_pace_wait(struct outbox_pace *pace, const struct outbox_row *row,
                      struct outbox_item item)
{
    const bool flies = row->status == OUTBOX_IN_FLIGHT;
    const bool group = outbox_channel_key(row) >> 32 == 0;
    outbox_heap_push(&pace->waiting[flies   ? OUTBOX_WAIT_FLYING
                                    : group ? OUTBOX_WAIT_GROUP
                                            : OUTBOX_WAIT_MEMBER],
                     item);
}

static int64_t pace_at(const struct outbox_pace *pace)
{
    int64_t at_ms = 0;
    for (size_t i = 0; i < pace->rule_count; i++) {
        const struct outbox_rule *rule = &pace->rules[i];
        if (rule->each == OUTBOX_EACH_CONNECTOR) {
            const int64_t token_at = pace_token_at(rule, rule->full_at);
            at_ms = token_at > at_ms ? token_at : at_ms;
        }
    }
    return at_ms;
}

bool outbox_pace_pick(struct outbox *outbox, int64_t now_ms, struct outbox_item *out)
{
    for (size_t i = 0; i < outbox->pace_count; i++) {
        struct outbox_pace *pace = &outbox->paces[i];
        for (size_t n = 0; n < OUTBOX_WAITS; n++) {
            struct outbox_heap *heap = &pace->waiting[n];
            outbox_heap_compact(outbox, heap);
            outbox_heap_settle(outbox, heap);
            if (heap->count > 0 && !pace->is_down &&
                (n == OUTBOX_WAIT_FLYING || pace_at(pace) <= now_ms)) {
                *out = heap->items[0];
                outbox_heap_pop(heap);
                return true;
            }
        }
    }
    return false;
}

int64_t outbox_pace_next_at(const struct outbox *outbox)
{
    int64_t at_ms = INT64_MAX;
    for (size_t i = 0; i < outbox->pace_count; i++) {
        const struct outbox_pace *pace = &outbox->paces[i];
        const size_t waiting =
            pace->waiting[OUTBOX_WAIT_GROUP].count + pace->waiting[OUTBOX_WAIT_MEMBER].count;
        if (!pace->is_down && (waiting > 0 || pace->waiting[OUTBOX_WAIT_FLYING].count > 0)) {
            const int64_t pace_ms = pace->waiting[OUTBOX_WAIT_FLYING].count > 0 ? 0 : pace_at(pace);
            at_ms = pace_ms < at_ms ? pace_ms : at_ms;
        }
    }
    return at_ms;
}

size_t outbox_jams(const struct outbox *outbox, struct outbox_jam *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < outbox->pace_count && count < max; i++) {
        const struct outbox_pace *pace = &outbox->paces[i];
        struct outbox_jam jam = {.connector = pace->connector,
                                 .is_down = pace->is_down,
                                 .next_at = pace->is_down ? INT64_MAX : pace_at(pace)};
        for (size_t n = 0; n < OUTBOX_WAITS; n++) {
            const struct outbox_heap *heap = &pace->waiting[n];
            for (size_t item = 0; item < heap->count; item++) {
                jam.waiting +=
                    heap->items[item].serial == outbox->channels[heap->items[item].channel].serial;
            }
        }
        if (jam.waiting > 0) {
            out[count++] = jam;
        }
    }
    return count;
}
