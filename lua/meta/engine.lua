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

---Inserts a row; columns not given are 0, "" or NULL. JSON columns take Lua values.
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
---@param what {name:string, due_at:integer, group:integer?, late:"skip"|"run"|"run_within", late_ms:integer?, kind:"entry"|"library", ref:integer?}
---@return integer id
function engine.schedule(what) end
---@param id integer
function engine.cancel(id) end
---@param id integer
---@param due_at integer
function engine.move(id, due_at) end

-- What comes in: each instance registers once, while it loads ------------------------------------

---Handlers of this instance for an event kind ("order.paid", "member.join", ...), called with (event) in order of registration.
---event is a handle, readable only inside the call: event.member, event.group, event.order, event.chain (row ids or nil),
---event.text, event.code, event.at, event.reply_place, event.first_join, event.first_order, event.new_visitor, ...
---Only events of this campaign's groups of this day arrive, while the day runs. "press" events arrive when event.game is a game of this day.
---@param kind string
---@param fn fun(event: table)
function engine.on(kind, fn) end
---@param fn fun(name: string, group: integer, ref: integer)
function engine.on_timer(fn) end
---Runs an entry: called inside a new scene.
---@param fn fun(name: string, group: integer)
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
---Issues a voucher of a coupon. voucher id, or nil and why not.
---@return integer? voucher
---@return string? message
function engine.coupon_issue(coupon, member, source) end
---@return boolean?, string?
function engine.coupon_take_back(voucher, why) end
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

-- Chance (never anything else) ------------------------------------------------------------------

---Commits a game's seed (derived from the campaign's secret), stores games.rules frozen, status "announced"; returns the commitment, hex.
---@param game integer
---@param rules table
---@return string commitment
function engine.game_commit(game, rules) end
---Spins a wheel for its next play: odds and stock from its prizes rows. prize id, or nil for nothing; the second value
---says "consolation" when the drawn tier was out of stock.
---@return integer? prize
---@return string? why
function engine.wheel_spin(game, member) end
---Splits total into `parts` amounts, shuffled; the plan is kept with the game. place 1..parts gives the amount.
---@return integer amount
function engine.envelope_amount(game, place) end
---Draws k winners among entrants {ids}, weights optional; returns winner ids in order of the draw. The receipt is stored.
---@param game integer
---@param k integer
---@param entrants integer[]
---@param weights integer[]?
---@param exclusions table<integer,string>?
---@return integer[] winners
function engine.draw(game, k, entrants, weights, exclusions) end
---Closes a game: reveals the seed, completes the receipt, status "closed". Returns the receipt's hash.
function engine.game_close(game) end

-- Rules that measure ----------------------------------------------------------------------------

---Audit score of a newcomer: score 0..100 and evidence text.
---@return integer score
---@return string evidence
function engine.audit_score(member, target_gender) end
---Stall of a group's growth: joins per half hour since a time; true, count, since_ms when it stalls.
function engine.stall(counts) end
---Feeds a peak detector kept as a text: state, value -> state, "rising"|"peak"|"fallen"|"quiet"
function engine.peak(state, value) end
---@param minute_ms integer
---@return integer visitors UV of this minute in the campaign
function engine.uv(minute_ms) end

-- Other -----------------------------------------------------------------------------------------

---Plain data remembered durably: scope "day", "group", "member", "library". nil removes.
function engine.memory_get(scope, ref, name) end
function engine.memory_set(scope, ref, name, value) end
---@param tag string
function engine.tag(member, tag, on) end
---@return boolean
function engine.has_tag(member, tag) end
---@return boolean
function engine.is_present(member, group) end
---Members present in a group (hosts not), oldest first.
---@return integer[]
function engine.present(group) end
function engine.milestone(kind, value, text, group, value2) end
---Short code, unique in the file, derived from chance: kind "invite", "share", "claim", "channel".
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
---Runs a file of the folder as data: its returned table of plain data. Raises with its file:line.
function engine.load_data(path) end
---One line in the engine's log.
function engine.log(text) end
