// Drawing the screen: see top.h. First it is decided how many lines each part gets, then each draws
// no more than those.
#include "app/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/top_impl.h"

static void gap(const struct top *top)
{
    if (top->is_airy) {
        canvas_line(top->canvas);
    }
}

static void put_number(struct canvas *canvas, size_t column, int64_t number)
{
    struct buf text;
    buf_init(&text, 64);
    term_number(&text, number);
    canvas_right(canvas, column, text.data);
    buf_deinit(&text);
}

// --- Head: who, when, how. ---

static enum term_style state_style(const char *state)
{
    return strcmp(state, "runs") == 0                                   ? TERM_GOOD
           : strcmp(state, "full") == 0 || strcmp(state, "failed") == 0 ? TERM_BAD
                                                                        : TERM_WARN;
}

static const char *state_word(const struct top *top, const char *state)
{
    static const struct {
        const char *state;
        enum top_word word;
    } STATES[] = {{"runs", TOP_RUNS},   {"paused", TOP_PAUSED}, {"planned", TOP_PLANNED},
                  {"ended", TOP_ENDED}, {"full", TOP_FULL},     {"failed", TOP_FAILED_STATE},
                  {"muted", TOP_MUTED}};
    for (size_t i = 0; i < sizeof(STATES) / sizeof(STATES[0]); i++) {
        if (strcmp(state, STATES[i].state) == 0) {
            return top_word(top, STATES[i].word);
        }
    }
    return state;
}

static void put_head(const struct top *top, const char *trouble)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *answer = top->answer;
    char name[VIEW_TEXT_MAX], brand[VIEW_TEXT_MAX], state[VIEW_TEXT_MAX], right[320];
    char clock[VIEW_TEXT_MAX];
    int64_t day = view_int(answer, "day.number");
    view_text(answer, "state", state);
    view_text(answer, "time", clock);
    canvas_put(canvas, TERM_BOLD, " %s", top_name(answer, "campaign", 24, name));
    if (canvas->width >= TOP_MIDDLE) {
        canvas_put(canvas, TERM_PLAIN, "  %s", top_name(answer, "brand", 20, brand));
    }
    canvas_put(canvas, TERM_PLAIN, "  ");
    canvas_put(canvas, state_style(state), "%s", state_word(top, state));
    if (day > 0 && canvas->width >= TOP_NARROW) {
        snprintf(right, sizeof(right), "%s%" PRId64 "%s%" PRId64 "%s  %s", top_word(top, TOP_DAY),
                 day, top_word(top, TOP_DAY_OF), view_int(answer, "day.of"),
                 top_word(top, TOP_DAY_END), clock);
    } else {
        snprintf(right, sizeof(right), "%s", clock);
    }
    canvas_right(canvas, canvas->width - 1, right);
    canvas_line(canvas);
    if (trouble[0] != '\0') {
        canvas_put(canvas, TERM_BAD, " ! %s", trouble);
        canvas_line(canvas);
    }
}

// --- What needs a person. ---

static void put_alarms(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const size_t count = view_count(top->answer, "alarms");
    const struct json_node *alarms = view_node(top->answer, "alarms");
    size_t left = top->lines[PART_ALARMS];
    size_t shown = 0;
    if (left == 0) {
        return;
    }
    for (const struct json_node *n = json_child(alarms); n != json_end(alarms); n = json_next(n)) {
        char text[VIEW_TEXT_MAX], advice[VIEW_TEXT_MAX];
        const bool is_last = left <= 2 && count - shown > 1;
        if (left < 2 || (is_last && left < 2)) {
            break;
        }
        canvas_put(canvas, TERM_BAD, " ! %s", view_text(n, "text", text));
        canvas_line(canvas);
        canvas_put(canvas, TERM_PLAIN, "   > %s", view_text(n, "do", advice));
        shown++;
        if (is_last) {
            canvas_put(canvas, TERM_BAD, "  (+ %zu %s)", count - shown,
                       top_word(top, TOP_MORE_ALARMS));
        }
        canvas_line(canvas);
        left -= 2;
    }
}

// --- What comes next. ---

static void put_next(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *next = view_node(top->answer, "next");
    const size_t lines = top->lines[PART_NEXT];
    size_t shown = 0;
    if (lines > 0 && view_count(top->answer, "next") == 0) {
        top_label(top, top_word(top, TOP_NEXT));
        canvas_put(canvas, TERM_PLAIN, "%s", top_word(top, TOP_NOTHING_PLANNED));
        canvas_line(canvas);
        return;
    }
    for (const struct json_node *n = lines == 0 ? NULL : json_child(next);
         n != NULL && n != json_end(next) && shown < lines; n = json_next(n)) {
        char clock[VIEW_TEXT_MAX], name[VIEW_TEXT_MAX], in[24], groups[VIEW_TEXT_MAX];
        const int64_t count = view_int(n, "group_count");
        top_label(top, shown == 0 ? top_word(top, TOP_NEXT) : "");
        view_span(view_int(n, "in_ms"), in);
        canvas_put(canvas, shown == 0 ? TERM_BOLD : TERM_PLAIN, "%s  ",
                   view_text(n, "time", clock));
        canvas_right(canvas, TOP_LABEL + 20, view_true(n, "held") ? top_word(top, TOP_HELD) : in);
        canvas_put(canvas, shown == 0 ? TERM_BOLD : TERM_PLAIN, "  %s", view_text(n, "name", name));
        if (count == 1) {
            const struct json_node *list = view_node(n, "groups");
            snprintf(groups, sizeof(groups), "%.*s", (int)json_child(list)->text_size,
                     json_child(list)->text);
            canvas_put(canvas, TERM_DIM, "  %s", groups);
        } else if (count > 1) {
            canvas_put(canvas, TERM_DIM, "  %" PRId64 " %s", count, top_word(top, TOP_SOME_GROUPS));
        }
        canvas_line(canvas);
        shown++;
    }
}

// --- The meter. ---

#define MINUTES_MAX 120

static size_t spark_cells(const struct top *top, size_t minutes)
{
    const size_t taken = TOP_LABEL + 28;
    const size_t room = top->canvas->width > taken + 10 ? top->canvas->width - taken : 10;
    return room < minutes ? room : minutes;
}

static void put_uv(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *list = view_node(top->answer, "uv.minutes");
    double values[MINUTES_MAX];
    size_t count = 0;
    char clock[VIEW_TEXT_MAX];
    struct buf spark;
    if (view_count(top->answer, "uv.minutes") == 0) {
        return;
    }
    for (const struct json_node *n = json_child(list); n != json_end(list) && count < MINUTES_MAX;
         n = json_next(n)) {
        values[count++] = n->type == JSON_INT ? (double)n->integer : 0;
    }
    buf_init(&spark, 1024);
    term_spark(&spark, values, count, spark_cells(top, count));
    top_label(top, top_word(top, TOP_UV));
    canvas_put(canvas, TERM_GOOD, "%s", spark.data);
    buf_deinit(&spark);
    canvas_put(canvas, TERM_BOLD, "  %" PRId64 "%s", view_int(top->answer, "uv.before"),
               top_word(top, TOP_PER_MINUTE));
    if (view_int(top->answer, "uv.peak") > 0) {
        view_text(top->answer, "uv.peak_time", clock);
        canvas_put(canvas, TERM_PLAIN, "  %s %" PRId64 " %s %.5s", top_word(top, TOP_MOST),
                   view_int(top->answer, "uv.peak"), top_word(top, TOP_AT), clock);
    }
    canvas_line(canvas);
}

// A sign below the curve for each, and the last one in words.
static void put_marks(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *marks = view_node(top->answer, "uv.marks");
    const size_t minutes = view_count(top->answer, "uv.minutes");
    const size_t cells = spark_cells(top, minutes);
    const int64_t from = view_int(top->answer, "uv.from");
    bool at[MINUTES_MAX] = {false};
    const struct json_node *last = NULL;
    if (top->lines[PART_MARKS] == 0 || minutes == 0 || cells > MINUTES_MAX) {
        return;
    }
    for (const struct json_node *n = json_child(marks); n != json_end(marks); n = json_next(n)) {
        const int64_t minute = (view_int(n, "at") - from) / 60000;
        if (minute >= 0 && minute < (int64_t)minutes) {
            at[(size_t)minute * cells / minutes] = true;
        }
        last = n;
    }
    canvas_to(canvas, TOP_LABEL);
    for (size_t cell = 0; cell < cells; cell++) {
        canvas_put(canvas, TERM_WARN, "%s", at[cell] ? "^" : " ");
    }
    if (last != NULL) {
        char clock[VIEW_TEXT_MAX], kind[VIEW_TEXT_MAX], text[VIEW_TEXT_MAX];
        canvas_put(canvas, TERM_PLAIN, "  %.5s %s %s", view_text(last, "time", clock),
                   view_text(last, "kind", kind), view_text(last, "text", text));
    }
    canvas_line(canvas);
}

// --- From members to buyers. ---

static void put_funnel(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *answer = top->answer;
    static const char *const STEPS[] = {"funnel.members", "funnel.visited", "funnel.carted",
                                        "funnel.paid"};
    static const enum top_word WORDS[] = {TOP_MEMBERS, TOP_SHOP, TOP_CART, TOP_PAID};
    const int64_t members = view_int(answer, STEPS[0]);
    char text[48], currency[VIEW_TEXT_MAX];
    top_label(top, top_word(top, TOP_FUNNEL));
    for (size_t i = 0; i < 4; i++) {
        const int64_t value = view_int(answer, STEPS[i]);
        canvas_put(canvas, TERM_DIM, "%s%s ", i == 0 ? "" : " > ", top_word(top, WORDS[i]));
        canvas_put(canvas, TERM_BOLD, "%s", top_number(value, text));
    }
    if (members > 0) {
        canvas_put(canvas, TERM_PLAIN, " (%.1f %%)",
                   (double)view_int(answer, STEPS[3]) * 100 / (double)members);
    }
    view_money(view_int(answer, "sales.paid"), view_int(answer, "decimals"), text);
    canvas_put(canvas, TERM_PLAIN, "  %s %s", text, view_text(answer, "currency", currency));
    canvas_line(canvas);
}

// --- Groups. ---

struct figure {
    enum top_word head;
    const char *field;
    size_t cells;
    size_t from_width;  // Shown from here on.
};

static const struct figure COLUMNS[] = {
    {TOP_MEMBERS, "members", 9, 0},          {TOP_JOINED, "joins", 8, TOP_MIDDLE},
    {TOP_LEFT, "leaves", 6, TOP_WIDE},       {TOP_TEN_MINUTES, "messages_10m", 8, 0},
    {TOP_HOUR, "messages_60m", 7, TOP_WIDE}, {TOP_ORDERS, "orders", 8, TOP_MIDDLE},
    {TOP_AWAKE, "awake_bp", 7, TOP_WIDE},    {TOP_UNSENT, "unsent_ms", 8, TOP_MIDDLE},
};

static void put_cell(struct canvas *canvas, const struct figure *figure, size_t right,
                     const struct json_node *row)
{
    const int64_t value = view_int(row, figure->field);
    char text[48];
    if (strcmp(figure->field, "awake_bp") == 0) {
        snprintf(text, sizeof(text), "%" PRId64 " %%", value / 100);
        canvas_right(canvas, right, value == 0 ? "" : text);
    } else if (strcmp(figure->field, "unsent_ms") == 0) {
        view_span(value, text);
        canvas_right(canvas, right, value == 0 ? "" : text);
    } else {
        put_number(canvas, right, value);
    }
}

static void put_group(const struct top *top, const struct json_node *row)
{
    struct canvas *canvas = top->canvas;
    char name[VIEW_TEXT_MAX], state[VIEW_TEXT_MAX];
    size_t right = TOP_LABEL + 10;
    canvas_put(canvas, TERM_PLAIN, "  %s", top_name(row, "name", 16, name));
    for (size_t i = 0; i < sizeof(COLUMNS) / sizeof(COLUMNS[0]); i++) {
        if (canvas->width >= COLUMNS[i].from_width) {
            right += COLUMNS[i].cells;
            put_cell(canvas, &COLUMNS[i], right, row);
        }
    }
    view_text(row, "state", state);
    if (strcmp(state, "runs") != 0) {
        canvas_put(canvas, TERM_WARN, " %s", state_word(top, state));
    }
    canvas_line(canvas);
}

static void put_groups(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *groups = view_node(top->answer, "groups");
    const size_t count = view_count(top->answer, "groups");
    const int64_t all = view_int(top->answer, "totals.groups");
    size_t left = top->lines[PART_GROUPS];
    size_t right = TOP_LABEL + 10;
    if (left == 0 || count == 0) {
        return;
    }
    left--;
    top_label(top, top_word(top, TOP_GROUPS));
    if ((int64_t)(left < count ? left : count) < all) {
        canvas_put(canvas, TERM_DIM, "%zu %s %" PRId64, left < count ? left : count,
                   top_word(top, TOP_OF_ALL), all);
    }
    for (size_t i = 0; i < sizeof(COLUMNS) / sizeof(COLUMNS[0]); i++) {
        if (canvas->width >= COLUMNS[i].from_width) {
            right += COLUMNS[i].cells;
            canvas_right(canvas, right, top_word(top, COLUMNS[i].head));
        }
    }
    canvas_line(canvas);
    for (const struct json_node *n = json_child(groups); n != json_end(groups) && left > 0;
         n = json_next(n)) {
        put_group(top, n);
        left--;
    }
}

// --- The machine. ---

static void put_out(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *answer = top->answer;
    const int64_t waiting = view_int(answer, "outbox.waiting");
    const int64_t failed = view_int(answer, "outbox.failed") + view_int(answer, "outbox.unknown");
    const int64_t parked = view_int(answer, "parked.unsettled");
    char age[24];
    top_label(top, top_word(top, TOP_OUT));
    if (waiting == 0) {
        canvas_put(canvas, TERM_PLAIN, "%s", top_word(top, TOP_ALL_SENT));
    } else {
        view_span(view_int(answer, "outbox.oldest_ms"), age);
        canvas_put(canvas, TERM_PLAIN, "%" PRId64 " %s %s", waiting, top_word(top, TOP_WAIT), age);
    }
    if (view_int(answer, "outbox.in_flight") > 0) {
        canvas_put(canvas, TERM_PLAIN, ", %" PRId64 " %s", view_int(answer, "outbox.in_flight"),
                   top_word(top, TOP_ON_THE_WAY));
    }
    if (failed > 0) {
        canvas_put(canvas, TERM_BAD, ", %" PRId64 " %s", failed, top_word(top, TOP_FAILED));
    }
    if (view_int(answer, "outbox.awaiting_staff") > 0) {
        canvas_put(canvas, TERM_WARN, ", %" PRId64 " %s", view_int(answer, "outbox.awaiting_staff"),
                   top_word(top, TOP_FOR_STAFF));
    }
    if (parked > 0) {
        canvas_put(canvas, TERM_WARN, ", %" PRId64 " %s", parked, top_word(top, TOP_PARKED));
    }
    canvas_put(canvas, TERM_DIM, "  %s %" PRId64, top_word(top, TOP_SCENES),
               view_int(answer, "scenes.waiting"));
    canvas_line(canvas);
}

static void put_engine(const struct top *top)
{
    struct canvas *canvas = top->canvas;
    const struct json_node *answer = top->answer;
    const struct json_node *list = view_node(answer, "connectors");
    char text[VIEW_TEXT_MAX], quiet[24];
    top_label(top, top_word(top, TOP_ENGINE));
    canvas_put(canvas, TERM_PLAIN, "%s %" PRId64 " ms", top_word(top, TOP_LAG),
               (view_int(answer, "loop.lag_us") + 999) / 1000);
    canvas_put(canvas, TERM_PLAIN, "  %s %" PRId64 " ms", top_word(top, TOP_COMMIT),
               (view_int(answer, "storage.commit_mean_us") + 999) / 1000);
    canvas_put(canvas, TERM_PLAIN, "  %.1f %s", view_real(answer, "turns.a_second"),
               top_word(top, TOP_TURNS));
    if (view_int(answer, "attached") > 1) {
        canvas_put(canvas, TERM_DIM, "  %" PRId64 " %s", view_int(answer, "attached"),
                   top_word(top, TOP_ATTACHED));
    }
    if (view_count(answer, "connectors") == 0) {
        canvas_line(canvas);
        return;
    }
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        const bool up = view_true(n, "up");
        canvas_put(canvas, TERM_PLAIN, "  %s ", view_text(n, "name", text));
        canvas_put(canvas, up ? TERM_GOOD : TERM_BAD, "%s", top_word(top, up ? TOP_UP : TOP_DOWN));
        if (view_int(n, "quiet_ms") >= 0) {
            view_span(view_int(n, "quiet_ms"), quiet);
            canvas_put(canvas, TERM_DIM, " %s %s %s", top_word(top, TOP_HEARD), quiet,
                       top_word(top, TOP_AGO));
        }
    }
    canvas_line(canvas);
}

static void put_notes(const struct top *top)
{
    const struct json_node *list = view_node(top->answer, "notes");
    size_t left = top->lines[PART_NOTES];
    for (const struct json_node *n = left == 0 ? NULL : json_child(list);
         n != NULL && n != json_end(list) && left > 0; n = json_next(n), left--) {
        char text[VIEW_TEXT_MAX], advice[VIEW_TEXT_MAX];
        canvas_put(top->canvas, TERM_WARN, " * %s", view_text(n, "text", text));
        canvas_put(top->canvas, TERM_DIM, "  (%s)", view_text(n, "do", advice));
        canvas_line(top->canvas);
    }
}

static void put_foot(const struct top *top)
{
    char name[VIEW_TEXT_MAX];
    canvas_put(top->canvas, TERM_DIM, " %s drumbeat attach %s %s", top_word(top, TOP_LEAVES),
               view_text(top->answer, "campaign", name), top_word(top, TOP_ACTS));
    canvas_line(top->canvas);
}

// --- How many lines each gets. ---

static size_t wanted(const struct top *top)
{
    size_t sum = 0;
    for (size_t i = 0; i < PART_COUNT; i++) {
        sum += top->lines[i];
    }
    return sum;
}

// What gives way, in this order, and down to what.
static const struct {
    enum part part;
    size_t least;
} GIVES[] = {
    {PART_NEXT, 3},    {PART_NOTES, 1},  {PART_GAMES, 1},  {PART_BUDGETS, 4}, {PART_GROUPS, 5},
    {PART_BUDGETS, 3}, {PART_MARKS, 0},  {PART_NOTES, 0},  {PART_NEXT, 2},    {PART_GAMES, 0},
    {PART_BUDGETS, 0}, {PART_GROUPS, 3}, {PART_ALARMS, 2}, {PART_GROUPS, 0},  {PART_NEXT, 1},
    {PART_UV, 0},      {PART_ALARMS, 0},
};

static void share_out(struct top *top, size_t fixed)
{
    const struct json_node *answer = top->answer;
    const size_t alarms = view_count(answer, "alarms");
    const size_t next = view_count(answer, "next");
    const size_t budgets = view_count(answer, "budgets");
    const size_t height = top->canvas->height;
    top->lines[PART_ALARMS] = 2 * alarms;
    top->lines[PART_NEXT] = next == 0 ? 1 : next < 6 ? next : 6;
    top->lines[PART_UV] = 1;
    top->lines[PART_MARKS] = view_count(answer, "uv.marks") > 0;
    top->lines[PART_GROUPS] = view_count(answer, "groups") + 1;
    top->lines[PART_BUDGETS] = budgets == 0 ? 0 : budgets + 1;
    top->lines[PART_GAMES] = view_count(answer, "games.list");
    top->lines[PART_NOTES] = view_count(answer, "notes");
    for (size_t i = 0; i < sizeof(GIVES) / sizeof(GIVES[0]); i++) {
        size_t *lines = &top->lines[GIVES[i].part];
        const size_t sum = wanted(top) + fixed;
        if (sum > height && *lines > GIVES[i].least) {
            const size_t over = sum - height;
            *lines = *lines - GIVES[i].least > over ? *lines - over : GIVES[i].least;
        }
    }
    // A head alone says nothing; alarms are two lines each.
    top->lines[PART_BUDGETS] -= top->lines[PART_BUDGETS] == 1;
    top->lines[PART_GROUPS] -= top->lines[PART_GROUPS] == 1;
    top->lines[PART_ALARMS] -= top->lines[PART_ALARMS] % 2;
    top->is_airy = wanted(top) + fixed + 5 <= height;
}

void top_draw(const struct json_node *answer, const char *trouble, bool chinese,
              struct canvas *canvas)
{
    struct top top = {.answer = answer, .canvas = canvas, .chinese = chinese};
    share_out(&top, trouble[0] == '\0' ? 5 : 6);
    put_head(&top, trouble);
    put_alarms(&top);
    gap(&top);
    put_next(&top);
    gap(&top);
    if (top.lines[PART_UV] > 0) {
        put_uv(&top);
    }
    put_marks(&top);
    put_funnel(&top);
    gap(&top);
    put_groups(&top);
    gap(&top);
    top_budgets(&top);
    top_games(&top);
    gap(&top);
    put_out(&top);
    put_engine(&top);
    put_notes(&top);
    put_foot(&top);
    canvas_end(canvas);
}
