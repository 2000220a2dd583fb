// drumbeat price: quotes a cart of a campaign or one that brings its own prices, or runs cases.

#include <string.h>
#include <time.h>

#include "app/cmd.h"
#include "app/input.h"
#include "app/paths.h"
#include "app/price_quote.h"
#include "rules/price_explain.h"
#include "rules/price_json.h"
#include "rules/promo.h"
#include "script/data.h"

#define CART_MAX ((size_t)16 << 20)
#define CASES_MAX ((size_t)256 << 20)
#define REPORT_MAX ((size_t)64 << 20)
#define PROBLEMS_MAX ((size_t)1 << 20)

static void print(const struct buf *out)
{
    fwrite(out->data, 1, out->size, stdout);
}

// ---- cases

// The report's lines but the last, which counts them.
static void put_cases_json(const struct buf *report, size_t passed, size_t failed, struct buf *out)
{
    buf_printf(out, "{\"schema\":\"drumbeat.price-cases/1\",\"passed\":%zu,\"failed\":%zu,", passed,
               failed);
    buf_puts(out, "\"failures\":[");
    size_t at = 0;
    for (size_t i = 0; i < report->size; i++) {
        if (report->data[i] != '\n') {
            continue;
        }
        if (i - at > 5 && memcmp(report->data + at, "FAIL ", 5) == 0) {
            json_comma(out);
            json_put_text(out, report->data + at + 5, i - at - 5);
        }
        at = i + 1;
    }
    buf_puts(out, "]}\n");
}

static int run_cases(struct cli *cli, const char *path)
{
    struct buf json;
    struct buf report;
    struct buf out;
    struct err e;
    size_t passed = 0;
    size_t failed = 0;
    err_clear(&e);
    buf_init(&json, CASES_MAX);
    buf_init(&report, REPORT_MAX);
    buf_init(&out, REPORT_MAX);
    bool done = input_read(path, &json, &e);
    if (done && !promo_cases_run(json.data == NULL ? "" : json.data, json.size,
                                 cli_text(cli, "policy", NULL), &report, &passed, &failed, &e)) {
        done = err_add(&e, "%s", path);
    }
    if (done && cli_has(cli, "json")) {
        put_cases_json(&report, passed, failed, &out);
        print(&out);
    } else if (done) {
        print(&report);
    }
    buf_deinit(&json);
    buf_deinit(&report);
    buf_deinit(&out);
    return done ? (failed > 0 ? EXIT_FAILED : EXIT_OK) : cli_fail(cli, &e);
}

// ---- a campaign's cart

struct quote {
    struct cli *cli;
    const struct json_node *root;
    const char *path;
    struct buf out;
};

static void put_invalid(const struct price_asked *asked, bool json, struct buf *out)
{
    for (size_t i = 0; i < asked->invalid_count; i++) {
        const struct price_invalid *invalid = &asked->invalid[i];
        if (!json) {
            buf_printf(out, "not used %s: %s\n", invalid->name, invalid->why);
            continue;
        }
        json_comma(out);
        buf_putc(out, '{');
        json_key(out, "voucher");
        json_put_z(out, invalid->name);
        json_key(out, "reason");
        json_put_z(out, invalid->why);
        buf_putc(out, '}');
    }
}

static void put_campaign_json(struct engine *engine, uint32_t campaign,
                              const struct price_asked *asked, uint64_t used, struct buf *out)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    struct buf when;
    buf_init(&when, 128);
    price_put_time(engine, campaign, asked->at_ms, &when);
    buf_puts(out, "{\"schema\":\"drumbeat.price/1\"");
    json_key(out, "campaign");
    json_put_z(out, state_get_text(engine->state, row->name));
    json_key(out, "at_ms");
    json_put_int(out, asked->at_ms);
    json_key(out, "at");
    json_put_z(out, when.data);
    json_key(out, "quote");
    price_explain_json(asked->cart, asked->at_ms, asked->vouchers, asked->voucher_count, used, out);
    json_key(out, "not_valid");
    buf_putc(out, '[');
    put_invalid(asked, true, out);
    buf_puts(out, "]}\n");
    buf_deinit(&when);
}

static void put_campaign_text(struct engine *engine, uint32_t campaign,
                              const struct price_asked *asked, uint64_t used, struct buf *out)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    buf_printf(out, "%s, ", state_get_text(engine->state, row->name));
    price_put_time(engine, campaign, asked->at_ms, out);
    buf_printf(out, " (%s), %s\n", state_get_text(engine->state, row->zone),
               state_get_text(engine->state, row->currency));
    price_explain_text(asked->cart, asked->at_ms, asked->vouchers, asked->voucher_count, used, out);
    put_invalid(asked, false, out);
}

static bool quote_bound(struct quote *quote, struct engine *engine, uint32_t campaign,
                        struct err *e)
{
    struct timespec now;
    struct price_asked asked;
    struct coupon_choice choice;
    clock_gettime(CLOCK_REALTIME, &now);
    const struct price_ask ask = {
        .at = cli_text(quote->cli, "at", NULL),
        .card = cli_has(quote->cli, "member-card"),
        .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
    };
    if (!price_ask_campaign(engine, campaign, quote->root, &ask, &asked, e)) {
        return err_add(e, "%s", quote->path);
    }
    // A good that isn't for sale yet was refused while its line was read.
    CHECK(coupon_best(asked.cart, asked.at_ms, asked.vouchers, asked.voucher_count, &choice));
    if (cli_has(quote->cli, "json")) {
        put_campaign_json(engine, campaign, &asked, choice.used, &quote->out);
    } else {
        put_campaign_text(engine, campaign, &asked, choice.used, &quote->out);
    }
    price_asked_deinit(&asked);
    return true;
}

// A campaign with mistakes is told like `check` does.
static bool quote_campaign(struct quote *quote, struct err *e)
{
    const char *folder = cli_text(quote->cli, "campaign", ".");
    struct engine engine;
    struct paths paths;
    struct buf problems;
    uint32_t campaign;
    paths_init(&paths, folder);
    buf_init(&problems, PROBLEMS_MAX);
    const struct engine_options options = {
        .drop_journal = true,
        .forgets = true,
        .rehearsal = true,
        .playbook_dirs = (const char *const *)paths.dirs,
        .lua_dir = data_lua_dir(),
    };
    bool done = engine_open(&engine, &options, e);
    if (done) {
        done = engine_start(&engine, folder, NULL, 1, true, &campaign, &problems, e);
        if (!done && problems.size > 0) {
            fwrite(problems.data, 1, problems.size, stderr);
        }
        done = done && quote_bound(quote, &engine, campaign, e);
        struct err ignored;
        (void)engine_close(&engine, &ignored);
    }
    buf_deinit(&problems);
    paths_deinit(&paths);
    return done;
}

// ---- documents that bring everything along

static bool quote_cart(struct quote *quote, struct err *e)
{
    struct arena arena;
    struct price_json doc;
    struct coupon_choice choice;
    arena_init(&arena, 65536);
    bool done = price_json_read(quote->root, &arena, &doc, e);
    if (done) {
        done = coupon_check(doc.cart, doc.vouchers, doc.voucher_count, e);
        if (done && !coupon_best(doc.cart, doc.at_ms, doc.vouchers, doc.voucher_count, &choice)) {
            done = err_set(e, ERR_REFUSED, "lines[%u] is not for sale yet",
                           choice.quote.not_for_sale - 1);
        }
        if (done && cli_has(quote->cli, "json")) {
            price_explain_json(doc.cart, doc.at_ms, doc.vouchers, doc.voucher_count, choice.used,
                               &quote->out);
            buf_putc(&quote->out, '\n');
        } else if (done) {
            price_explain_text(doc.cart, doc.at_ms, doc.vouchers, doc.voucher_count, choice.used,
                               &quote->out);
        }
        price_json_deinit(&doc);
    }
    arena_deinit(&arena);
    return done || err_add(e, "%s", quote->path);
}

static bool quote_document(struct quote *quote, struct err *e)
{
    enum promo_policy policy = PROMO_DRUMBEAT;
    const char *name = cli_text(quote->cli, "policy", NULL);
    const struct json_node *family = json_field(quote->root, "family");
    if (name != NULL) {
        CHECK(promo_policy_find(name, strlen(name), &policy));
    } else if (family != NULL &&
               (family->type != JSON_TEXT ||
                !promo_policy_of_family(family->text, family->text_size, &policy))) {
        return err_set(e, ERR_INVALID, "%s: family: unknown; give --policy", quote->path);
    }
    if (!promo_judge(quote->root, policy, &quote->out, e)) {
        return err_add(e, "%s", quote->path);
    }
    buf_putc(&quote->out, '\n');
    return true;
}

static bool quote_file(struct quote *quote, struct err *e)
{
    if (cli_has(quote->cli, "campaign")) {
        return quote_campaign(quote, e);
    }
    if (json_field(quote->root, "promotions") != NULL || json_field(quote->root, "cart") != NULL) {
        return quote_document(quote, e);
    }
    return quote_cart(quote, e);
}

static int run_quote(struct cli *cli)
{
    struct quote quote = {.cli = cli, .path = cli_arg(cli, 0, "-")};
    struct json_reader *reader = json_reader_new(CART_MAX);
    struct buf json;
    struct err e;
    err_clear(&e);
    buf_init(&json, CART_MAX);
    buf_init(&quote.out, REPORT_MAX);
    bool done = input_read(quote.path, &json, &e);
    if (done &&
        !json_parse(reader, json.data == NULL ? "" : json.data, json.size, &quote.root, &e)) {
        done = err_add(&e, "%s", quote.path);
    }
    done = done && quote_file(&quote, &e);
    if (done) {
        print(&quote.out);
    }
    json_reader_free(reader);
    buf_deinit(&json);
    buf_deinit(&quote.out);
    return done ? EXIT_OK : cli_fail(cli, &e);
}

// ---- the verb

int cmd_price(struct cli *cli)
{
    const char *cases = cli_text(cli, "cases", NULL);
    const bool campaign = cli_has(cli, "campaign");
    if (cases != NULL && (cli->arg_count > 0 || campaign)) {
        return cli_usage(cli, "give either --cases FILE or a cart, not both");
    }
    if (cases == NULL && cli->arg_count == 0) {
        return cli_usage(cli, "CART.json is missing (or --cases FILE)");
    }
    if (!campaign && (cli_has(cli, "at") || cli_has(cli, "member-card"))) {
        return cli_usage(cli, "--%s needs --campaign DIR",
                         cli_has(cli, "at") ? "at" : "member-card");
    }
    if (campaign && strcmp(cli_text(cli, "policy", "drumbeat"), "drumbeat") != 0) {
        return cli_usage(cli, "a campaign is priced by the policy drumbeat");
    }
    return cases != NULL ? run_cases(cli, cases) : run_quote(cli);
}
