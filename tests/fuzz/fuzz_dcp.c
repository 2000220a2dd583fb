// libFuzzer entry: lines of dcp/1. The low two bits of the first byte are the currency's decimals.
// A refusal has words; an accepted event survives being packed for the journal and read again.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "link/dcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep_event(const struct event *event)
{
    struct buf first;
    struct buf second;
    struct arena arena;
    struct event again;
    buf_init(&first, 2 * DCP_LINE_MAX);
    buf_init(&second, 2 * DCP_LINE_MAX);
    arena_init(&arena, 4096);
    event_pack(event, &first);
    if (!first.overflow) {
        CHECK(event_unpack(first.data, first.size, &arena, &again, NULL));
        CHECK(again.kind == event->kind);
        CHECK(again.at == event->at);
        event_pack(&again, &second);
        CHECK(second.size == first.size);
        CHECK(memcmp(second.data, first.data, first.size) == 0);
    }
    arena_deinit(&arena);
    buf_deinit(&second);
    buf_deinit(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct dcp *dcp = dcp_new();
    struct dcp_message message;
    struct err e = {0};
    if (dcp_parse(dcp, (const char *)data + 1, size - 1, data[0] & 3, &message, &e)) {
        if (message.type == DCP_EVENT || message.type == DCP_RESULT) {
            keep_event(&message.event);
        }
    } else {
        struct buf answer;
        CHECK(e.kind != ERR_NONE);
        CHECK(e.text[0] != '\0');
        buf_init(&answer, 1 << 16);
        dcp_put_error(&answer, 1, e.text);
        CHECK(answer.size > 0);
        buf_deinit(&answer);
    }
    dcp_free(dcp);
    return 0;
}
