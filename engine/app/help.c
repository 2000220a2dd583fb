// What `drumbeat help` and `--help` print, wrapped to the terminal.

#include "app/help.h"

#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "base/utf8.h"

#define HELP_NAMES_MAX 64
#define HELP_EXIT_LINE                                                                             \
    "0 ok · 1 ran and failed · 2 usage · 3 invalid · 4 a promise broken (drumbeat help "       \
    "exit-codes)"

// "  left side        right side, wrapped"; a left side too wide for its column has its own line.
static void help_row(const struct term *term, struct buf *out, const char *left, const char *right,
                     size_t column)
{
    const size_t cells = utf8_width(left, strlen(left));
    const size_t indent = term->width >= 60 ? column : 8;
    buf_puts(out, left);
    if (cells + 2 > indent) {
        buf_putc(out, '\n');
        utf8_pad(out, "", indent, false);
    } else {
        utf8_pad(out, "", indent - cells, false);
    }
    term_wrap(out, right, indent, indent, term->width);
    buf_putc(out, '\n');
}

static void help_text(const struct term *term, struct buf *out, const char *text)
{
    term_wrap(out, text, 0, 0, term->width);
    buf_putc(out, '\n');
}

static void help_head(const struct term *term, struct buf *out, const char *text)
{
    buf_putc(out, '\n');
    term_style(term, out, TERM_BOLD, text);
    buf_putc(out, '\n');
}

static const char *help_line(const struct cli *cli, const struct cli_verb *verb)
{
    return cli->lang == CLI_ZH ? verb->help_zh : verb->help;
}

void help_overview(const struct cli *cli, const struct term *term)
{
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    term_style(term, &out, TERM_BOLD, "drumbeat " DRUMBEAT_VERSION);
    buf_puts(&out, "  runs community campaigns from Lua playbooks\n");
    help_text(term, &out, "\nusage: drumbeat VERB [options]");
    const char *group = "";
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        if (strcmp(group, verb->group) != 0) {
            group = verb->group;
            help_head(term, &out, group);
        }
        char left[64];
        snprintf(left, sizeof left, "  %s", verb->name);
        help_row(term, &out, left, help_line(cli, verb), 14);
    }
    help_head(term, &out, "Topics");
    for (const struct help_topic *topic = help_topics; topic->name; topic++) {
        char left[64];
        snprintf(left, sizeof left, "  help %s", topic->name);
        help_row(term, &out, left, topic->help, 22);
    }
    help_text(term, &out, "\nFirst steps:  drumbeat rehearse examples/womens-wear");
    help_text(term, &out, "More:         drumbeat VERB --help");
    term_flush(term, &out);
    buf_deinit(&out);
}

static void help_flags(const struct term *term, struct buf *out, const struct cli_flag *flags)
{
    for (; flags->name; flags++) {
        char left[80];
        char letter[5] = "    ";
        if (flags->letter) {
            snprintf(letter, sizeof letter, "-%c, ", flags->letter);
        }
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, flags->name, flags->arg ? " " : "",
                 flags->arg ? flags->arg : "");
        char right[512];
        snprintf(right, sizeof right, "%s%s%s", flags->help, flags->required ? " (required)" : "",
                 flags->repeat ? " (repeatable)" : "");
        help_row(term, out, left, right, 24);
    }
}

void help_verb(const struct cli *cli, const struct cli_verb *verb)
{
    const struct term *term = &cli->out;
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    char line[256];
    const char *help = help_line(cli, verb);
    const bool english = help == verb->help;
    snprintf(line, sizeof line, "%c%s%s", english ? help[0] - 'a' + 'A' : ' ', help + english,
             english ? "." : "");
    help_text(term, &out, line);
    if (verb->about) {
        help_text(term, &out, verb->about);
    }
    snprintf(line, sizeof line, "\nusage: drumbeat %s%s%s%s", verb->name,
             verb->usage[0] != '\0' ? " " : "", verb->usage, verb->flags->name ? " [options]" : "");
    help_text(term, &out, line);
    if (verb->flags->name) {
        help_head(term, &out, "options");
        help_flags(term, &out, verb->flags);
    }
    help_head(term, &out, "everywhere");
    help_flags(term, &out, cli_global_flags);
    buf_putc(&out, '\n');
    help_text(term, &out, "exit: " HELP_EXIT_LINE);
    help_head(term, &out, "examples");
    for (const struct cli_example *example = verb->examples; example->command; example++) {
        // A command is never wrapped: it is there to be copied.
        buf_printf(&out, "  %s\n", example->command);
        buf_puts(&out, "      # ");
        term_wrap(&out, example->note, 8, 8, term->width);
        buf_putc(&out, '\n');
    }
    term_flush(term, &out);
    buf_deinit(&out);
}

int cmd_help(struct cli *cli)
{
    const char *name = cli_arg(cli, 0, NULL);
    if (!name) {
        help_overview(cli, &cli->out);
        return EXIT_OK;
    }
    const char *names[HELP_NAMES_MAX];
    size_t count = 0;
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        CHECK(count < HELP_NAMES_MAX);
        names[count++] = verb->name;
        if (strcmp(verb->name, name) == 0) {
            help_verb(cli, verb);
            return EXIT_OK;
        }
    }
    for (const struct help_topic *topic = help_topics; topic->name; topic++) {
        CHECK(count < HELP_NAMES_MAX);
        names[count++] = topic->name;
        if (strcmp(topic->name, name) == 0) {
            return topic->show(cli);
        }
    }
    if (help_word(cli, name) || help_console_word(cli, name)) {
        return EXIT_OK;
    }
    const char *near = text_nearest(name, names, count);
    for (size_t i = 0; near == NULL && i < count && name[0] != '\0'; i++) {
        near = strncmp(names[i], name, strlen(name)) == 0 ? names[i] : NULL;  // "exit"
    }
    return near ? cli_usage(cli, "there is no help on '%s'; did you mean '%s'?", name, near)
                : help_unknown(cli, name);
}
