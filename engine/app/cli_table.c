// The table of verbs: the one place where a command, a flag or an example is declared.

#include "app/cli.h"
#include "app/cmd.h"

#define FLAG_JSON                                                                                  \
    {                                                                                              \
        .name = "json", .help = "the result as one JSON document on stdout"                        \
    }
#define FLAG_SEED                                                                                  \
    {                                                                                              \
        .name = "seed", .arg = "N", .max = INT64_MAX, .help = "same seed, same course of events"   \
    }

const struct cli_flag cli_global_flags[] = {
    {.name = "color",
     .arg = "WHEN",
     .choices = "auto|always|never",
     .help = "auto|always|never; auto heeds NO_COLOR and CLICOLOR_FORCE (default: auto)"},
    {.name = "progress",
     .arg = "HOW",
     .choices = "auto|plain|none",
     .help = "auto|plain|none: live bars on a terminal, a line a day, nothing (default: auto)"},
    {.name = "lang",
     .arg = "LANG",
     .choices = "en|zh",
     .help = "en|zh: language of texts for people (default: from LC_ALL, LC_MESSAGES, LANG)"},
    {.name = "quiet", .letter = 'q', .help = "no progress; complaints only"},
    {.name = "help", .letter = 'h', .help = "this help"},
    {.name = "version", .letter = 'V', .help = "print the version"},
    {0},
};

static const struct cli_flag check_flags[] = {
    {.name = "connectors", .help = "also start the connectors, and ask what they can do"},
    FLAG_JSON,
    {0},
};

static const struct cli_example check_examples[] = {
    {"drumbeat check .", "this campaign"},
    {"drumbeat check playbooks/*", "all playbooks, a verdict each"},
    {"drumbeat check . --connectors", "can they do what the playbooks need?"},
    {0},
};

static const struct cli_flag rehearse_flags[] = {
    FLAG_SEED,
    {.name = "runs",
     .arg = "N",
     .min = 1,
     .max = 100000,
     .help = "repeat with N seeds and report ranges (default: 1)"},
    {.name = "members",
     .arg = "N",
     .min = 1,
     .max = 10000000,
     .help = "scale the campaign to N members"},
    {.name = "groups",
     .arg = "N",
     .min = 1,
     .max = 100000,
     .help = "scale the campaign to N groups"},
    {.name = "until", .arg = "WHEN", .help = "stop early: day3, or \"day5 20:30\""},
    {.name = "crowd", .arg = "FILE", .help = "other parameters of the simulated crowd"},
    {.name = "db", .arg = "FILE", .help = "keep the campaign's database (default: in memory)"},
    {.name = "paranoid",
     .help = "rebuild every scene from its steps at every wait: finds what a restart would change"},
    {.name = "hostile",
     .help = "a bad night: the platform away for an hour, events late, twice or lost"},
    {.name = "stats", .help = "tell time and memory at the end, on stderr"},
    FLAG_JSON,
    {0},
};

static const struct cli_example rehearse_examples[] = {
    {"drumbeat rehearse examples/womens-wear", "five evenings in a second"},
    {"drumbeat rehearse --seed 7 --until \"day3 21:00\"", "this folder, not to the end"},
    {"drumbeat rehearse --runs 100 --json", "how sure are we?"},
    {"drumbeat rehearse --hostile", "how does it go when the platform is away for an hour?"},
    {0},
};

static const struct cli_flag whatif_flags[] = {
    {.name = "db", .arg = "FILE", .help = "a database (default: that of the engine that runs)"},
    {.name = "campaign",
     .arg = "NAME",
     .help = "whose engine (default: the only one); with --db: which campaign (the latest)"},
    {.name = "runs",
     .arg = "N",
     .min = 1,
     .max = 1000,
     .help = "pairs of rehearsals (default: 20)"},
    {.name = "until",
     .arg = "WHEN",
     .help = "today, day3, or \"day5 22:00\" (default: the campaign's end)"},
    FLAG_SEED,
    {.name = "crowd", .arg = "FILE", .help = "other parameters of the simulated crowd"},
    {.name = "jobs",
     .arg = "N",
     .min = 1,
     .max = 8,
     .help = "rehearsals at a time (default: one a processor; one less beside an engine)"},
    {.name = "idle",
     .help = "take only processor time that nobody else wants (beside an engine always)"},
    FLAG_JSON,
    {0},
};

static const struct cli_example whatif_examples[] = {
    {"drumbeat whatif double-11 'delay(\"prices open\", minutes(10))'", "of an engine that runs"},
    {"drumbeat whatif --db brand.db --runs 100 --json", "what comes of it as it is"},
    {0},
};

static const struct cli_flag why_flags[] = {
    {.name = "db", .arg = "FILE", .help = "a database (default: that of the engine that runs)"},
    {.name = "campaign", .arg = "NAME", .help = "whose engine (default: the only one that runs)"},
    FLAG_JSON,
    {0},
};

static const struct cli_example why_examples[] = {
    {"drumbeat why double-11 u-17", "her events, and what each did"},
    {"drumbeat why double-11 u-17 \"spring 50\"", "why she got it, or why not"},
    {"drumbeat why --db brand.db u-17 --json", "of a file, as data"},
    {0},
};

static const struct cli_flag plan_flags[] = {FLAG_JSON, {0}};

static const struct cli_example plan_examples[] = {
    {"drumbeat plan examples/womens-wear", "read it before anybody else does"},
    {0},
};

static const struct cli_flag price_flags[] = {
    {.name = "cases", .arg = "FILE", .help = "run the pricing cases in FILE"},
    {.name = "policy",
     .arg = "NAME",
     .choices = "drumbeat|sylius|medusa|woocommerce|solidus",
     .help = "whose arithmetic: drumbeat|sylius|medusa|woocommerce|solidus (default: with --cases "
             "what each case names, else drumbeat)"},
    {.name = "campaign", .arg = "DIR", .help = "the campaign whose prices and vouchers count"},
    {.name = "at",
     .arg = "WHEN",
     .help = "with --campaign: when it is asked, day5 or \"day5 20:31\" (default: what the cart "
             "says, else now, else when the deal prices open)"},
    {.name = "member-card", .help = "with --campaign: the member holds the membership card"},
    FLAG_JSON,
    {0},
};

static const struct cli_example price_examples[] = {
    {"drumbeat price cart.json --campaign examples/womens-wear", "what would this cart cost?"},
    {"drumbeat price cart.json --campaign . --at \"day5 20:31\" --member-card", "... then"},
    {"drumbeat price --cases cases.json", "prints failing ids and 'N passed, N failed'"},
    {0},
};

static const struct cli_flag run_flags[] = {
    {.name = "db", .arg = "FILE", .help = "the brand's database (with --feed: memory without it)"},
    {.name = "feed",
     .arg = "FILE",
     .help = "play recorded dcp/1 events in their own time instead of running live"},
    {.name = "out", .arg = "FILE", .help = "write each sent command as a line (with --feed)"},
    FLAG_SEED,
    {.name = "yes", .letter = 'y', .help = "start without asking"},
    {.name = "metrics",
     .arg = "PORT",
     .min = 1,
     .max = 65535,
     .help = "figures for Prometheus at http://127.0.0.1:PORT/metrics"},
    FLAG_JSON,
    {0},
};

static const struct cli_example run_examples[] = {
    {"drumbeat run spring --db brand.db", "shows the plan, asks, then runs in real time"},
    {"drumbeat run spring --db week.db --feed week.jsonl --out sent.jsonl", "recorded events"},
    {0},
};

static const struct cli_flag outbox_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {.name = "all", .help = "what was sent, too"},
    {.name = "resolve", .arg = "N", .min = 1, .max = UINT32_MAX, .help = "settle effect N"},
    FLAG_JSON,
    {0},
};

static const struct cli_example outbox_examples[] = {
    {"drumbeat outbox --db brand.db", "also while the engine runs"},
    {"drumbeat outbox --db brand.db --resolve 12 again", "send it once more"},
    {"drumbeat outbox --db brand.db --resolve 12 sent", "it did arrive, or was sent by hand"},
    {0},
};

static const struct cli_flag parked_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {.name = "all", .help = "what was settled, too"},
    {.name = "replay", .arg = "N", .min = 1, .max = UINT32_MAX, .help = "handle event N now"},
    {.name = "discard", .arg = "N", .min = 1, .max = UINT32_MAX, .help = "N needs nothing more"},
    {.name = "resume", .arg = "PLAYBOOK", .help = "what is halted of it goes on"},
    FLAG_JSON,
    {0},
};

static const struct cli_example parked_examples[] = {
    {"drumbeat parked --db brand.db", "also while the engine runs"},
    {"drumbeat parked --db brand.db --replay 3", "once its cause is gone"},
    {"drumbeat parked --db brand.db --resume wheel", "what it needed is there now"},
    {0},
};

static const struct cli_flag attach_flags[] = {{0}};

static const struct cli_example attach_examples[] = {
    {"drumbeat attach", "the only engine that runs"},
    {"drumbeat attach double-11", "one of several, by its campaign"},
    {"echo budgets | drumbeat attach", "lines from a script; none of them changes anything"},
    {0},
};

static const struct cli_flag eval_flags[] = {
    {.name = "campaign", .arg = "NAME", .help = "whose engine (default: the only one that runs)"},
    {.name = "apply", .help = "do what it changes; without it nothing is changed"},
    {.name = "confirm", .arg = "AMOUNT", .help = "what is to be typed for money, and for good"},
    FLAG_JSON,
    {0},
};

static const struct cli_example eval_examples[] = {
    {"drumbeat eval groups", "a look"},
    {"drumbeat eval 'delay(\"price.flip\", minutes(10))'", "what it would change; exit 5"},
    {"drumbeat eval --apply --confirm 95000 'budget_add(\"coupon\", yuan(15000))'",
     "the new cap, typed"},
    {0},
};

static const struct cli_flag reload_flags[] = {
    {.name = "dry", .help = "only show what would follow; exit 8 if anything would"},
    {.name = "back",
     .arg = "N",
     .min = 1,
     .max = INT32_MAX,
     .help = "go back to version N, whose sources are in the file"},
    {.name = "campaign", .arg = "NAME", .help = "whose engine (default: the only one that runs)"},
    {.name = "db",
     .arg = "FILE",
     .help = "the brand's database, while no engine runs with it (--dry: also then)"},
    {.name = "yes", .letter = 'y', .help = "reload without asking"},
    FLAG_JSON,
    {0},
};

static const struct cli_example reload_examples[] = {
    {"drumbeat reload . --dry", "what would follow of the edit?"},
    {"drumbeat reload examples/womens-wear", "show it, ask, do it"},
    {"drumbeat reload --back 1 --yes", "as it was started"},
    {0},
};

static const struct cli_flag status_flags[] = {FLAG_JSON, {0}};

static const struct cli_example status_examples[] = {
    {"drumbeat status", "of the only engine that runs; of several, a line each"},
    {"drumbeat status double-11 --json", "for monitoring; exit 1 when something needs a person"},
    {0},
};

static const struct cli_flag top_flags[] = {
    {.name = "once", .help = "print it, and that is all"},
    {0},
};

static const struct cli_example top_examples[] = {
    {"drumbeat top", "of the only engine that runs"},
    {"drumbeat top --once", "as it is now, for a mail or a log"},
    {0},
};

static const struct cli_flag tweaks_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {.name = "fold", .arg = "CAMPAIGN", .help = "the patch that writes them into its files"},
    FLAG_JSON,
    {0},
};

static const struct cli_example tweaks_examples[] = {
    {"drumbeat tweaks --db brand.db", "those that stand"},
    {"drumbeat tweaks --db brand.db --fold double-11 | patch -p0 -d double-11",
     "budgets and prices as they are now"},
    {0},
};

static const struct cli_flag audit_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    FLAG_JSON,
    {0},
};

static const struct cli_example audit_examples[] = {
    {"drumbeat audit --db brand.db", "also while the engine runs"},
    {0},
};

static const struct cli_flag report_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {.name = "campaign", .arg = "NAME", .help = "which campaign (default: the latest)"},
    {.name = "view", .arg = "NAME", .help = "all rows of one view instead, such as v_growth"},
    FLAG_JSON,
    {0},
};

static const struct cli_example report_examples[] = {
    {"drumbeat report --db brand.db", "the latest campaign"},
    {"drumbeat report --db brand.db --campaign spring --json", "for other programs"},
    {"drumbeat report --db brand.db --view v_growth", "one of the views behind the figures"},
    {0},
};

static const struct cli_flag verify_flags[] = {
    {.name = "db",
     .arg = "FILE",
     .help = "verify a database: its journal, its rows and the receipts of all its games"},
    {.name = "campaign", .arg = "NAME", .help = "with --db: the games of this campaign only"},
    {.name = "extract", .arg = "DIR", .help = "with --db: also write the receipts as files"},
    {.name = "page", .help = "write the page for members, self-contained HTML, to stdout"},
    FLAG_JSON,
    {0},
};

static const struct cli_example verify_examples[] = {
    {"drumbeat verify receipt.json", "recomputes the winners from the receipt alone"},
    {"drumbeat verify --db brand.db", "the journal's chain, every sum, every game"},
    {"drumbeat verify --db brand.db --extract receipts", "files to hand out"},
    {"drumbeat verify --page > verify.html", "members check it themselves"},
    {0},
};

static const struct cli_flag replay_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {.name = "until",
     .arg = "TURN",
     .min = 1,
     .max = INT64_MAX,
     .help = "stop after this turn (rows are then not compared)"},
    {.name = "with",
     .arg = "DIR",
     .help = "play the same events with the playbooks in DIR and show what would differ"},
    FLAG_JSON,
    {0},
};

static const struct cli_example replay_examples[] = {
    {"drumbeat replay --db brand.db", "does the same night come out again?"},
    {"drumbeat replay --db brand.db --until 5000 --json", "its first 5000 turns"},
    {"drumbeat replay --db brand.db --with playbooks", "what would the new version have done?"},
    {0},
};

static const struct cli_flag backup_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "the brand's database"},
    {0},
};

static const struct cli_example backup_examples[] = {
    {"drumbeat backup --db brand.db tonight.db", "while the engine runs"},
    {0},
};

static const struct cli_flag restore_flags[] = {
    {.name = "db", .arg = "FILE", .required = true, .help = "a database with its journal"},
    {.name = "at",
     .arg = "WHEN",
     .help = "as it was then: \"2025-11-08 20:30:00\" or \"day3 21:00\", in the brand's zone "
             "(default: the journal's end)"},
    {0},
};

static const struct cli_example restore_examples[] = {
    {"drumbeat restore --db brand.db --at \"day3 20:29\" before.db", "before it went wrong"},
    {0},
};

static const struct cli_flag help_flags[] = {{0}};

static const struct cli_example help_examples[] = {
    {"drumbeat help rehearse", "a verb"},
    {"drumbeat help exit-codes", "a topic"},
    {"drumbeat help words announce", "a word of the playbooks"},
    {0},
};

const struct cli_verb cli_verbs[] = {
    {"check", "Write", "find mistakes without running anything", "不运行，只找错误", "DIR|FILE…",
     "Loads and binds each playbook or campaign and prints one verdict line each: ok, or file:line "
     "and what to write instead.",
     1, SIZE_MAX, check_flags, check_examples, cmd_check},
    {"plan", "Write", "list what will be sent, given and spent, and when",
     "列出将要发送、赠送和花费的内容与时间", "[CAMPAIGN]",
     "Per group and day, with the worst case of every budget. Nothing is sent. CAMPAIGN is a "
     "folder (default: the current one).",
     0, 1, plan_flags, plan_examples, cmd_plan},
    {"rehearse", "Try", "play a whole campaign in virtual time with a simulated crowd",
     "用模拟人群在虚拟时间里演练整场活动", "[CAMPAIGN]",
     "Nothing is sent and no money moves. The figures are a rehearsal, not a forecast. CAMPAIGN is "
     "a folder (default: the current one).",
     0, 1, rehearse_flags, rehearse_examples, cmd_rehearse},
    {"whatif", "Try", "what a change would do: paired rehearsals from this moment",
     "某项修改会带来什么：从此刻起成对演练", "[CAMPAIGN] [LINE]",
     "LINE is what an operator would type (drumbeat help console). The rest of the campaign is "
     "played in virtual time from a copy of the database, without the change and with it, with the "
     "same random numbers; a simulated crowd takes the place of the members that are there. Told "
     "are the change and, without and with it, the median and the range from 5 to 95 % of who "
     "pays, revenue, what budgets spend, messages, promises. A file of a rehearsal goes on from "
     "its last turn, a running campaign from now. The file is only read, nothing is sent. A "
     "rehearsal, not a forecast: the crowd's habits are built in (lua/crowd.lua names the source "
     "of "
     "each, many are judgement), not learned from your members, and each run takes them a little "
     "differently. Measured on rehearsals of the example, whose crowd is the same, about nine of "
     "ten "
     "ended within the range told an hour before the sale and in the middle of it; real members "
     "are "
     "not that crowd. Without LINE: what comes of the campaign as it is.",
     0, 2, whatif_flags, whatif_examples, cmd_whatif},
    {"price", "Try", "quote a cart, or run pricing cases", "为购物车报价，或运行计价用例",
     "[CART.json]",
     "Every step of the price, and for each voucher not used the reason. With --campaign a cart "
     "names goods and vouchers of the campaign: {\"lines\":[{\"sku\":\"coat\",\"qty\":2}], "
     "\"vouchers\":[\"spring 50\"], \"card\":true, \"at\":\"day5 20:31\"}; only lines are needed. "
     "Without, it brings its own prices: {\"currency\":\"CNY\", \"card_percent\":12, "
     "\"lines\":[{\"sku\":\"coat\",\"list\":120000,\"deal\":66000,\"floor\":50000,\"qty\":1}], "
     "\"vouchers\":[{\"name\":\"spring 50\",\"amount\":5000,\"threshold\":30000}]}, amounts in "
     "minor "
     "units; all fields stand in engine/app/price.md. A neutral document of promotions, as in a "
     "case file, is judged by --policy. A wrong cart is refused with its field's name (exit 3).",
     0, 1, price_flags, price_examples, cmd_price},
    {"run", "Run", "run a campaign for real, or on recorded events",
     "正式运行活动，或按录制的事件运行", "CAMPAIGN",
     "Starts the connectors named in campaign.lua and runs in real time until the campaign ends.",
     1, 1, run_flags, run_examples, cmd_run},
    {"outbox", "Run", "list what was not sent, and settle it", "列出未发送的内容并处理",
     "[sent|failed|again]",
     "Everything on its way out that isn't simply sent: ready, in_flight, unknown, failed, "
     "expired, "
     "awaiting_staff; since when, how often it was tried, why not, and what to do. --resolve "
     "records a person's decision as a turn of its own; no engine may have the file open (exit 1 "
     "names it). `again` gives it all its attempts once more. What is failed or unknown is a dead "
     "letter: nothing sends it by itself.",
     0, 1, outbox_flags, outbox_examples, cmd_outbox},
    {"parked", "Run", "list input that couldn't be handled, and settle it",
     "列出无法处理的输入并处理", "",
     "Lines that are no events, events that were refused, handlers and scenes that failed, with "
     "the reason. --replay handles a refused event again, as a turn of now; if it is refused again "
     "it goes on waiting (the reason is told). --discard: it needs nothing more. A refused join, "
     "leave, order or refund keeps back the later events of its member and its order; they follow "
     "it once it is settled. A handler that failed five times in a row is suspended, a function of "
     "`every` too; a scene that failed is halted. All go on when the engine starts again, or "
     "reloads, with the playbook mended, or with --resume. For all three no engine may have the "
     "file open (exit 1 names it).",
     0, 0, parked_flags, parked_examples, cmd_parked},
    {"attach", "Run", "the console of a running engine: see, ask, change, undo",
     "连接运行中的引擎：查看、询问、修改、撤销", "[CAMPAIGN]",
     "Read-only until `live` is typed. Every change is shown before it is applied, has your name "
     "in "
     "the journal, and can be undone while it can be. `?` lists the words; Lua and the words of "
     "playbooks work too. Ctrl-D leaves, the campaign goes on.",
     0, 1, attach_flags, attach_examples, cmd_attach},
    {"eval", "Run", "one line of the console, for scripts", "执行一行控制台命令", "LINE",
     "Without --apply a line that would change something shows it and exits with 5. `undo N`, "
     "`approve N` and `refuse N` are lines too.",
     1, 1, eval_flags, eval_examples, cmd_eval},
    {"reload", "Run", "let an edited campaign take over from the one that runs",
     "让修改后的活动接替正在运行的版本", "[CAMPAIGN]",
     "Checks the edited folder and shows what would follow: entries added, moved, gone; inputs, "
     "texts, handlers, things; the most it may cost; which scenes that run go on with the new code "
     "and which stay on the version that they began with, and why. Then it takes over in one turn. "
     "Nothing that has happened happens again. On any fault (exit 3) the old version runs on. "
     "Without CAMPAIGN: this folder if it has a campaign.lua, else the one that the engine was "
     "started with.",
     0, 1, reload_flags, reload_examples, cmd_reload},
    {"status", "Run", "what is running, what comes next, is anything wrong",
     "正在运行什么、接下来是什么、有没有问题", "[CAMPAIGN]",
     "Asks the running engine: its state, the next three things, lag, the oldest message that is "
     "due and not sent, and what to do about whatever needs a person (then it ends with 1). "
     "Without an engine it says how one is started (6). --json is drumbeat.status/1, described in "
     "engine/app/status.md.",
     0, 1, status_flags, status_examples, cmd_status},
    {"top", "Run", "one screen for the night", "今晚的总览屏幕", "[CAMPAIGN]",
     "Clock and countdown, groups, funnel and visitors by the minute with what was done about "
     "them, budgets, games, what waits to be sent, alarms; drawn anew every second, at any size. "
     "q leaves. It only looks: drumbeat attach acts. Where there is no terminal it is printed "
     "once.",
     0, 1, top_flags, top_examples, cmd_top},
    {"tweaks", "Run", "live changes that stand, and their patch of campaign.lua",
     "仍然有效的现场改动，及其对 campaign.lua 的补丁", "",
     "They survive a restart. --fold prints a patch for budgets, prices and stock; what was for "
     "the night alone (times, pauses) is named on stderr.",
     0, 0, tweaks_flags, tweaks_examples, cmd_tweaks},
    {"audit", "After", "who changed what live: lines, differences, undone by whom",
     "谁在现场改了什么：命令、差异、由谁撤销", "",
     "Every change is a turn in the journal's hash chain: `verify --db` shows that none was taken "
     "out.",
     0, 0, audit_flags, audit_examples, cmd_audit},
    {"report", "After", "what came of it: promises, funnel, money, games, groups",
     "结果：承诺、漏斗、金额、游戏、群组", "", NULL, 0, 0, report_flags, report_examples,
     cmd_report},
    {"verify", "After", "recompute draws from their receipts", "根据凭证重新计算抽奖结果",
     "RECEIPT…",
     "Anything altered in a receipt is found and named (exit 7); '-' reads stdin. With --db, "
     "money, vouchers, prizes, effects, scenes and references are added up row by row, each rule "
     "that doesn't hold is told with the first row that breaks it, and receipts are also held "
     "against the commitments and rules that the database says were announced, and against who it "
     "says has won. (That every value of every row follows from the journal is what `drumbeat "
     "replay` finds out.) Whoever has only a receipt compares its commitment and draw hash with "
     "the announcement herself.",
     0, SIZE_MAX, verify_flags, verify_examples, cmd_verify},
    {"why", "After", "why something did or didn't happen to a member",
     "解释某位成员为什么得到或没有得到什么", "[CAMPAIGN] MEMBER [THING]",
     "MEMBER is her id on the platform, THING a part of the name of a coupon, a prize, a game or a "
     "kind of message. The journal is replayed, and told are her events, what each did to her, by "
     "which line of which playbook, and the values of the names in the lines that decided. For a "
     "thing that she didn't get: who did, where, how she stood then, and what was refused and why. "
     "The file is only read, also while an engine writes it.",
     1, 3, why_flags, why_examples, cmd_why},
    {"replay", "After", "feed the journal through the same turns again",
     "把日志重新走一遍，核对每一步结果", "",
     "Every turn must have the outcome, the effects and the money that its journal entry says, and "
     "at the end every row of every table must be the file's (only the store's own tables meta, "
     "last_ids and journal are left out). Campaigns and playbooks come from the file itself. The "
     "first turn that differs is named, with its event and what differs (exit 8). With --with, "
     "what "
     "came from outside is played again with the playbooks in DIR (NAME/playbook.lua; those it "
     "hasn't come from the file), every command counting as sent at once: shows the effects, the "
     "money and the members' outcomes that would differ (exit 8; 0 if nothing would). Nothing is "
     "sent and the file is only read.",
     0, 0, replay_flags, replay_examples, cmd_replay},
    {"backup", "After", "copy a database, also while an engine runs",
     "复制数据库（引擎运行中也可以）", "TO",
     "TO is the file as it is at one instant: it appears whole or not at all, and its journal and "
     "rows are verified (exit 7 if they don't hold).",
     1, 1, backup_flags, backup_examples, cmd_backup},
    {"restore", "After", "rebuild a database from its journal, as it was at a time",
     "按日志把数据库恢复到某一时刻", "TO",
     "Replays the journal up to --at into the new file TO; FILE is only read. What comes out is "
     "verified; if a turn comes out otherwise than it did, it is named and no file is left "
     "(exit 8).",
     1, 1, restore_flags, restore_examples, cmd_restore},
    {"help", "Help", "help on a verb, a topic or a word of the playbooks",
     "查看命令、主题或剧本词语的帮助", "[VERB|TOPIC] [WORD]", NULL, 0, 2, help_flags, help_examples,
     cmd_help},
    {0},
};
