// The console's loop: what is typed, what is shown, what it takes to change something. See
// attach.h.
#include "app/attach.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/attach_reload.h"
#include "app/attach_edit.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES CONTROL_LINE_MAX
#define COUNTDOWN_S 5
#define LINE_SHOWN 60  // Bytes of somebody else's line.

struct console {
    struct cli *cli;
    struct attach_link *link;
    struct attach_edit *edit;  // NULL: stdin is no terminal.
    bool live;
    char campaign[128];
    char prompt[256];
    struct buf line;  // What was typed so far of one that goes on.
    bool failed;      // The last line was refused or wrong.
    int64_t seen;     // The newest change that she knows of.
};

static size_t width_of(const struct console *c)
{
    term_measure(&c->cli->out);
    return c->cli->out.width;
}

// --- Asking a person. ---

// A line from her, without history; NULL: she leaves it.
static const char *ask_person(struct console *c, const char *prompt)
{
    bool interrupted;
    return c->edit == NULL ? NULL : attach_edit_line(c->edit, prompt, &interrupted);
}

// Ctrl-C or Enter within these seconds stops it.
static bool count_down(const struct console *c)
{
    (void)c;
    for (int left = COUNTDOWN_S; left > 0; left--) {
        printf("\r  in %d s; Enter or Ctrl-C stops it ", left);
        fflush(stdout);
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&in, 1, 1000) != 0) {
            char eaten[256];
            if (in.revents != 0 && read(STDIN_FILENO, eaten, sizeof(eaten)) < 0) {
                eaten[0] = '\0';
            }
            printf("\n  stopped: nothing was changed\n");
            return false;
        }
    }
    printf("\r                                      \r");
    return true;
}

static void put_text_member(struct buf *out, const char *name, struct slice value)
{
    buf_printf(out, ",\"%s\":", name);
    json_put_text(out, value.data, value.size);
}

// What it takes to apply what was shown: Enter, an amount, a countdown. false: she leaves it.
static bool agree(struct console *c, const struct json_node *shown, struct buf *more)
{
    const struct slice class = attach_text(shown, "class");
    const struct slice confirm = attach_text(shown, "confirm");
    char prompt[200];
    put_text_member(more, "token", attach_text(shown, "token"));
    if (confirm.size == 0) {
        const char *answer = ask_person(c, "  Enter applies, anything else leaves it: ");
        return answer != NULL && answer[0] == '\0';
    }
    const struct slice what = attach_text(shown, "confirm_what");
    const struct slice why = attach_text(shown, "why");
    if (why.size > 0) {
        printf("  ! can't be undone: %.*s\n", (int)why.size, why.data);
    }
    snprintf(prompt, sizeof(prompt), "  ! %.*s: type %.*s (%.*s) to confirm: ", (int)class.size,
             class.data, (int)confirm.size, confirm.data, (int)what.size, what.data);
    const char *answer = ask_person(c, prompt);
    if (answer == NULL || answer[0] == '\0') {
        return false;
    }
    put_text_member(more, "confirm", slice_of(answer));
    return !slice_is(class, "final") || count_down(c);
}

// --- Lines. ---

static bool lost(struct console *c, const struct err *e)
{
    cli_warn(c->cli, "%s", e->text);
    return false;
}

// Sends a change that was agreed on. false: the connection is gone.
static bool apply(struct console *c, struct attach_link *link, const char *op, const char *text,
                  const char *more)
{
    const struct json_node *answer;
    struct err e = {0};
    if (!attach_op(link, op, text, width_of(c), more, &answer, &e)) {
        return lost(c, &e);
    }
    if (!attach_is(answer, "ok")) {
        c->failed = true;
        attach_print(c->cli, answer);
    } else {
        const struct slice shown = attach_text(answer, "text");
        fwrite(shown.data, 1, shown.size, stdout);
        attach_tell_applied(answer);
        const struct json_node *tweak = json_field(answer, "tweak");
        if (tweak != NULL && tweak->type == JSON_INT && tweak->integer > c->seen) {
            c->seen = tweak->integer;
        }
    }
    return true;
}

// The answer to a look that would change something.
static bool offer(struct console *c, const char *op, const char *text, const char *extra,
                  const struct json_node *answer)
{
    struct buf more;
    bool ok = true;
    if (!c->live) {
        printf("  nothing was changed: you are here to look. `live` lets you change things\n");
        return true;
    }
    buf_init(&more, 4096);
    buf_puts(&more, extra);
    if (c->edit == NULL) {
        printf("  nothing was changed: nobody is there to confirm it (drumbeat eval --apply)\n");
        c->failed = true;
    } else if (agree(c, answer, &more)) {
        ok = apply(c, c->link, op, text, more.data);
    } else {
        printf("  left as it is\n");
    }
    buf_deinit(&more);
    return ok;
}

// A whole line of Lua or words. *partial: it goes on.
static bool eval(struct console *c, const char *text, bool *partial)
{
    const struct json_node *answer;
    struct err e = {0};
    *partial = false;
    const char *color = c->cli->out.color ? ",\"color\":true" : "";
    if (c->edit != NULL && (strncmp(text, "whatif ", 7) == 0 || strncmp(text, "why", 3) == 0)) {
        printf("  some seconds: a child works it out from a copy; Ctrl-C stops it\n");
        fflush(stdout);
    }
    c->link->is_stopped = c->edit != NULL ? attach_edit_interrupted : NULL;
    const bool answered = attach_op(c->link, "eval", text, width_of(c), color, &answer, &e);
    c->link->is_stopped = NULL;
    if (!answered && e.kind == ERR_REFUSED) {
        printf("\n  stopped\n");
        return true;
    }
    if (!answered) {
        return lost(c, &e);
    }
    if (attach_is(answer, "partial")) {
        *partial = true;
        return true;
    }
    if (!attach_print(c->cli, answer)) {
        c->failed = true;
        return true;
    }
    return attach_text(answer, "change").size == 0 || offer(c, "apply", text, "", answer);
}

// undo N, approve N, refuse N: previewed, then done.
static bool decide(struct console *c, const char *op, const char *number, bool nearest)
{
    const struct json_node *answer;
    struct err e = {0};
    char extra[100];
    char *end;
    const long long tweak = strtoll(number, &end, 10);
    if (tweak <= 0 || *end != '\0') {
        printf("  %s N: which one? `tweaks` shows their numbers\n", op);
        c->failed = true;
        return true;
    }
    if (!c->live) {
        printf("  you are here to look. `live` lets you change things\n");
        return true;
    }
    snprintf(extra, sizeof(extra), ",\"tweak\":%lld%s", tweak, nearest ? ",\"nearest\":true" : "");
    char preview[140];
    snprintf(preview, sizeof(preview), "%s,\"preview\":true", extra);
    if (!attach_op(c->link, op, "", width_of(c), preview, &answer, &e)) {
        return lost(c, &e);
    }
    if (attach_is(answer, "nearest")) {
        attach_print(c->cli, answer);
        printf("  the nearest to that:\n");
        return decide(c, op, number, true);
    }
    if (!attach_print(c->cli, answer)) {
        c->failed = true;
        return true;
    }
    return offer(c, op, "", extra, answer);
}

// discard N, replay N: an event that couldn't be handled and for which others wait.
static bool settle(struct console *c, const char *number, bool again)
{
    const struct json_node *answer;
    struct err e = {0};
    char fields[80];
    char *end;
    const long long parked = strtoll(number, &end, 10);
    if (parked <= 0 || *end != '\0') {
        printf("  %s N: which one? `parked` shows their numbers\n", again ? "replay" : "discard");
        c->failed = true;
        return true;
    }
    if (!c->live) {
        printf("  you are here to look. `live` lets you change things\n");
        return true;
    }
    snprintf(fields, sizeof(fields), ",\"parked\":%lld%s", parked, again ? ",\"again\":true" : "");
    if (!attach_op(c->link, "settle", "", width_of(c), fields, &answer, &e)) {
        return lost(c, &e);
    }
    if (!attach_print(c->cli, answer)) {
        c->failed = true;
    } else {
        printf("  parked %lld is %s; what waited behind it follows\n", parked,
               again ? "handled" : "given up");
    }
    return true;
}

static bool go_live(struct console *c)
{
    struct attach_link operate;
    struct err e = {0};
    if (!attach_open(&operate, c->link->folder, true, &e)) {
        c->failed = true;
        cli_warn(c->cli, "%s", e.text);
        return true;
    }
    attach_close(c->link);
    *c->link = operate;
    c->live = true;
    return true;
}

// The brake: never asks, whatever the mode.
static bool brake(struct console *c, const char *text)
{
    struct attach_link operate;
    struct err e = {0};
    if (c->live) {
        return apply(c, c->link, "apply", text, "");
    }
    if (!attach_open(&operate, c->link->folder, true, &e)) {
        c->failed = true;
        return lost(c, &e);
    }
    const bool ok = apply(c, &operate, "apply", text, "");
    attach_close(&operate);
    return ok;
}

// "1s uv, budgets" -> 1000 and "uv, budgets".
static const char *read_every(const char *rest, long *every_ms)
{
    char *end;
    const double value = strtod(rest, &end);
    *every_ms = 1000;
    if (end == rest) {
        return rest;
    }
    const bool minutes = *end == 'm' && end[1] != 's';
    *every_ms = (long)(value * (minutes ? 60000 : 1000));
    while (isalpha((unsigned char)*end)) {
        end++;
    }
    while (*end == ' ') {
        end++;
    }
    return end;
}

// Looks again and again until a key.
static bool watch(struct console *c, const char *rest)
{
    const struct json_node *answer;
    struct err e = {0};
    struct buf fields;
    long every_ms;
    const char *text = read_every(rest, &every_ms);
    buf_init(&fields, CONTROL_LINE_MAX);
    buf_puts(&fields, "show_all(");
    buf_puts(&fields, text);
    buf_puts(&fields, ")");
    struct buf line;
    buf_init(&line, CONTROL_LINE_MAX);
    buf_printf(&line, "{\"id\":%lld,\"op\":\"watch\",\"every_ms\":%ld,\"width\":%zu,\"text\":",
               (long long)++c->link->id, every_ms, width_of(c));
    json_put_z(&line, fields.data);
    buf_puts(&line, "}\n");
    bool ok = write(c->link->fd, line.data, line.size) == (ssize_t)line.size;
    printf("(Enter stops it)\n");
    while (ok) {
        ok = attach_wait(c->link, STDIN_FILENO, -1, &answer, &e);
        if (!ok || answer == NULL) {
            break;
        }
        if (!attach_print(c->cli, answer)) {
            c->failed = true;
            break;
        }
    }
    if (ok && answer == NULL) {
        char eaten[256];
        if (read(STDIN_FILENO, eaten, sizeof(eaten)) < 0) {
            eaten[0] = '\0';
        }
    }
    buf_deinit(&fields);
    buf_deinit(&line);
    return (ok && attach_ask(c->link, "\"op\":\"interrupt\"", &answer, &e)) || lost(c, &e);
}

static bool starts(const char *line, const char *word, const char **rest)
{
    const size_t size = strlen(word);
    if (strncmp(line, word, size) != 0 || (line[size] != ' ' && line[size] != '\0')) {
        return false;
    }
    *rest = line + size + strspn(line + size, " ");
    return true;
}

static bool agree_reload(void *ctx)
{
    const char *answer = ask_person(ctx, "  Enter lets it take over, anything else leaves it: ");
    return answer != NULL && answer[0] == '\0';
}

static bool reload(struct console *c, const char *rest)
{
    struct err e = {0};
    if (!c->live) {
        printf("  you are here to look. `live` lets you change things\n");
        return true;
    }
    return attach_reload(c->link, rest, agree_reload, c, &c->failed, &e) || lost(c, &e);
}

// What the client does itself. *handled: it was such a line.
static bool own_line(struct console *c, const char *line, bool *handled)
{
    const char *rest;
    *handled = true;
    if (starts(line, "live", &rest)) {
        return go_live(c);
    }
    if (starts(line, "undo", &rest)) {
        return decide(c, "undo", rest, false);
    }
    if (starts(line, "approve", &rest)) {
        return decide(c, "approve", rest, false);
    }
    if (starts(line, "refuse", &rest)) {
        return decide(c, "refuse", rest, false);
    }
    if (starts(line, "discard", &rest)) {
        return settle(c, rest, false);
    }
    if (starts(line, "replay", &rest)) {
        return settle(c, rest, true);
    }
    if (starts(line, "watch", &rest)) {
        return watch(c, rest);
    }
    if (starts(line, "reload", &rest)) {
        return reload(c, rest);
    }
    if (starts(line, "pause", &rest) && strcmp(rest, "all") == 0) {
        return brake(c, line);
    }
    *handled = false;
    return true;
}

// --- The loop. ---

static size_t complete(void *ctx, const char *line, size_t size,
                       void (*offer_name)(void *to, const char *name, size_t size), void *to)
{
    struct console *c = ctx;
    const struct json_node *answer;
    struct err e = {0};
    char *text = xstrndup(line, size);
    const bool ok = attach_op(c->link, "complete", text, 80, "", &answer, &e);
    free(text);
    const struct json_node *found = ok ? json_field(answer, "complete") : NULL;
    const struct json_node *from = found == NULL ? NULL : json_field(found, "from");
    const struct json_node *items = found == NULL ? NULL : json_field(found, "items");
    if (from == NULL || items == NULL || items->type != JSON_ARRAY) {
        return size;
    }
    for (const struct json_node *n = json_child(items); n != json_end(items); n = json_next(n)) {
        offer_name(to, n->text, n->text_size);
    }
    return (size_t)from->integer;
}

// What was changed elsewhere since the last prompt: the newest of it.
static void tell_others(struct console *c, const struct json_node *hello, bool first)
{
    const struct json_node *last = json_field(hello, "last");
    const struct json_node *tweak = last == NULL ? NULL : json_field(last, "tweak");
    if (tweak == NULL || tweak->integer <= c->seen) {
        return;
    }
    const struct slice by = attach_text(last, "by");
    const struct slice time = attach_text(last, "time");
    const struct slice line = attach_text(last, "line");
    if (!first) {
        struct buf shown;
        buf_init(&shown, 4 * CONTROL_LINE_MAX);
        utf8_escape(line.data, utf8_cut(line.data, line.size, LINE_SHOWN), &shown);
        printf("  * %.*s at %.*s, tweak %" PRId64 ": %.*s%s\n", (int)by.size, by.data,
               (int)time.size, time.data, tweak->integer, (int)shown.size, shown.data,
               attach_is(last, "waiting") ? "  (waits for a second person)" : "");
        buf_deinit(&shown);
    }
    c->seen = tweak->integer;
}

// "double-11 20:17:04 ro> "; the hello of a new connection is told once.
static bool make_prompt(struct console *c, bool first)
{
    const struct json_node *answer;
    struct err e = {0};
    if (!attach_ask(c->link, "\"op\":\"hello\"", &answer, &e)) {
        return lost(c, &e);
    }
    const struct slice campaign = attach_text(answer, "campaign");
    const struct slice time = attach_text(answer, "time");
    const struct slice you = attach_text(answer, "you");
    const struct json_node *groups = json_field(answer, "groups");
    snprintf(c->prompt, sizeof(c->prompt), "%.*s %.*s %s%s> ", (int)campaign.size, campaign.data,
             (int)time.size, time.data, attach_is(answer, "paused") ? "PAUSED " : "",
             c->live ? "LIVE" : "ro");
    if (c->edit != NULL) {
        tell_others(c, answer, first);
    }
    if (first) {
        printf("%.*s · %lld groups · you are %.*s. Read-only until you type `live`.\n"
               "Help: ?  leave: Ctrl-D (the campaign goes on)\n",
               (int)campaign.size, campaign.data, groups == NULL ? 0 : (long long)groups->integer,
               (int)you.size, you.data);
    }
    return true;
}

// The next line, from the terminal or stdin. NULL: no more.
static const char *next_line(struct console *c, char *space, bool *interrupted)
{
    *interrupted = false;
    if (c->edit != NULL) {
        return attach_edit_line(c->edit, c->line.size > 0 ? "    ... > " : c->prompt, interrupted);
    }
    if (fgets(space, (int)LINE_MAX_BYTES, stdin) == NULL) {
        return NULL;
    }
    space[strcspn(space, "\r\n")] = '\0';
    return space;
}

static bool one_line(struct console *c, const char *typed)
{
    bool handled = false;
    bool partial;
    c->failed = false;
    if (c->line.size == 0) {
        const char *rest;
        typed += strspn(typed, " \t");
        if (typed[0] == '\0') {
            return true;
        }
        if (starts(typed, "exit", &rest) || starts(typed, "quit", &rest)) {
            return false;
        }
        if (c->edit != NULL) {
            attach_edit_remember(c->edit, typed);
        }
        if (!own_line(c, typed, &handled)) {
            return false;
        }
        if (handled) {
            return true;
        }
    } else {
        buf_putc(&c->line, '\n');
    }
    buf_puts(&c->line, typed);
    if (!eval(c, c->line.data, &partial)) {
        return false;
    }
    if (!partial) {
        buf_clear(&c->line);
    }
    return true;
}

int attach_console(struct cli *cli, struct attach_link *link)
{
    struct console c = {.cli = cli, .link = link};
    const bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    char *space = xmalloc(LINE_MAX_BYTES);
    bool failed = false;
    buf_init(&c.line, CONTROL_LINE_MAX);
    if (person) {
        c.edit = attach_edit_new(complete, &c);
    }
    bool going = make_prompt(&c, person);
    while (going) {
        bool interrupted;
        const char *typed = next_line(&c, space, &interrupted);
        if (interrupted) {
            buf_clear(&c.line);
        } else if (typed == NULL) {
            break;
        } else {
            going = one_line(&c, typed);
            failed |= c.failed;
        }
        going = going && (c.edit == NULL || make_prompt(&c, false));
    }
    if (c.edit != NULL) {
        attach_edit_free(c.edit);
        printf("\n");
    }
    buf_deinit(&c.line);
    free(space);
    return !person && failed ? EXIT_FAILED : EXIT_OK;
}
