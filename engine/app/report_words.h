#pragma once
// The labels of the report in its two languages. Private to the report.

// WORD(name, English, Chinese)
#define REPORT_WORDS(WORD)                                                                         \
    WORD(REHEARSAL, "REHEARSAL: simulated people, not a forecast", "演练：模拟人群，并非预测")     \
    WORD(GROUPS_N, "groups", "个群")                                                               \
    WORD(PROMISES, "PROMISES", "承诺")                                                             \
    WORD(KEPT, "kept", "项兑现")                                                                   \
    WORD(BROKEN, "broken", "项未兑现")                                                             \
    WORD(OK, "ok", "ok")                                                                           \
    WORD(BAD, "x", "x")                                                                            \
    WORD(PROMISE_HEADS, "|promise|>is|>must be|>to spare", "|承诺|>实际|>应为|>余量")              \
    WORD(BUDGET, "budget", "预算")                                                                 \
    WORD(LEDGER, "ledger sums to zero", "账目平衡")                                                \
    WORD(QUIET, "messages in quiet hours", "安静时段消息")                                         \
    WORD(ON_TIME, "announcements on time", "公告准时")                                             \
    WORD(ONE_PRIZE, "more than one prize a member", "一人多奖")                                    \
    WORD(PROVABLE, "draws that can be verified", "可验证的抽奖")                                   \
    WORD(FLOOR, "order lines below the floor", "低于底价的订单行")                                 \
    WORD(FUNNEL, "FUNNEL", "转化漏斗")                                                             \
    WORD(FUNNEL_HEADS, "|>people|>of members|>of UV|", "|>人数|>占成员|>占访客|")                  \
    WORD(MEMBERS, "members", "成员")                                                               \
    WORD(VISITED, "visited (UV)", "访客 (UV)")                                                     \
    WORD(INTERESTED, "favourited or carted", "收藏或加购")                                         \
    WORD(PAID, "paid", "付款")                                                                     \
    WORD(FAVORITED, "favourited", "收藏")                                                          \
    WORD(CARTED, "carted", "加购")                                                                 \
    WORD(VISITED_PAID, "visited and paid", "访问且付款")                                           \
    WORD(FAVORITED_PAID, "favourited and paid", "收藏且付款")                                      \
    WORD(CARTED_PAID, "carted and paid", "加购且付款")                                             \
    WORD(REVENUE, "REVENUE", "收入")                                                               \
    WORD(NET, "net", "净收入")                                                                     \
    WORD(GROSS, "paid", "付款")                                                                    \
    WORD(REFUNDED, "refunded", "退款")                                                             \
    WORD(DISCOUNT, "promotions, vouchers and card took off", "促销、券与会员卡减免")               \
    WORD(ORDERS, "orders", "订单")                                                                 \
    WORD(CANCELLED, "cancelled", "取消")                                                           \
    WORD(UNKNOWN_GOODS, "orders with goods that no catalogue has", "含目录外商品的订单")           \
    WORD(REFUSED_REFUNDS, "refunds of refused orders, not counted", "被拒订单的退款（未计入）")    \
    WORD(ITEMS, "items", "件数")                                                                   \
    WORD(ITEMS_PER_PAYER, "items a payer", "人均件数")                                             \
    WORD(PER_ITEM, "an item", "件单价")                                                            \
    WORD(PER_ORDER, "an order", "单均")                                                            \
    WORD(PER_PAYER, "a payer", "客单价")                                                           \
    WORD(GROWTH, "GROWTH", "增长")                                                                 \
    WORD(GROWTH_HEADS, "day|group|>joined|>left|>effective|>rejected|>queued|>K",                  \
         "日|群|>加入|>离开|>有效邀请|>拒绝|>待审|>K")                                             \
    WORD(STALL, "stall", "停滞")                                                                   \
    WORD(SWITCHED, "switch", "切换")                                                               \
    WORD(GAMES, "GAMES", "游戏")                                                                   \
    WORD(GAME_HEADS, "day|game|kind|>groups|>plays|>wins|>stock|>left|>cost|proof",                \
         "日|游戏|类型|>群|>次数|>中奖|>库存|>剩余|>成本|凭证")                                    \
    WORD(PROVEN, "ok", "ok")                                                                       \
    WORD(UNPROVEN, "none", "无")                                                                   \
    WORD(BUDGETS, "BUDGETS", "预算")                                                               \
    WORD(BUDGET_HEADS, "budget|>cap|>spent|>reserved|>left|>refused|>used",                        \
         "预算|>上限|>已用|>预留|>剩余|>拒绝|>使用")                                               \
    WORD(PROMOTIONS, "PROMOTIONS", "促销")                                                         \
    WORD(PROMOTION_HEADS,                                                                          \
         "promotion|>uses|>left|>returned|>members|>took off|budget|>budget left",                 \
         "促销|>使用|>剩余|>退回|>人数|>减免|预算|>预算剩余")                                      \
    WORD(CONNECTORS, "CONNECTORS", "连接器")                                                       \
    WORD(CONNECTOR_HEADS, "connector|>events|>refused|last event|>sent|>failed|>waiting",          \
         "连接器|>事件|>拒收|最后事件|>已发|>失败|>待发")                                          \
    WORD(COHORTS, "COHORTS", "人群对比")                                                           \
    WORD(COHORT_HEADS, "who|>people|>paid|>share|>95 % interval|>spend each|>a payer",             \
         "人群|>人数|>付款|>占比|>95 % 区间|>人均消费|>客单价")                                    \
    WORD(C_GIFT, "got a gift before buying", "购买前得过赠品")                                     \
    WORD(C_VOUCHER, "held a voucher", "持券")                                                      \
    WORD(C_CARD, "holds the card", "持会员卡")                                                     \
    WORD(C_EVERYONE, "everyone", "全体")                                                           \
    WORD(SMALL, "Intervals that overlap show no difference.", "区间重叠时不能说有差别。")          \
    WORD(BUYERS, "TOP BUYERS", "消费榜")                                                           \
    WORD(BUYER_HEADS, ">#|name|>items|>orders|>spent|had before",                                  \
         ">#|昵称|>件数|>订单|>消费|此前得到")                                                     \
    WORD(H_GIFT, "gift", "赠品")                                                                   \
    WORD(H_VOUCHERS, "voucher", "券")                                                              \
    WORD(H_CARD, "card", "会员卡")                                                                 \
    WORD(UV, "VISITORS BY THE MINUTE", "分钟访客")                                                 \
    WORD(DAY, "day", "第")                                                                         \
    WORD(DAY_AFTER, "", "天")                                                                      \
    WORD(PEAK, "peak", "峰值")                                                                     \
    WORD(GROUPS, "GROUPS", "各群")                                                                 \
    WORD(SEGMENTS, "SEGMENTS", "分层")                                                             \
    WORD(GROUP_HEADS, "group|segment|>members|>joined|>left|>UV|>paid|>share|>revenue",            \
         "群|分层|>成员|>加入|>离开|>访客|>付款|>占比|>收入")                                      \
    WORD(SEGMENT_HEADS, "segment|>groups|>members|>joined|>left|>UV|>paid|>share|>revenue",        \
         "分层|>群|>成员|>加入|>离开|>访客|>付款|>占比|>收入")                                     \
    WORD(MORE, "more", "项未列出")                                                                 \
    WORD(NEXT, "NEXT", "下一步")                                                                   \
    WORD(N_AGAIN, "the same again", "重复一次")                                                    \
    WORD(N_RUNS, "how sure are we", "有多可信")                                                    \
    WORD(N_KEEP, "keep the database", "保留数据库")                                                \
    WORD(N_JSON, "for programs", "供程序使用")                                                     \
    WORD(N_VIEW, "all of one view", "查看一个视图")

#define REPORT_WORD_ENUM(name, en, zh) W_##name,
enum report_word { REPORT_WORDS(REPORT_WORD_ENUM) W_COUNT };

const char *report_word(enum report_word word, bool chinese);
