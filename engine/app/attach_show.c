// What the engine answered, for people; and `drumbeat eval`, one line of the console. See attach.h.
#include <stdio.h>
#include <string.h>

#include "app/attach.h"
#include "base/utf8.h"

static enum term_style style_of(char sign)
{
    return sign == '+' ? TERM_GOOD : sign == '-' ? TERM_BAD : sign == '~' ? TERM_WARN : TERM_PLAIN;
}

static void print_change(struct cli *cli, struct slice text)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    for (uint32_t from = 0; from < text.size;) {
        const char *stop = memchr(text.data + from, '\n', text.size - from);
        const uint32_t to = stop == NULL ? text.size : (uint32_t)(stop - text.data);
        struct buf line;
        buf_init(&line, (size_t)1 << 18);
        utf8_escape(text.data + from, to - from, &line);
        buf_puts(&out, "  ");
        term_style(&cli->out, &out, style_of(text.data[from]), line.size == 0 ? "" : line.data);
        buf_putc(&out, '\n');
        buf_deinit(&line);
        from = to + 1;
    }
    term_flush(&cli->out, &out);
    buf_deinit(&out);
}

bool attach_print(struct cli *cli, const struct json_node *answer)
{
    const struct slice text = attach_text(answer, "text");
    if (!attach_is(answer, "ok")) {
        const struct slice why = attach_text(answer, "error");
        struct buf out;
        buf_init(&out, (size_t)1 << 16);
        term_style(&cli->err, &out, TERM_BAD, "error: ");
        utf8_escape(why.data, why.size, &out);
        buf_putc(&out, '\n');
        fflush(stdout);
        term_flush(&cli->err, &out);
        buf_deinit(&out);
        return false;
    }
    if (text.size > 0) {
        fwrite(text.data, 1, text.size, stdout);
    }
    print_change(cli, attach_text(answer, "change"));
    fflush(stdout);
    return true;
}

void attach_tell_applied(const struct json_node *answer)
{
    const struct json_node *tweak = json_field(answer, "tweak");
    const struct slice how = attach_text(answer, "how");
    const long long id = tweak == NULL ? 0 : (long long)tweak->integer;
    if (slice_is(how, "propose")) {
        printf("  waits for a second person: `approve %lld`, within 10 minutes\n", id);
    } else if (slice_is(how, "undo")) {
        printf("  tweak %lld is undone\n", id);
    } else if (slice_is(how, "refuse")) {
        printf("  tweak %lld is refused\n", id);
    } else if (attach_is(answer, "undo")) {
        printf("  applied as tweak %lld; `undo %lld` takes it back while it can be\n", id, id);
    } else {
        printf("  applied as tweak %lld; it can't be undone\n", id);
    }
}

bool attach_decision(const char *line, char op[16], long long *tweak)
{
    static const char *const OPS[] = {"undo", "approve", "refuse"};
    char after;
    if (sscanf(line, "%15s %lld %c", op, tweak, &after) != 2) {
        return false;
    }
    for (size_t i = 0; i < sizeof(OPS) / sizeof(OPS[0]); i++) {
        if (strcmp(op, OPS[i]) == 0) {
            return true;
        }
    }
    return false;
}

int attach_eval(struct cli *cli, struct attach_link *link, const char *line)
{
    char op[16];
    long long tweak;
    const struct json_node *answer;
    struct err e = {0};
    struct buf more;
    buf_init(&more, 4096);
    const bool apply_it = cli_has(cli, "apply");
    if (cli_has(cli, "json")) {
        buf_puts(&more, ",\"data\":true");
    }
    if (cli_has(cli, "confirm")) {
        buf_puts(&more, ",\"confirm\":");
        json_put_z(&more, cli_text(cli, "confirm", ""));
    }
    const bool decides = attach_decision(line, op, &tweak);
    if (decides) {
        buf_printf(&more, ",\"tweak\":%lld%s", tweak, apply_it ? "" : ",\"preview\":true");
    } else {
        snprintf(op, sizeof(op), "%s", apply_it ? "apply" : "eval");
    }
    const bool asked = attach_op(link, op, decides ? "" : line, cli->out.width,
                                 more.size == 0 ? "" : more.data, &answer, &e);
    buf_deinit(&more);
    if (!asked) {
        cli_warn(cli, "%s", e.text);
        return EXIT_NO_ENGINE;
    }
    const bool changes = attach_text(answer, "change").size > 0;
    const bool ok = attach_is(answer, "ok");
    const bool confirm = attach_is(answer, "needs_confirm");
    if (cli_has(cli, "json")) {
        struct buf out;
        buf_init(&out, ATTACH_ANSWER_MAX);
        json_canonical(answer, &out);
        buf_putc(&out, '\n');
        fwrite(out.data, 1, out.size, stdout);
        buf_deinit(&out);
    } else if (attach_print(cli, answer) && changes && apply_it) {
        attach_tell_applied(answer);
    } else if (ok && changes) {
        cli_warn(cli, "nothing was changed: give --apply");
    }
    return confirm || (ok && changes && !apply_it) ? EXIT_CONFIRM : ok ? EXIT_OK : EXIT_FAILED;
}
