#pragma once
// The screen's words in both languages. Sentences (alarms, notes) are the engine's, in English.

#define TOP_WORDS(W)                                                                               \
    W(DAY, "day ", "第 ")                                                                          \
    W(DAY_OF, " of ", " 天，共 ")                                                                  \
    W(DAY_END, "", " 天")                                                                          \
    W(RUNS, "runs", "进行中")                                                                      \
    W(PAUSED, "paused", "已暂停")                                                                  \
    W(PLANNED, "planned", "未开始")                                                                \
    W(ENDED, "ended", "已结束")                                                                    \
    W(FULL, "disk full", "磁盘已满")                                                               \
    W(FAILED_STATE, "failed", "故障")                                                              \
    W(MUTED, "muted", "已静音")                                                                    \
    W(MORE_ALARMS, "more", "条")                                                                   \
    W(NEXT, "NEXT", "接下来")                                                                      \
    W(NOTHING_PLANNED, "nothing is planned any more", "没有更多安排")                              \
    W(HELD, "held", "暂停中")                                                                      \
    W(SOME_GROUPS, "groups", "个群")                                                               \
    W(UV, "UV 1 h", "UV 1时")                                                                      \
    W(PER_MINUTE, "/min", "/分")                                                                   \
    W(MOST, "most", "最高")                                                                        \
    W(AT, "at", "于")                                                                              \
    W(FUNNEL, "FUNNEL", "漏斗")                                                                    \
    W(MEMBERS, "members", "成员")                                                                  \
    W(SHOP, "shop", "进店")                                                                        \
    W(CART, "cart", "加购")                                                                        \
    W(PAID, "paid", "付款")                                                                        \
    W(GROUPS, "GROUPS", "群")                                                                      \
    W(OF_ALL, "of", "/")                                                                           \
    W(JOINED, "joined", "进群")                                                                    \
    W(LEFT, "left", "退群")                                                                        \
    W(TEN_MINUTES, "10 min", "10分钟")                                                             \
    W(HOUR, "hour", "1小时")                                                                       \
    W(ORDERS, "orders", "订单")                                                                    \
    W(AWAKE, "awake", "活跃")                                                                      \
    W(UNSENT, "unsent", "未发出")                                                                  \
    W(BUDGETS, "BUDGETS", "预算")                                                                  \
    W(USED_MOST, "used most", "用得最多的")                                                        \
    W(BUDGET_LEFT, "left", "剩余")                                                                 \
    W(BUDGET_OF, "of", "/")                                                                        \
    W(BUDGET_HELD, "held", "已预留")                                                               \
    W(GAMES, "GAMES", "游戏")                                                                      \
    W(PLAYS, "plays", "次参与")                                                                    \
    W(WON, "won", "人中奖")                                                                        \
    W(PRIZES_LEFT, "prizes left", "件奖品剩余")                                                    \
    W(AND_MORE, "more", "个")                                                                      \
    W(OUT, "OUT", "发送")                                                                          \
    W(ALL_SENT, "all is sent", "全部已发出")                                                       \
    W(WAIT, "wait, the oldest", "条待发，最久")                                                    \
    W(ON_THE_WAY, "on the way", "条发送中")                                                        \
    W(FAILED, "failed", "条失败")                                                                  \
    W(FOR_STAFF, "for staff", "条待人工")                                                          \
    W(PARKED, "parked", "条搁置")                                                                  \
    W(SCENES, "scenes", "场景")                                                                    \
    W(ENGINE, "ENGINE", "引擎")                                                                    \
    W(LAG, "lag", "延迟")                                                                          \
    W(COMMIT, "commit", "落盘")                                                                    \
    W(TURNS, "turns/s", "回合/秒")                                                                 \
    W(ATTACHED, "attached", "人在线")                                                              \
    W(UP, "up", "正常")                                                                            \
    W(DOWN, "DOWN", "断开")                                                                        \
    W(HEARD, "heard", "消息")                                                                      \
    W(AGO, "ago", "前")                                                                            \
    W(LEAVES, "q leaves, the campaign goes on;", "q 退出，活动继续；操作请用")                     \
    W(ACTS, "acts", "")

#define TOP_WORD_NAME(name, en, zh) TOP_##name,
enum top_word { TOP_WORDS(TOP_WORD_NAME) TOP_WORD_COUNT };
