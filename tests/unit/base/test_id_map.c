// Candidates are compared by hash, so keys are hashed as indexes hash them.
// The map against a plain list that does the same, with few keys so that runs get long and wrap.

#include "test_base.h"

#include "base/hash.h"
#include "base/id_map.h"

enum { PAIRS_MAX = 3000 };

struct pair {
    uint64_t key;
    uint32_t value;
};

struct model {
    struct pair pairs[PAIRS_MAX];
    uint32_t count;
};

static uint32_t id_map_first(const struct id_map *map, uint64_t hash)
{
    uint32_t cursor = 0;
    return id_map_next(map, hash, &cursor);
}

static void test_id_map_empty(void **state)
{
    (void)state;
    struct id_map map;
    id_map_init(&map);
    assert_int_equal(id_map_first(&map, 1), 0);
    assert_int_equal(id_map_memory(&map), 0);
    id_map_deinit(&map);
}

// Every value of a key comes out once, and nothing else.
static void assert_same(const struct id_map *map, const struct model *model, uint64_t key)
{
    uint32_t cursor = 0;
    uint32_t count = 0;
    uint64_t sum = 0;
    for (uint32_t v; (v = id_map_next(map, key, &cursor)) != 0; count++) {
        sum += v;
    }
    uint32_t wanted_count = 0;
    uint64_t wanted_sum = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->pairs[i].key == key) {
            wanted_count++;
            wanted_sum += model->pairs[i].value;
        }
    }
    assert_int_equal(count, wanted_count);
    assert_true(sum == wanted_sum);
    assert_true((id_map_first(map, key) == 0) == (wanted_count == 0));
}

static void id_map_run_model(uint64_t seed, uint64_t keys, uint64_t key_factor)
{
    static struct model model;
    model.count = 0;
    struct id_map map;
    id_map_init(&map);
    uint64_t random = seed;
    uint32_t next_value = 1;
    for (int step = 0; step < 20000; step++) {
        const uint64_t what = test_random(&random) % 100;
        // Grow at first, then shrink, so that removals meet every load.
        const uint64_t puts = step < 12000 ? 55 : 40;
        if (what < puts && model.count < PAIRS_MAX) {
            const struct pair pair = {hash64_int(test_random(&random) % keys * key_factor),
                                      next_value++};
            id_map_put(&map, pair.key, pair.value);
            model.pairs[model.count++] = pair;
        } else if (what < 95 && model.count > 0) {
            const uint32_t i = (uint32_t)(test_random(&random) % model.count);
            id_map_remove(&map, model.pairs[i].key, model.pairs[i].value);
            model.pairs[i] = model.pairs[--model.count];
        } else if (model.count > 0) {
            const uint32_t i = (uint32_t)(test_random(&random) % model.count);
            id_map_replace(&map, model.pairs[i].key, model.pairs[i].value, next_value);
            model.pairs[i].value = next_value++;
        }
        assert_int_equal(map.count, model.count);
        assert_true(map.count <= map.capacity - map.capacity / 8);
        assert_same(&map, &model, hash64_int(test_random(&random) % keys * key_factor));
    }
    for (uint64_t key = 0; key < keys; key++) {
        assert_same(&map, &model, hash64_int(key * key_factor));
    }
    id_map_deinit(&map);
}

static void test_id_map_is_like_a_list(void **state)
{
    (void)state;
    id_map_run_model(1, 5, 1);    // Long runs of equal keys.
    id_map_run_model(2, 500, 1);  // Counting keys.
    id_map_run_model(3, 500, UINT64_C(1) << 32);
    id_map_run_model(4, 100000, UINT64_C(0x2545f4914f6cdd1d));
}

static void remove_absent(void *ctx)
{
    struct id_map *map = ctx;
    id_map_remove(map, 1, 3);
}

static void put_zero(void *ctx)
{
    id_map_put(ctx, 1, 0);
}

static void test_id_map_bugs_abort(void **state)
{
    (void)state;
    struct id_map map;
    id_map_init(&map);
    assert_true(aborts(remove_absent, &map));
    id_map_put(&map, 1, 2);
    assert_true(aborts(remove_absent, &map));
    assert_true(aborts(put_zero, &map));
    id_map_put(&map, 1, 3);
    assert_false(aborts(remove_absent, &map));
    id_map_deinit(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id_map_empty),
        cmocka_unit_test(test_id_map_is_like_a_list),
        cmocka_unit_test(test_id_map_bugs_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
