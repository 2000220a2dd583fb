// drumbeat top: the screen of the night. It looks once a second and acts on nothing; when the
// engine goes away it says so and waits for the next one.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/cmd.h"
#include "app/top.h"

#define DRAW_MS 1000
#define SILENT_MS 3000  // So long without an answer is told.

static int64_t mono_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct watch {
    struct cli *cli;
    const char *campaign;  // NULL: the only one that runs.
    char name[512];        // Of the one that was found.
    struct screen screen;
    struct attach_link link;
    struct status_asking asking;
    struct buf last;  // The last answer, as JSON, and its tree.
    struct json_reader *reader;
    const struct json_node *answer;
    int64_t answered_ms, asked_ms;
    bool has_gone;
    char trouble[200];
};

static bool connect_to_engine(struct watch *watch, struct err *e)
{
    char folder[512];
    const char *name = watch->name[0] != '\0' ? watch->name : watch->campaign;
    if (!attach_find(name, folder, sizeof(folder), e) ||
        !attach_open(&watch->link, folder, false, e)) {
        return false;
    }
    const char *slash = strrchr(folder, '/');
    snprintf(watch->name, sizeof(watch->name), "%s", slash == NULL ? folder : slash + 1);
    watch->asking.id = 0;
    watch->asked_ms = mono_ms();
    return true;
}

// The tree of an answer is good until the next one; a screen may have to be drawn again after that.
static void keep_answer(struct watch *watch, const struct json_node *answer)
{
    struct err ignored = {0};
    buf_clear(&watch->last);
    json_canonical(answer, &watch->last);
    if (!json_parse(watch->reader, watch->last.data, watch->last.size, &watch->answer, &ignored)) {
        watch->answer = NULL;
    }
    watch->answered_ms = mono_ms();
    watch->has_gone = false;
}

// Asks, and waits until there is an answer, a key, or the time is up.
static void look(struct watch *watch, int timeout_ms)
{
    const struct json_node *answer;
    struct err e = {0};
    if (watch->asking.id == 0) {
        watch->asked_ms = mono_ms();
    }
    if (!status_view_ask(&watch->link, &watch->asking, watch->screen.events, timeout_ms, &answer,
                         &e)) {
        attach_close(&watch->link);
        watch->has_gone = true;
    } else if (answer != NULL) {
        keep_answer(watch, answer);
    }
}

static void tell_trouble(struct watch *watch)
{
    char age[24];
    view_span(mono_ms() - watch->answered_ms, age);
    watch->trouble[0] = '\0';
    if (watch->link.fd < 0) {
        snprintf(watch->trouble, sizeof(watch->trouble),
                 "the engine has gone away; this is %s old; looking for it", age);
    } else if (watch->asking.id != 0 && mono_ms() - watch->asked_ms > SILENT_MS) {
        snprintf(watch->trouble, sizeof(watch->trouble), "no answer; this is %s old", age);
    }
}

static void draw(struct watch *watch)
{
    struct canvas canvas;
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    tell_trouble(watch);
    canvas_begin(&canvas, &watch->cli->out, true, &out);
    if (watch->answer != NULL) {
        top_draw(watch->answer, watch->trouble, watch->cli->lang == CLI_ZH, &canvas);
    }
    term_flush(&watch->cli->out, &out);
    fflush(watch->cli->out.file);
    buf_deinit(&out);
}

// Takes what was typed and told. EXIT_OK and false: go on.
static bool is_over(struct watch *watch, int *code)
{
    for (;;) {
        switch (screen_take(&watch->screen)) {
        case SCREEN_NOTHING:
            return false;
        case SCREEN_QUIT:
            *code = EXIT_OK;
            return true;
        case SCREEN_STOPPED:
            *code = 130;
            return true;
        case SCREEN_KEY:
        case SCREEN_RESIZED:
            draw(watch);
            break;
        }
    }
}

// Until the next second, or a key.
static void rest(struct watch *watch, int64_t until_ms)
{
    const int64_t left_ms = until_ms - mono_ms();
    struct timespec nap;
    if (left_ms > 0) {
        const struct json_node *answer;
        struct err ignored = {0};
        if (watch->link.fd >= 0 && watch->asking.id == 0) {
            // Nothing is asked: only a key or the connection's end can come.
            if (!attach_wait(&watch->link, watch->screen.events, (int)left_ms, &answer, &ignored)) {
                attach_close(&watch->link);
                watch->has_gone = true;
            }
            return;
        }
        nap = (struct timespec){.tv_nsec = (left_ms < 100 ? left_ms : 100) * 1000000};
        (void)nanosleep(&nap, NULL);
    }
}

static int watch_on(struct watch *watch)
{
    int code = EXIT_OK;
    while (!is_over(watch, &code)) {
        const int64_t next_ms = mono_ms() + DRAW_MS;
        struct err ignored = {0};
        if (watch->link.fd >= 0 || connect_to_engine(watch, &ignored)) {
            look(watch, DRAW_MS);
        }
        draw(watch);
        while (mono_ms() < next_ms) {
            if (is_over(watch, &code)) {
                return code;
            }
            rest(watch, next_ms);
        }
    }
    return code;
}

static int print_once(struct watch *watch)
{
    struct cli *cli = watch->cli;
    struct canvas canvas;
    struct buf out;
    if (watch->answer == NULL) {
        cli_warn(cli, "the engine did not answer");
        return EXIT_FAILED;
    }
    buf_init(&out, TERM_TEXT_MAX);
    canvas_begin(&canvas, &cli->out, false, &out);
    canvas.height = TOP_HEIGHT_ONCE;
    top_draw(watch->answer, "", cli->lang == CLI_ZH, &canvas);
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    return EXIT_OK;
}

static int watch_first(struct watch *watch)
{
    struct cli *cli = watch->cli;
    struct err e = {0};
    watch->screen = (struct screen){.signals = -1, .events = -1};
    if (!connect_to_engine(watch, &e)) {
        cli_warn(cli, "%s", e.text);
        return e.kind == ERR_INVALID ? EXIT_USAGE : EXIT_NO_ENGINE;
    }
    look(watch, SILENT_MS);
    if (cli_has(cli, "once") || !cli->out.tty || !term_is_typed_at()) {
        return print_once(watch);
    }
    if (!screen_open(&watch->screen, &cli->out, &e)) {
        return cli_fail(cli, &e);
    }
    const int code = watch_on(watch);
    screen_close(&watch->screen);
    return code;
}

int cmd_top(struct cli *cli)
{
    struct watch watch = {.cli = cli,
                          .campaign = cli_arg(cli, 0, NULL),
                          .link = {.fd = -1},
                          .answered_ms = mono_ms()};
    buf_init(&watch.last, ATTACH_ANSWER_MAX);
    watch.reader = json_reader_new(ATTACH_ANSWER_MAX);
    const int code = watch_first(&watch);
    attach_close(&watch.link);
    json_reader_free(watch.reader);
    buf_deinit(&watch.last);
    return code;
}
