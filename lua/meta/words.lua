---@meta words
-- The words of campaign.lua and playbook.lua, for editors. What each means, with an example, stands
-- in lua/words.lua; a test keeps both lists the same.

---Money in minor units. Write yuan(30) or money(30), never a bare number.
---@class Money
---@field text string as members read it
---A share: percent(12).
---@class Percent
---@field text string
---How long: minutes(10).
---@class Duration
---@field text string
---A time of day: clock("20:30"). Durations can be added and subtracted.
---@class Clock
---@field text string
---@operator add(Duration): Clock
---@operator sub(Duration): Clock
---@class Date
---@field text string

---@alias Time string|Clock
---@alias Late
---| "skip"       # the engine was down: not any more
---| "run"        # run it, however late
---| "run_within" # run it up to `within` late (10 minutes)
---@alias Per
---| "group"    # once in every group of the day
---| "campaign" # once; the scene gets all groups as one
---@alias AnnouncementKind
---| "countdown" # an alarm clock: date and hour
---| "teaser"    # promises a benefit, hides the rules
---| "spoiler"   # reveals the benefit, still hides the rules
---| "rules"     # how to play, with odds, stock and commitment
---| "winners"   # results
---@alias Goal "traffic"|"know"|"trust"|"emotion"|"buy"
---@alias Method "poster"|"invite"

---A prize: { "Coat", value = yuan(310), odds = percent(1), stock = 2 }, a coupon or the card.
---@class Prize
---@field [1] string name
---@field value Money? what one costs the budget
---@field off Money? instead of value: a voucher of this amount
---@field cash Money? instead of value: money
---@field odds Percent? on a wheel
---@field stock integer?
---@field sku string?
---@field image string?
---@field budget string? if not the game's

---A condition of a promotion: all fields given must hold.
---@class PromotionWhen
---@field over Money? total of the cart, or of these goods or categories
---@field quantity integer? pieces of the cart, or of these goods or categories
---@field goods string|string[]|nil skus
---@field categories string|string[]|nil
---@field groups string|string[]|nil chat groups the member belongs to
---@field segment string|string[]|nil
---@field tag string|string[]|nil one of them
---@field level integer? at least
---@field order integer? her n-th order
---@field first_order boolean?
---@field channel "online"|"store"|nil

---What a promotion takes off: one of off, percent, tiers, or buy and get.
---@class PromotionAction
---@field on "order"|"line"|"unit"|"shipping"|"price"|nil
---@field off Money?
---@field percent Percent?
---@field tiers {over: Money?, quantity: integer?, off: Money?, percent: Percent?}[]?
---@field every Money? off for every so much of the order
---@field each integer? of full groups of so many units
---@field buy integer? of every buy + get units ...
---@field get integer? ... the cheapest are free, or percent off
---@field units integer? at most so many units
---@field goods string|string[]|nil only these skus
---@field categories string|string[]|nil
---@field at_most Money? of one order

---@class PromotionSpec: PromotionAction
---@field [1] string name
---@field scope "cart"|"catalogue"|nil
---@field when PromotionWhen|PromotionWhen[]|nil
---@field actions PromotionAction[]? instead of an action's fields
---@field opens {day: integer, at: Time?}?
---@field closes {day: integer, at: Time?}?
---@field priority integer? higher runs first
---@field group string? of a group the first that can runs
---@field lane string? of a lane the one that gives most runs
---@field alone boolean? no other runs beside it
---@field on_deals boolean? false: leaves out goods that a catalogue promotion has made cheaper
---@field total integer? orders that may use it
---@field per_member integer? orders of one member
---@field budget string|Money|nil
---@field round "half_up"|"half_down"|"half_even"|"down"|"up"|nil
---@field remainder "largest_remainder"|"first"|"last"|nil

---@class Post
---@field [1] string text
---@field image string?
---@field after Duration? pause before it, a minute unless said

-- campaign.lua --------------------------------------------------------------------------------------

---@param spec {name: string, brand: string, from: string, timezone: string, currency: string?, language: "en"|"zh"?, title: string?, link: string?, contact: string?, second_person_above: table?}
function campaign(spec) end
---@param spec {[1]: string, title: string?, segment: string?, members: integer?, limit: integer?, connector: string?, fed_by: string?, awake: Percent?}
function group(spec) end
---@param spec {[1]: string, name: string}
function host(spec) end
---@param spec {[1]: string, name: string, code: string}
function guide(spec) end
---In campaign.lua { "name", yuan(30000) }; in inputs{} { "name", help = "..." }.
---@param spec {[1]: string, [2]: Money?, help: string?}
---@return any
function budget(spec) end
---@param list {[1]: string, [2]: string, list: Money, deal: Money?, floor: Money?, cost: Money?, margin: Percent?, stock: integer?, category: string?, image: string?}[]
function goods(list) end
---@param inputs table<string, any>
function all_days(inputs) end
---@param spec {placeholder: Money?, opens: {day: integer, at: Time}, closes: {day: integer, at: Time}?}
function prices(spec) end
---@class Promotion
---In campaign.lua or a playbook.
---@param spec PromotionSpec
---@return Promotion
function promotion(spec) end
---@param spec {[1]: string, command: string[]?, socket: string?, groups: string[]?, caps: string[]?, limits: {[1]: integer, per: Duration, burst: integer?, each: "channel"|"group"|nil}[]?}
function connector(spec) end
---@param spec {[1]: string, at_least: integer|Money|Percent|nil, at_most: integer|Money|Percent|nil, text: string?}
function promise(spec) end
---In campaign.lua: day(2) { playbook = "name", ... }. In a playbook: day.memory.x.
---@class Day
---@field memory table<string, any> what this playbook remembers for the day
---@overload fun(number: integer): fun(spec: {playbook: string, groups: string[]?, segment: string?, date: string?, last: integer?, track: string?, [string]: any})
day = {}
---@param path string a file of the same folder that returns a table
---@return table
function from(path) end

-- Units -----------------------------------------------------------------------------------------------

---@param amount number
---@return Money
function yuan(amount) end
---@param amount number|{[1]: Money?, help: string, optional: boolean?}
---@return Money
function money(amount) end
---@param number number|{[1]: Percent?, help: string, optional: boolean?}
---@return Percent
function percent(number) end
---@param n number
---@return Duration
function seconds(n) end
---@param n number
---@return Duration
function minutes(n) end
---@param n number
---@return Duration
function hours(n) end
---@param n number
---@return Duration
function days(n) end

-- Describing a playbook -------------------------------------------------------------------------------

---@param spec {name: string, version: integer, goal: Goal, about: string?}
function playbook(spec) end
---@param spec table<string, any> name = type { default, help = "..." }
---@return table values
function inputs(spec) end
---@param spec string|{[1]: string?, help: string, optional: boolean?}
---@return Clock
function clock(spec) end
---@param spec {[1]: integer?, min: integer?, max: integer?, help: string, optional: boolean?}
---@return integer
function count(spec) end
---@param spec {[1]: string?, help: string, optional: boolean?}
---@return string
function words(spec) end
---@param spec {[1]: string?, of: string[], help: string}
---@return string
function choice(spec) end
---@param spec {[1]: Duration?, help: string, optional: boolean?}
---@return Duration
function duration(spec) end
---@param spec {[1]: boolean?, help: string}
---@return boolean
function flag(spec) end
---@param spec string|{[1]: string?, help: string, optional: boolean?}
---@return Date
function date(spec) end
---@param spec {[1]: Prize[]?, help: string, optional: boolean?}
---@return Prize[]
function prize_list(spec) end
---@param spec {[1]: string[]?, help: string, optional: boolean?}
---@return string[]
function goods_list(spec) end
---@param spec {[1]: Post[]?, help: string, optional: boolean?}
---@return Post[]
function posts(spec) end
---@param spec {en: table, zh: table?}
---@return table texts in the campaign's language
function texts(spec) end

-- Things ------------------------------------------------------------------------------------------------

---@class Coupon
---@param spec {name: string?, off: Money?, percent: Percent?, over: Money?, stacks: boolean?, budget: string|Money, per_member: integer?, total: integer?, per_group: integer?, at_most: Money?, from_day: integer?, last_day: integer?}
---@return Coupon
function coupon(spec) end
---@param spec {name: string?, percent: Percent, price: Money?, budget: string|Money, at_most: Money?, total: integer?, per_group: integer?}
---@return Coupon
function card(spec) end
---@class Result
---@field winners Member[]
---@field plays integer
---@field wins integer
---@field receipt string? SHA-256 of the proof
---@field king Member? of an envelope
---@field likes integer? of an nth_like
---@field order integer? of the fairy
---@field amount Money? of the fairy
---@field why string? why nobody won

---@class Roulette
local wheel = {}
---@param spec {name: string?, prizes: (Prize|Coupon)[], otherwise: Coupon?, budget: string|Money, spins: integer?, wins: integer?, spins_a_day: integer?, wins_a_day: integer?, pace: {slots: integer, every: Duration}?}
---@return Roulette
function roulette(spec) end
---@param group Group
---@param text string?
---@return true? opened
---@return string? why
function wheel:open(group, text) end
---@param group Group
---@return Result
function wheel:close(group) end

---@class Envelope
local purse = {}
---@param spec {name: string?, total: Money, parts: integer, drama: integer?, budget: string|Money, king: Prize|Coupon|nil, cover: string?, pays: "cash"|"voucher"|nil}
---@return Envelope
function envelope(spec) end
---@param group Group
---@param text string?
---@return true? opened
---@return string? why
function purse:open(group, text) end
---@param group Group
---@return Result
function purse:close(group) end

---@class Rain
local shower = {}
---@param spec {name: string?, envelopes: integer?, total_each: Money, parts: integer, every: Duration?, drama: integer?, budget: string|Money, cover: string?, pays: "cash"|"voucher"|nil}
---@return Rain
function rain(spec) end
---@param group Group
---@return integer opened
function shower:start(group) end

---@class NthLike
local hearts = {}
---@param spec {name: string?, n: integer, prize: Prize|Coupon, budget: string|Money}
---@return NthLike
function nth_like(spec) end
---@param group Group
---@param text string?
---@return true? opened
---@return string? why
function hearts:open(group, text) end
---@param group Group
---@return Result
function hearts:close(group) end
---@param winner Member who isn't reachable
---@param why string stands in the receipt
---@param options {came_back: boolean?}? came_back: money that was sent to her is back
---@return Member? instead
---@return string? refusal
function hearts:redraw(winner, why, options) end

---@class Lottery
local nightly = {}
---@param spec {name: string?, prize: Prize|Coupon|nil, prizes: (Prize|Coupon)[]?, winners: integer?, who: "talkers"|"present"|"repliers"|nil, weighted: "spend"|"invites"|"tickets"|nil, most: integer|Money|nil, tickets: string?, public: {sources: string[], known: string, last: string, missing: "off"|"zero"|nil}?, across: "all"|"each"|nil, budget: string|Money}
---@return Lottery
function lottery(spec) end
---@param group Group
---@return Result
function nightly:draw(group) end
---@param winner Member who isn't reachable
---@param why string stands in the receipt
---@param options {came_back: boolean?}? came_back: money that was sent to her is back
---@return Member? instead
---@return string? refusal
function nightly:redraw(winner, why, options) end

---A lottery by tickets.
---@class Raffle: Lottery
local raffle = {}
---@param one Member
---@param n integer
---@param why string
---@return integer? tickets
---@return string? refusal
function raffle:give_tickets(one, n, why) end
---@param one Member
---@return integer
function raffle:tickets_of(one) end

---A lottery by public numbers.
---@class Balls: Lottery
local balls = {}
---@param group Group
---@return boolean? frozen
---@return string? why
function balls:freeze(group) end
---@param group Group
---@param source integer
---@param list integer[]
---@return boolean? taken
---@return string? why
function balls:numbers(group, source, list) end

---@class Fairy
local lucky = {}
---@param spec {name: string?, budget: string|Money, at_most: Money, weighted: boolean?}
---@return Fairy
function fairy(spec) end
---@param group Group
---@param text string?
---@return true? opened
---@return string? why
function lucky:open(group, text) end
---@param group Group
---@return Result
function lucky:draw(group) end
---@param winner Member who isn't reachable
---@param why string stands in the receipt
---@param options {came_back: boolean?}? came_back: money that was sent to her is back
---@return Member? instead
---@return string? refusal
function lucky:redraw(winner, why, options) end

---@class Certificate
local proof = {}
---@param spec {text: string, image: string?}
---@return Certificate
function certificate(spec) end
---@param member Member
---@param prize Prize
---@param why string?
---@return string? code
---@return string? why
function proof:give(member, prize, why) end

---@class Invitations
local growth = {}
---@param spec {name: string?, tiers: {[1]: integer, [2]: Prize|Coupon}[], bait: string?, poster: string?, invite: string?, welcome: string?, second: string?, audit: boolean|"female"|"male"|nil, budget: string|Money|nil, hold: Duration?, peak_min: integer?}
---@return Invitations
function invitations(spec) end
---@param group Group
---@param method Method
function growth:start(group, method) end
---@param group Group
---@param method Method
function growth:switch(group, method) end
---@param group Group
---@return boolean stalled true once
---@return integer at_count
function growth:stalled(group) end
---@param group Group
---@return Method?
function growth:method(group) end
---@param group Group
---@param n integer
---@return string
function growth:leaders(group, n) end
---@param group Group
---@return Result
function growth:pay(group) end

---@class Survey
local poll = {}
---@param spec {name: string?, question: string, answers: string[]}
---@return Survey
function survey(spec) end
---@param group Group
---@param n integer
---@return integer asked
function poll:ask(group, n) end
---@param group Group
---@return string? answer
---@return integer votes
function poll:top(group) end

---@class Meter
local uv = {}
---@param spec {name: string?, least: integer?, fall: Percent?, over: Duration?}
---@return Meter
function meter(spec) end
---@return boolean true once for each peak
function uv:passed() end
---@return string where it stands: "highest at 20:47 with 248 visitors, none higher in the 9 min since, ...; fall not seen: ..."
function uv:verdict() end

---@class SecondWave
local wave = {}
---@param spec {name: string?, commission: Percent, text: string?, ask: string?, dm: string?}
---@return SecondWave
function second_wave(spec) end
---@param group Group
function wave:start(group) end

---@class Cart
local basket = {}
---Some goods of the catalogue, to be priced for a member.
---@param lines {[integer]: {[1]: string, qty: integer?}|string, shipping: Money?}
---@return Cart
function cart(lines) end
---@param member Member?
---@return Quote
function basket:quote(member) end

---Amounts are plain numbers in minor units; nil and why as long as a good isn't for sale.
---@class Quote
local offer = {}
---@return integer?
---@return string? why
function offer:list() end
---@return integer?
---@return string? why
function offer:deal() end
---@return integer?
---@return string? why
function offer:promotions() end
---@return integer?
---@return string? why
function offer:card() end
---@return integer?
---@return string? why
function offer:vouchers() end
---@return integer?
---@return string? why
function offer:final() end
---@return integer? final
---@return integer|string used how many vouchers, or why not
function offer:best() end
---@return Money?
---@return string? why
function offer:price() end
---@return string?
---@return string? why
function offer:explain() end
---@return {kind: string, change: integer, after: integer, voucher: integer?, promotion: boolean?, name: string?, why: string?}[]?
---@return string? why
function offer:steps() end
---@param duration Duration
---@return boolean?
---@return string? why
function offer:reserve(duration) end
function offer:release() end

-- Times -------------------------------------------------------------------------------------------------

---@param time Time
---@param name string its key
---@param scene fun(group: Group)
---@param options {late: Late?, within: Duration?, per: Per?, day: integer?, ahead: Duration?, tied: string?}?
function at(time, name, scene, options) end
---@param every Duration
---@param name string
---@param fn fun(group: Group)
---@param options {from: Time?, to: Time?, per: Per?}?
function every(every, name, fn, options) end
---@param spec {to: Time, text: string, daily: Time?, days: integer?, last_hour: Duration[]?, name: string?}
function countdown(spec) end
---@class Event
---@field member Member
---@field group Group
---@field text string?
---@field total Money of an order
---@field items integer of an order
---@field amount Money of a refund
---@field place integer? of a reply: 1 for the first
---@field first boolean first join of the group, first order of the campaign
---@field inviter Member?
---@param event "message"|"reply"|"join"|"leave"|"like"|"visit"|"favorite"|"cart"|"order"|"refund"|"audit"
---@param fn fun(event: Event)
function on(event, fn) end
---@param kind string
---@param value integer|Money|nil
---@param text string?
function note(kind, value, text) end

-- Groups, members, chains -------------------------------------------------------------------------------

---A chat group in a scene or handler; with per = "campaign" all groups of the day as one.
---@class Group
---@field name string
---@field segment string
---@field members integer present, hosts not counted
---@field orders integer paid so far
---@field memory table<string, any>
group = {}
---@param kind AnnouncementKind
---@param text string
---@param options {tone: "notice"|"emotional"|nil, about: table?, with: table?, image: string?}?
---@return true? sent
---@return string? why
function group:announce(kind, text, options) end
---@param text string
---@param options {with: table?, image: string?, about: table?}?
function group:say(text, options) end
---@param phrase string
---@return Chain
function group:ask_to_copy(phrase) end
---@param posts Post[]
function group:story(posts) end
---@param sku string|string[]
---@param text string?
function group:drop(sku, text) end
---@param duration Duration
function group:wait(duration) end
---@param clock Time
function group:wait_until(clock) end
---@param what {replies: integer?, likes: integer?, claims: integer?, orders: integer?, messages: integer?, joins: integer?, within: Duration?}
---@return boolean in_time
---@nodiscard
function group:wait_for(what) end
---@param o {asks: string?, replies: integer?, share: Percent?, messages: integer?, within: Duration, warm_up: string|fun(group: Group)|nil, tries: integer?}
---@return boolean open
function group:gate(o) end
---@param fn fun(member: Member)
function group:everyone(fn) end
---@param coupon Coupon
---@param why string?
---@return integer given
function group:give_everyone(coupon, why) end
---@param within Duration
---@param text string? {vouchers}, {worth}, {ends}, {member}
---@return integer told
function group:remind(within, text) end

---@class Member
---@field name string
---@field level integer
---@field gender "unknown"|"female"|"male"
---@field orders integer
---@field spent Money
---@field invites integer effective
---@field vouchers integer
---@field has_card boolean
---@field memory table<string, any>
local member = {}
---@param text string
---@param options {with: table?, image: string?}?
function member:dm(text, options) end
---@param what Coupon|Prize
---@param why string?
---@return true? given
---@return string? why
function member:give(what, why) end
---@param name string
---@param on boolean?
function member:tag(name, on) end
---@param tag string
---@return boolean
function member:has(tag) end

---@class Chain
---@field replies integer different members
---@field messages integer
---@field share integer percent of who was present
---@field fastest Member?
local chain = {}
---@return Member[]
function chain:silent() end
function chain:close() end
