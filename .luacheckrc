-- luacheck's settings; tests/lint runs it over all Lua, from the top of the repository.
std = "lua54"
max_line_length = 100
codes = true
self = false -- An unused self is a method's signature, not a mistake.
unused_args = false -- A handler names its arguments whether it uses them or not.

-- The words of the playbooks (rows of lua/words.lua) are the globals of playbooks and campaigns.
local words = {}
local chunk = loadfile("lua/words.lua", "t", {})
local ok, rows = pcall(chunk or error)
for _, row in ipairs(ok and type(rows) == "table" and rows or {}) do
  local global = type(row.name) == "string" and row.name:match("^([%a_][%w_]*)%f[.%z]")
  words[#words + 1] = global or nil
end

files["lua"] = { read_globals = { "engine" } }
-- Declarations for editors: nothing in them runs, and an annotation cannot be wrapped.
files["lua/meta"] = { ignore = { "1..", "2..", "631" } }
files["playbooks"] = { std = "lua54+playbook" }
files["examples"] = { std = "lua54+playbook" }
files["tests/bench"] = { std = "lua54+playbook" }
files["tests/crash"] = { std = "lua54+playbook" }
files["tests/feed"] = { std = "lua54+playbook" }
files["tests/words"] = { std = "lua54+playbook" }
files["tests/property"] = { std = "lua54+playbook" }
files["tests/world"] = { std = "lua54+playbook" }
files["tests/rehearsals"] = { std = "lua54+playbook" }
files["tests/cli/shop"] = { std = "lua54+playbook" }
files["tests/cli/faulty"] = { std = "lua54+playbook" }
stds.playbook = { read_globals = words }
-- day is a word; what is remembered in day.memory.x is written.
words.day = { fields = { memory = { read_only = false, other_fields = true } } }
