// JSON: what is read, what is refused, what is written, and that writing and reading agree.

#include "test_base.h"

#include <math.h>

#include "base/json.h"
#include "base/mem.h"

static struct json_reader *reader;

static int json_setup(void **state)
{
    (void)state;
    reader = json_reader_new(1 << 22);
    return 0;
}

static int json_teardown(void **state)
{
    (void)state;
    json_reader_free(reader);
    return 0;
}

// Parses from a block of exactly this size: AddressSanitizer sees a read behind it.
static const struct json_node *parse(const char *text, size_t size, struct err *e)
{
    char *exact = xmalloc(size);
    memcpy(exact, text, size);
    const struct json_node *root;
    const bool ok = json_parse(reader, exact, size, &root, e);
    free(exact);
    assert_true(ok == (root != NULL));
    return root;
}

static const struct json_node *parse_z(const char *text)
{
    struct err e = {0};
    const struct json_node *root = parse(text, strlen(text), &e);
    if (root == NULL) {
        fail_msg("%s: %s", text, e.text);
    }
    return root;
}

static void test_json_walks_a_line(void **state)
{
    (void)state;
    const struct json_node *root = parse_z(
        "{\"t\":\"ev\",\"seq\":17,\"member\":{\"id\":\"u1\",\"name\":\"安妮\"},\"tags\":[1,[2,3],"
        "{}],\"ok\":true,\"no\":false,\"nil\":null,\"x\":-1.5}");
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 8);
    assert_null(root->key);
    assert_true(json_text_is(json_field(root, "t"), "ev"));
    assert_false(json_text_is(json_field(root, "t"), "e"));
    assert_false(json_text_is(json_field(root, "seq"), "17"));
    assert_false(json_text_is(NULL, ""));
    assert_true(json_field(root, "seq")->integer == 17);
    const struct json_node *member = json_field(root, "member");
    assert_true(json_text_is(json_field(member, "name"), "安妮"));
    assert_null(json_field(root, "name"));  // Only of this object, not of those inside.
    assert_null(json_field(member, "seq"));
    assert_null(json_field(json_field(root, "seq"), "x"));
    assert_null(json_field(NULL, "x"));
    const struct json_node *tags = json_field(root, "tags");
    assert_int_equal(tags->count, 3);
    int count = 0;
    for (const struct json_node *n = json_child(tags); n != json_end(tags); n = json_next(n)) {
        assert_null(n->key);
        count++;
    }
    assert_int_equal(count, 3);
    assert_int_equal(json_field(root, "ok")->type, JSON_TRUE);
    assert_int_equal(json_field(root, "no")->type, JSON_FALSE);
    assert_int_equal(json_field(root, "nil")->type, JSON_NULL);
    assert_true(json_field(root, "x")->real == -1.5);
    assert_ptr_equal(json_next(root), json_end(root));
}

static void test_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int type;
        int64_t integer;
        double real;
    } cases[] = {
        {"0", JSON_INT, 0, 0},
        {"-0", JSON_INT, 0, 0},
        {"820982911946154508", JSON_INT, 820982911946154508, 0},
        {"9223372036854775807", JSON_INT, INT64_MAX, 0},
        {"-9223372036854775808", JSON_INT, INT64_MIN, 0},
        {"9223372036854775808", JSON_REAL, 0, 9223372036854775808.0},
        {"18446744073709551615", JSON_REAL, 0, 18446744073709551615.0},
        {"18446744073709551616", JSON_REAL, 0, 18446744073709551616.0},
        {"-9223372036854775809", JSON_REAL, 0, -9223372036854775809.0},
        {"100000000000000000000", JSON_REAL, 0, 1e20},
        {"-123456789012345678901234567890", JSON_REAL, 0, -123456789012345678901234567890.0},
        {"1.0", JSON_REAL, 0, 1.0},
        {"1e2", JSON_REAL, 0, 100.0},
        {"5e-324", JSON_REAL, 0, 5e-324},
        {"1e-400", JSON_REAL, 0, 0.0},
        {"1.7976931348623157e308", JSON_REAL, 0, 1.7976931348623157e308},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct json_node *n = parse_z(cases[i].text);
        assert_int_equal(n->type, cases[i].type);
        if (n->type == JSON_INT) {
            assert_true(n->integer == cases[i].integer);
        } else {
            assert_true(n->real == cases[i].real);
        }
    }
    // The long number is found, the same digits in texts are left alone.
    const struct json_node *n =
        parse_z("{\"12345678901234567890\\\\\":\"\\\"123456789012345678901234567890\",\"a\":[1e5,"
                "123456789012345678901234567890,12345678901234567890.5]}");
    assert_true(json_text_is(json_child(n), "\"123456789012345678901234567890"));
    assert_true(json_child(json_field(n, "a"))[1].real == 123456789012345678901234567890.0);
    // A long number beside them doesn't cost the others their last digits.
    n = json_child(parse_z("[8446744073709551616,-9223372036854775808,1e5,18446744073709551616,"
                           "9223372036854775807,-9223372036854775809]"));
    assert_true(n[0].type == JSON_INT && n[0].integer == 8446744073709551616);
    assert_true(n[1].type == JSON_INT && n[1].integer == INT64_MIN);
    assert_true(n[3].type == JSON_REAL && n[3].real == 18446744073709551616.0);
    assert_true(n[4].type == JSON_INT && n[4].integer == INT64_MAX);
    assert_true(n[5].type == JSON_REAL && n[5].real == -9223372036854775808.0);
}

static void test_json_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "[1 2]",
                                      "1 2",
                                      "{} x",
                                      "nul",
                                      "True",
                                      "NaN",
                                      "Infinity",
                                      "01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "0x10",
                                      "1e400",
                                      "-1e400",
                                      "\"",
                                      "\"a\nb\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\xff\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xc0\x80\"",
                                      "\xef\xbb\xbf{}",
                                      "[1]]",
                                      "// x\n1",
                                      "[1,\xe5\xae]",
                                      "00000000000000000000000000",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"b\":{\"c\":1,\"c\":1}}",
                                      "{\"a\":1,\"\\u0061\":2}",
                                      "{\"\":1,\"\":2}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err e = {0};
        if (parse(bad[i], strlen(bad[i]), &e) != NULL) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(strlen(e.text) > 5);
        parse_z("{\"the reader\":\"still works\"}");
    }
    struct err e = {0};
    assert_null(parse("[1]\0", 4, &e));
    assert_null(parse("{\"member\":1,\"member\":2}", 23, &e));
    assert_string_equal(e.text, "field 'member' stands twice");
}

static void test_json_depth(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < 3000; depth += depth < 70 ? 1 : 500) {
        struct buf text;
        buf_init(&text, 1 << 20);
        for (size_t i = 0; i < depth; i++) {
            buf_puts(&text, i % 2 ? "{\"a\":" : "[");
        }
        buf_puts(&text, "1");
        for (size_t i = depth; i > 0; i--) {
            buf_puts(&text, i % 2 ? "]" : "}");
        }
        struct err e = {0};
        const struct json_node *root = parse(text.data, text.size, &e);
        assert_true((root != NULL) == (depth <= JSON_DEPTH_MAX));
        if (root == NULL) {
            assert_string_equal(e.text, "JSON is nested deeper than 64 levels");
        }
        buf_deinit(&text);
    }
}

static void test_json_large_objects(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 22);
    // Around the size where the way of finding doubles changes, and a large one.
    static const int counts[] = {0, 1, 15, 16, 17, 18, 100, 50000};
    for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
        for (int twice = 0; twice < 2; twice++) {
            buf_clear(&text);
            buf_putc(&text, '{');
            for (int i = 0; i < counts[c]; i++) {
                char key[20];
                snprintf(key, sizeof(key), "k%d", i);
                json_key(&text, key);
                json_put_int(&text, i);
            }
            if (twice) {
                json_key(&text, "k0");
                json_put_int(&text, 0);
            }
            buf_putc(&text, '}');
            struct err e = {0};
            const struct json_node *root = parse(text.data, text.size, &e);
            assert_true((root == NULL) == (twice && counts[c] > 0));
            if (root != NULL) {
                assert_int_equal(root->count, counts[c] + twice);
            }
        }
    }
    buf_deinit(&text);
}

static void test_json_size_limit(void **state)
{
    (void)state;
    struct json_reader *small = json_reader_new(10);
    const struct json_node *root;
    struct err e = {0};
    assert_true(json_parse(small, "[1,2,3,40]", 10, &root, &e));
    assert_false(json_parse(small, "[1,2,3,400]", 11, &root, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    json_reader_free(small);
    json_reader_free(NULL);
}

static void assert_put_real(uint64_t bits, const char *wanted)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    struct buf out;
    buf_init(&out, 100);
    json_put_real(&out, value);
    assert_string_equal(out.data, wanted);
    buf_deinit(&out);
}

static void test_json_real_is_ecmascript(void **state)
{
    (void)state;
    // RFC 8785, appendix B.
    assert_put_real(0, "0");
    assert_put_real(UINT64_C(0x8000000000000000), "0");
    assert_put_real(1, "5e-324");
    assert_put_real(UINT64_C(0x8000000000000001), "-5e-324");
    assert_put_real(UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308");
    assert_put_real(UINT64_C(0xffefffffffffffff), "-1.7976931348623157e+308");
    assert_put_real(UINT64_C(0x4340000000000000), "9007199254740992");
    assert_put_real(UINT64_C(0xc340000000000000), "-9007199254740992");
    assert_put_real(UINT64_C(0x4430000000000000), "295147905179352830000");
    assert_put_real(UINT64_C(0x7fffffffffffffff), "null");
    assert_put_real(UINT64_C(0x7ff0000000000000), "null");
    assert_put_real(UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22");
    assert_put_real(UINT64_C(0x44b52d02c7e14af6), "1e+23");
    assert_put_real(UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23");
    assert_put_real(UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000");
    assert_put_real(UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000");
    assert_put_real(UINT64_C(0x444b1ae4d6e2ef50), "1e+21");
    assert_put_real(UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7");
    assert_put_real(UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001");
    assert_put_real(UINT64_C(0x41b3de4355555553), "333333333.3333332");
    assert_put_real(UINT64_C(0x41b3de4355555554), "333333333.33333325");
    assert_put_real(UINT64_C(0x41b3de4355555555), "333333333.3333333");
    assert_put_real(UINT64_C(0x41b3de4355555556), "333333333.3333334");
    assert_put_real(UINT64_C(0x41b3de4355555557), "333333333.33333343");
    assert_put_real(UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333");
    assert_put_real(UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2");
}

static void assert_canonical(const char *text, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    json_canonical(parse_z(text), &out);
    assert_string_equal(out.data, wanted);
    buf_deinit(&out);
}

static void test_json_canonical(void **state)
{
    (void)state;
    // RFC 8785, 3.2.2 and 3.2.3.
    assert_canonical(
        "{\n \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, "
        "0.000000000000000000000000001],\n \"string\": "
        "\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n \"literals\": "
        "[null, true, false]\n}",
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0."
        "002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    assert_canonical(
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,"
        "\"\\u00f6\":7}",
        "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\xef\xac\xb3\":3}");
    assert_canonical("{\"b\":{},\"a\":[],\"aa\":[[]],\"\":0}",
                     "{\"\":0,\"a\":[],\"aa\":[[]],\"b\":{}}");
    assert_canonical("9007199254740993.0", "9007199254740992");
    assert_canonical("9007199254740993", "9007199254740993");  // Integers stay exact.
    assert_canonical("[1e20,1e21,1e-6,1e-7,-0,-0.0]",
                     "[100000000000000000000,1e+21,0.000001,1e-7,0,0]");
    assert_canonical("\"\\u0000\\u001f\\u007f\\b\\t\"", "\"\\u0000\\u001f\x7f\\b\\t\"");
}

static void test_json_writes_texts(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    buf_putc(&out, '{');
    json_key(&out, "a\"b");
    json_put_text(&out, "x\0y\xff\xe5\xae z", 8);
    json_key(&out, "list");
    buf_putc(&out, '[');
    json_comma(&out);
    json_put_int(&out, INT64_MIN);
    json_comma(&out);
    json_put_int(&out, INT64_MAX);
    json_comma(&out);
    json_put_z(&out, "");
    buf_puts(&out, "]}");
    assert_string_equal(out.data,
                        "{\"a\\\"b\":\"x\\u0000y\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd z\",\"list\":["
                        "-9223372036854775808,9223372036854775807,\"\"]}");
    parse_z(out.data);
    buf_clear(&out);
    json_comma(&out);
    assert_int_equal(out.size, 0);
    buf_deinit(&out);
}

static void test_json_reals_come_back(void **state)
{
    (void)state;
    uint64_t random = 99;
    struct buf out;
    buf_init(&out, 100);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = test_random(&random);
        if (i < 2047) {
            bits = (uint64_t)i << 52;  // Every power of two: their neighbours lie unevenly.
        }
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value)) {
            continue;
        }
        buf_clear(&out);
        json_put_real(&out, value);
        const struct json_node *n = parse_z(out.data);
        assert_true(n->type == JSON_INT ? (double)n->integer == value : n->real == value);
        // Never longer than what printf needs.
        char text[40];
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof(text), "%.*e", digits - 1, value);
            if (strtod(text, NULL) == value) {
                break;
            }
        }
        if (strchr(out.data, 'e') != NULL) {
            assert_true(out.size <= strlen(text));
        }
    }
    buf_deinit(&out);
}

// A document with pieces changed: refused, or its canonical form is a fixed point.
static void test_json_mutations(void **state)
{
    (void)state;
    static const char seed[] =
        "{\"t\":\"ev\",\"seq\":17,\"ts\":1795284019864,\"id\":\"m-8812\",\"k\":\"message\","
        "\"group\":"
        "\"old-1\",\"member\":{\"id\":\"u1\",\"name\":\"安妮\"},\"text\":\"I \\u00e9\\ud83d\\ude00 "
        "\\\"win"
        "\\\"\",\"n\":[1,-2.5,1e20,18446744073709551616,true,false,null,{},[]]}";
    static const char pieces[] = "{}[]\",:\\0123456789eE+-.tfnu \n\xff\xe5";
    uint64_t random = 1234;
    struct buf once;
    struct buf again;
    buf_init(&once, 1 << 16);
    buf_init(&again, 1 << 16);
    int taken = 0;
    for (int round = 0; round < 60000; round++) {
        char text[sizeof(seed)];
        size_t size = sizeof(seed) - 1;
        memcpy(text, seed, size);
        const uint64_t changes = test_random(&random) % 3;
        for (uint64_t i = 0; i <= changes; i++) {
            text[test_random(&random) % size] = pieces[test_random(&random) % (sizeof(pieces) - 1)];
        }
        if (round % 10 == 0) {
            size = test_random(&random) % size;
        }
        struct err e = {0};
        const struct json_node *root = parse(text, size, &e);
        if (root == NULL) {
            assert_int_equal(e.kind, ERR_INVALID);
            continue;
        }
        taken++;
        buf_clear(&once);
        buf_clear(&again);
        json_canonical(root, &once);
        json_canonical(parse_z(once.data), &again);
        assert_string_equal(once.data, again.data);
    }
    assert_true(taken > 1000);
    buf_deinit(&once);
    buf_deinit(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_walks_a_line),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_json_refuses),
        cmocka_unit_test(test_json_depth),
        cmocka_unit_test(test_json_large_objects),
        cmocka_unit_test(test_json_size_limit),
        cmocka_unit_test(test_json_real_is_ecmascript),
        cmocka_unit_test(test_json_canonical),
        cmocka_unit_test(test_json_writes_texts),
        cmocka_unit_test(test_json_reals_come_back),
        cmocka_unit_test(test_json_mutations),
    };
    return cmocka_run_group_tests(tests, json_setup, json_teardown);
}
