-- What all library files share: steps, faults, problems found while loading, the campaign's facts.
-- Knows nothing of words.
local M = {}

-- Steps -------------------------------------------------------------------------------------------

-- Above zero while a word runs in a scene: what it calls belongs to its step. An error leaves it
-- standing, so every scene begins with M.enter(true).
local nested = 0
-- False: surely no scene runs, so nothing is recorded and steps cost nothing. True when in doubt.
local in_scene = false

---Entries from C into playbook code begin here. (Handlers of events needn't: what an error in a
---scene left standing only makes them slower.)
---@param scene boolean?
function M.enter(scene)
  nested = 0
  in_scene = scene or false
end

---A scene has ended.
function M.leave()
  in_scene = false
end

---Does something once: a rebuilt scene gets what it gave then. The result is plain data.
---@param kind string
---@param label string
---@param fn fun(...): any
---@return any
function M.act(kind, label, fn, ...)
  if not in_scene or nested > 0 then
    return fn(...)
  end
  local recorded, result = engine.step(kind, label)
  if recorded then
    return result
  end
  nested = 1
  result = fn(...)
  nested = 0
  engine.record(result)
  return result
end

---Whether what happens now is a step of its own: elsewhere a word may do without M.act and its
---label.
---@return boolean
function M.records()
  return in_scene and nested == 0
end

---Like M.act for what may refuse: fn gives a result, or nil and why.
---@return any result
---@return string? why
function M.try(kind, label, fn, ...)
  if not in_scene or nested > 0 then
    return fn(...)
  end
  local answer = M.act(kind, label, function(...)
    local result, why = fn(...)
    return { ok = result, why = why }
  end, ...)
  return answer.ok, answer.why
end

---A look at the world that may change: recorded like a step.
function M.look(label, fn, ...)
  return M.act("look", label, fn, ...)
end

---Waits; only directly in a scene.
---@return boolean reached
function M.wait(kind, label, ref, target, deadline)
  if nested > 0 or not engine.in_scene() then
    M.fault("waiting is possible inside at(...) only, not in on, every or everyone")
  end
  in_scene = false
  local reached = engine.wait(kind, label, ref, target, deadline)
  nested = 0
  in_scene = true
  return reached
end

-- Faults ------------------------------------------------------------------------------------------

---Misuse: raises; the engine puts the playbook's file:line in front.
---@param text string
function M.fault(text, ...)
  error(select("#", ...) > 0 and text:format(...) or text, 0)
end

---Misuse that needn't end the word: while a file is loaded it is noted and the word goes on, with a
---stand-in for what is wrong.
---@param text string
function M.note(text, ...)
  if M.stage == "run" then
    M.fault(text, ...)
  end
  M.problem(engine.where(), text, ...)
end

-- Values that a word can go on with although they are wrong. What they are was told: nothing that
-- follows from them is told as well.
local told = {} -- Stand-ins for nothing at all (guard.lua).

M.broke_off = nil -- What can be said of a file that broke off.
M.broken_lines = {} -- Of the file as it is: where it is no Lua.
M.UNSURE = "?" -- A name that nothing has: stands in for one.

---Whether a value is a stand-in whose fault was told.
---@return boolean
function M.is_told(value)
  return type(value) == "table" and told[value] == true
end

---@param value table
function M.mark_told(value)
  told[value] = true
end

---", did you mean 'x'?" or "".
---@param name string
---@param names string[]
---@return string
function M.meant(name, names)
  local near = type(name) == "string" and engine.nearest(name, names) or nil
  return near and (", did you mean '%s'?"):format(near) or ""
end

---Keys of a table, sorted.
---@return string[]
function M.keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  return keys
end

---Refuses fields that a word doesn't know. While a file is loaded they are noted, and one that is
---nearly another counts as that one: so what is missing or wrong besides is told as well, and
---nothing that follows from the slip.
---@param word string
---@param spec table
---@param known string[]
function M.check_fields(word, spec, known)
  if type(spec) ~= "table" then
    M.fault("%s is written %s { ... }", word, word)
  end
  local seen, unknown = {}, {}
  for _, name in ipairs(known) do
    seen[name] = true
  end
  for key in next, spec do
    if type(key) == "string" and not seen[key] then
      unknown[#unknown + 1] = key
    end
  end
  table.sort(unknown)
  for _, key in ipairs(unknown) do
    local near = engine.nearest(key, known)
    M.note("%s has no '%s'%s", word, key, M.meant(key, known))
    if near and spec[near] == nil then
      spec[near] = spec[key]
    end
  end
end

-- Problems found while loading: all of them are told, not the first one alone. --------------------

M.problems = {}

---@param where string "file:line" or ""
---@param text string
function M.problem(where, text, ...)
  if select("#", ...) > 0 then
    text = text:format(...)
  end
  M.problems[#M.problems + 1] = (where == "" and "" or where .. ": ") .. text
end

---@param where string
---@param text string
function M.warn(where, text, ...)
  if select("#", ...) > 0 then
    text = text:format(...)
  end
  M.problems[#M.problems + 1] = "warning: " .. (where == "" and "" or where .. ": ") .. text
end

---@param from integer? only what was found after so many
---@return boolean whether anything found is more than a warning
function M.has_faults(from)
  for i = (from or 0) + 1, #M.problems do
    if M.problems[i]:sub(1, 9) ~= "warning: " then
      return true
    end
  end
  return false
end

---Gives the problems found so far, each once and those of a file by their lines, and forgets them.
---@return string[]
function M.take_problems()
  local found, seen = {}, {}
  for _, line in ipairs(M.problems) do
    if not seen[line] then
      seen[line] = true
      local file, number = line:gsub("^warning: ", ""):match("^([^%s:]+):(%d+): ")
      found[#found + 1] = { text = line, place = #found, file = file or "",
        number = tonumber(number) or 0 }
    end
  end
  table.sort(found, function(a, b)
    if a.file ~= b.file then
      return a.file < b.file
    elseif a.number ~= b.number then
      return a.number < b.number
    end
    return a.place < b.place
  end)
  M.problems = {}
  local lines = {}
  for i, one in ipairs(found) do
    lines[i] = one.text
  end
  return lines
end

-- Stages ------------------------------------------------------------------------------------------

M.stage = "declare" -- "declare" while the file's body runs, then "run".

---A word that only describes.
---@param word string
function M.declares(word)
  if M.stage ~= "declare" then
    M.fault("%s describes a playbook: write it at the top of the file, not inside a scene", word)
  end
end

---A word that only acts.
---@param word string
function M.runs(word)
  if M.stage == "declare" then
    M.fault("%s does something: write it inside at(...), every(...) or on(...)", word)
  end
end

-- Facts of the campaign ---------------------------------------------------------------------------

local campaign_row

---@return table? row of the campaign that this instance belongs to
function M.campaign()
  if campaign_row and M.stage == "run" then
    return campaign_row -- An instance stays with its campaign.
  end
  local _, id = engine.context()
  if id == 0 then
    return nil
  end
  if not campaign_row or campaign_row.id ~= id then
    campaign_row = engine.row("campaigns", id)
  end
  return campaign_row
end

M.currency_set = nil -- While campaign.lua runs: what it said.

---@return string ISO 4217
function M.currency()
  local row = M.campaign()
  return row and row.currency or M.currency_set or "CNY"
end

---@return string "en" or "zh"
function M.language()
  local row = M.campaign()
  return row and row.language ~= "" and row.language or "en"
end

---One of two texts of the library, by the campaign's language.
---@param en string
---@param zh string
---@return string
function M.say(en, zh)
  return M.language() == "zh" and zh or en
end

---What campaign.lua said and no column holds: link, contact, ...
---@param name string
---@return string
function M.extra(name)
  local _, id = engine.context()
  if id == 0 then
    return ""
  end
  local extra = engine.memory_get("library", 0, "campaign")
  return extra and extra[name] or ""
end

---Whether lines of campaign.lua with this word couldn't be read: what seems missing may be there.
---@param word string
---@return boolean
function M.passed_over(word)
  local _, id = engine.context()
  local extra = id ~= 0 and engine.memory_get("library", 0, "campaign") or nil
  return extra ~= nil and extra.unsure ~= nil and extra.unsure[word] == true
end

---Group ids of this day.
---@return integer[]
function M.groups()
  return M.day_inputs().groups or {}
end

local inputs_row

---The inputs that this instance was bound with: {groups=, values=, where=, lines=}.
---@return table
function M.day_inputs()
  if not inputs_row then
    inputs_row = engine.day_inputs()
  end
  return inputs_row
end

---A line of the report's time line, and refusals told the same way everywhere.
---@param what string
---@param why string
---@param group integer?
---@return nil
---@return string why
function M.refused(what, why, group)
  engine.milestone("refused", 0, what .. ": " .. why, group)
  return nil, why
end

return M
