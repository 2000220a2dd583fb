// RFC 3797: the standard's worked example and a real public draw, and the recorded vectors of the
// other primitives that draws stand on.

#include "test_rules.h"

#include <math.h>

#include "base/json.h"
#include "rules/rfc3797.h"

static char *vectors;
static size_t vectors_size;
static struct json_reader *reader;
static const struct json_node *root;

static int load(void **state)
{
    (void)state;
    vectors = test_read_file(SHARED_DATA_DIR "/draws/draw-vectors.json", &vectors_size);
    if (vectors == NULL) {
        test_skip_loudly("all recorded draw vectors");
        return 0;
    }
    struct err e;
    reader = json_reader_new(1 << 24);
    return json_parse(reader, vectors, vectors_size, &root, &e) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    if (reader != NULL) {
        json_reader_free(reader);
    }
    free(vectors);
    return 0;
}

static void check_steps(const struct json_node *draw, const char *key, uint32_t pool)
{
    const struct json_node *expected = json_field(draw, "expected");
    struct rfc3797_step steps[64];
    uint32_t *scratch = xmalloc(pool * sizeof(*scratch));
    assert_true(expected->count > 0 && expected->count <= 64);
    rfc3797_select(key, strlen(key), pool, expected->count, steps, scratch);
    const struct rfc3797_step *step = steps;
    for (const struct json_node *n = json_child(expected); n != json_end(expected);
         n = json_next(n), step++) {
        uint8_t md5[16];
        const struct json_node *hex = json_field(n, "md5");
        assert_true(hex_decode(hex->text, hex->text_size, md5, sizeof(md5)));
        assert_memory_equal(step->md5, md5, sizeof(md5));
        assert_int_equal(step->divisor, json_field(n, "div")->integer);
        assert_int_equal(step->selected, json_field(n, "selected")->integer);
    }
    free(scratch);
}

static void test_worked_example(void **state)
{
    (void)state;
    // The RFC's own numbers, also without the recorded file.
    const uint64_t sources[3][6] = {{9319}, {2, 5, 12, 8, 10}, {9, 18, 26, 34, 41, 45}};
    const size_t counts[3] = {1, 5, 6};
    const uint32_t winners[10] = {17, 7, 2, 16, 25, 23, 8, 24, 19, 13};
    struct buf key;
    struct err e;
    buf_init(&key, RFC3797_KEY_MAX);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(rfc3797_key_add(&key, sources[i], counts[i], &e));
    }
    assert_string_equal(key.data, "9319./2.5.8.10.12./9.18.26.34.41.45./");
    assert_true(rfc3797_key_check(key.data, key.size, &e));
    struct rfc3797_step steps[10];
    uint32_t scratch[25];
    rfc3797_select(key.data, key.size, 25, 10, steps, scratch);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(steps[i].selected, winners[i]);
    }
    if (root != NULL) {
        const struct json_node *draws = json_field(root, "rfc3797");
        const struct json_node *example = json_field(draws, "worked_example");
        const struct json_node *pool = json_field(example, "pool");
        assert_true(json_text_is(json_field(example, "key"), key.data));
        check_steps(example, key.data, pool->count);
        const struct json_node *names = json_field(example, "winners_10");
        const struct json_node *name = json_child(names);
        for (unsigned i = 0; i < 10; i++, name = json_next(name)) {
            const struct json_node *member = json_child(pool) + (steps[i].selected - 1);
            assert_int_equal(member->text_size, name->text_size);
            assert_memory_equal(member->text, name->text, name->text_size);
        }
    }
    buf_deinit(&key);
}

static void check_seeds_file(const struct json_node *draw, struct buf *key)
{
    const struct json_node *file = json_field(draw, "seeds_file");
    struct err e;
    buf_clear(key);
    assert_true(rfc3797_key_parse(key, file->text, file->text_size, &e));
    assert_true(rfc3797_key_check(key->data, key->size, &e));
}

static void test_real_draws(void **state)
{
    (void)state;
    if (root == NULL) {
        test_skip_loudly("the NomCom draw of 2022");
        return;
    }
    struct buf key;
    buf_init(&key, RFC3797_KEY_MAX);
    const struct json_node *draws = json_field(root, "rfc3797");
    const struct json_node *nomcom = json_field(draws, "ietf_nomcom_2022");
    check_seeds_file(nomcom, &key);
    assert_true(json_text_is(json_field(nomcom, "key"), key.data));
    check_steps(nomcom, key.data, (uint32_t)json_field(nomcom, "pool_size")->integer);
    check_seeds_file(json_field(draws, "ietf_nomcom_2023_seeds"), &key);
    assert_string_equal(key.data, "2.4.8.11.12.19.38./3.8.10.17.55.66./5.26.29.31.34.37.41.42./"
                                  "1.11.13.23.27.28.29.30.34./");
    const struct json_node *bits = json_field(draws, "entropy_bits");
    const double real = rfc3797_entropy_bits((uint32_t)json_field(bits, "pool")->integer,
                                             (uint32_t)json_field(bits, "select")->integer);
    assert_true(fabs(real - json_field(bits, "reported")->real) < 0.1);  // "approximately"
    buf_deinit(&key);
}

static void test_bad_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1.",
                                      "/",
                                      "1./2",
                                      "2.1./",
                                      "a./",
                                      "1.2/",
                                      "1 ./",
                                      "01./",
                                      "1.//",
                                      "-1./",
                                      "1../",
                                      "18446744073709551616./",
                                      ".1/"};
    struct err e;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(rfc3797_key_check(bad[i], strlen(bad[i]), &e));
    }
    assert_true(rfc3797_key_check("0.0.18446744073709551615./7./", 29, &e));
    static const char *const files[] = {
        "", "# nothing\n\n", "1 2x\n", "1,2\n", "1 # 2\n", "-3\n", "99999999999999999999\n"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct buf key;
        buf_init(&key, RFC3797_KEY_MAX);
        assert_false(rfc3797_key_parse(&key, files[i], strlen(files[i]), &e));
        buf_deinit(&key);
    }
    struct buf key;
    buf_init(&key, RFC3797_KEY_MAX);
    assert_false(rfc3797_key_parse(&key, "1 2\nx\n", 6, &e));
    assert_non_null(strstr(e.text, "seeds line 2"));
    uint64_t many[65] = {0};
    assert_false(rfc3797_key_add(&key, many, 65, &e));
    assert_false(rfc3797_key_add(&key, many, 0, &e));
    buf_deinit(&key);
}

static size_t hex_field(const struct json_node *object, const char *name, uint8_t *out)
{
    const struct json_node *hex = json_field(object, name);
    assert_true(hex_decode(hex->text, hex->text_size, out, hex->text_size / 2));
    return hex->text_size / 2;
}

static void test_recorded_hashes(void **state)
{
    (void)state;
    if (root == NULL) {
        test_skip_loudly("recorded hash vectors");
        return;
    }
    uint8_t a[512];
    uint8_t b[512];
    uint8_t c[512];
    const struct json_node *list = json_field(root, "rfc4231_hmac_sha256");
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        const size_t key = hex_field(n, "key", a);
        const size_t data = hex_field(n, "data", b);
        const size_t mac = hex_field(n, "mac", c);
        const struct sha256 mine = hmac_sha256(a, key, b, data);
        assert_memory_equal(mine.bytes, c, mac);
    }
    list = json_field(root, "sha256");
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        const struct json_node *text = json_field(n, "ascii");
        hex_field(n, "digest", a);
        const struct sha256 mine = sha256_of(text->text, text->text_size);
        assert_memory_equal(mine.bytes, a, 32);
    }
    const struct json_node *chain = json_field(json_field(root, "hash_chain"), "chain");
    const struct json_node *link = json_child(chain);
    assert_true(hex_decode(link->text, link->text_size, a, link->text_size / 2));
    size_t size = link->text_size / 2;
    for (link = json_next(link); link != json_end(chain); link = json_next(link)) {
        const struct sha256 next = sha256_of(a, size);
        assert_true(hex_decode(link->text, link->text_size, a, 32));
        assert_memory_equal(next.bytes, a, 32);
        size = 32;
    }
    list = json_field(json_field(root, "drand_beacons"), "beacons");
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        const size_t signature = hex_field(n, "signature", a);
        memset(b, 0, sizeof(b));
        hex_field(n, "randomness", b);
        const struct sha256 mine = sha256_of(a, signature);
        const bool holds = json_field(n, "randomness_is_sha256_of_signature")->type == JSON_TRUE;
        assert_int_equal(memcmp(mine.bytes, b, 32) == 0, holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_real_draws),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_recorded_hashes),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
