-- The functions that the C side calls; what each must do stands in lua/meta/engine.lua. A state is
-- either a campaign's or a playbook's: the other's files are not loaded.
local M = {}

---Adds the words of campaign.lua.
function M.campaign_begin()
  require("drumbeat.campaign").add(engine.globals)
end

---@return string[] problems
function M.campaign_finish(overrides)
  return require("drumbeat.campaign").finish(overrides)
end

---@return integer campaign
function M.campaign_write()
  return require("drumbeat.campaign_write").write()
end

---Rows beside those of a campaign that runs, which a reload found mistakes in.
---@return integer campaign
function M.campaign_write_aside()
  return require("drumbeat.campaign_write").write_aside()
end

---@return string[] problems
function M.campaign_carry(json)
  return require("drumbeat.campaign_write").carry(json)
end

---What a reload compares.
---@return string json
function M.campaign_image()
  return require("drumbeat.campaign_reload").image()
end

---Takes over from the version of campaign.lua whose image this is.
---@return string json { changes =, days = }
function M.campaign_reload(image)
  return require("drumbeat.campaign_reload").apply(image)
end

---Worst costs against caps, once carry has added them up.
---@return string json
function M.campaign_sums()
  return require("drumbeat.campaign_write").sums()
end

---What was noted in a file that broke off, and why it did; nil: what was noted, it goes on.
---@param why string?
---@return string[] problems
function M.load_problems(why)
  local util = require("drumbeat.util")
  if why and util.broke_off then
    util.broke_off()
  end
  -- A loop that would have gone up to a stand-in: what that stands for was told.
  local follows = require("drumbeat.guard").any and why
    and why:find("bad 'for' [%a ]+ %(number expected, got table%)")
  if why and not follows then
    util.problem("", "%s", why)
  end
  return util.take_problems()
end

---A file that broke off is mended and run anew in this state.
function M.mend_begin()
  require("drumbeat.mend")
end

---@return string text
---@return string[] problems
function M.mend(text, shown, line, why)
  return require("drumbeat.mend").without(text, shown, line, why)
end

---@return table what mended files are given
function M.mend_stand_in()
  return require("drumbeat.mend").stand_in()
end

---Adds the words of playbooks.
function M.playbook_begin()
  require("drumbeat.playbook").add(engine.globals)
end

---@return string[] problems
function M.playbook_finish()
  return require("drumbeat.playbook").finish()
end

---@return string[] problems
function M.playbook_check()
  return require("drumbeat.playbook").finish()
end

---@return string json
function M.playbook_costs()
  return require("drumbeat.playbook").costs()
end

---Opens what the day needs and plans its entries.
function M.playbook_start()
  require("drumbeat.playbook").start()
end

---What a reload compares.
---@return string json
function M.playbook_image()
  return require("drumbeat.playbook").image()
end

---Takes over from the version whose image this is.
---@return string json changes
function M.playbook_reload(image)
  return require("drumbeat.playbook").reload(image)
end

---Plans the flips of price books as they stand now.
function M.playbook_books()
  require("drumbeat.drops").replan()
end

---@return string json
function M.playbook_describe()
  return require("drumbeat.playbook").describe()
end

---@return string json names of the day's games
function M.playbook_games()
  local names = {}
  for _, thing in ipairs(require("drumbeat.things").list) do
    if thing.open and thing.close then
      names[#names + 1] = thing.name
    end
  end
  return engine.json(names)
end

---@return string json the day's inputs as it runs
function M.playbook_inputs()
  return require("drumbeat.reload").inputs()
end

---Adds the words of operators' lines beside those of playbooks.
function M.console_begin()
  require("drumbeat.playbook").add(engine.globals)
  require("drumbeat.playbook").load_all()
  require("drumbeat.console").add(engine.globals)
  require("drumbeat.util").stage = "run"
end

---@return string lua
function M.console_line(line)
  return require("drumbeat.console").line(line)
end

---@return string json
function M.console_eval(fn)
  return require("drumbeat.console").eval(fn)
end

---@return string json
function M.console_inputs_back(tweak, changes)
  return require("drumbeat.console").inputs_back(tweak, changes)
end

---@return string json
function M.console_complete(line)
  return require("drumbeat.console").complete(line)
end

return M
