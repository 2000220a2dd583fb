// The matcher: backtracking as the language defines it, on a budget. Items of a pattern that match
// one character are tried in loops; only what may have to be taken back recurses.
#include "script/bounded_pattern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/sandbox_internal.h"

#define STEPS_FIRST 16
#define STEPS_MORE 256

static const char *match_here(struct bounded_pattern *m, const char *s, const char *p);

static inline void step(struct bounded_pattern *m)
{
    if (--m->steps < 0) {
        sandbox_charge(m->L, STEPS_MORE - m->steps);
        m->steps = STEPS_MORE;
    }
}

static noreturn void malformed(struct bounded_pattern *m, const char *why)
{
    luaL_error(m->L, "malformed pattern (%s)", why);
    abort();  // luaL_error never comes back.
}

// Past the one item (character, class or set) that begins at p.
static const char *item_end(struct bounded_pattern *m, const char *p)
{
    const char c = *p++;
    if (c == '%') {
        if (p == m->pattern_end) {
            malformed(m, "ends with '%'");
        }
        return p + 1;
    }
    if (c != '[') {
        return p;
    }
    if (p < m->pattern_end && *p == '^') {
        p++;
    }
    // A ']' in the first place is a member.
    for (bool first = true; first || p == m->pattern_end || *p != ']'; first = false) {
        if (p == m->pattern_end) {
            malformed(m, "missing ']'");
        }
        m->steps--;
        const char member = *p++;
        if (member == '%') {
            if (p == m->pattern_end) {
                malformed(m, "missing ']'");
            }
            p++;
        }
    }
    return p + 1;
}

static inline bool between(int c, int first, int last)
{
    return (unsigned)(c - first) <= (unsigned)(last - first);
}

// Classes of the C locale, whatever locale the process has.
static bool in_class(int c, int class)
{
    const bool letter = between(c | 0x20, 'a', 'z');
    bool member;
    switch (class | 0x20) {
    case 'a':
        member = letter;
        break;
    case 'c':
        member = between(c, 0, 31) || c == 127;
        break;
    case 'd':
        member = between(c, '0', '9');
        break;
    case 'g':
        member = between(c, 33, 126);
        break;
    case 'l':
        member = between(c, 'a', 'z');
        break;
    case 'p':
        member = between(c, 33, 126) && !letter && !between(c, '0', '9');
        break;
    case 's':
        member = between(c, 9, 13) || c == ' ';
        break;
    case 'u':
        member = between(c, 'A', 'Z');
        break;
    case 'w':
        member = letter || between(c, '0', '9');
        break;
    case 'x':
        member = between(c, '0', '9') || between(c | 0x20, 'a', 'f');
        break;
    default:
        return class == c;
    }
    return (class & 0x20) != 0 ? member : !member;
}

// p stands on '[', last on the ']' that closes it.
static bool in_set(struct bounded_pattern *m, int c, const char *p, const char *last)
{
    const bool wanted = p[1] != '^';
    p += wanted ? 1 : 2;
    while (p < last) {
        m->steps--;
        if (*p == '%') {
            if (in_class(c, (unsigned char)p[1])) {
                return wanted;
            }
            p += 2;
        } else if (p + 2 < last && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) {
                return wanted;
            }
            p += 3;
        } else {
            if ((unsigned char)*p == c) {
                return wanted;
            }
            p++;
        }
    }
    return !wanted;
}

static bool matches_item(struct bounded_pattern *m, const char *s, const char *p, const char *end)
{
    step(m);
    if (s >= m->text_end) {
        return false;
    }
    const int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(m, c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

// %bxy
static const char *match_balance(struct bounded_pattern *m, const char *s, const char *p)
{
    if (m->pattern_end - p < 2) {
        malformed(m, "'%b' needs two characters");
    }
    if (s >= m->text_end || *s != p[0]) {
        return NULL;
    }
    size_t open = 1;
    for (s++; s < m->text_end; s++) {
        step(m);
        if (*s == p[1]) {
            if (--open == 0) {
                return s + 1;
            }
        } else if (*s == p[0]) {
            open++;
        }
    }
    return NULL;
}

static bool at_frontier(struct bounded_pattern *m, const char *s, const char *p, const char *end)
{
    const int before = s == m->text ? '\0' : (unsigned char)s[-1];
    const int here = s == m->text_end ? '\0' : (unsigned char)*s;
    return !in_set(m, before, p, end - 1) && in_set(m, here, p, end - 1);
}

static const char *match_reference(struct bounded_pattern *m, const char *s, int digit)
{
    const int index = digit - '1';
    if (index < 0 || index >= m->level || m->captures[index].size == BOUNDED_CAPTURE_OPEN) {
        malformed(m, "no such capture");
    }
    const ptrdiff_t size = m->captures[index].size;
    if (size < 0) {
        return NULL;  // A position has no text that could come again.
    }
    m->steps -= size / 8;
    step(m);
    if (m->text_end - s < size || memcmp(m->captures[index].start, s, (size_t)size) != 0) {
        return NULL;
    }
    return s + size;
}

// As many as there are, then one less each time the rest doesn't match.
static const char *match_greedy(struct bounded_pattern *m, const char *s, const char *p,
                                const char *end)
{
    ptrdiff_t count = 0;
    while (matches_item(m, s + count, p, end)) {
        count++;
    }
    for (; count >= 0; count--) {
        const char *result = match_here(m, s + count, end + 1);
        if (result != NULL) {
            return result;
        }
    }
    return NULL;
}

static const char *match_lazy(struct bounded_pattern *m, const char *s, const char *p,
                              const char *end)
{
    for (;;) {
        const char *result = match_here(m, s, end + 1);
        if (result != NULL) {
            return result;
        }
        if (!matches_item(m, s, p, end)) {
            return NULL;
        }
        s++;
    }
}

static const char *capture_open(struct bounded_pattern *m, const char *s, const char *p)
{
    const bool position = p < m->pattern_end && *p == ')';
    if (m->level >= BOUNDED_CAPTURES_MAX) {
        malformed(m, "too many captures");
    }
    m->captures[m->level].start = s;
    m->captures[m->level].size = position ? BOUNDED_CAPTURE_POSITION : BOUNDED_CAPTURE_OPEN;
    m->level++;
    const char *result = match_here(m, s, position ? p + 1 : p);
    if (result == NULL) {
        m->level--;
    }
    return result;
}

static const char *capture_close(struct bounded_pattern *m, const char *s, const char *p)
{
    int index = m->level - 1;
    while (index >= 0 && m->captures[index].size != BOUNDED_CAPTURE_OPEN) {
        index--;
    }
    if (index < 0) {
        malformed(m, "')' without '('");
    }
    m->captures[index].size = s - m->captures[index].start;
    const char *result = match_here(m, s, p);
    if (result == NULL) {
        m->captures[index].size = BOUNDED_CAPTURE_OPEN;
    }
    return result;
}

// One item that matches a character and what may follow it. Sets *done if the result is final;
// otherwise NULL says no match, and a pointer where to go on with *p.
static const char *match_item(struct bounded_pattern *m, const char *s, const char **p, bool *done)
{
    const char *end = item_end(m, *p);
    const char suffix = end < m->pattern_end ? *end : '\0';
    *done = true;
    switch (suffix) {
    case '*':
        return match_greedy(m, s, *p, end);
    case '+':
        return matches_item(m, s, *p, end) ? match_greedy(m, s + 1, *p, end) : NULL;
    case '-':
        return match_lazy(m, s, *p, end);
    case '?':
        if (matches_item(m, s, *p, end)) {
            const char *result = match_here(m, s + 1, end + 1);
            if (result != NULL) {
                return result;
            }
        }
        *done = false;
        *p = end + 1;
        return s;
    default:
        *done = false;
        if (!matches_item(m, s, *p, end)) {
            return NULL;
        }
        *p = end;
        return s + 1;
    }
}

// %b, %f and %1; other things after '%' are items. True if it was one: *s is NULL if it didn't
// match.
static bool match_special(struct bounded_pattern *m, const char **s, const char **p)
{
    if (**p != '%' || *p + 1 == m->pattern_end) {
        return false;
    }
    const char kind = (*p)[1];
    if (kind == 'b') {
        *s = match_balance(m, *s, *p + 2);
        *p += 4;
        return true;
    }
    if (kind == 'f') {
        const char *set = *p + 2;
        if (set == m->pattern_end || *set != '[') {
            malformed(m, "missing '[' after '%f'");
        }
        const char *end = item_end(m, set);
        *s = at_frontier(m, *s, set, end) ? *s : NULL;
        *p = end;
        return true;
    }
    if (kind >= '0' && kind <= '9') {
        *s = match_reference(m, *s, kind);
        *p += 2;
        return true;
    }
    return false;
}

static const char *match_loop(struct bounded_pattern *m, const char *s, const char *p)
{
    while (s != NULL && p < m->pattern_end) {
        step(m);
        if (*p == '(') {
            return capture_open(m, s, p + 1);
        }
        if (*p == ')') {
            return capture_close(m, s, p + 1);
        }
        if (*p == '$' && p + 1 == m->pattern_end) {
            return s == m->text_end ? s : NULL;
        }
        if (match_special(m, &s, &p)) {
            continue;
        }
        bool done = false;
        s = match_item(m, s, &p, &done);
        if (done) {
            return s;
        }
    }
    return s;
}

static const char *match_here(struct bounded_pattern *m, const char *s, const char *p)
{
    if (++m->depth > BOUNDED_DEPTH_MAX) {
        luaL_error(m->L, "the pattern is too complex (limit %d levels)", BOUNDED_DEPTH_MAX);
    }
    const char *result = match_loop(m, s, p);
    m->depth--;
    return result;
}

void bounded_pattern_init(struct bounded_pattern *m, lua_State *L, const char *text,
                          size_t text_size, const char *pattern, size_t pattern_size)
{
    m->L = L;
    m->text = text;
    m->text_end = text + text_size;
    m->pattern_end = pattern + pattern_size;
    m->steps = STEPS_FIRST;
    m->depth = 0;
    m->level = 0;
    sandbox_charge(L, STEPS_FIRST);
}

static bool is_literal(char c)
{
    return strchr("^$*+?.()[]%-", c) == NULL || c == '\0';
}

// The next place of a character.
static const char *seek_literal(struct bounded_pattern *m, const char *at, char c)
{
    const char *found = memchr(at, c, (size_t)(m->text_end - at));
    m->steps -= ((found == NULL ? m->text_end : found) - at) / 16;
    step(m);
    return found;
}

// Whether a literal character must stand where p is; p is no part of another item.
static bool needs_literal(struct bounded_pattern *m, const char *p)
{
    return p < m->pattern_end && is_literal(*p) &&
           (p + 1 == m->pattern_end || strchr("*-?", p[1]) == NULL);
}

// Where %f[set] holds, from `at` on.
static const char *seek_frontier(struct bounded_pattern *m, const char *at, const char *set)
{
    const char *end = item_end(m, set);
    if (needs_literal(m, end)) {
        while ((at = seek_literal(m, at, *end)) != NULL && !at_frontier(m, at, set, end)) {
            at++;
        }
        return at;
    }
    while (!at_frontier(m, at, set, end)) {
        if (at++ == m->text_end) {
            return NULL;
        }
        step(m);
    }
    return at;
}

const char *bounded_pattern_seek(struct bounded_pattern *m, const char *at, const char *pattern)
{
    const char *p = pattern;
    while (p < m->pattern_end && *p == '(') {
        p += p + 1 < m->pattern_end && p[1] == ')' ? 2 : 1;
    }
    if (at > m->text_end || p == m->pattern_end || *p == '$' || *p == ')') {
        return at > m->text_end ? NULL : at;
    }
    if (*p == '%' && p + 1 < m->pattern_end && strchr("bf0123456789", p[1]) != NULL) {
        return p[1] == 'f' && p + 2 < m->pattern_end && p[2] == '[' ? seek_frontier(m, at, p + 2)
                                                                    : at;
    }
    const char *end = item_end(m, p);
    if (end < m->pattern_end && strchr("*-?", *end) != NULL) {
        return at;  // It may match nothing.
    }
    if (is_literal(*p)) {
        return seek_literal(m, at, *p);
    }
    while (!matches_item(m, at, p, end)) {
        if (at++ >= m->text_end) {
            return NULL;
        }
    }
    return at;
}

const char *bounded_pattern_match(struct bounded_pattern *m, const char *at, const char *pattern)
{
    m->level = 0;
    m->depth = 0;
    return match_here(m, at, pattern);
}

void bounded_pattern_push_one(struct bounded_pattern *m, int index, const char *start,
                              const char *end)
{
    if (index >= m->level) {
        if (index != 0) {
            luaL_error(m->L, "there is no capture %%%d", index + 1);
        }
        lua_pushlstring(m->L, start, (size_t)(end - start));
        return;
    }
    const struct bounded_capture *capture = &m->captures[index];
    if (capture->size == BOUNDED_CAPTURE_OPEN) {
        malformed(m, "missing ')'");
    }
    if (capture->size == BOUNDED_CAPTURE_POSITION) {
        lua_pushinteger(m->L, capture->start - m->text + 1);
        return;
    }
    sandbox_charge(m->L, capture->size / 16);
    lua_pushlstring(m->L, capture->start, (size_t)capture->size);
}

int bounded_pattern_push(struct bounded_pattern *m, const char *start, const char *end)
{
    const int count = m->level == 0 && start != NULL ? 1 : m->level;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++) {
        bounded_pattern_push_one(m, i, start, end);
    }
    return count;
}
