#pragma once
// A few words in which tests of the core are written, one line each:
//
//   + groups ext=old-1 campaign=1      inserts a row
//   @ 90000                            sets the time; otherwise each event comes a second later
//   join group=old-1 member=anna       runs an event as a turn; fields as in event.h (bools: 1, 0),
//                                      items=SKU*qty*paid,...  list=a,b  kind as in dcp/1
//                                      (the turn stays open for the lines that look at it)
//   ! group: unknown                   the event before this line was refused, in these words
//   f first_join=1 inviter=2           facts of the event before
//   = groups ext=old-1 : members=1     the one row with these columns has those
//   # groups 3                         so many rows in memory
//   w 1 2                              scenes woken since the last such line, in order
//
// "~" in a value stands for a blank.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"

#define SCRIPT_START INT64_C(1762466400000)

struct script {
    struct core core;
    struct facts facts;
    struct err error;
    bool refused;
    int64_t at;
    const char *name;
    const char *line;
    char text[1 << 16];  // The line being run, cut into words.
};

static inline void script_fail(const struct script *s, const char *why)
{
    fail_msg("%s: '%.*s': %s", s->name, (int)strcspn(s->line, "\n"), s->line, why);
}

static inline struct script *script_new(const char *name)
{
    struct script *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    core_init(&s->core);
    s->name = name;
    s->line = "";
    s->at = SCRIPT_START;
    return s;
}

// Keeps the turn of the last event, if it is open: rows that leave memory are gone after it.
static inline void script_settle(struct script *s)
{
    if (state_in_turn(s->core.state)) {
        state_keep(s->core.state, NULL);
    }
}

static inline void script_free(struct script *s)
{
    script_settle(s);
    core_deinit(&s->core);
    free(s);
}

static inline enum table_id script_table(const struct script *s, const char *name)
{
    for (int i = 0; i < T_COUNT; i++) {
        if (strcmp(tables_all[i]->name, name) == 0) {
            return (enum table_id)i;
        }
    }
    script_fail(s, "no such table");
    return T_COUNT;
}

static inline const struct column *script_column(const struct script *s, enum table_id table,
                                                 const char *name)
{
    for (size_t i = 0; i < tables_all[table]->column_count; i++) {
        if (strcmp(tables_all[table]->columns[i].name, name) == 0) {
            return &tables_all[table]->columns[i];
        }
    }
    script_fail(s, name);
    return NULL;
}

// Cuts "name=value" in place; value has its blanks.
static inline char *script_value(struct script *s, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        script_fail(s, word);
        return word;
    }
    *value++ = '\0';
    for (char *p = value; *p; p++) {
        *p = *p == '~' ? ' ' : *p;
    }
    return value;
}

static inline uint32_t script_insert(struct script *s, char *words)
{
    char *next;
    const enum table_id table = script_table(s, strtok_r(words, " ", &next));
    char *row = calloc(1, tables_all[table]->row_size);
    script_settle(s);
    state_begin(s->core.state, s->at);
    for (char *word; (word = strtok_r(NULL, " ", &next)) != NULL;) {
        const char *value = script_value(s, word);
        const struct column *column = script_column(s, table, word);
        table_put(row, column,
                  column->type == COLUMN_TEXT
                      ? (int64_t)state_text(s->core.state, value, strlen(value))
                      : strtoll(value, NULL, 10));
    }
    const uint32_t id = *(uint32_t *)table_insert(s->core.state, table, row);
    state_keep(s->core.state, NULL);
    free(row);
    return id;
}

static inline bool script_matches(struct script *s, const void *row, enum table_id table,
                                  const char *name, const char *value, char shown[64])
{
    if (strcmp(name, "id") == 0) {
        return *(const uint32_t *)row == strtoul(value, NULL, 10);
    }
    struct column_value found;
    table_read(row, script_column(s, table, name), &found);
    if (found.type == COLUMN_TEXT) {
        snprintf(shown, 64, "%s", state_get_text(s->core.state, (text_id)found.integer));
    } else if (found.type == COLUMN_BYTES) {
        snprintf(shown, 64, "%s", found.bytes ? "some" : "");
    } else {
        snprintf(shown, 64, "%lld", (long long)found.integer);
    }
    return strcmp(shown, value) == 0;
}

static inline const void *script_find(struct script *s, enum table_id table, const char *words)
{
    const void *only = NULL;
    for (uint32_t id = 0; (id = table_next(s->core.state, table, id)) != 0;) {
        char copy[512];
        snprintf(copy, sizeof(copy), "%s", words);
        bool all = true;
        char *next;
        char shown[64];
        for (char *word = strtok_r(copy, " ", &next); word && all;
             word = strtok_r(NULL, " ", &next)) {
            const char *value = script_value(s, word);
            all = script_matches(s, table_get(s->core.state, table, id), table, word, value, shown);
        }
        if (all && only != NULL) {
            script_fail(s, "several rows");
        }
        only = all ? table_get(s->core.state, table, id) : only;
    }
    return only;
}

static inline void script_expect_row(struct script *s, char *words)
{
    char *wanted = strstr(words, " : ");
    if (wanted == NULL) {
        script_fail(s, "no colon");
        return;
    }
    *wanted = '\0';
    wanted += strlen(" : ");
    char *next;
    const enum table_id table = script_table(s, strtok_r(words, " ", &next));
    const void *row = script_find(s, table, next);
    if (row == NULL) {
        script_fail(s, "no such row");
        return;
    }
    for (char *word = strtok_r(wanted, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        const char *value = script_value(s, word);
        char shown[64] = "";
        if (!script_matches(s, row, table, word, value, shown)) {
            char why[200];
            snprintf(why, sizeof(why), "%s is %s", word, shown);
            script_fail(s, why);
        }
    }
}

static inline void script_expect_facts(struct script *s, char *words)
{
    const struct {
        const char *name;
        uint32_t value;
    } facts[] = {
        {"campaign", s->facts.campaign},
        {"group", s->facts.group},
        {"member", s->facts.member},
        {"membership", s->facts.membership},
        {"chain", s->facts.chain},
        {"reply_place", s->facts.reply_place},
        {"order", s->facts.order},
        {"game", s->facts.game},
        {"post", s->facts.post},
        {"inviter", s->facts.inviter},
        {"guide", s->facts.guide},
        {"first_join", s->facts.first_join},
        {"first_order", s->facts.first_order},
        {"new_visitor", s->facts.new_visitor},
        {"repeated", s->facts.repeated},
    };
    char *next;
    for (char *word = strtok_r(words, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        const char *value = script_value(s, word);
        size_t i = 0;
        while (i < sizeof(facts) / sizeof(facts[0]) && strcmp(facts[i].name, word) != 0) {
            i++;
        }
        if (i == sizeof(facts) / sizeof(facts[0]) || facts[i].value != strtoul(value, NULL, 10)) {
            char why[80];
            snprintf(why, sizeof(why), "fact %s is %u", word,
                     i < sizeof(facts) / sizeof(facts[0]) ? facts[i].value : 0);
            script_fail(s, why);
        }
    }
}

static inline void script_run_event(struct script *s, const struct event *event)
{
    script_settle(s);
    state_begin(s->core.state, event->at);
    s->error = (struct err){0};
    s->refused = !reduce_event(&s->core, event, &s->facts, &s->error);
    if (s->refused) {
        assert_int_not_equal(s->error.kind, ERR_NONE);
        state_drop(s->core.state);
    }
}

static inline size_t script_items(char *value, struct event_item *items)
{
    size_t count = 0;
    char *next;
    for (char *item = strtok_r(value, ",", &next); item; item = strtok_r(NULL, ",", &next)) {
        char *qty = strchr(item, '*');
        *qty++ = '\0';
        char *paid = strchr(qty, '*');
        items[count].sku = slice_of(item);
        items[count].qty = (int32_t)strtol(qty, NULL, 10);
        items[count++].paid = paid ? strtoll(paid + 1, NULL, 10) : -1;
    }
    return count;
}

static inline size_t script_list(char *value, struct slice *list)
{
    size_t count = 0;
    char *next;
    for (char *part = strtok_r(value, ",", &next); part; part = strtok_r(NULL, ",", &next)) {
        list[count++] = slice_of(part);
    }
    return count;
}

#define SCRIPT_SET_S(field) event.field = slice_of(value)
#define SCRIPT_SET_I(field) event.field = strtoll(value, NULL, 10)
#define SCRIPT_SET_B(field) event.field = strtol(value, NULL, 10) != 0
#define SCRIPT_FIELD(type, field, json, help)                                                      \
    if (strcmp(word, #field) == 0) {                                                               \
        SCRIPT_SET_##type(field);                                                                  \
        known = true;                                                                              \
    }

static inline void script_event(struct script *s, char *words)
{
    static const struct {
        const char *name;
        enum event_kind kind;
    } kinds[] = {
        {"join", EVENT_JOIN},         {"leave", EVENT_LEAVE},       {"members", EVENT_MEMBERS},
        {"message", EVENT_MESSAGE},   {"reaction", EVENT_REACTION}, {"press", EVENT_PRESS},
        {"visit", EVENT_VISIT},       {"favorite", EVENT_FAVORITE}, {"cart", EVENT_CART},
        {"order", EVENT_ORDER},       {"refund", EVENT_REFUND},     {"bot", EVENT_BOT},
        {"operator", EVENT_OPERATOR}, {"timer", EVENT_TIMER},       {"start", EVENT_START},
    };
    s->at += 1000;
    struct event event = {.at = s->at};
    struct event_item items[32];
    struct slice list[32];
    char *next;
    const char *kind = strtok_r(words, " ", &next);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        event.kind = strcmp(kinds[i].name, kind) == 0 ? kinds[i].kind : event.kind;
    }
    if (event.kind == EVENT_NONE) {
        script_fail(s, "no such line");
    }
    for (char *word; (word = strtok_r(NULL, " ", &next)) != NULL;) {
        char *value = script_value(s, word);
        bool known = false;
        EVENT_FIELDS(SCRIPT_FIELD)
        if (strcmp(word, "items") == 0) {
            event.items = items;
            event.item_count = script_items(value, items);
        } else if (strcmp(word, "list") == 0) {
            event.list = list;
            event.list_count = script_list(value, list);
        } else if (strcmp(word, "connector") == 0) {
            event.connector = slice_of(value);
        } else if (strcmp(word, "at") == 0) {
            event.at = strtoll(value, NULL, 10);
        } else if (!known) {
            script_fail(s, word);
        }
    }
    script_run_event(s, &event);
}

static inline void script_expect_wakes(struct script *s, char *words)
{
    char *next;
    uint32_t scene;
    for (char *word = strtok_r(words, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        if (!state_next_wake(s->core.state, &scene) || scene != strtoul(word, NULL, 10)) {
            script_fail(s, "another scene or none woke");
        }
    }
    if (state_next_wake(s->core.state, &scene)) {
        script_fail(s, "more scenes woke");
    }
}

static inline void script_line(struct script *s, bool *must_pass)
{
    char *rest = s->text + 1 + (s->text[1] == ' ');
    if (s->text[0] == '!') {
        if (!s->refused || strstr(s->error.text, rest) == NULL) {
            script_fail(s, s->refused ? s->error.text : "it was not refused");
        }
        *must_pass = false;
        return;
    }
    if (*must_pass && s->refused) {
        script_fail(s, s->error.text);
    }
    *must_pass = false;
    if (s->text[0] == '+') {
        script_insert(s, rest);
    } else if (s->text[0] == '@') {
        s->at = strtoll(rest, NULL, 10);
    } else if (s->text[0] == 'f' && s->text[1] == ' ') {
        script_expect_facts(s, rest);
    } else if (s->text[0] == '=') {
        script_expect_row(s, rest);
    } else if (s->text[0] == '#') {
        char *next;
        const char *table = strtok_r(rest, " ", &next);
        const uint32_t count = table_count(s->core.state, script_table(s, table));
        if (count != strtoul(next, NULL, 10)) {
            char why[40];
            snprintf(why, sizeof(why), "%u rows", count);
            script_fail(s, why);
        }
    } else if (s->text[0] == 'w' && (s->text[1] == ' ' || s->text[1] == '\0')) {
        script_expect_wakes(s, rest);
    } else {
        script_event(s, s->text);
        *must_pass = true;
    }
}

static inline void script_run(struct script *s, const char *lines)
{
    bool must_pass = false;
    for (const char *line = lines; *line;) {
        const size_t size = strcspn(line, "\n");
        s->line = line;
        if (size > 0) {
            assert_true(size < sizeof(s->text));
            memcpy(s->text, line, size);
            s->text[size] = '\0';
            script_line(s, &must_pass);
        }
        line += size + (line[size] == '\n');
    }
    if (must_pass && s->refused) {
        script_fail(s, s->error.text);
    }
}
