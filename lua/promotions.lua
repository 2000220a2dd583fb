-- The word promotion{} of playbooks: a thing that becomes a row when the day starts. What it takes
-- off carts is the engine's arithmetic.
local util = require "drumbeat.util"
local things = require "drumbeat.things"
local read = require "drumbeat.promotion_read"

local M = {
  MOST = 32, -- Promotions of one campaign.
}

local Promotion = things.kind { offers = { "offer" } }

function Promotion:offer(name)
  return (name == "offer" or name == self.name) and read.tell(self.promotion) or nil
end

function Promotion:describe()
  return read.tell(self.promotion)
end

function Promotion:row()
  local _, campaign = engine.context()
  return engine.find("promotions", "by_name", campaign, self.name)
end

---Goods of the campaign as worst costs need them.
---@return table[]
local function catalogue(campaign)
  local list = {}
  for _, id in ipairs(engine.all("goods")) do
    local good = engine.row("goods", id)
    if good.campaign == campaign then
      list[#list + 1] = { sku = good.sku, category = good.category, stock = good.stock,
        room = good.deal - good.floor }
    end
  end
  return list
end

---@return integer? amount nil: only the budget limits it
---@return string what
function Promotion:worst()
  local _, campaign = engine.context()
  local own = things.budgets[self.budget]
  return read.worst(self.promotion, things.members_max(), catalogue(campaign),
    own and own.cap or engine.balance("budget:" .. self.budget))
end

---Inserts its row unless another day's playbook or campaign.lua did.
function Promotion:launch()
  if self:row() then
    return
  end
  local _, campaign = engine.context()
  local promotion = self.promotion
  if #engine.list("promotions", "of_campaign", campaign) >= M.MOST then
    util.fault("promotion '%s': a campaign has at most %d promotions", self.name, M.MOST)
  end
  local first = engine.civil(util.campaign().from_at).days
  local function at(moment)
    return moment and engine.instant(first + moment.day - 1, moment.seconds) or 0
  end
  local worst = self.budget ~= "" and self:worst() or nil
  engine.insert("promotions", { name = self.name, campaign = campaign, scope = promotion.scope,
    budget = self.budget, body = promotion.body, limit_total = promotion.total,
    limit_member = promotion.per_member, from_at = at(promotion.opens),
    until_at = at(promotion.closes), worst = worst or -1 })
end

-- Names that the catalogue and the campaign don't have.
local function check_names(promotion)
  local _, campaign = engine.context()
  if campaign == 0 then
    return
  end
  local skus, categories, groups, segments = {}, {}, {}, {}
  for _, good in ipairs(catalogue(campaign)) do
    skus[good.sku], categories[good.category] = true, true
  end
  for _, id in ipairs(engine.list("groups", "by_campaign", campaign)) do
    groups[engine.get("groups", id, "ext")] = true
    segments[engine.get("groups", id, "segment")] = true
  end
  read.check_names(promotion, skus, categories, groups, segments)
end

local function promotion(spec)
  util.declares("promotion")
  local found = read.read(spec)
  check_names(found)
  local thing = things.new("promotion", { name = found.name }, { "name" }, Promotion)
  thing.promotion = found
  thing.budget = spec.budget ~= nil and things.budget(spec, "promotion", thing.name) or ""
  local ok, why = engine.promotion_check(found.body)
  if not ok then
    util.fault("promotion '%s': %s", found.name, why)
  end
  return thing
end

M.words = { promotion = promotion }

return M
