#pragma once
// dcp/1, the protocol of connectors: one JSON object a line (see README.md here and
// examples/connectors). Parses and checks what comes in and writes acknowledgements. Every refusal
// names the field; nothing here changes state.

#include "base/json.h"
#include "core/event.h"

#define DCP_LINE_MAX ((size_t)1 << 20)
#define DCP_TEXT_MAX 65536  // Bytes of one text field.

enum dcp_type { DCP_HELLO, DCP_EVENT, DCP_RESULT, DCP_LOG };

struct dcp_message {
    enum dcp_type type;
    struct event event;  // DCP_EVENT and DCP_RESULT (kind EVENT_RESULT). Slices point into the line
                         // or the reader.
    struct slice name;   // hello: the connector's name
    struct slice proto;  // hello
    uint32_t caps;  // hello: bit n = can do outbox op n; reactions and leaves don't matter here
    struct slice level, text;  // log
};

struct dcp;

struct dcp *dcp_new(void);
void dcp_free(struct dcp *dcp);
// Parses one line (without its end). `currency_decimals` says how decimal strings of money are read
// (CNY: 2) when the event names no currency. The message is valid until the next call.
MUST_USE bool dcp_parse(struct dcp *dcp, const char *line, size_t size, int currency_decimals,
                        struct dcp_message *out, struct err *e);
void dcp_put_ack(struct buf *out, int64_t seq);
// {"t":"err","line":n,"error":"..."}
void dcp_put_error(struct buf *out, uint64_t line, const char *error);
