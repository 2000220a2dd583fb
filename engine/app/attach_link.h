#pragma once
// The other end of control.h: finds a running engine, asks it line by line. Blocks; the engine does
// the work.

#include "app/control.h"
#include "base/json.h"

#define ATTACH_ANSWER_MAX ((size_t)16 << 20)

struct attach_link {
    int fd;
    bool operate;
    char folder[512];
    int64_t id;  // Of the last question.
    struct buf in;
    size_t taken;  // Bytes of `in` that were answers already.
    struct json_reader *reader;
    // Asked when a signal comes while an answer is waited for: true ends the question (op
    // "interrupt"), and asking fails with ERR_REFUSED. NULL: nothing ends it.
    bool (*is_stopped)(void);
};

// Engines that answer, by campaign: their folders' names, sorted; the caller frees each and the
// list.
size_t attach_engines(char ***names);
// The folder of a campaign's engine; "" or NULL: of the only one that runs. false: `e` says which
// run, or how to start one.
MUST_USE bool attach_find(const char *campaign, char *folder, size_t size, struct err *e);
// Connects. ERR_FAULT: nobody answers there.
MUST_USE bool attach_open(struct attach_link *link, const char *folder, bool operate,
                          struct err *e);
void attach_close(struct attach_link *link);

// Asks: `fields` are members of a JSON object without the braces, "\"op\":\"hello\"". The answer's
// tree is good until the next call. false: the connection is gone.
MUST_USE bool attach_ask(struct attach_link *link, const char *fields,
                         const struct json_node **answer, struct err *e);
// The next line that the engine sends (a watch), or answer = NULL when wait_fd can be read first
// (-1: none) or timeout_ms went by (-1: never).
MUST_USE bool attach_wait(struct attach_link *link, int wait_fd, int timeout_ms,
                          const struct json_node **answer, struct err *e);
// An op with one text: asks {"op":op,"text":text,"width":w,...more}; `more` begins with a comma.
MUST_USE bool attach_op(struct attach_link *link, const char *op, const char *text, size_t width,
                        const char *more, const struct json_node **answer, struct err *e);

// Of an answer: a text member ("" if there is none), a truth.
struct slice attach_text(const struct json_node *answer, const char *name);
bool attach_is(const struct json_node *answer, const char *name);
