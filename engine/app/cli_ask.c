// What a verb asks of its command line, and how it complains.

#include "app/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define CLI_TEXT_MAX 4096
#define CLI_ANSWER_MAX 256

static const struct cli_value *cli_find(const struct cli *cli, const char *flag)
{
    const struct cli_value *found = NULL;
    for (size_t i = 0; i < cli->value_count; i++) {
        if (strcmp(cli->values[i].flag->name, flag) == 0) {
            found = &cli->values[i];  // The last one counts.
        }
    }
    return found;
}

bool cli_has(const struct cli *cli, const char *flag)
{
    return cli_find(cli, flag) != NULL;
}

const char *cli_text(const struct cli *cli, const char *flag, const char *otherwise)
{
    const struct cli_value *value = cli_find(cli, flag);
    return value && value->text ? value->text : otherwise;
}

int64_t cli_number(const struct cli *cli, const char *flag, int64_t otherwise)
{
    const struct cli_value *value = cli_find(cli, flag);
    CHECK(!value || value->flag->max > 0);
    return value ? value->number : otherwise;
}

const char *cli_nth(const struct cli *cli, const char *flag, size_t index)
{
    for (size_t i = 0; i < cli->value_count; i++) {
        if (strcmp(cli->values[i].flag->name, flag) == 0 && index-- == 0) {
            return cli->values[i].text;
        }
    }
    return NULL;
}

const char *cli_arg(const struct cli *cli, size_t index, const char *otherwise)
{
    return index < cli->arg_count ? cli->args[index] : otherwise;
}

// "drumbeat rehearse: text": what was typed may hold escape sequences, so all of it is made
// visible.
static void cli_complain(struct cli *cli, enum term_style style, const char *text)
{
    progress_end(&cli->progress, "");
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    struct buf who;
    buf_init(&who, TERM_TEXT_MAX);
    buf_printf(&who, "drumbeat%s%s:", cli->verb ? " " : "", cli->verb ? cli->verb->name : "");
    term_style(&cli->err, &out, style, who.data);
    buf_putc(&out, ' ');
    utf8_escape(text, strlen(text), &out);
    buf_putc(&out, '\n');
    fflush(stdout);  // Both may be one terminal or file: keep the order.
    term_flush(&cli->err, &out);
    buf_deinit(&who);
    buf_deinit(&out);
}

int cli_usage(struct cli *cli, const char *format, ...)
{
    char text[CLI_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_complain(cli, TERM_BAD, text);
    const char *verb = cli->verb ? cli->verb->name : NULL;
    fprintf(cli->err.file, verb ? "usage: drumbeat %s%s%s [options]\n" : "%s", verb ? verb : "",
            verb && cli->verb->usage[0] != '\0' ? " " : "", verb ? cli->verb->usage : "");
    fprintf(cli->err.file, "see:   drumbeat %s%s\n", verb ? verb : "help", verb ? " --help" : "");
    return EXIT_USAGE;
}

void cli_warn(struct cli *cli, const char *format, ...)
{
    char text[CLI_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_complain(cli, TERM_WARN, text);
}

int cli_exit_of(const struct err *e)
{
    switch (e->kind) {
    case ERR_NONE:
        return EXIT_OK;
    case ERR_INVALID:
        return EXIT_INVALID;
    case ERR_CORRUPT:
        return EXIT_VERIFY;
    case ERR_REFUSED:
    case ERR_LIMIT:
    case ERR_FAULT:
    case ERR_BUSY:
    case ERR_FULL:
        return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

int cli_fail(struct cli *cli, const struct err *e)
{
    cli_complain(cli, TERM_BAD, e->text);
    return cli_exit_of(e);
}

int cli_confirm(struct cli *cli, const char *question, const char *word)
{
    if (cli_has(cli, "yes")) {
        return EXIT_OK;
    }
    progress_end(&cli->progress, "");
    fflush(stdout);
    FILE *terminal = fopen("/dev/tty", "r+");
    if (!terminal) {
        cli_warn(cli, "needs a confirmation, and there is no terminal to ask on; give --yes");
        return EXIT_CONFIRM;
    }
    fprintf(terminal, "%s\nType %s to go on: ", question, word);
    fflush(terminal);
    char answer[CLI_ANSWER_MAX];
    const bool answered = fgets(answer, sizeof answer, terminal) != NULL;
    fclose(terminal);
    answer[answered ? strcspn(answer, "\r\n") : 0] = '\0';
    if (strcmp(answer, word) != 0) {
        cli_warn(cli, "not confirmed; nothing was started");
        return EXIT_CONFIRM;
    }
    return EXIT_OK;
}
