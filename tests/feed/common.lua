-- What the tests of feeds share: a scratch folder, running the program, looking into a database.
local M = { program = arg[1], query = arg[2], failed = 0, checked = 0 }

local here = arg[0]:match("^(.*)/[^/]*$")
M.campaign = here .. "/campaign"

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

M.folder = capture("mktemp -d")

---@return string
function M.path(name)
  return M.folder .. "/" .. name
end

---@return string
function M.slurp(path)
  local file = io.open(path, "rb")
  local text = file and file:read("a") or ""
  if file then
    file:close()
  end
  return text
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

---Plays a feed. Returns the exit code and what it said on stderr.
---@return integer code
---@return string said
function M.play(feed, options)
  local command = "'%s' run '%s' --feed '%s' --seed 1 --json %s >'%s' 2>'%s'"
  local _, _, code = os.execute(command:format(M.program, M.campaign, feed, options,
    M.path("stdout"), M.path("stderr")))
  return code, M.slurp(M.path("stderr"))
end

---@return string
function M.rows(db, sql)
  return capture(("'%s' '%s' \"%s\""):format(M.query, db, sql))
end

function M.check(name, got, want)
  M.checked = M.checked + 1
  if got ~= want then
    M.failed = M.failed + 1
    print(("FAIL %s\n  got  %s\n  want %s"):format(name, tostring(got), tostring(want)))
  end
end

---A feed of people who join, one a second.
---@return string
function M.joins(count)
  local lines = { '{"t":"hello","proto":"dcp/1","name":"test"}' }
  for i = 1, count do
    lines[#lines + 1] = ('{"t":"ev","seq":%d,"ts":%d,"id":"j%d","k":"member.join","group":"room",'
      .. '"member":{"id":"u%d","name":"Member %d"}}'):format(i, 1762488000000 + i * 1000, i, i, i)
  end
  return table.concat(lines, "\n") .. "\n"
end

---Parts of a text that holds commands, one a line.
---@return table[] list of {key=, rest=}
function M.commands(path)
  local list = {}
  for line in M.slurp(path):gmatch("([^\n]*)\n") do
    local key, rest = line:match('^{"t":"cmd","id":"(%x+)",(.*)}$')
    M.check("a command is a line with a key of 32 hex digits", key and #key, 32)
    list[#list + 1] = { key = key, rest = rest }
  end
  return list
end

function M.finish()
  os.execute(("rm -rf '%s'"):format(M.folder))
  print(("%d checks, %d failed"):format(M.checked, M.failed))
  os.exit(M.failed == 0 and M.checked > 0)
end

return M
