---@meta engine
-- What the C side offers to the library in lua/ (never to playbooks). Misuse raises; a refusal
-- returns nil, message. Ids are row ids; times are milliseconds UTC; money is minor units.

---@class engine
engine = {}

---Row as a plain table, or nil. Enum columns are words, booleans booleans, JSON columns decoded.
---@param table_name string
---@param id integer
---@return table?
function engine.row(table_name, id) end

---One column of a row (nil if the row is absent).
---@param table_name string
---@param id integer
---@param column string
---@return any
function engine.get(table_name, id, column) end

---Inserts a row; columns not given are 0, "" or NULL. JSON columns take Lua values; false empties one.
---Refused for accounts, ledger, outbox, schedule, scenes, steps (they have functions of their own).
---@param table_name string
---@param fields table
---@return integer id
function engine.insert(table_name, fields) end

---Changes columns of a row. Indexed columns can't change.
---@param table_name string
---@param id integer
---@param fields table
function engine.set(table_name, id, fields) end

---Adds to an integer column and returns the new value.
---@param table_name string
---@param id integer
---@param column string
---@param by integer
---@return integer
function engine.add(table_name, id, column, by) end

---Looks up a unique index ("by_name"); keys in its column order.
---@param table_name string
---@param index string
---@param ... integer|string
---@return integer? id
function engine.find(table_name, index, ...) end

---Ids on a list index ("of_group"), oldest first.
---@param table_name string
---@param index string
---@param ... integer|string
---@return integer[]
function engine.list(table_name, index, ...) end

---Ids of all rows of a table in memory, oldest first.
---@param table_name string
---@return integer[]
function engine.all(table_name) end

---The id that the next row inserted into a table will have.
---@param table_name string
---@return integer id
function engine.next_id(table_name) end

-- Where we are --------------------------------------------------------------------------------

---Engine time. In a scene that is being rebuilt: the time of the last recorded step.
---@return integer ms
function engine.now() end

---Ids of what runs: day and campaign of this instance; group of the scene (0 outside).
---@return integer day, integer campaign, integer group
function engine.context() end

---"playbook.lua:12" of the caller `level` steps up that is not library code.
---@return string
function engine.where() end

---True inside a scene (waiting allowed).
---@return boolean
function engine.in_scene() end

-- Scenes --------------------------------------------------------------------------------------

---Asks for the next step's record. recorded = true: it was done before, `result` is what it gave, don't act.
---Raises when the recorded step was of another kind or label. Outside a scene: always false.
---@param kind string
---@param label string
---@return boolean recorded
---@return any result
function engine.step(kind, label) end

---Records the result of the step just asked for (plain data).
---@param result any
function engine.record(result) end

---Waits. Yields the scene; returns true when the count was reached, false when the deadline came first.
---The engine records the step itself (kind "wait", this label). deadline nil: none. kind "time" only has a deadline.
---@param kind "time"|"replies"|"likes"|"claims"|"orders"|"messages"|"joins"
---@param label string
---@param ref integer   chain, post, game; group id for orders, messages, joins
---@param target integer  absolute count to reach (see engine.count)
---@param deadline integer? ms
---@return boolean reached
function engine.wait(kind, label, ref, target, deadline) end

---The count a wait looks at, now.
---@param kind string
---@param ref integer
---@return integer
function engine.count(kind, ref) end

-- Time ----------------------------------------------------------------------------------------

---Brand-local fields of a time: year, month, day, hour, minute, second, weekday (1 = Monday), days (since 1970-01-01).
---@param ms integer
---@return table
function engine.civil(ms) end

---Brand-local date (days since 1970) and second of the day -> ms; second value "gap" or "twice" when it matters.
---@param days integer
---@param seconds integer
---@return integer ms
---@return string? fit
function engine.instant(days, seconds) end

---"2025-11-07" -> days; nil, message when there is no such date.
---@param text string
---@return integer? days
---@return string? message
function engine.date(text) end

---"20:30" -> seconds of the day; nil, message.
---@param text string
---@return integer? seconds
---@return string? message
function engine.clock(text) end

---Plans something: kind "entry" runs the scene of that name in that group, "library" calls the function given to
---engine.on_timer. name is unique in (day, group).
---`ref` of an entry: how many ms it starts ahead of its hour.
---@param what {name:string, due_at:integer, group:integer?, late:"skip"|"run"|"run_within", late_ms:integer?, kind:"entry"|"library", ref:integer?, tied:string?}
---@return integer id
function engine.schedule(what) end
---@param id integer
function engine.cancel(id) end
---@param id integer
---@param due_at integer
---@param at_once boolean? an entry that starts ahead of its hour doesn't wait for it any more
function engine.move(id, due_at, at_once) end

-- What comes in: each instance registers once, while it loads ------------------------------------

---Handlers of this instance for an event kind ("order.paid", "member.join", ...), called with (event) in order of registration.
---event is a handle, readable only inside the call: event.member, event.group, event.order, event.chain (row ids or nil),
---event.text, event.code, event.at, event.reply_place, event.first_join, event.first_order, event.new_visitor, ...
---Only events of this campaign's groups of this day arrive, while the day runs. "press" events arrive when event.game is a game of this day.
---@param kind string
---event.member_ext, event.group_ext, event.order_ext are the platform's ids.
---@param fn fun(event: table)
---@param given userdata? what fn gets instead of the handle: an event_view
function engine.on(kind, fn, given) end
---The event as playbooks see it: fields of the handle, but those in `looks` are given by a function of the handle, or
---are objects {id = row} with this metatable.
---@param looks table<string, function|table>
---@return userdata
function engine.event_view(looks) end
---What fn returns is called next, a call of its own: if it fails, what fn did stays.
---@param fn fun(name: string, group: integer, ref: integer, due: integer): (function?, any)
function engine.on_timer(fn) end
---Runs an entry: called inside a new scene.
---@param fn fun(name: string, group: integer, sharp: integer) sharp: the hour that it starts ahead of, or 0
function engine.on_entry(fn) end

-- Money -----------------------------------------------------------------------------------------

---Opens budget `name` of this campaign with a cap. nil, message if it exists with another cap.
function engine.budget_open(name, cap) end
---One step on a budget: "reserve", "commit", "release", "spend", "give_back". true, or nil and why not.
---@param step string
---@param name string
---@param amount integer
---@param reason string
---@param member integer?
---@param ref integer?
---@return boolean? done
---@return string? message
function engine.budget(step, name, amount, reason, member, ref) end
---Balance of an account by name in this campaign ("budget:wheel", "reserved:wheel", "member:12:owed"); nil if there is none.
---@param account string
---@return integer?
function engine.balance(account) end
---Any other transaction: legs {{"account", amount}, ...} that sum to zero; accounts are opened without floor.
function engine.pay(legs, reason, member, ref) end
---Issues a voucher of a coupon. voucher id, or nil and why not. value: amount off and cost of this voucher alone,
---of a coupon of kind amount with value 0.
---@param value? integer
---@return integer? voucher
---@return string? message
function engine.coupon_issue(coupon, member, source, value) end
---@return boolean?, string?
function engine.coupon_take_back(voucher, why) end
---Notes on an order what is owed to its sharer; refunds give that back to the budget "commission".
function engine.set_commission(order, amount) end

---What a prize gave back of an order, and from which budget: a refund takes its part back.
---@param order integer
---@param amount integer
---@param budget string
function engine.set_paid_back(order, amount, budget) end
---Price of a good at this moment: {list=, deal=, floor=, shown=, for_sale=}
function engine.price(good) end
---"¥1,234.50" in the campaign's currency.
---@param amount integer
---@return string
function engine.money(amount) end
---"199.50" or 199 (whole units) -> minor units; nil, message.
function engine.money_parse(text) end

-- Going out -------------------------------------------------------------------------------------

---Appends an effect: {op=, group=, member=, kind=, not_before=, expires=, policy=, planned_at=, body={text=, ask=, buttons=, ...}}
---body goes to the connector as the fields of the command (protocol.md) plus `kind`. Returns its id and 32-digit key.
---@param what table
---@return integer id
---@return string key
function engine.effect(what) end

---When a private message of this kind may go out: in the quiet hours their end, else nil.
---@param kind string
---@return integer? ms
function engine.held_until(kind) end

---The commonest effect without a table: a private message with {kind, text}, to the member's group's connector. In the quiet
---hours it waits until they end.
---@param member integer
---@param kind string
---@param text string
function engine.tell(member, kind, text) end

-- Chance (never anything else) ------------------------------------------------------------------

---Freezes a game: stores `rules` (plain data, published), derives and commits its seed. games.kind is "wheel" (odds and stock
---from its prizes rows, in order of insertion; the one with stock -1 is the consolation; rules.spins = spins a member, default 1;
---rules.wins, rules.spins_per_day, rules.wins_per_day, rules.day_offset_s, rules.day_max (a list by tier), rules.slots + rules.slot_ms for pacing from the opening), "envelope" (games.total split into rules.count parts,
---rules.drama 0..100), "draw" (k of n), "weighted", "stratified" (values: group ids; k of each), "nth_like", "fairy", "rfc3797" (rules.sources). Raises when rules, odds or stock are wrong, or were announced already.
---@param game integer
---@param rules table
---@return string commitment  SHA-256 of the seed, hex: publish it before the game opens
function engine.game_commit(game, rules) end

---One spin. Needs games.status "open". Counts games.plays, games.wins and prizes.given; the caller inserts the plays row
---{game, member, prize, at, number = games.plays after the spin, why}.
---@return integer? prize   prizes row (the consolation's too); 0: nothing. nil + message: refused (no spin left, not open)
---@return string why       "won", "odds", "stock", "pacing", "tier_day", "member_limit", "member_day"
function engine.wheel_spin(game, member) end

---Amount at a place of an envelope. The caller inserts plays rows with number = place (1..count).
---@return integer? amount  nil + message when there is no such place
---@return boolean king     this place is the lucky king's
function engine.envelope_amount(game, place) end

---Draws k winners (nth_like: the k-th in time). entrants: member ids; order ids for kind "fairy". values: weights (ints 1..2^53), or
---times of likes for nth_like. exclusions: {{id, reason}, ...}. Stores the receipt; a second draw of a game is refused.
---@param game integer
---@param k integer
---@param entrants integer[]
---@param values integer[]?
---@param exclusions table[]?
---@return integer[]? winners  row ids in order of the draw; nil + message
function engine.draw(game, k, entrants, values, exclusions) end

---Freezes who takes part in a game of kind "rfc3797" (rules.sources: texts); games.status "open", games.commitment the list's hash.
---@param game integer
---@param k integer
---@param entrants integer[] members
---@param values nil
---@param exclusions table[]?
---@return string? hash  nil + message
---@return string? message
function engine.draw_freeze(game, k, entrants, values, exclusions) end

---Draws from a frozen list by the numbers of its sources, in their order; stores the receipt. Once only.
---@param game integer
---@param numbers integer[][]
---@return integer[]? winners  nil + message
---@return string key_or_message
function engine.draw_numbers(game, numbers) end

---Replaces a winner (member; order of a fairy) who isn't reachable: the next by the same seed. The receipt grows by the re-draw.
---@param game integer
---@param who integer
---@param why string
---@return integer? instead  nil + message: she has won nothing, or everybody has won
---@return string? message
function engine.redraw(game, who, why) end

---Draws one of the campaign's paid orders since a time (a fairy): group 0 = all groups; weighted by what was paid.
---@param game integer
---@param since integer ms
---@param group integer
---@param weighted boolean
---@return integer? order  nil + message when there are none
---@return integer|string count
function engine.draw_orders(game, since, group, weighted) end

---Closes a game: completes the receipt of wheel and envelope, reveals the seed (it stands in receipts.body), status "closed".
---@return string? hash  SHA-256 of the receipt, hex ("" when there was nothing to prove)
---@return integer? receipt  its row; of a wheel or an envelope it is there in this turn only
function engine.game_close(game) end

-- Carts and quotes (handles; lua/prices.lua) ----------------------------------------------------

---Methods of carts and of quotes: tables to which the library adds.
---@return table
function engine.cart_class() end
---@return table
function engine.quote_class() end

---A cart of 1..64 lines by handle: { good row, qty, good row, qty, ... }, and the fee of shipping it.
---@param lines integer[]
---@param shipping integer?
---@return userdata
function engine.cart(lines, shipping) end

---The cart asked for one member (0: nobody). Prepares itself again when time or rows have changed.
---@param cart userdata
---@param member integer
---@return userdata
function engine.quote(cart, member) end

---Adds list, deal, promotions, card, vouchers, final and best to quotes; a scene calls look(quote, name) instead.
---@param look fun(quote: userdata, name: string): any, any
function engine.quote_methods(look) end

---An amount without recording: "list", "deal", "promotions", "card", "vouchers", "final", "best" (and vouchers used).
---@param quote userdata
---@param name string
---@return integer? amount  nil + message: a good isn't for sale yet
---@return integer|string|nil
function engine.quote_amount(quote, name) end

---Voucher rows of the best combination.
---@param quote userdata
---@return integer[]?  nil + message
function engine.quote_used(quote) end

---The ladder with reasons, a step a line; and as data {kind, change, after, voucher, promotion, name, why}.
---@param quote userdata
---@return string?  nil + message
function engine.quote_text(quote) end
---@param quote userdata
---@return table[]?  nil + message
function engine.quote_steps(quote) end

---Reserves the vouchers of the best combination and a use of each promotion, all or none; what it held before is freed first.
---@param quote userdata
---@param until_ms integer
---@return integer[]?  voucher rows; nil + message
---@return integer[]|string  rows of promotion_uses
function engine.quote_reserve(quote, until_ms) end

---Tells the handle which vouchers it holds, and until when (a rebuilt scene says it again).
---@param quote userdata
---@param rows integer[]
---@param until_ms integer
---@param uses integer[] rows of promotion_uses
function engine.quote_hold(quote, rows, until_ms, uses) end

---Frees what the handle holds.
---@param quote userdata
function engine.quote_release(quote) end

-- Rules that measure ----------------------------------------------------------------------------

---Audit of a newcomer (rules/audit.h): score 0..100, evidence "name-a 10, ...", queue = a person should look.
---@param member integer
---@param target string? "female" or "male": whom the shop sells to
---@return integer score
---@return string evidence
---@return boolean queue
function engine.audit_score(member, target) end

---Feeds a growth meter (rules/stall.h) with one interval. state: text kept by the caller (nil at first).
---rules: {members=, interval_ms=, hold_ms=, fraction_bp=, peak_min=, day_offset_s=}, all optional.
---@return string state
---@return boolean stalled   true once
---@return integer at_count  members when it stalled
---@return integer since_ms
function engine.stall(state, start_ms, joins, rules) end

---Feeds a peak meter (rules/peak.h) with the unique visitors of one minute. rules: {uv_min=, fall_bp=, fall_minutes=}.
---@return string state
---@return boolean passed   true once for each peak
---@return integer peak_ms  minute of the highest count
---@return integer peak_uv
---@return integer fall_bp   how far the smoothed count is below its highest
---@return integer line_bp   how far it must be: the rule's fall, or what chance alone does
---@return boolean rising    false: it has passed, and no new rise has begun
function engine.peak(state, minute_ms, uv, rules) end

---@param minute_ms integer
---@return integer visitors UV of this minute in the campaign
function engine.uv(minute_ms) end

-- Other -----------------------------------------------------------------------------------------

---Plain data remembered durably: scope "day", "group", "member" (of this day's playbook) or "library" (of the campaign). nil removes.
---ref: group or member id, 0 for the day. In scenes, read through a step, or a rebuilt scene may take another way.
function engine.memory_get(scope, ref, name) end
function engine.memory_set(scope, ref, name, value) end
---A table whose fields are remembered durably. In handlers plain values are looked up and changed by the engine alone.
---@param scope "day"|"group"|"member"
---@param ref integer
---@return table
function engine.memory_open(scope, ref) end
---What such tables do otherwise: in scenes, with tables as values, with names that can't be.
---@param scope string
---@param get fun(ref: integer, name: any): any
---@param set fun(ref: integer, name: any, value: any)
function engine.memory_tables(scope, get, set) end
---__index for objects {id = row}: a method, object.memory, or what `other` gives.
---@param scope "group"|"member"
---@param methods table<string, function>
---@param other fun(object: table, key: any): any
---@return function
function engine.object_index(scope, methods, other) end
---Keeps a field in an object that refuses changes.
function engine.object_keep(object, name, value) end
---A member's method "tag" or "dm" that the engine does alone when a handler calls it with a plain text; else it calls fn.
---@param word "tag"|"dm"
---@param fn function
---@return function
function engine.at_once(word, fn) end
---@param tag string
function engine.tag(member, tag, on) end
---@return boolean
function engine.has_tag(member, tag) end
---@return boolean
function engine.is_present(member, group) end
---Members present in a group (hosts not), oldest first.
---@return integer[]
function engine.present(group) end
---For the report's time line. group defaults to the scene's.
function engine.milestone(kind, value, text, group, value2) end
---kind "invite", "share": the member's own code, always the same; its codes row is made when somebody comes by it. Kind
---"claim", "channel": inserts a codes row with a fresh code. The same turn replayed gives the same code.
---@return string code
function engine.code(kind, member, guide) end
---@return string
function engine.fold(text) end
---@return integer cells
function engine.width(text) end
---Nearest name of a list, or nil.
function engine.nearest(name, list) end
function engine.json(value) end
function engine.parse_json(text) end
---Text of a file of the campaign's or playbook's folder (as stored with its version); nil if there is none.
function engine.source(path) end
---Source text of which only code is left: comments and the insides of texts become blanks, lines stay where they are.
---@param source string
---@return string code
---@return string words the same, with texts in quotes as they are
function engine.blank(source) end
---Names in such code that mean nothing: not in `means` (into which they are put: each comes once), no field and no label.
---@param code string
---@param means table<string, boolean>
---@return (integer|string)[] found place, name, place, name, ...
function engine.unknown_names(code, means) end
---Runs a file of the folder as data: its returned table of plain data. Raises with its file:line.
---@param path string
---@param shown string? its name in messages
function engine.load_data(path, shown) end
---Compiles a text without running it: nil, or what is wrong with it.
---@param text string
---@param shown string its name in messages
---@return string? why
function engine.compiles(text, shown) end
---Calls fn: true and its result, or false and the fault's text. For words that describe, while a file's body runs.
---@return boolean ok
---@return any
function engine.try(fn, ...) end
---The floor of a unit: the higher of a minimum and the price at which `margin_bp` is left over the cost.
---@return integer? floor  nil + message
---@return string? why
function engine.price_floor(min, cost, margin_bp) end
---Whether the rules can read a promotion's body (conditions, actions, ...).
---@param body table
---@return boolean?  nil + message
---@return string? why
function engine.promotion_check(body) end
---One line in the engine's log.
function engine.log(text) end
---true, or nil and why: is this an IANA zone the machine knows?
function engine.zone(name) end
---Digits after the point of a currency, -1 when unknown.
function engine.currency_decimals(code) end
---While a campaign is bound: the campaign row just inserted, so that money and time functions know it.
function engine.use_campaign(id) end
---While a campaign is bound: a group known from an earlier one belongs to this one from now on.
---@param group integer
function engine.adopt_group(group) end
---Folder name of the campaign or playbook being loaded.
function engine.playbook_name() end
---What campaign.lua gave this instance's day: {groups=, values=, where=, lines=, shared=}; {} outside of a campaign.
---@return table
function engine.day_inputs() end
---Tells whether a function of the playbook was edited: a hash of the lines it is written on.
---@param fn function
---@return string
function engine.code_of(fn) end
---Whether the source is to be read for mistakes: nothing ran with it yet.
---@return boolean
function engine.is_new() end
---Table of globals that the playbook or campaign.lua sees: add words here before the doors close (in *_begin).
---@type table
engine.globals = {}
---True when this process rehearses.
---@type boolean
engine.rehearsal = false

-- lua/main.lua returns a table of functions that C calls -----------------------------------------
--   campaign_begin()            adds the words of campaign.lua to engine.globals
--   (campaign.lua runs)
--   load_problems(why)          -> problems noted before the file's body broke off, and why it did; nil: problems noted so far
--   mend_begin()                a file broke off and is run anew without what broke it: adds what mends
--   mend(text, shown, line, why) -> the text without the statement at that line (0: those that are no Lua), "" if there is none; problems
--   mend_stand_in()             -> the argument of a mended file
--   campaign_finish(overrides)  -> problems {"campaign.lua:3: ...", "warning: campaign.lua:9: ...", ...}; overrides {groups=, members=}
--   campaign_write()            -> id of the campaigns row; inserts campaigns, groups, staff, goods, books, promises, budgets and days rows
--                                  (days.inputs = {groups = {group ids}, values = {...}, where = "campaign.lua:12", lines = {...}}; status "planned")
--   campaign_write_aside()      -> as campaign_write, of an edit that was refused while its campaign runs: under no name
--   campaign_carry(json)        -> problems: json is an array of what each day's playbook_costs gave; budgets that can't carry it
--   playbook_begin()            adds the words of playbooks to engine.globals; registers engine.on_entry, on_timer
--   (playbook.lua runs)
--   playbook_finish(inputs)     -> problems; inputs = days.inputs as above. Runs again at every restart: writes no rows
--   playbook_check()            -> problems, for a playbook by itself (no inputs given: required ones are fine)
--   playbook_costs()            -> JSON text: worst costs [{budget=, amount=, what=, where=}, ...]
--   playbook_start()            plans the day's entries, opens its coupons and games: once, in the turn that starts the campaign
--   playbook_describe()         -> JSON text for plan: {entries=[{name,at,groups}], things=[...]}
