// Lines typed by a person: see attach_edit.h.
#include "app/attach_edit.h"

#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

#define HISTORY_LINES 1000
#define OFFERED_MAX 200

struct attach_edit {
    EditLine *line;
    History *history;
    HistEvent event;
    char file[600];
    const char *prompt;
    char *kept;
    attach_complete_fn complete;
    void *ctx;
    locale_t utf8;
};

static volatile sig_atomic_t interrupted_now;

static void on_interrupt(int signum)
{
    (void)signum;
    interrupted_now = 1;
}

bool attach_edit_interrupted(void)
{
    const bool was = interrupted_now != 0;
    interrupted_now = 0;
    return was;
}

static char *give_prompt(EditLine *line)
{
    struct attach_edit *edit;
    el_get(line, EL_CLIENTDATA, &edit);
    return (char *)edit->prompt;
}

// --- Completion. ---

struct offered {
    char *names[OFFERED_MAX];
    size_t count;
    size_t common;  // Bytes that all names share.
};

static void take_offer(void *to, const char *name, size_t size)
{
    struct offered *offered = to;
    if (offered->count == OFFERED_MAX) {
        return;
    }
    offered->names[offered->count] = xstrndup(name, size);
    if (offered->count == 0) {
        offered->common = size;
    }
    size_t same = 0;
    while (same < offered->common && same < size && offered->names[0][same] == name[same]) {
        same++;
    }
    offered->common = utf8_cut(offered->names[0], strlen(offered->names[0]), same);
    offered->count++;
}

static unsigned char complete(EditLine *line, int key)
{
    (void)key;
    struct attach_edit *edit;
    struct offered offered = {.count = 0};
    el_get(line, EL_CLIENTDATA, &edit);
    const LineInfo *info = el_line(line);
    const size_t size = (size_t)(info->cursor - info->buffer);
    const size_t from = edit->complete(edit->ctx, info->buffer, size, take_offer, &offered);
    unsigned char result = CC_ERROR;
    if (offered.count > 0 && from <= size && offered.common > size - from) {
        char *more = xstrndup(offered.names[0] + (size - from), offered.common - (size - from));
        result = el_insertstr(line, more) == 0 ? CC_REFRESH : CC_ERROR;
        free(more);
    } else if (offered.count > 1) {
        putchar('\n');
        for (size_t i = 0; i < offered.count; i++) {
            printf("%s%s", i == 0 ? "" : "  ", offered.names[i]);
        }
        putchar('\n');
        fflush(stdout);
        result = CC_REDISPLAY;
    }
    for (size_t i = 0; i < offered.count; i++) {
        free(offered.names[i]);
    }
    return result;
}

// --- The editor. ---

static void find_file(char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    out[0] = '\0';
    if (state != NULL && state[0] == '/') {
        snprintf(out, size, "%s/drumbeat_history", state);
    } else if (home != NULL && home[0] == '/') {
        snprintf(out, size, "%s/.drumbeat_history", home);
    }
}

struct attach_edit *attach_edit_new(attach_complete_fn fn, void *ctx)
{
    struct attach_edit *edit = xcalloc(1, sizeof(*edit));
    // libedit asks the locale what a character is; names are Chinese wherever this runs.
    edit->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (edit->utf8 != (locale_t)0) {
        uselocale(edit->utf8);
    }
    edit->complete = fn;
    edit->ctx = ctx;
    edit->prompt = "";
    find_file(edit->file, sizeof(edit->file));
    edit->line = el_init("drumbeat", stdin, stdout, stderr);
    edit->history = history_init();
    CHECK(edit->line != NULL);
    CHECK(edit->history != NULL);
    history(edit->history, &edit->event, H_SETSIZE, HISTORY_LINES);
    history(edit->history, &edit->event, H_SETUNIQUE, 1);
    if (edit->file[0] != '\0') {
        history(edit->history, &edit->event, H_LOAD, edit->file);
    }
    el_set(edit->line, EL_CLIENTDATA, edit);
    el_set(edit->line, EL_PROMPT, give_prompt);
    el_set(edit->line, EL_EDITOR, "emacs");
    el_set(edit->line, EL_HIST, history, edit->history);
    el_set(edit->line, EL_SIGNAL, 0);
    el_set(edit->line, EL_ADDFN, "db-complete", "complete", complete);
    el_set(edit->line, EL_BIND, "^I", "db-complete", NULL);
    el_set(edit->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    struct sigaction action = {.sa_handler = on_interrupt};  // No SA_RESTART: the read ends.
    sigaction(SIGINT, &action, NULL);
    return edit;
}

void attach_edit_free(struct attach_edit *edit)
{
    if (edit->file[0] != '\0') {
        const mode_t before = umask(077);
        history(edit->history, &edit->event, H_SAVE, edit->file);
        umask(before);
    }
    history_end(edit->history);
    el_end(edit->line);
    if (edit->utf8 != (locale_t)0) {
        uselocale(LC_GLOBAL_LOCALE);
        freelocale(edit->utf8);
    }
    free(edit->kept);
    free(edit);
}

const char *attach_edit_line(struct attach_edit *edit, const char *prompt, bool *interrupted)
{
    int count = 0;
    edit->prompt = prompt;
    interrupted_now = 0;
    *interrupted = false;
    const char *line = el_gets(edit->line, &count);
    if (interrupted_now != 0) {
        *interrupted = true;
        el_set(edit->line, EL_UNBUFFERED, 0);
        el_reset(edit->line);
        putchar('\n');
        return NULL;
    }
    if (line == NULL || count <= 0) {
        return NULL;
    }
    free(edit->kept);
    edit->kept = xstrndup(line, strcspn(line, "\r\n"));
    return edit->kept;
}

void attach_edit_remember(struct attach_edit *edit, const char *line)
{
    if (line[strspn(line, " \t\n")] != '\0') {
        history(edit->history, &edit->event, H_ENTER, line);
    }
}
