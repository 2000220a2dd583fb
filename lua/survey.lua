-- A question with a few answers, sent to some members as buttons "survey:<answer>:<game>".
local util = require "drumbeat.util"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local group = require "drumbeat.group"

local M = {}

local Survey = things.kind { offers = { "question" } }

function Survey:offer(name, id)
  if name == "question" then
    return talk.render(self.question, id)
  end
  return nil
end

-- Its game row in a group: presses find it, votes are plays.
local function row_of(self, id, create)
  local day = engine.context()
  local row = engine.find("games", "by_name", day, id, self.name)
  if row or not create then
    return row
  end
  return engine.insert("games", { day = day, group = id, name = self.name, kind = "survey",
    status = "open", opened_at = engine.now() })
end

local function ask_in(self, id, n)
  local game = row_of(self, id, true)
  local present = engine.present(id)
  local asked = math.min(n, #present)
  local buttons = {}
  for i, answer in ipairs(self.answers) do
    buttons[i] = { id = ("survey:%d:%d"):format(i, game), text = answer }
  end
  local text = talk.render(self.question, id)
  for i = 1, asked do
    -- Spread over all: the first members and the newest ones.
    local who = present[(i - 1) * #present // asked + 1]
    talk.dm(who, "survey", text, { buttons = buttons })
  end
  engine.milestone("survey", asked, self.name, id)
  return asked
end

---Sends the question to n members.
---@return integer asked
function Survey:ask(where, n)
  util.runs("survey:ask")
  group.check(where, "survey:ask")
  if math.type(n) ~= "integer" or n < 1 then
    util.fault("survey:ask(group, n): how many members?")
  end
  return util.act("survey", self.name, function()
    local asked = 0
    for _, id in ipairs(where.ids) do
      asked = asked + ask_in(self, id, n)
    end
    return asked
  end)
end

---A member pressed an answer; her first one counts.
function Survey:press(game, who, button)
  local answer = tonumber(button:match("^survey:(%d+):"))
  if not answer or not self.answers[answer] or #engine.list("plays", "of_member", game,
    who) > 0 then
    return
  end
  engine.insert("plays", { game = game, member = who, at = engine.now(),
    number = engine.add("games", game, "plays", 1), why = self.answers[answer] })
end

local function votes_of(self, where)
  local votes = {}
  for _, id in ipairs(where.ids) do
    local game = row_of(self, id, false)
    for _, play in ipairs(game and engine.list("plays", "of_game", game) or {}) do
      local answer = engine.get("plays", play, "why")
      votes[answer] = (votes[answer] or 0) + 1
    end
  end
  return votes
end

---Votes by answer.
---@return table
function Survey:answered(where)
  group.check(where, "survey:answered")
  return util.look("survey votes", votes_of, self, where)
end

---The answer most often given.
---@return string? answer
---@return integer votes
function Survey:top(where)
  group.check(where, "survey:top")
  local votes = util.look("survey top", votes_of, self, where)
  local best, most = nil, 0
  for _, answer in ipairs(self.answers) do
    if (votes[answer] or 0) > most then
      best, most = answer, votes[answer]
    end
  end
  return best, most
end

local function survey(spec)
  local thing = things.new("survey", spec, { "name", "question", "answers" }, Survey)
  if type(spec.question) ~= "string" then
    util.fault("survey: question = \"...\" is missing")
  elseif type(spec.answers) ~= "table" or #spec.answers < 2 or #spec.answers > 8 then
    util.fault("survey: answers = { ... }: two to eight")
  end
  for _, answer in ipairs(spec.answers) do
    if type(answer) ~= "string" then
      util.fault("survey: an answer is a text")
    end
  end
  thing.question, thing.answers = spec.question, spec.answers
  return thing
end

M.words = { survey = survey }

return M
