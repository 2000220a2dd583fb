-- What a program can check, nobody has to review. Run: lua5.4 tests/lint/lint.lua [ROOT]
-- Prints file:line: message for each fault; exit 1 if there was one. selftest.lua shows that every
-- rule can fail. A rule is waived for one line by a comment on it or right above:
--     lint: allow time: the reason why it is right here
-- ("time" being the name in brackets at the end of the message).

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local root = arg[1] or (here .. "/../..")

local faults = 0
local files = {}

-- One file as the rules see it: path below the root, its lines, and the lines without comments and
-- text literals (for C).
local function read(path)
  local file = assert(io.open(root .. "/" .. path, "rb"))
  local text = file:read("a")
  file:close()
  local lines = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return { path = path, text = text, lines = lines }
end

local function allowed(file, line, rule)
  for at = line, line - 1, -1 do
    local text = file and file.lines[at]
    if text and text:find("lint: allow " .. rule .. ": %S") then
      return true
    end
  end
  return false
end

-- The one way out for every rule. `file` may be a path where nothing can be waived.
local function complain(file, line, rule, message)
  local path = type(file) == "table" and file.path or file
  if type(file) == "table" and allowed(file, line, rule) then
    return
  end
  faults = faults + 1
  print(("%s:%d: %s [%s]"):format(path, line, message, rule))
end

local function list(command)
  local pipe = assert(io.popen(("cd '%s' && %s"):format(root, command)))
  local names = {}
  for name in pipe:lines() do
    names[#names + 1] = name
  end
  pipe:close()
  return names
end

local FOLDERS = "engine tests lua playbooks examples .ci"

for _, path in ipairs(list("find " .. FOLDERS .. " -type f 2>/dev/null | LC_ALL=C sort")) do
  if path:match("%.[ch]$") or path:match("%.cc$") or path:match("%.lua$") or path:match("%.sh$")
    or path:match("%.cmake$") or path:match("CMakeLists%.txt$") or path == ".ci/run" then
    files[#files + 1] = read(path)
  end
end

local context = { root = root, files = files, complain = complain, list = list }

for _, name in ipairs({ "rules_tree", "rules_c", "rules_lua", "rules_programs",
  "rules_tools" }) do
  -- The self-test runs us often and asks for the others' tools only where they matter.
  if name ~= "rules_tools" or arg[2] ~= "--own-rules" then
    require(name)(context)
  end
end

if faults > 0 then
  io.stderr:write(("lint: %d fault%s\n"):format(faults, faults == 1 and "" or "s"))
end
os.exit(faults == 0)
