// What a good costs at an instant: a comparison of time with the campaign's price books, so all
// goods flip together and nothing has to run at the flip. Reads rows only.

#include "core/core.h"

enum { BOOK_PLANNED, BOOK_WITHDRAWN };

struct price_books {
    bool open;         // A book holds its deal prices now.
    bool closed;       // One has held them and is over.
    int64_t opens_at;  // The next to open: when, and what shows until then. INT64_MAX: none.
    int64_t placeholder;
};

// A flip doesn't come while the campaign stands still since before it.
static bool stands_before(const struct campaign *run, int64_t at_ms)
{
    return run != NULL && run->paused_at != 0 && run->paused_at < at_ms;
}

static struct price_books price_books_at(const struct state *state, uint32_t campaign,
                                         int64_t at_ms)
{
    struct price_books found = {.opens_at = INT64_MAX};
    const struct campaign *run = table_get(state, T_CAMPAIGNS, campaign);
    for (uint32_t id = TABLE_LIST(state, T_BOOKS, BOOKS_OF_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_BOOKS, BOOKS_OF_CAMPAIGN, id)) {
        const struct book *book = table_get(state, T_BOOKS, id);
        if (book->status == BOOK_WITHDRAWN) {
            continue;
        }
        int64_t closes_at = book->closes_at;
        if (closes_at == 0) {
            closes_at = run != NULL && run->until_at != 0 ? run->until_at : INT64_MAX;
        }
        if (at_ms >= closes_at) {
            found.closed = true;
        } else if (at_ms >= book->opens_at && !stands_before(run, book->opens_at)) {
            found.open = true;
        } else if (book->opens_at < found.opens_at) {
            found.opens_at = book->opens_at;
            found.placeholder = book->placeholder;
        }
    }
    return found;
}

void prices_of(const struct state *state, uint32_t good, int64_t at_ms, struct price_now *out)
{
    *out = (struct price_now){0};
    const struct good *row = good ? table_get(state, T_GOODS, good) : NULL;
    if (row == NULL) {
        return;
    }
    out->list = row->list;
    out->deal = row->deal ? row->deal : row->list;
    out->floor = row->floor;
    out->shown = row->list;
    out->for_sale = true;
    const struct price_books books = price_books_at(state, (uint32_t)row->campaign, at_ms);
    if (books.open) {
        out->shown = out->deal;
    } else if (!books.closed && books.opens_at != INT64_MAX && books.placeholder != 0) {
        out->shown = books.placeholder;
        out->for_sale = false;
    }
}
