#pragma once
// Text as people read it: validity, display width, folding, safe cuts, escaping for logs, HTML,
// CSV. Folding, width and graphemes come from utf8proc.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

// Bytes (1..4) of the valid character at the start of `text`; 0 if none is there. NUL is a
// character.
size_t utf8_step(const char *text, size_t size);
bool utf8_valid(const char *text, size_t size);     // Strict UTF-8, no surrogates, no NUL.
size_t utf8_length(const char *text, size_t size);  // Code points.
size_t utf8_width(const char *text, size_t size);   // Display cells; CJK and emoji take 2.
// The longest prefix, in bytes, of at most `width` cells that doesn't cut a grapheme.
size_t utf8_fit(const char *text, size_t size, size_t width);
// The longest prefix of at most `max` bytes that doesn't cut a character.
size_t utf8_cut(const char *text, size_t size, size_t max);
// NFKC + casefold + ignorable characters removed + runs of white space as one space, trimmed:
// what reply chains compare. Appends to `out`.
void utf8_fold(const char *text, size_t size, struct buf *out);
// Makes anything printable on one line: invalid bytes, control and bidi characters as \xNN.
void utf8_escape(const char *text, size_t size, struct buf *out);
void utf8_escape_html(const char *text, size_t size, struct buf *out);
// Pads with blanks or cuts to exactly `width` cells; `right` aligns to the right.
void utf8_pad(struct buf *out, const char *text, size_t width, bool right);

// Damerau-Levenshtein distance over code points (optimal string alignment: insert, delete, replace,
// swap two neighbours), for "did you mean"; 255 if a different text has more than 255 characters.
unsigned text_distance(const char *a, const char *b);
// The nearest of `count` names, or NULL if none is within 1 edit (up to 4 characters), 2 (up to 7)
// or 3; case of ASCII letters doesn't count. Ties go to the first.
const char *text_nearest(const char *name, const char *const *names, size_t count);
