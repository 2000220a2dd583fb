-- What members are told of vouchers that they hold: that they end soon (group:remind), and that
-- one was taken back because friends left or were rejected, or is theirs again.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local texts = require "drumbeat.texts"
local group = require "drumbeat.group"

local M = {
  taken_text = nil, -- playbook { taken_back = } says it; false: nothing is told.
}

for _, name in ipairs { "vouchers", "worth", "ends" } do
  texts.offered[name] = true
end

-- Midnight is the end of the day that it closes.
local function show_end(at)
  local civil, last = engine.civil(at), engine.civil(at - 1000)
  if civil.days ~= last.days then
    return units.show_date(last.days) .. " 24:00"
  end
  return ("%s %02d:%02d"):format(units.show_date(civil.days), civil.hour, civil.minute)
end

-- Coupons of this campaign that end in time, the card left out: id -> { worth =, ends = }.
local function ending_coupons(campaign, from, to)
  local list = {}
  for _, id in ipairs(engine.all("coupons")) do
    local coupon = engine.row("coupons", id)
    if coupon.campaign == campaign and not coupon.is_card and coupon.until_at > from
      and coupon.until_at <= to then
      list[id] = { worth = coupon.kind == "amount" and coupon.value or 0, ends = coupon.until_at }
    end
  end
  return list
end

-- What of them she has unused: count, sum, first end.
local function ending(who, coupons)
  local count, worth, ends = 0, 0, nil
  for _, id in ipairs(engine.list("vouchers", "of_member", who)) do
    local coupon = coupons[engine.get("vouchers", id, "coupon")]
    if coupon and engine.get("vouchers", id, "status") == "issued" then
      count = count + 1
      worth = worth + coupon.worth
      ends = math.min(ends or coupon.ends, coupon.ends)
    end
  end
  return count, worth, ends
end

local function remind(self, within, text)
  local _, campaign = engine.context()
  local now, told = engine.now(), 0
  -- In quiet hours she reads it in the morning: what has ended by then is no news.
  local coupons = ending_coupons(campaign, engine.held_until("reminder") or now, now + within)
  local one, more = util.say("%d voucher", "%d张券"), util.say("%d vouchers", "%d张券")
  local with, shown = {}, {}
  for _, id in ipairs(next(coupons) and self.ids or {}) do
    for _, who in ipairs(engine.present(id)) do
      local count, worth, ends = ending(who, coupons)
      if count > 0 and engine.get("members", who, "group") == id then
        shown[ends] = shown[ends] or show_end(ends)
        with.vouchers = (count == 1 and one or more):format(count)
        with.worth, with.ends = engine.money(worth), shown[ends]
        with.member = engine.get("members", who, "name")
        talk.dm(who, "reminder", talk.render(text, id, nil, with))
        told = told + 1
      end
    end
  end
  engine.milestone("reminded", told, "", self.id)
  return told
end

---Tells members present whose unused vouchers end within this time.
---@param within Duration
---@param text string?
---@return integer told
function group.methods:remind(within, text)
  util.runs("group:remind")
  if not units.is(within, "duration") then
    util.fault("group:remind(hours(24)): which vouchers end soon? A duration, not %s",
      units.describe(within))
  end
  text = text or util.say("{member}, {vouchers} of yours ({worth}) can be used until {ends}.",
    "{member}，你还有{vouchers}（共{worth}），{ends}前有效。")
  return util.act("remind", "vouchers", remind, self, within.value, text)
end

-- Vouchers of hers that are taken back because of her friends.
local function taken_from(who, campaign)
  local count = 0
  for _, id in ipairs(engine.list("vouchers", "of_member", who)) do
    if engine.get("vouchers", id, "lost")
      and engine.get("vouchers", id, "status") == "clawed_back"
      and engine.get("coupons", engine.get("vouchers", id, "coupon"), "campaign") == campaign then
      count = count + 1
    end
  end
  return count
end

local function look_at(who)
  local _, campaign = engine.context()
  local taken = taken_from(who, campaign)
  local told = engine.memory_get("library", who, "taken") or 0
  if taken == told then
    return
  end
  engine.memory_set("library", who, "taken", taken)
  local text = taken > told and (M.taken_text or util.say(
    "Friends you brought have left, so a voucher you won for them is on hold. It is yours again "
    .. "when enough of them are back.",
    "你邀请的朋友离开了，对应的券已暂时收回；人数够了券就回来。"))
    or util.say("Enough of your friends are back: your voucher is yours again.",
      "朋友人数够了，你的券已恢复，可以使用。")
  talk.dm(who, "voucher_back", talk.render(text, engine.get("members", who, "group"), nil,
    { member = engine.get("members", who, "name") }))
end

local function on_change(event)
  local membership = event.membership
  local inviter = membership and engine.get("memberships", membership, "inviter") or 0
  if inviter ~= 0 then
    util.enter()
    look_at(inviter)
  end
end

---Who leaves, comes back or is rejected may cost or give back the voucher of who brought her.
function M.listen()
  if M.taken_text ~= false then
    engine.on("member.leave", on_change)
    engine.on("member.join", on_change)
    engine.on("operator", on_change)
  end
end

return M
