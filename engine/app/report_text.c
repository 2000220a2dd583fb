// The report for people, in the order in which they ask: were the promises kept, what came of it,
// why, and what to look at next.
#include "app/report.h"

#include <stdio.h>
#include <string.h>

#include "app/report_page.h"
#include "base/money.h"

#define PAGE_BLOCK ((size_t)1 << 14)

static bool page_open(struct page *page, struct rows *campaign)
{
    if (!page_read(page, campaign, "v_campaign", "")) {
        return false;
    }
    if (campaign->count == 0) {
        rows_deinit(campaign);
        return err_set(page->e, ERR_INVALID, "there is no campaign %u", page->options->campaign);
    }
    page->currency = rows_text(campaign, 0, "currency");
    const int decimals = money_decimals(page->currency);
    page->decimals = decimals < 0 ? 2 : decimals;
    const char *zone = rows_text(campaign, 0, "zone");
    // A zone that this machine doesn't know: times are shown in UTC.
    struct err unknown;
    if (!tz_open(*zone != '\0' ? zone : "UTC", &page->zone, &unknown) &&
        !tz_open("UTC", &page->zone, page->e)) {
        rows_deinit(campaign);
        return false;
    }
    return true;
}

static void report_title(struct page *page, const struct rows *campaign)
{
    if (page->options->rehearsal) {
        term_style(page->term, page->out, TERM_WARN, page_word(page, W_REHEARSAL));
        buf_putc(page->out, '\n');
    }
    struct buf line;
    buf_init(&line, PAGE_BLOCK);
    const char *brand = rows_text(campaign, 0, "brand");
    buf_printf(
        &line, "%s%s%s · %s – %s (%s) · %s %s", rows_text(campaign, 0, "name"),
        *brand != '\0' ? " · " : "", brand, page_date(page, rows_int(campaign, 0, "from_at")),
        page_date(page, rows_int(campaign, 0, "until_at") - 1), rows_text(campaign, 0, "zone"),
        cell_count(page, page->summary, 0, "groups"), page_word(page, W_GROUPS_N));
    term_wrap(page->out, line.data, 0, 0, page->term->width);
    buf_putc(page->out, '\n');
    buf_deinit(&line);
}

// --- What next: commands that exist. ---

static void next_line(struct page *page, enum report_word word, const char *command)
{
    buf_printf(page->out, " %s: %s\n", page_word(page, word), command);
}

static void report_next(struct page *page)
{
    const char *again = page->options->again;
    if (again == NULL) {
        return;
    }
    page_head(page, W_NEXT, NULL);
    next_line(page, W_N_AGAIN, again);
    const char *seed = strstr(again, " --seed ");
    if (seed != NULL) {
        const int size = (int)(seed - again);
        next_line(page, W_N_RUNS, arena_printf(&page->arena, "%.*s --runs 100", size, again));
        const char *kept = page->options->kept;
        if (kept == NULL) {
            kept = "try.db";
            next_line(page, W_N_KEEP, arena_printf(&page->arena, "%s --db try.db", again));
        }
        next_line(page, W_N_VIEW,
                  arena_printf(&page->arena, "drumbeat report --db %s --view v_growth", kept));
    } else {
        next_line(page, W_N_JSON, arena_printf(&page->arena, "%s --json", again));
        next_line(page, W_N_VIEW, arena_printf(&page->arena, "%s --view v_growth", again));
    }
}

static bool report_sections(struct page *page, const struct rows *campaign)
{
    struct rows summary;
    if (!page_read(page, &summary, "v_summary", "")) {
        return false;
    }
    page->summary = &summary;
    report_title(page, campaign);
    const bool ok = report_promises(page) && report_funnel(page) && report_revenue(page) &&
                    report_growth(page) && report_games(page) && report_budgets(page) &&
                    report_promotions(page) && report_cohorts(page) && report_buyers(page) &&
                    report_curve(page) && report_groups(page) && report_connectors(page);
    rows_deinit(&summary);
    return ok;
}

bool report_text(struct store *store, const struct report_options *options, const struct term *term,
                 struct buf *out, size_t *broken, struct err *e)
{
    struct page page = {.store = store, .options = options, .term = term, .out = out, .e = e};
    struct rows campaign;
    if (!page_open(&page, &campaign)) {
        return false;
    }
    arena_init(&page.arena, PAGE_BLOCK);
    const bool ok = report_sections(&page, &campaign);
    if (ok) {
        report_next(&page);
    }
    *broken = page.broken;
    arena_deinit(&page.arena);
    tz_close(page.zone);
    rows_deinit(&campaign);
    return ok && (!out->overflow || err_set(e, ERR_FULL, "the report is too large"));
}
