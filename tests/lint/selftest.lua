-- Proves that every rule fires on a bad snippet, once, and that a good tree passes. Each case is a
-- small tree in a temporary folder, linted by the real lint in a process of its own.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
local GOOD_H = "#pragma once\nint good_one(void);\n"
local GOOD_C = '#include "base/good.h"\n\nint good_one(void)\n{\n    return 1;\n}\n'
local MARK = "TO" .. "DO"

local function long_function(lines)
  return "int long_one(int a)\n{\n" .. ("    a++;\n"):rep(lines - 1) .. "    return a;\n}\n"
end

local function call(name)
  return ("void f(char *a);\n\nvoid f(char *a)\n{\n    %s(a);\n}\n"):format(name)
end

local WAIVED = "// lint: allow time: the pace of drawing only\n    time"
local WORD = '{ name = "say", stage = "run", shape = "fun()", help = "Says.", example = "say()" }'

-- rule, file, content, and how often it must fire (once, if nothing is said).
local cases = {
  { "layer", "engine/base/bad.c", '#include "core/core.h"\n' },
  { "layer", "engine/core/bad.c", '#include "loop/loop.h"\n' },
  { "layer", "engine/store/bad.c", '#include "loop/loop.h"\n' },
  { "layer", "engine/rules/bad.c", '#include "price.h"\n' },
  { "layer", "engine/odd/bad.c", "int bad;\n" },
  { "home", "engine/core/bad.c", "#include <sqlite3.h>\n" },
  { "home", "engine/app/bad.c", "#include <lua.h>\n" },
  { "home", "engine/link/bad.c", "#include <uv.h>\n" },
  { "home", "engine/rules/bad.c", "#include <simdjson.h>\n" },
  { "home", "engine/rules/bad.c", "#include <utf8proc.h>\n" },
  { "file", "engine/base/bad.c", ("int x;\n"):rep(601) },
  { "file", "engine/base/good2.c", ("int x;\n"):rep(600), 0 },
  { "function", "engine/base/bad.c", long_function(61) },
  { "function", "engine/base/good2.c", long_function(60), 0 },
  { "mark", "engine/base/bad.c", "// " .. MARK .. ": finish\n" },
  { "mark", "lua/bad.lua", "-- " .. MARK .. "\n" },
  { "pragma", "engine/base/bad.h", "int bad_one(void);\n" },
  { "stdout", "engine/core/bad.c", call("puts") },
  { "stdout", "engine/core/bad2.c", "void f(void)\n{\n    fputs(0, stdout);\n}\n" },
  { "stdout", "engine/app/good.c", call("puts"), 0 },
  { "malloc", "engine/core/bad.c", call("malloc") },
  { "malloc", "engine/base/good2.c", call("malloc"), 0 },
  { "calloc", "engine/core/bad.c", call("calloc") },
  { "realloc", "engine/core/bad.c", call("realloc") },
  { "strdup", "engine/core/bad.c", call("strdup") },
  { "free", "engine/core/good.c", call("free"), 0 },
  { "time", "engine/core/good.c", "// time(a) of day\nconst char *a = \"time(a)\";\n", 0 },
  { "time", "engine/core/good.c", call("clock->time"), 0 },
  { "time", "engine/core/good.c", call("lead_time"), 0 },
  { "time", "engine/core/good.c", call(WAIVED), 0 },
  { "time", "engine/core/bad.c", call("// lint: allow time:\n    time") },
  { "require", "playbooks/x/playbook.lua", 'local x = require("os")\n' },
  { "require", "lua/bad.lua", 'local x = require("socket")\nreturn x\n' },
  { "require", "lua/good.lua", 'local x = require("good")\nreturn x\n', 0 },
  { "annotation", "lua/bad.lua", "local M = {}\n\nfunction M.go()\nend\n\nreturn M\n" },
  { "annotation", "lua/good.lua", "local M = {}\n\n---Goes.\nfunction M.go()\nend\nreturn M\n", 0 },
  { "words", "lua/words.lua", "return { " .. WORD .. " }\n", 0 },
  { "words", "lua/words.lua", "return {}\n" },
  { "words", "lua/words.lua", "return { " .. WORD .. ", " .. WORD .. " }\n" },
  { "words", "lua/words.lua", "return { " .. WORD:gsub('help = "[^"]*", ', "") .. " }\n" },
  { "words", "lua/words.lua", "return { " .. WORD:gsub('"say%(%)"', '" "') .. " }\n" },
  { "words", "lua/words.lua", "return nothing.at_all\n" },
  { "tab", "lua/bad.lua", "\tlocal _ = 1\n" },
  { "top", "stray.txt", "stray\n" },
  { "format", "engine/base/bad.c", "int   x;\n" },
  { "format", "engine/base/good2.c", "// clang-format off\nint   x;\n// clang-format on\n", 0 },
  { "luacheck", "lua/bad.lua", "local unused = 1\n" },
  { "luacheck", "playbooks/x/playbook.lua", "anounce()\n" },
  { "program", "tests/bad.sh", "command -v newfangled\n" },
  { "program", "tests/cli/bad.txt", "$ sqlite3 x.db .dump\nneeds program sqlite3\n", 2 },
  { "program", "tests/packages.sh", "TEST_PROGRAMS=(jq:jq)\nTEST_PACKAGES=(sqlite3)\n" },
  { "shell", "tests/bad.sh", "if true; then\n" },
}

for _, name in ipairs({
  "sprintf", "vsprintf", "strcpy", "strcat", "strncpy", "strncat", "gets", "atoi", "atol", "atoll",
  "atof", "rand", "srand", "random", "srandom", "strtok", "alloca", "time", "gettimeofday",
  "localtime", "localtime_r", "mktime", "gmtime", "system", "popen", "setlocale", "assert",
}) do
  cases[#cases + 1] = { name, "engine/core/bad.c", call(name) }
end

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read("a")
  return text, pipe:close() == true
end

local function write(path, text)
  run(("mkdir -p '%s'"):format(path:match("^(.*)/")))
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  file:close()
end

-- The rules of rules_tools.lua.
local TOOLS = { format = true, luacheck = true, shell = true }

-- The output and whether the tree passed; `tools` is a PATH to be used instead.
local function lint(path, content, rule, tools)
  local root = run("mktemp -d"):gsub("%s+$", "")
  run(("cp '%s/../../.clang-format' '%s/../../.luacheckrc' '%s'"):format(here, here, root))
  write(root .. "/engine/base/good.h", GOOD_H)
  write(root .. "/engine/base/good.c", GOOD_C)
  if path then
    write(root .. "/" .. path, content)
  end
  local text, passed = run(("%s lua5.4 '%s/lint.lua' '%s' %s"):format(tools or "", here, root,
    (not rule or TOOLS[rule]) and "" or "--own-rules"))
  run(("rm -r '%s'"):format(root))
  return text, passed
end

local failed = 0

local function fail(name, text)
  failed = failed + 1
  print(("FAIL %s\n%s"):format(name, text))
end

local text, passed = lint()
if not passed or text ~= "" then
  fail("a good tree must pass without a word", text)
end
for _, case in ipairs(cases) do
  local rule, path, content, want = case[1], case[2], case[3], case[4] or 1
  text, passed = lint(path, content, rule)
  local _, count = text:gsub("%[" .. rule .. "%]\n", "")
  if count ~= want or (want > 0 and passed) then
    fail(("%s on %s: fired %d times, not %d"):format(rule, path, count, want), content .. text)
  end
end

-- A machine without the checkers must not pass for want of them.
local bare = run("mktemp -d"):gsub("%s+$", "")
run(("for t in lua5.4 sh find sort ls; do ln -s $(command -v $t) '%s'; done"):format(bare))
text, passed = lint("lua/good.lua", "return 1\n", nil, ("PATH='%s'"):format(bare))
if passed or not text:find("clang-format is missing", 1, true)
  or not text:find("luacheck is missing", 1, true) then
  fail("missing checkers are faults", text)
end
run(("rm -r '%s'"):format(bare))

print(("%d passed, %d failed"):format(#cases + 2 - failed, failed))
os.exit(failed == 0)
