#pragma once
// Lines typed by a person: the only home of histedit.h (libedit). History in a file of hers,
// Chinese, completion by whoever was asked to do it.

#include <stdbool.h>
#include <stddef.h>

struct attach_edit;

// Names that may stand where the first `size` bytes of the line end: calls `offer` for each;
// returns where what is there of them begins.
typedef size_t (*attach_complete_fn)(void *ctx, const char *line, size_t size,
                                     void (*offer)(void *to, const char *name, size_t size),
                                     void *to);

struct attach_edit *attach_edit_new(attach_complete_fn complete, void *ctx);
void attach_edit_free(struct attach_edit *edit);
// One line without its end, good until the next call. NULL: end of input (Ctrl-D), or, with
// *interrupted, Ctrl-C: what was typed is forgotten.
const char *attach_edit_line(struct attach_edit *edit, const char *prompt, bool *interrupted);
// Whether Ctrl-C came since the last line, or since this was asked.
bool attach_edit_interrupted(void);
// Remembers it for the arrow keys, and in the file.
void attach_edit_remember(struct attach_edit *edit, const char *line);
