-- Runs a file of command line cases: lua5.4 run.lua DRUMBEAT CASES. A case is
--
--     # what it shows
--     $ drumbeat rehaerse            a shell command; drumbeat (file: $PROGRAM) is tested
--     exit 2                         its exit code (0 where nothing is said)
--     err: did you mean 'rehearse'?  stderr holds this text (out: stdout; err!: it does not)
--     out =                          stdout is empty (err =: stderr is)
--     needs a terminal               skipped, loudly, where no pseudo-terminal can be made
--     needs file shared/data/x.json  skipped, loudly, where it is neither in the project nor beside
--     needs program sqlite3          skipped, loudly, where it isn't installed
--
-- Blank lines separate cases. Commands run in an empty folder, without a terminal, 80 cells wide;
-- $ROOT is the project's folder, $SHARED the one beside it.

local program, path = arg[1], arg[2]
local KINDS = { [": "] = "has", [":"] = "has", ["!: "] = "lacks", [" ="] = "empty" }
local cases, case = {}, nil

for text in io.lines(path) do
  local command = text:match("^%$ (.*)$")
  if text:match("^#") then
    case = { name = text:sub(3), checks = {}, exit = 0 }
    cases[#cases + 1] = case
  elseif command then
    case.command = command
  elseif text:match("^exit %d+$") then
    case.exit = tonumber(text:match("%d+"))
  elseif text == "needs a terminal" then
    case.terminal = true
  elseif text:match("^needs %a+ ") then
    local kind, name = text:match("^needs (%a+) (.*)$")
    assert(kind == "file" or kind == "program", path .. ": what is this? " .. text)
    case[kind] = name
  elseif text:match("%S") then
    local stream, sign, want = text:match("^(%a+)([!:]?:? ?=?) ?(.*)$")
    local kind = sign and KINDS[sign]
    assert(kind and (stream == "out" or stream == "err"), path .. ": what is this? " .. text)
    case.checks[#case.checks + 1] = { stream = stream, kind = kind, want = want }
  end
end

local function slurp(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a"):gsub("%s+$", "")
  pipe:close()
  return text
end

local folder = capture("mktemp -d")
local root = capture(("realpath '%s/../..'"):format(path:match("^(.*)/") or "."))
local environment = "unset NO_COLOR CLICOLOR_FORCE COLUMNS LC_ALL LC_MESSAGES LANG; TERM=xterm; "
  .. ("export TERM; ROOT='%s'; SHARED=\"$ROOT/../shared\"; "):format(root)

local function run(command)
  local script = ("cd '%s' && mkdir -p empty && cd empty && %s export PROGRAM='%s'; "
    .. "drumbeat() { \"$PROGRAM\" \"$@\"; }; %s")
    :format(folder, environment, program, command)
  local file = assert(io.open(folder .. "/script", "w"))
  file:write(script, "\n")
  file:close()
  local _, _, code = os.execute(("bash '%s/script' >'%s/out' 2>'%s/err' </dev/null")
    :format(folder, folder, folder))
  return code, { out = slurp(folder .. "/out"), err = slurp(folder .. "/err") }
end

local function holds(check, text)
  if check.kind == "empty" then
    return text == ""
  end
  local want = check.want:gsub("\\e", "\27")
  return (text:find(want, 1, true) ~= nil) == (check.kind == "has")
end

local terminal = os.execute("script -qec true /dev/null >/dev/null 2>&1 </dev/null")

-- What is wrong with the case, and what it printed; nothing wrong where it can't be tried.
local function try(each)
  local code, texts = run(each.command)
  local wrong = {}
  if code ~= each.exit then
    wrong[#wrong + 1] = ("exit %d, not %d"):format(code, each.exit)
  end
  for _, check in ipairs(each.checks) do
    if not holds(check, texts[check.stream]) then
      wrong[#wrong + 1] = ("%s %s: %s"):format(check.stream, check.kind, check.want)
    end
  end
  return wrong, texts
end

-- Why a case can't be tried here, or nil.
local function obstacle(each)
  if each.terminal and not terminal then
    return "no pseudo-terminal can be made here"
  elseif each.file and not io.open(root .. "/" .. each.file)
    and not io.open(root .. "/../" .. each.file) then
    return each.file .. " isn't here"
  elseif each.program and not os.execute("command -v " .. each.program .. " >/dev/null") then
    return each.program .. " isn't installed"
  end
end

local failed, skipped = 0, 0
for _, each in ipairs(cases) do
  local wrong, texts = {}, nil
  local why = obstacle(each)
  if why then
    skipped = skipped + 1
    print(("SKIPPED (%s): %s"):format(why, each.name))
  else
    wrong, texts = try(each)
  end
  if #wrong > 0 then
    failed = failed + 1
    print(("FAIL %s\n  $ %s\n  %s"):format(each.name, each.command, table.concat(wrong, "\n  ")))
    print("  stdout: " .. texts.out .. "\n  stderr: " .. texts.err)
  end
end
os.execute(("rm -r '%s'"):format(folder))
print(("%d passed, %d failed%s"):format(#cases - failed - skipped, failed,
  skipped > 0 and (", %d skipped"):format(skipped) or ""))
os.exit(failed == 0 and #cases > 0)
