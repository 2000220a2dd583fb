-- A winner who isn't reachable: her place is drawn again by the same seed, without those who have
-- won before. The receipt keeps what was drawn first, and why again. What she would have got goes
-- back to where it came from before it goes to who comes instead: nothing is given twice.
local util = require "drumbeat.util"
local talk = require "drumbeat.talk"
local member = require "drumbeat.member"
local incentives = require "drumbeat.incentives"
local games = require "drumbeat.games"

local M = {}

-- The play by which she won in this game.
local function win_of(game, who)
  for _, play in ipairs(engine.list("plays", "of_member", game, who)) do
    if engine.get("plays", play, "why") == "won" then
      return play
    end
  end
  return nil
end

-- The newest game of this thing in which she has won.
local function game_of(thing, who)
  local _, campaign = engine.context()
  local found
  for _, play in ipairs(engine.all("plays")) do
    if engine.get("plays", play, "member") == who and engine.get("plays", play, "why") == "won" then
      local game = engine.get("plays", play, "game")
      if games.thing_of(game) == thing
        and engine.get("days", engine.get("games", game, "day"), "campaign") == campaign then
        found = game
      end
    end
  end
  return found
end

-- Money that has left can't be given to somebody else. A transfer that failed never left; one that
-- was sent may have come back, which only a person knows.
local function money_is_back(game, who, came_back)
  local effect = engine.memory_get("library", who, "paid " .. game)
  local status = effect and engine.get("outbox", effect, "status")
  if status == "failed" or status == "expired" then
    return true
  elseif status then
    return false, "what became of the transfer to her isn't known yet: wait for its result"
  elseif not came_back then
    return false, "the money was sent to her: when it has come back, write redraw(member, why, "
      .. "{ came_back = true })"
  end
  return true
end

-- Whether what she won can still be taken back; nothing is changed here.
local function is_free(thing, game, play, who, o)
  local kind = thing.prizes == nil and "cash" or M.prize_of(thing, play).kind
  if kind == "cash" then
    return money_is_back(game, who, o.came_back)
  elseif kind == "coupon" then
    local voucher = engine.get("plays", play, "voucher")
    if voucher ~= 0 and (engine.get("vouchers", voucher, "status") ~= "issued"
      or engine.get("vouchers", voucher, "used_at") ~= 0) then
      return false, "her voucher is used or reserved"
    end
  elseif engine.get("plays", play, "claimed_at") ~= 0 then
    return false, "she has claimed it already"
  end
  return true
end

---@return table prize of a play
function M.prize_of(thing, play)
  return thing.prizes[engine.get("prizes", engine.get("plays", play, "prize"), "tier")]
end

---Sends prize money and remembers by which effect, so that a redraw knows what became of it.
---@return boolean?
---@return string? why
function M.pay(budget, amount, who, why, game, ref)
  local ok, refusal, effect = incentives.give_cash(budget, amount, who, why, true, ref or game)
  if ok then
    engine.memory_set("library", who, "paid " .. game, effect)
  end
  return ok, refusal
end

-- One step of the ledger. A refusal undoes the turn: the receipt must not say what didn't happen.
local function ledger(step, budget, amount, who, game, why)
  local ok, refusal = engine.budget(step, budget, amount, "drawn again: " .. why, who, game)
  if not ok then
    util.fault("%s", refusal)
  end
end

-- What she would have got goes to who comes instead.
local function pass_on(thing, game, play, instead, why)
  local who, prize = engine.get("plays", play, "member"), M.prize_of(thing, play)
  local row = engine.get("plays", play, "prize")
  local fields = { game = game, member = instead, prize = row, why = "won",
    number = engine.get("plays", play, "number") }
  local voucher = engine.get("plays", play, "voucher")
  if voucher ~= 0 then
    engine.coupon_take_back(voucher, why)
  end
  engine.set("plays", play, { prize = 0, amount = 0, why = "drawn again: " .. why })
  if prize.kind == "coupon" then
    fields.voucher = incentives.give_coupon(prize.coupon, instead, "game") or 0
  elseif prize.kind == "cash" then
    ledger("give_back", thing.budget, prize.value, who, game, why)
    ledger("reserve", thing.budget, prize.value, instead, game, why)
    M.pay(thing.budget, prize.value, instead, "prize", game)
    fields.amount = prize.value
  else
    fields.claim = incentives.deliver(prize, instead)
  end
  games.play(fields)
end

---Draws again for her place. `passed(game, play, why)` draws and hands over; default: prizes.
---@param thing table
---@param who table the winner
---@param why string
---@param options table? {came_back=}
---@param passed fun(game: integer, play: integer): integer?, string?
---@return table? instead
---@return string? refusal
local function again(thing, who, why, options, passed)
  local word = thing.word .. ":redraw"
  util.runs(word)
  if not member.is(who) then
    util.fault("%s(member, why): the member is missing", word)
  elseif type(why) ~= "string" or why == "" then
    util.fault("%s(member, \"not reachable\"): say why, it stands in the receipt", word)
  end
  options = options or {}
  util.check_fields(word, options, { "came_back" })
  local instead, refusal = util.try("redraw", thing.name, function()
    local game = game_of(thing, who.id)
    if not game then
      return nil, "she has won nothing here"
    end
    local play = win_of(game, who.id)
    local free, reason = is_free(thing, game, play, who.id, options)
    if not free then
      return nil, reason
    end
    local found, refused = passed(game, play)
    if not found then
      return nil, refused
    end
    local id = engine.get("games", game, "group")
    engine.milestone("redraw", engine.get("plays", play, "number"),
      ("%s: %s"):format(thing.name, why), id)
    talk.set_winners(id, member.names({ found }))
    return found
  end)
  return member.of(instead), refusal
end

---thing:redraw(winner, why, { came_back = true }) of things that give prizes.
function M.prizes(thing, who, why, options)
  return again(thing, who, why, options, function(game, play)
    local found, refused = engine.redraw(game, who.id, why)
    if found then
      pass_on(thing, game, play, found, why)
    end
    return found, refused
  end)
end

-- The order that holds the fairy's place now; nil once the receipt is in the file alone.
local function order_of(game)
  local row = engine.find("receipts", "by_game", game)
  if not row then
    return nil
  end
  local body = engine.get("receipts", row, "body").body
  local last = body.redraws[#body.redraws]
  return engine.find("orders", "by_ext", last and last[4] or body.winners[1])
end

-- The next order of which something is left to pay back, of a buyer who hasn't won before; each
-- step stands in the receipt. Nobody left: nil, why, and whether something was drawn all the same.
local function next_order(game, order, why)
  local tried = false
  while true do
    local found, refused = engine.redraw(game, order, why)
    if not found then
      return nil, refused, tried
    end
    order, tried = found, true
    if engine.get("orders", order, "total") <= engine.get("orders", order, "refunded") then
      why = "refunded since"
    elseif #engine.list("plays", "of_member", game, engine.get("orders", order, "member")) > 0 then
      why = "the buyer has won before"
    else
      return order
    end
  end
end

---fairy:redraw(buyer, why, { came_back = true }): `give(game, order)` pays an order back.
function M.order(thing, who, why, options, give)
  return again(thing, who, why, options, function(game, play)
    local order = order_of(game)
    if not order then
      return nil, "its day has been over for too long"
    end
    local back = engine.get("orders", order, "paid_back")
    if (engine.balance("budget:" .. thing.budget) or 0) + back < thing.at_most then
      return nil, ("the budget '%s' can't carry %s again"):format(thing.budget,
        engine.money(thing.at_most))
    end
    local found, refused, tried = next_order(game, order, why)
    if not found and not tried then
      return nil, refused
    end
    engine.set_paid_back(order, 0, thing.budget)
    engine.set("plays", play, { amount = 0, why = "drawn again: " .. why })
    ledger("give_back", thing.budget, back, who.id, game, why)
    if not found then
      return nil, refused
    end
    ledger("reserve", thing.budget, thing.at_most, who.id, game, why)
    return give(game, found)
  end)
end

return M
