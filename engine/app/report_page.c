// What the sections of the report share: words, headings, figures as text.
#include "app/report_page.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/utf8.h"

#define PAGE_INDENT 1
#define PAGE_TEXT 64

#define PAGE_EN(name, en, zh) en,
#define PAGE_ZH(name, en, zh) zh,

const char *report_word(enum report_word word, bool chinese)
{
    static const char *const EN[] = {REPORT_WORDS(PAGE_EN)};
    static const char *const ZH[] = {REPORT_WORDS(PAGE_ZH)};
    CHECK(word < W_COUNT);
    return chinese ? ZH[word] : EN[word];
}

const char *page_word(const struct page *page, enum report_word word)
{
    return report_word(word, page->options->chinese);
}

void page_head(struct page *page, enum report_word word, const char *note)
{
    buf_putc(page->out, '\n');
    term_style(page->term, page->out, TERM_HEAD, page_word(page, word));
    if (note != NULL) {
        buf_printf(page->out, "  %s", note);
    }
    buf_putc(page->out, '\n');
}

static bool page_fits(const struct page *page, const struct buf *text)
{
    for (const char *line = text->data; line != NULL && *line != '\0';) {
        const size_t size = strcspn(line, "\n");
        if (utf8_width(line, size) > page->term->width) {
            return false;
        }
        line += size + (line[size] == '\n');
    }
    return true;
}

// On a narrow screen: a paragraph a row, "joined 6 · left 0".
static void page_paragraphs(struct page *page, const struct term_table *table)
{
    struct buf line;
    buf_init(&line, TERM_TEXT_MAX);
    for (size_t i = table->columns; i < table->cell_count; i += table->columns) {
        buf_clear(&line);
        for (size_t c = 0; c < table->columns && i + c < table->cell_count; c++) {
            const char *head = table->cells[c];
            const char *cell = table->cells[i + c];
            if (*cell != '\0') {
                buf_printf(&line, "%s%s%s%s", line.size > 0 ? " · " : "", head,
                           *head != '\0' ? " " : "", cell);
            }
        }
        buf_puts(page->out, " ");
        term_wrap(page->out, line.data, PAGE_INDENT, 3, page->term->width);
        buf_putc(page->out, '\n');
    }
    buf_deinit(&line);
}

void page_table(struct page *page, struct term_table *table)
{
    struct buf text;
    struct term plain = *page->term;
    plain.color = false;  // What a terminal doesn't show has no width.
    buf_init(&text, TERM_TEXT_MAX);
    term_table_print(table, &plain, PAGE_INDENT, &text);
    if (page_fits(page, &text)) {
        term_table_print(table, page->term, PAGE_INDENT, page->out);
    } else {
        page_paragraphs(page, table);
    }
    buf_deinit(&text);
    term_table_deinit(table);
}

void page_more(struct page *page, size_t left_out)
{
    if (left_out > 0) {
        buf_printf(page->out, " … %zu %s\n", left_out, page_word(page, W_MORE));
    }
}

bool page_read(struct page *page, struct rows *rows, const char *view, const char *rest)
{
    return rows_read_view(rows, page->store, view, rest, page->options->campaign, page->e);
}

const char *page_count(struct page *page, int64_t number)
{
    struct buf text;
    buf_init(&text, PAGE_TEXT);
    term_number(&text, number);
    const char *kept = arena_strndup(&page->arena, text.data, text.size);
    buf_deinit(&text);
    return kept;
}

const char *page_money(struct page *page, int64_t amount)
{
    char text[PAGE_TEXT];
    const char *symbol = money_symbol(page->currency);
    const bool letters = symbol[0] >= 'A' && symbol[0] <= 'Z';
    money_format(amount < 0 ? -amount : amount, page->decimals, text, sizeof(text));
    return arena_printf(&page->arena, "%s%s%s%s", amount < 0 ? "-" : "", symbol, letters ? " " : "",
                        text);
}

const char *page_share(struct page *page, double share)
{
    return arena_printf(&page->arena, "%.1f %%", share * 100);
}

const char *page_clock(struct page *page, int64_t at_ms)
{
    struct tz_civil civil;
    tz_to_local(page->zone, at_ms, &civil);
    return arena_printf(&page->arena, "%02d:%02d", civil.hour, civil.minute);
}

const char *page_date(struct page *page, int64_t at_ms)
{
    struct tz_civil civil;
    tz_to_local(page->zone, at_ms, &civil);
    return arena_printf(&page->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

const char *cell_count(struct page *page, const struct rows *rows, size_t row, const char *column)
{
    return rows_is_null(rows, row, column) ? "-" : page_count(page, rows_int(rows, row, column));
}

const char *cell_money(struct page *page, const struct rows *rows, size_t row, const char *column)
{
    return rows_is_null(rows, row, column) ? "-" : page_money(page, rows_int(rows, row, column));
}

const char *cell_share(struct page *page, const struct rows *rows, size_t row, const char *column)
{
    return rows_is_null(rows, row, column) ? "-" : page_share(page, rows_real(rows, row, column));
}
