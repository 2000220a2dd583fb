// Budgets and games on the screen, and how names and numbers are put there: see top_impl.h.
#include "app/top_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

const char *top_word(const struct top *top, enum top_word word)
{
#define TOP_EN(name, en, zh) en,
#define TOP_ZH(name, en, zh) zh,
    static const char *const WORDS[2][TOP_WORD_COUNT] = {{TOP_WORDS(TOP_EN)}, {TOP_WORDS(TOP_ZH)}};
    return WORDS[top->chinese][word];
}

void top_label(const struct top *top, const char *text)
{
    canvas_put(top->canvas, TERM_HEAD, " %s", text);
    canvas_to(top->canvas, TOP_LABEL);
}

const char *top_number(int64_t value, char out[32])
{
    struct buf text;
    buf_init(&text, 32);
    term_number(&text, value);
    snprintf(out, 32, "%s", text.data);
    buf_deinit(&text);
    return out;
}

const char *top_name(const struct json_node *node, const char *field, size_t cells,
                     char out[VIEW_TEXT_MAX])
{
    view_text(node, field, out);
    const size_t size = strlen(out);
    if (utf8_width(out, size) > cells) {
        const size_t fits = utf8_fit(out, size, cells - 1);
        snprintf(out + fits, VIEW_TEXT_MAX - fits, "…");
    }
    return out;
}

static void put_budget(const struct top *top, const struct json_node *row)
{
    struct canvas *canvas = top->canvas;
    const int64_t decimals = view_int(top->answer, "decimals");
    const int64_t cap = view_int(row, "cap"), free = view_int(row, "free");
    char name[VIEW_TEXT_MAX], text[48];
    struct buf bar;
    buf_init(&bar, 256);
    term_bar(&bar, cap > 0 ? (double)(cap - free) / (double)cap : 0, 10);
    canvas_put(canvas, TERM_PLAIN, "  %s", top_name(row, "name", 16, name));
    canvas_to(canvas, TOP_LABEL + 10);
    canvas_put(canvas, free == 0 && cap > 0 ? TERM_WARN : TERM_GOOD, "%s", bar.data);
    buf_deinit(&bar);
    view_money(free, decimals, text);
    canvas_right(canvas, TOP_LABEL + 34, text);
    canvas_put(canvas, TERM_DIM, " %s", top_word(top, TOP_BUDGET_LEFT));
    view_money(cap, decimals, text);
    canvas_put(canvas, TERM_PLAIN, " %s %s", top_word(top, TOP_BUDGET_OF), text);
    if (canvas->width >= TOP_WIDE && view_int(row, "reserved") > 0) {
        view_money(view_int(row, "reserved"), decimals, text);
        canvas_put(canvas, TERM_DIM, ", %s %s", text, top_word(top, TOP_BUDGET_HELD));
    }
    canvas_line(canvas);
}

// Those used most come first when not all of them fit.
void top_budgets(const struct top *top)
{
    const struct json_node *list = view_node(top->answer, "budgets");
    const size_t count = view_count(top->answer, "budgets");
    size_t left = top->lines[PART_BUDGETS];
    bool done[64] = {false};
    if (left == 0 || count == 0) {
        return;
    }
    left--;
    top_label(top, top_word(top, TOP_BUDGETS));
    if (left < count) {
        canvas_put(top->canvas, TERM_DIM, "%zu %s %zu, %s", left, top_word(top, TOP_OF_ALL), count,
                   top_word(top, TOP_USED_MOST));
    }
    canvas_line(top->canvas);
    while (left > 0) {
        const struct json_node *best = NULL;
        size_t place = 0, best_place = 0;
        double most = -1;
        for (const struct json_node *n = json_child(list); n != json_end(list) && place < 64;
             n = json_next(n), place++) {
            const double cap = (double)view_int(n, "cap");
            const double used = cap > 0 ? 1 - (double)view_int(n, "free") / cap : 0;
            if (!done[place] && used > most) {
                most = used;
                best = n;
                best_place = place;
            }
        }
        if (best == NULL) {
            return;
        }
        done[best_place] = true;
        put_budget(top, best);
        left--;
    }
}

void top_games(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *list = view_node(top->answer, "games.list");
    const int64_t open = view_int(top->answer, "games.open");
    size_t left = top->lines[PART_GAMES];
    for (const struct json_node *n = left == 0 ? NULL : json_child(list);
         n != NULL && n != json_end(list) && left > 0; n = json_next(n)) {
        char name[VIEW_TEXT_MAX], group[VIEW_TEXT_MAX], plays[48];
        top_label(top, left == top->lines[PART_GAMES] ? top_word(top, TOP_GAMES) : "");
        canvas_put(canvas, TERM_PLAIN, "%s  ", top_name(n, "name", 24, name));
        canvas_put(canvas, TERM_DIM, "%s  ", view_text(n, "group", group));
        canvas_put(canvas, TERM_PLAIN, "%s %s, %" PRId64 " %s",
                   top_number(view_int(n, "plays"), plays), top_word(top, TOP_PLAYS),
                   view_int(n, "wins"), top_word(top, TOP_WON));
        if (view_node(n, "left") != NULL && view_node(n, "left")->type == JSON_INT) {
            canvas_put(canvas, TERM_PLAIN, ", %s %s", top_number(view_int(n, "left"), plays),
                       top_word(top, TOP_PRIZES_LEFT));
        }
        left--;
        if (left == 0 && open > (int64_t)top->lines[PART_GAMES]) {
            canvas_put(canvas, TERM_DIM, "  + %" PRId64 " %s",
                       open - (int64_t)top->lines[PART_GAMES], top_word(top, TOP_AND_MORE));
        }
        canvas_line(canvas);
    }
}
