-- What a campaign declares it will keep: promise { "paid_share_bp", at_least = 3000 }.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local guard = require "drumbeat.guard"

local M = {}

-- What v_metric holds; shares can be named with _bp too.
local METRICS = { "members", "joins", "leaves", "effective_invites", "messages", "visitors",
  "payers", "orders", "cancelled", "items", "gross", "refunded", "revenue", "discount",
  "items_per_payer", "revenue_per_item", "revenue_per_order", "revenue_per_payer", "paid_share",
  "uv_paid_share", "gift_receivers", "gift_payers", "gift_paid_share", "budget_spent" }

local function check_metric(promise)
  local name = type(promise[1]) == "string" and promise[1]:gsub("_bp$", "") or promise[1]
  for _, metric in ipairs(METRICS) do
    if metric == name then
      return
    end
  end
  util.problem(promise.where, "promise: there is no metric %s%s", units.describe(promise[1]),
    util.meant(name, METRICS))
  promise.skip = true
end

---Checks one promise{} of campaign.lua.
---@param promise table
function M.check(promise)
  if guard.holds(promise) then
    promise.skip = true
    return
  end
  check_metric(promise)
  local value = promise.at_least or promise.at_most
  if units.is(value, "money") or units.is(value, "percent") then
    value = value.value
  end
  if (promise.at_least == nil) == (promise.at_most == nil) or math.type(value) ~= "integer" then
    util.problem(promise.where, "promise { \"metric\", at_least = n } or at_most = n")
    promise.skip = true
  end
  promise.value = value
end

return M
