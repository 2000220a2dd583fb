#pragma once
// A report on its way to the terminal: what its sections share. Private to the report.

#include "app/report.h"
#include "app/report_rows.h"
#include "app/report_words.h"
#include "base/tz.h"

struct page {
    struct store *store;
    const struct report_options *options;
    const struct term *term;
    struct buf *out;
    struct err *e;
    struct arena arena;  // Texts of cells.
    struct tz *zone;
    const char *currency;
    int decimals;
    const struct rows *summary;  // v_summary, read once.
    size_t broken;               // Promises, once their section has been made.
};

const char *page_word(const struct page *page, enum report_word word);
// A heading of a section, `note` beside it (may be NULL).
void page_head(struct page *page, enum report_word word, const char *note);
void page_table(struct page *page, struct term_table *table);
// "… and 388 more"
void page_more(struct page *page, size_t left_out);
// Reads a view for the campaign; on failure the section and the report end.
MUST_USE bool page_read(struct page *page, struct rows *rows, const char *view, const char *rest);

// Texts that live as long as the page.
const char *page_count(struct page *page, int64_t number);
const char *page_money(struct page *page, int64_t amount);
const char *page_share(struct page *page, double share);
const char *page_clock(struct page *page, int64_t at_ms);  // Brand-local "20:41"
const char *page_date(struct page *page, int64_t at_ms);
// The same of a cell, "-" for NULL.
const char *cell_count(struct page *page, const struct rows *rows, size_t row, const char *column);
const char *cell_money(struct page *page, const struct rows *rows, size_t row, const char *column);
const char *cell_share(struct page *page, const struct rows *rows, size_t row, const char *column);

// The sections; each reads its own views.
MUST_USE bool report_promises(struct page *page);
MUST_USE bool report_funnel(struct page *page);
MUST_USE bool report_revenue(struct page *page);
MUST_USE bool report_growth(struct page *page);
MUST_USE bool report_games(struct page *page);
MUST_USE bool report_budgets(struct page *page);
MUST_USE bool report_promotions(struct page *page);
MUST_USE bool report_cohorts(struct page *page);
MUST_USE bool report_buyers(struct page *page);
MUST_USE bool report_curve(struct page *page);
MUST_USE bool report_groups(struct page *page);
MUST_USE bool report_connectors(struct page *page);
