-- What a playbook asks of its connectors: the ops that its words and things send, each with the
-- place that needs it. A connector that can't is found when the campaign is bound.
local things = require "drumbeat.things"

local M = {
  seen = {}, -- op -> { where =, what = }, the first place.
}

local OF_METHOD = {
  say = "send", announce = "send", story = "send", ask_to_copy = "send", drop = "send",
  gate = "send", dm = "dm", give = "dm", remind = "dm",
}
local OF_THING = {
  roulette = { "send", "dm" }, envelope = { "send", "dm" }, rain = { "send", "dm" },
  nth_like = { "send" }, lottery = { "send", "dm" }, fairy = { "send", "dm", "pay" },
  certificate = { "dm" }, invitations = { "send", "dm" }, survey = { "dm" },
  second_wave = { "send", "dm" },
}

local function add(op, where, what)
  M.seen[op] = M.seen[op] or { where = where, what = what }
end

---A playbook's file, texts and comments blank.
---@param code string
---@param at fun(from: integer): string "file:line" of a place
function M.read(code, at)
  for from, name in code:gmatch("():([%a_]+)%s*[%({\"']") do
    local op = OF_METHOD[name]
    if op and not M.seen[op] then
      add(op, at(from), name)
    end
  end
  for from in ("\n" .. code):gmatch("\n%s*()countdown%s*{") do
    if not M.seen.send then
      add("send", at(from - 1), "countdown")
    end
  end
end

local function pays_cash(thing)
  if (thing.word == "envelope" or thing.word == "rain") and thing.pays == "cash" then
    return true
  end
  for _, prize in ipairs(thing.prizes or {}) do
    if prize.kind == "cash" then
      return true
    end
  end
  return false
end

---Everything: op -> { where =, what = }.
---@return table
function M.all()
  for _, thing in ipairs(things.list) do
    for _, op in ipairs(OF_THING[thing.word] or {}) do
      add(op, thing.where, thing.word)
    end
    if thing.word == "invitations" and thing.audit then
      add("kick", thing.where, "the audit of invitations (audit = false: nobody is removed)")
    end
    if pays_cash(thing) then
      add("pay", thing.where, "cash of " .. thing.word)
    end
  end
  return M.seen
end

return M
