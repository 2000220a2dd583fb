// Help pages that belong to no verb.

#include "app/help.h"

#include <string.h>

struct help_code {
    const char *code;
    const char *meaning;
};

static const struct help_code help_codes[] = {
    {"0", "ok"},
    {"1", "ran, and failed: a playbook's error, a connector down, disk full"},
    {"2", "usage: the command line is wrong; the nearest verb or flag is suggested"},
    {"3", "a playbook, campaign or input file is invalid: everything that check finds"},
    {"4", "a promise was broken: budget, margin, threshold"},
    {"5", "needs a confirmation, and nobody is there to give it"},
    {"6", "no engine is running"},
    {"7", "verification failed: receipt, journal or a damaged database"},
    {"8", "differences were found"},
    {NULL, NULL},
};

static int help_show_codes(struct cli *cli)
{
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    buf_puts(&out, "Exit codes are stable; scripts may rely on them.\n\n");
    for (const struct help_code *code = help_codes; code->code; code++) {
        buf_printf(&out, "  %s  ", code->code);
        term_wrap(&out, code->meaning, 5, 5, cli->out.width);
        buf_putc(&out, '\n');
    }
    buf_putc(&out, '\n');
    term_wrap(
        &out,
        "A rehearsal stopped by a signal prints what there is and ends with 128 and its number: "
        "130 for Ctrl-C. So does a feed, and keeps what it handled. A live run that is stopped "
        "keeps it too and ends with 0.",
        0, 0, cli->out.width);
    buf_putc(&out, '\n');
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    return EXIT_OK;
}

static int help_show_text(struct cli *cli, const char *text)
{
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    term_wrap(&out, text, 0, 0, cli->out.width);
    buf_putc(&out, '\n');
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    return EXIT_OK;
}

static int help_show_output(struct cli *cli)
{
    static const char text[] =
        "Results go to stdout; progress, questions and complaints go to stderr. With --json stdout "
        "is one JSON document whose \"schema\" names its kind and version.\n\n"
        "Progress: live bars on a terminal, one plain line a campaign day anywhere else. "
        "--progress plain asks for the lines, --progress none or -q for silence.\n\n"
        "Colour: --color always or never decides. Otherwise NO_COLOR (not empty) turns it off, "
        "else CLICOLOR_FORCE (not 0) turns it on, else a terminal has it unless TERM is dumb. "
        "Every state has a word or sign too.\n\n"
        "Questions are asked on the terminal. Where there is none, the answer is never yes: exit "
        "5. The verb's --yes answers beforehand.\n\n"
        "Language: --lang en or zh; else LC_ALL, LC_MESSAGES, LANG. Codes, keys and JSON stay the "
        "same.";
    return help_show_text(cli, text);
}

static int help_show_connectors(struct cli *cli)
{
    static const char text[] =
        "A connector carries groups: any program that speaks dcp/1, JSON lines. campaign.lua names "
        "it: connector { \"shop\", command = { \"./shop\" } } is started by `run`, and again when "
        "it "
        "ends; connector { \"shop\", socket = \"run/shop\" } connects to that Unix socket, when "
        "and as "
        "often as it likes.\n\n"
        "It says "
        "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"shop\",\"caps\":[\"send\",\"dm\"]}, then "
        "{\"t\":\"ev\",\"seq\":1,\"ts\":...,\"id\":\"m-1\",\"k\":\"message\",\"group\":\"old-1\","
        "\"member\":"
        "\"u1\",\"text\":\"hi\"} for what people do, and "
        "{\"t\":\"res\",\"id\":\"...\",\"ok\":true} for each "
        "command. It reads {\"t\":\"cmd\",...}, {\"t\":\"ack\",\"seq\":17} (kept, up to 17: "
        "durable) and "
        "{\"t\":\"err\",...}.\n\n"
        "What wasn't acknowledged it sends again with the same id; what came before is dropped. "
        "On a socket hello comes first; each stream has its own seq and ack; commands go to the "
        "newest stream that can do them; while there is none they wait in order, or expire.\n\n"
        "limits = { { 30, per = seconds(1) }, { 20, per = minutes(1), each = \"group\" } } says "
        "how "
        "fast commands go out, in rehearsals too. burst = 5: so many at once after a pause. "
        "\"err\":\"rate\",\"retry_ms\":1200 in a res holds up its channel for so long.\n\n"
        "All fields: examples/connectors/README.md. What wasn't sent: drumbeat outbox.";
    return help_show_text(cli, text);
}

const struct help_topic help_topics[] = {
    {"words", "the words of playbooks, each with an example", help_words},
    {"console", "the words of operators in a running engine's console", help_console},
    {"connectors", "programs that carry groups: dcp/1, sockets, limits", help_show_connectors},
    {"exit-codes", "what the exit code tells a script", help_show_codes},
    {"output", "stdout, stderr, JSON, colour, progress, language", help_show_output},
    {NULL, NULL, NULL},
};
