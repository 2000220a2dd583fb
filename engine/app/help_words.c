// The words of playbooks, read from the registry (lua/words.lua) that the library itself is checked
// against.
#include <string.h>

#include "app/help.h"
#include "base/json.h"
#include "base/utf8.h"
#include "script/data.h"

#define WORDS_MAX 500
#define NAME_WIDTH 19  // Of the list: the longest name of a word.
#define HELP_MAX ((size_t)1 << 20)

static const struct {
    const char *stage;
    const char *title;
} STAGES[] = {
    {"campaign", "In campaign.lua"},
    {"declare", "Describing, in the body of playbook.lua"},
    {"run", "While it runs, inside at, every and on"},
    {"any", "Anywhere"},
};

static const char *field(const struct json_node *word, const char *name, char *out, size_t size)
{
    const struct json_node *node = json_field(word, name);
    out[0] = '\0';
    if (node != NULL && node->type == JSON_TEXT) {
        const size_t length = utf8_cut(node->text, node->text_size, size - 1);
        memcpy(out, node->text, length);
        out[length] = '\0';
    }
    return out;
}

static void list_stage(const struct cli *cli, const struct json_node *words, size_t stage,
                       struct buf *out)
{
    char name[64];
    char text[1024];
    term_style(&cli->out, out, TERM_HEAD, STAGES[stage].title);
    buf_putc(out, '\n');
    for (const struct json_node *n = json_child(words); n != json_end(words); n = json_next(n)) {
        if (strcmp(field(n, "stage", text, sizeof(text)), STAGES[stage].stage) != 0) {
            continue;
        }
        buf_puts(out, "  ");
        utf8_pad(out, field(n, "name", name, sizeof(name)), NAME_WIDTH, false);
        buf_puts(out, "  ");
        term_wrap(out, field(n, "help", text, sizeof(text)), NAME_WIDTH + 4, NAME_WIDTH + 4,
                  cli->out.width);
        buf_putc(out, '\n');
    }
    buf_putc(out, '\n');
}

static void show_word(const struct cli *cli, const struct json_node *word, struct buf *out)
{
    char text[4096];
    term_style(&cli->out, out, TERM_BOLD, field(word, "shape", text, sizeof(text)));
    buf_puts(out, "\n\n");
    term_wrap(out, field(word, "help", text, sizeof(text)), 0, 0, cli->out.width);
    buf_puts(out, "\n\nexample\n  ");
    for (const char *at = field(word, "example", text, sizeof(text)); *at != '\0'; at++) {
        buf_putc(out, *at);
        if (*at == '\n') {
            buf_puts(out, "  ");
        }
    }
    buf_putc(out, '\n');
}

// Shows the word of this name; a method is found by its last part: "announce" is group:announce.
static bool find_word(const struct cli *cli, const struct json_node *words, const char *wanted,
                      struct buf *out)
{
    char name[64];
    bool found = false;
    for (const struct json_node *n = json_child(words); n != json_end(words); n = json_next(n)) {
        field(n, "name", name, sizeof(name));
        const char *last = strpbrk(name, ":.");
        if (strcmp(name, wanted) == 0 || (last != NULL && strcmp(last + 1, wanted) == 0)) {
            if (found) {
                buf_putc(out, '\n');
            }
            show_word(cli, n, out);
            found = true;
        }
    }
    return found;
}

// A method is compared whole and by its last part, as it is found.
static int unknown_word(struct cli *cli, const struct json_node *words, const char *wanted)
{
    char names[WORDS_MAX][64];
    const char *list[2 * WORDS_MAX];
    size_t count = 0;
    size_t names_count = 0;
    for (const struct json_node *n = json_child(words);
         n != json_end(words) && names_count < WORDS_MAX; n = json_next(n)) {
        char *name = names[names_count++];
        list[count++] = field(n, "name", name, sizeof(names[0]));
        const char *last = strpbrk(name, ":.");
        if (last != NULL) {
            list[count++] = last + 1;
        }
    }
    const char *near = text_nearest(wanted, list, count);
    return near == NULL ? cli_usage(cli,
                                    "there is no help on '%s'; words of the playbooks are under "
                                    "'drumbeat help words'",
                                    wanted)
                        : cli_usage(cli, "there is no word '%s'; did you mean '%s'?", wanted, near);
}

static int show_words(struct cli *cli, const struct json_node *words, const char *wanted,
                      bool quiet)
{
    struct buf out;
    buf_init(&out, HELP_MAX);
    int code = EXIT_OK;
    if (wanted == NULL) {
        for (size_t i = 0; i < sizeof(STAGES) / sizeof(STAGES[0]); i++) {
            list_stage(cli, words, i, &out);
        }
        buf_puts(&out, "One word with its example: drumbeat help words NAME\n");
    } else if (!find_word(cli, words, wanted, &out)) {
        code = quiet ? EXIT_USAGE : unknown_word(cli, words, wanted);
    }
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    return code;
}

static int with_words(struct cli *cli, const char *wanted, bool quiet)
{
    struct buf json;
    struct err e = {0};
    const struct json_node *words;
    struct json_reader *reader = json_reader_new(HELP_MAX);
    buf_init(&json, HELP_MAX);
    const bool ok = data_load(NULL, "words", &json, &e) &&
                    json_parse(reader, json.data, json.size, &words, &e) &&
                    (words->type == JSON_ARRAY ||
                     err_set(&e, ERR_INVALID, "lua/words.lua is no list of words"));
    const int code = ok ? show_words(cli, words, wanted, quiet) : cli_fail(cli, &e);
    buf_deinit(&json);
    json_reader_free(reader);
    return code;
}

// The operators' words: class, shape and the first sentence; or one of them whole.
static void list_console(const struct cli *cli, const struct json_node *words, struct buf *out)
{
    static const char *const CLASSES[][2] = {
        {"look", "Looking: changes nothing"},
        {"move", "Moving: shown, then Enter; can be undone"},
        {"money", "Money: the amount is to be typed"},
        {"final", "For good: the amount, and a countdown"},
    };
    char shape[256];
    char text[1024];
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++) {
        term_style(&cli->out, out, TERM_HEAD, CLASSES[i][1]);
        buf_putc(out, '\n');
        for (const struct json_node *n = json_child(words); n != json_end(words);
             n = json_next(n)) {
            if (strcmp(field(n, "class", text, sizeof(text)), CLASSES[i][0]) != 0) {
                continue;
            }
            buf_printf(out, "  %s\n      ", field(n, "shape", shape, sizeof(shape)));
            term_wrap(out, field(n, "help", text, sizeof(text)), 6, 6, cli->out.width);
            buf_putc(out, '\n');
        }
        buf_putc(out, '\n');
    }
    buf_puts(out, "In the console: `drumbeat attach`, then ? or ?word. Lua and the words that "
                  "playbooks have while they run work there too.\n");
}

static bool show_console_word(const struct cli *cli, const struct json_node *words,
                              const char *wanted, struct buf *out)
{
    char text[1024];
    for (const struct json_node *n = json_child(words); n != json_end(words); n = json_next(n)) {
        if (strcmp(field(n, "name", text, sizeof(text)), wanted) == 0) {
            term_style(&cli->out, out, TERM_HEAD, field(n, "shape", text, sizeof(text)));
            buf_printf(out, "\nin the console (drumbeat attach); %s; ",
                       field(n, "class", text, sizeof(text)));
            buf_printf(out, "undo: %s\n\n", field(n, "undo", text, sizeof(text)));
            term_wrap(out, field(n, "help", text, sizeof(text)), 0, 0, cli->out.width);
            buf_printf(out, "\n\n  %s\n", field(n, "example", text, sizeof(text)));
            return true;
        }
    }
    return false;
}

static int with_console(struct cli *cli, const char *wanted)
{
    struct buf json;
    struct buf out;
    struct err e = {0};
    const struct json_node *words;
    struct json_reader *reader = json_reader_new(HELP_MAX);
    buf_init(&json, HELP_MAX);
    buf_init(&out, HELP_MAX);
    const bool ok = data_load(NULL, "console_words", &json, &e) &&
                    json_parse(reader, json.data, json.size, &words, &e);
    bool found = ok;
    if (ok && wanted == NULL) {
        list_console(cli, words, &out);
    } else if (ok) {
        found = show_console_word(cli, words, wanted, &out);
    }
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    buf_deinit(&json);
    json_reader_free(reader);
    return !ok ? cli_fail(cli, &e) : found ? EXIT_OK : EXIT_USAGE;
}

int help_console(struct cli *cli)
{
    const char *wanted = cli_arg(cli, 1, NULL);
    const int code = with_console(cli, wanted);
    return code != EXIT_USAGE ? code
                              : cli_usage(cli,
                                          "there is no word '%s' in the console: drumbeat help "
                                          "console lists them",
                                          wanted);
}

bool help_console_word(struct cli *cli, const char *name)
{
    return with_console(cli, name) == EXIT_OK;
}

int help_words(struct cli *cli)
{
    return with_words(cli, cli_arg(cli, 1, NULL), false);
}

bool help_word(struct cli *cli, const char *name)
{
    return with_words(cli, name, true) == EXIT_OK;
}

int help_unknown(struct cli *cli, const char *name)
{
    return with_words(cli, name, false);
}
