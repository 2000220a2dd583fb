#pragma once
// Log lines on stderr: JSON when it isn't a terminal, readable when it is. Never names or phone
// numbers of members: give ids. The only global thing is the level, set once by main.

#include "base/check.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);
void log_write(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
