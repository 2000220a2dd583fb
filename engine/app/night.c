// Only reads what the night has counted: see link/hostile.h.
#include "app/night.h"

void night_print(const struct hostile_told *told, bool chinese, const struct term *term,
                 struct buf *out)
{
    const struct {
        const char *label[2];
        uint64_t count;
    } rows[] = {
        {{"hours the platform was away", "平台中断（小时）"}, told->outages},
        {{"hours the machine was asleep", "主机休眠（小时）"}, told->sleeps},
        {{"events", "事件"}, told->events},
        {{"  held back by the platform", "  被平台积压"}, told->held},
        {{"  late, behind newer ones", "  迟到、乱序"}, told->late},
        {{"  twice", "  重复"}, told->twice},
        {{"  dated back by its clock", "  时间倒退"}, told->set_back},
        {{"  members who left unseen", "  退群未通知"}, told->lost_leaves},
        {{"  rosters that made up for it", "  以成员名单补正"}, told->rosters},
        {{"commands", "指令"}, told->commands},
        {{"  told to wait", "  被要求等待"}, told->patience},
        {{"  failed", "  失败"}, told->failed},
        {{"  never answered", "  无应答"}, told->silent},
        {{"  answered after we gave up", "  放弃后才应答"}, told->answered_late},
        {{"  answered twice", "  重复应答"}, told->answered_twice},
        {{"  sent again, known by their key", "  重发，按键识别"}, told->known_again},
        {{"  confirmed by staff hours later", "  数小时后人工确认"}, told->confirmed_late},
        {{"  settled by staff: nobody knew", "  状态不明，人工处理"}, told->settled},
        {{"money sent twice", "重复付款"}, told->money_twice},
        {{"members miscounted in the end", "最终人数不符"}, told->strangers},
    };
    struct term_table table;
    term_table_init(&table, chinese ? "糟糕的一夜|>次" : "A BAD NIGHT|>times");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        term_table_cell(&table, "%s", rows[i].label[chinese]);
        term_table_cell(&table, "%llu", (unsigned long long)rows[i].count);
    }
    buf_putc(out, '\n');
    term_table_print(&table, term, 1, out);
    term_table_deinit(&table);
}
