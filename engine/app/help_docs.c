// Documents made from the verb table at build time: the manual page (roff, man(7)) and the bash
// completion. Hidden from help: nobody types these.

#include "app/help.h"
#include "app/status_rules.h"

#include <stdio.h>
#include <string.h>

// Text for roff: a leading dot or quote would be a request, a backslash an escape, a minus a dash.
static void docs_roff(const char *text)
{
    if (*text == '.' || *text == '\'') {
        printf("\\&");
    }
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            printf("\\e");
        } else if (*text == '-') {
            printf("\\-");
        } else {
            putchar(*text);
        }
    }
}

static void docs_man_flags(const struct cli_flag *flags)
{
    for (; flags->name; flags++) {
        printf(".TP\n");
        if (flags->letter) {
            printf("\\fB\\-%c\\fR, ", flags->letter);
        }
        printf("\\fB\\-\\-");
        docs_roff(flags->name);
        printf("\\fR");
        if (flags->arg) {
            printf(" \\fI%s\\fR", flags->arg);
        }
        printf("\n");
        docs_roff(flags->help);
        printf("%s\n", flags->required ? " (required)" : "");
    }
}

static void docs_man_verb(const struct cli_verb *verb)
{
    printf(".SS \"drumbeat %s", verb->name);
    if (verb->usage[0] != '\0') {
        printf(" ");
        docs_roff(verb->usage);
    }
    printf("\"\n");
    putchar(verb->help[0] - 'a' + 'A');  // The table writes them in lower case.
    docs_roff(verb->help + 1);
    printf(".\n");
    if (verb->about) {
        docs_roff(verb->about);
        printf("\n");
    }
    docs_man_flags(verb->flags);
    printf(".PP\n.nf\n");
    for (const struct cli_example *example = verb->examples; example->command; example++) {
        docs_roff(example->command);
        printf("    # ");
        docs_roff(example->note);
        printf("\n");
    }
    printf(".fi\n");
}

static void docs_man(void)
{
    printf(".TH DRUMBEAT 1 \"\" \"drumbeat " DRUMBEAT_VERSION "\" \"User Commands\"\n"
           ".SH NAME\ndrumbeat \\- runs community campaigns from Lua playbooks\n"
           ".SH SYNOPSIS\n.B drumbeat\n.I verb\n[\\fIoptions\\fR]\n"
           ".SH DESCRIPTION\n"
           "Plans, rehearses and runs marketing campaigns of several days in chat groups. A\n"
           "campaign is a folder: \\fIcampaign.lua\\fR binds playbooks to groups, goods and "
           "budgets.\n"
           ".SH COMMANDS\n");
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        docs_man_verb(verb);
    }
    printf(".SH GLOBAL OPTIONS\n");
    docs_man_flags(cli_global_flags);
    printf(".SH EXIT STATUS\n"
           "0 ok, 1 ran and failed, 2 usage, 3 invalid playbook or campaign, 4 a promise broken,\n"
           "5 needs a confirmation, 6 no engine, 7 verification failed, 8 differences found.\n"
           ".SH ENVIRONMENT\n"
           ".TP\n.B NO_COLOR\nnot empty: no colour.\n"
           ".TP\n.B CLICOLOR_FORCE\nnot 0: colour also where there is no terminal.\n"
           ".TP\n.B LC_ALL, LC_MESSAGES, LANG\nlanguage of texts for people.\n");
}

static void docs_flag_words(const struct cli_flag *flags)
{
    for (; flags->name; flags++) {
        printf(" --%s", flags->name);
    }
}

// "price:--campaign) words=; files=1;;": what may follow a flag.
static void docs_flag_values(const char *verb, const struct cli_flag *flags)
{
    for (; flags->name; flags++) {
        if (!flags->arg) {
            continue;
        }
        printf("    %s:--%s) ", verb, flags->name);
        if (flags->choices) {
            printf("words='");
            for (const char *at = flags->choices; *at != '\0'; at++) {
                putchar(*at == '|' ? ' ' : *at);
            }
            printf("'; files=;;\n");
        } else if (strcmp(flags->arg, "FILE") == 0 || strcmp(flags->arg, "DIR") == 0) {
            printf("words=; files=1;;\n");
        } else {
            printf("words=; files=;;\n");
        }
    }
}

static void docs_verb_words(void)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        printf("%s ", verb->name);
    }
}

static void docs_completion(void)
{
    printf(
        "# bash completion of drumbeat; generated from its verb table\n"
        "_drumbeat()\n{\n"
        "    local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
        "    local verb= words= files=1 word\n"
        "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        case \"$word\" in\n        -*) ;;\n        ");
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        printf("%s%s", verb == cli_verbs ? "" : "|", verb->name);
    }
    printf(") verb=\"$word\"; break;;\n        esac\n    done\n    case \"$verb\" in\n    '') "
           "files=; words='");
    docs_verb_words();
    docs_flag_words(cli_global_flags);
    printf("';;\n    help) files=; words='");
    docs_verb_words();
    for (const struct help_topic *topic = help_topics; topic->name; topic++) {
        printf("%s ", topic->name);
    }
    printf("';;\n");
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        if (!verb->flags->name) {
            continue;  // help: written above.
        }
        printf("    %s) words='", verb->name);
        docs_flag_words(verb->flags);
        docs_flag_words(cli_global_flags);
        printf("';;\n");
    }
    printf("    esac\n    case \"$verb:$before\" in\n");
    docs_flag_values("*", cli_global_flags);
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        docs_flag_values(verb->name, verb->flags);
    }
    printf("    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    if [[ -n $files && $current != -* ]]; then\n"
           "        compopt -o filenames 2>/dev/null\n"
           "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
           "    fi\n}\n"
           "complete -F _drumbeat drumbeat\n");
}

static void docs_alerts(void)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    status_rules_put(&out);
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

static int docs_parse(int argc, char **argv)
{
    struct cli cli;
    const int code = cli_parse(&cli, argc, argv);
    if (code == EXIT_OK && cli.verb) {
        printf("%s %zu\n", cli.verb->name, cli.arg_count);
    }
    cli_deinit(&cli);
    return code;
}

int help_docs(int argc, char **argv)
{
    const char *what = argv[1];
    if (strcmp(what, "__man") == 0) {
        docs_man();
        return EXIT_OK;
    }
    if (strcmp(what, "__completion") == 0 && argc == 3 && strcmp(argv[2], "bash") == 0) {
        docs_completion();
        return EXIT_OK;
    }
    if (strcmp(what, "__alerts") == 0) {
        docs_alerts();
        return EXIT_OK;
    }
    if (strcmp(what, "__parse") == 0) {
        return docs_parse(argc - 1, argv + 1);
    }
    if (strcmp(what, "__examples") == 0) {
        for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
            for (const struct cli_example *example = verb->examples; example->command; example++) {
                printf("%s\n", example->command);
            }
        }
        return EXIT_OK;
    }
    fprintf(stderr, "drumbeat: there is no verb '%s'\n", what);
    return EXIT_USAGE;
}
