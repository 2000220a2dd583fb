// Parses the command line against the verb table, and complains so that the next try works.

#include "app/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "app/help.h"
#include "base/utf8.h"

#define CLI_NAMES_MAX 64

static const struct cli_verb *cli_find_verb(const char *name)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

static const struct cli_flag *cli_find_flag(const struct cli_flag *flags, const char *name,
                                            size_t size)
{
    for (; flags && flags->name; flags++) {
        if (strlen(flags->name) == size && memcmp(flags->name, name, size) == 0) {
            return flags;
        }
    }
    return NULL;
}

static const struct cli_flag *cli_find_letter(const struct cli_flag *flags, char letter)
{
    for (; flags && flags->name; flags++) {
        if (flags->letter == letter) {
            return flags;
        }
    }
    return NULL;
}

// The nearest verb to a word that is none; NULL: nothing is near.
static const char *cli_near_verb(const char *name)
{
    const char *names[CLI_NAMES_MAX];
    size_t count = 0;
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        CHECK(count < CLI_NAMES_MAX);
        names[count++] = verb->name;
    }
    return text_nearest(name, names, count);
}

static const char *cli_near_flag(const struct cli *cli, const char *name)
{
    const struct cli_flag *const tables[] = {cli->verb ? cli->verb->flags : NULL, cli_global_flags};
    const char *names[CLI_NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        for (const struct cli_flag *flag = tables[i]; flag && flag->name; flag++) {
            CHECK(count < CLI_NAMES_MAX);
            names[count++] = flag->name;
        }
    }
    return text_nearest(name, names, count);
}

static int cli_add(struct cli *cli, const struct cli_flag *flag, const char *text)
{
    struct cli_value value = {.flag = flag, .text = text};
    if (flag->max > 0) {
        char *end = NULL;
        errno = 0;
        value.number = strtoll(text, &end, 10);
        // strtoll takes blanks and a plus; a number here is digits with perhaps a minus.
        const bool odd = text[strspn(text, "-0123456789")] != '\0' || end == text || *end != '\0';
        if (odd || errno == ERANGE || value.number < flag->min || value.number > flag->max) {
            return cli_usage(cli, "--%s wants a whole number from %lld to %lld, not '%s'",
                             flag->name, (long long)flag->min, (long long)flag->max, text);
        }
    }
    if (flag->choices) {
        const char *at = flag->choices;
        const size_t size = strlen(text);
        bool found = false;
        while (at && !found) {
            found = strcspn(at, "|") == size && memcmp(at, text, size) == 0;
            at = strchr(at, '|');
            at = at ? at + 1 : NULL;
        }
        if (!found) {
            return cli_usage(cli, "--%s wants one of %s, not '%s'", flag->name, flag->choices,
                             text);
        }
    }
    // A verb's flag given twice is a mistake somebody should see; of the global ones (a shell
    // alias sets them) the last one counts.
    const bool global = cli_find_flag(cli_global_flags, flag->name, strlen(flag->name)) == flag;
    if (!flag->repeat && !global && flag->arg && cli_has(cli, flag->name)) {
        return cli_usage(cli, "--%s was given twice", flag->name);
    }
    cli->values = xrealloc(cli->values, (cli->value_count + 1) * sizeof cli->values[0]);
    cli->values[cli->value_count++] = value;
    return EXIT_OK;
}

// --name, --name=value, --name value. `*at` stands on the flag and moves to its last word.
static int cli_parse_long(struct cli *cli, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    const size_t size = strcspn(name, "=");
    const char *text = name[size] == '=' ? name + size + 1 : NULL;
    const struct cli_flag *flag = cli->verb ? cli_find_flag(cli->verb->flags, name, size) : NULL;
    flag = flag ? flag : cli_find_flag(cli_global_flags, name, size);
    if (!flag) {
        char *bare = xstrndup(name, size);
        const char *near = cli_near_flag(cli, bare);
        const int code =
            near        ? cli_usage(cli, "there is no flag --%s; did you mean --%s?", bare, near)
            : cli->verb ? cli_usage(cli, "there is no flag --%s", bare)
                        : cli_usage(cli,
                                    "there is no global flag --%s; a verb's own flags come "
                                    "after the verb",
                                    bare);
        free(bare);
        return code;
    }
    if (!flag->arg) {
        return text ? cli_usage(cli, "--%s takes no value", flag->name) : cli_add(cli, flag, NULL);
    }
    if (!text) {
        if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
            return cli_usage(cli, "--%s wants a value: --%s %s", flag->name, flag->name, flag->arg);
        }
        text = argv[++*at];
    }
    if (text[0] == '\0') {
        return cli_usage(cli, "the value of --%s is empty", flag->name);
    }
    return cli_add(cli, flag, text);
}

// -q, -qy, -n3: letters in a row; one that takes a value takes the rest or the next word.
static int cli_parse_short(struct cli *cli, int argc, char **argv, int *at)
{
    for (const char *letter = argv[*at] + 1; *letter != '\0'; letter++) {
        const struct cli_flag *flag = cli->verb ? cli_find_letter(cli->verb->flags, *letter) : NULL;
        flag = flag ? flag : cli_find_letter(cli_global_flags, *letter);
        if (!flag) {
            const size_t step = utf8_step(letter, strlen(letter));
            return cli_usage(cli, "there is no flag -%.*s", step > 0 ? (int)step : 1, letter);
        }
        if (!flag->arg) {
            if (cli_add(cli, flag, NULL) != EXIT_OK) {
                return EXIT_USAGE;
            }
            continue;
        }
        if (letter[1] == '\0' && *at + 1 >= argc) {
            return cli_usage(cli, "-%c wants a value: -%c %s", *letter, *letter, flag->arg);
        }
        return cli_add(cli, flag, letter[1] != '\0' ? letter + 1 : argv[++*at]);
    }
    return EXIT_OK;
}

static int cli_parse_word(struct cli *cli, const char *word)
{
    if (cli->verb) {
        cli->args[cli->arg_count++] = word;
        return EXIT_OK;
    }
    cli->verb = cli_find_verb(word);
    if (cli->verb) {
        return EXIT_OK;
    }
    const char *near = cli_near_verb(word);
    if (near) {
        return cli_usage(cli, "there is no verb '%s'; did you mean '%s'?", word, near);
    }
    return cli_usage(cli, "there is no verb '%s'", word);
}

static enum cli_lang cli_lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0] != '\0') {
            return strncmp(value, "zh", 2) == 0 ? CLI_ZH : CLI_EN;
        }
    }
    return CLI_EN;
}

// The global flags' effects; also runs after a failed parse, so that its complaint obeys --color.
static void cli_apply(struct cli *cli)
{
    const char *color = cli_text(cli, "color", "auto");
    const enum term_when when = strcmp(color, "always") == 0  ? TERM_ALWAYS
                                : strcmp(color, "never") == 0 ? TERM_NEVER
                                                              : TERM_AUTO;
    term_init(&cli->out, stdout, when);
    term_init(&cli->err, stderr, when);
    const char *progress = cli_text(cli, "progress", "auto");
    const enum progress_mode mode = strcmp(progress, "none") == 0    ? PROGRESS_NONE
                                    : strcmp(progress, "plain") == 0 ? PROGRESS_PLAIN
                                                                     : PROGRESS_AUTO;
    cli->quiet = cli_has(cli, "quiet");
    cli->help = cli_has(cli, "help");
    cli->version = cli_has(cli, "version");
    const char *lang = cli_text(cli, "lang", NULL);
    cli->lang = lang ? (strcmp(lang, "zh") == 0 ? CLI_ZH : CLI_EN) : cli_lang_of_environment();
    progress_deinit(&cli->progress);
    progress_init(&cli->progress, &cli->err, mode, cli->quiet);
}

static int cli_check_counts(struct cli *cli)
{
    const struct cli_verb *verb = cli->verb;
    if (!verb || cli->help || cli->version) {
        return EXIT_OK;
    }
    if (cli->arg_count < verb->args_min) {
        return cli_usage(cli, "%s is missing", verb->usage);
    }
    if (cli->arg_count > verb->args_max) {
        return cli_usage(cli, "'%s' is one word too many", cli->args[verb->args_max]);
    }
    for (const struct cli_flag *flag = verb->flags; flag->name; flag++) {
        if (flag->required && !cli_has(cli, flag->name)) {
            return cli_usage(cli, "--%s %s is missing: %s", flag->name, flag->arg, flag->help);
        }
    }
    return EXIT_OK;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    *cli = (struct cli){0};
    cli->args = xcalloc((size_t)argc + 1, sizeof cli->args[0]);
    cli_apply(cli);
    int code = EXIT_OK;
    bool flags = true;  // Until "--".
    for (int at = 1; at < argc && code == EXIT_OK; at++) {
        const char *word = argv[at];
        if (!flags || word[0] != '-' || word[1] == '\0') {
            code = cli_parse_word(cli, word);
        } else if (strcmp(word, "--") == 0) {
            flags = false;
        } else if (word[1] == '-') {
            code = cli_parse_long(cli, argc, argv, &at);
        } else {
            code = cli_parse_short(cli, argc, argv, &at);
        }
    }
    cli_apply(cli);
    return code == EXIT_OK ? cli_check_counts(cli) : code;
}

void cli_deinit(struct cli *cli)
{
    progress_deinit(&cli->progress);
    free(cli->values);
    free(cli->args);
}

static int cli_run(struct cli *cli)
{
    if (cli->version) {
        printf("drumbeat %s\n", DRUMBEAT_VERSION);
        return EXIT_OK;
    }
    if (cli->help && cli->verb) {
        help_verb(cli, cli->verb);
        return EXIT_OK;
    }
    if (cli->help) {
        help_overview(cli, &cli->out);
        return EXIT_OK;
    }
    if (!cli->verb) {
        help_overview(cli, &cli->err);
        return EXIT_USAGE;
    }
    return cli->verb->run(cli);
}

// Whoever closed stdout must not have the next opened file, a database perhaps, written over by
// what we print: the numbers are taken by something that refuses writing.
static void cli_hold_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            CHECK(open("/dev/null", O_RDONLY) == fd);
        }
    }
}

int cli_main(int argc, char **argv)
{
    cli_hold_descriptors();
    // A connector or a pager that went away is an error of that write, not the engine's end.
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strncmp(argv[1], "__", 2) == 0) {
        return help_docs(argc, argv);
    }
    struct cli cli;
    int code = cli_parse(&cli, argc, argv);
    if (code == EXIT_OK) {
        code = cli_run(&cli);
    }
    progress_end(&cli.progress, "");
    errno = 0;
    const bool lost = fflush(stdout) != 0 || ferror(stdout);
    // Whoever reads may leave early (`| head`); a full disk must not look like success.
    if (lost && errno != EPIPE) {
        cli_warn(&cli, "could not write the result: %s",
                 errno != 0 ? strerror(errno) : "writing to stdout failed");
        code = code == EXIT_OK ? EXIT_FAILED : code;
    }
    cli_deinit(&cli);
    return code;
}
