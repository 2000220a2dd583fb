#pragma once
// Faults (disk, network, corrupt file) and refusals (budget spent, bad input) as values.
// The first failure fills the struct; callers add context in front with err_add. A bug is a CHECK.

#include <stdarg.h>
#include <stdbool.h>

#include "base/check.h"

enum err_kind {
    ERR_NONE = 0,
    ERR_REFUSED,  // A rule said no: budget, stock, limit, wrong state. An answer, never logged.
    ERR_INVALID,  // Input, playbook or campaign is wrong; the text names file:line or field.
    ERR_LIMIT,    // Fuel, memory or size limit of a playbook crossed: its state is dead.
    ERR_FAULT,    // Disk, network, system call.
    ERR_CORRUPT,  // Stored data or a receipt doesn't verify.
    ERR_BUSY,     // Somebody else holds it (database locked by another engine).
    ERR_FULL,     // Disk full.
};

#define ERR_TEXT_MAX 2048

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_MAX];  // One line of valid UTF-8, cut at a character if too long.
};

// Fill `e` and return false, so that a caller can write `return err_set(e, ...)`. `e` may be NULL.
bool err_set(struct err *e, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);
bool err_set_va(struct err *e, enum err_kind kind, const char *format, va_list args)
    PRINTF_LIKE(3, 0);
// Puts context in front: "could not open campaign x: " + what stood there. Returns false.
bool err_add(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);
void err_clear(struct err *e);
