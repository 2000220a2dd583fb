-- Every word of the registry is declared in lua/meta/words.lua, and nothing else is:
-- lua5.4 meta.lua WORDS.LUA META.LUA.

local rows, meta_path = dofile(arg[1]), arg[2]
local declared, fields, class = {}, {}, nil
for line in io.lines(meta_path) do
  local name = line:match("^function ([%w_:]+)%(") or line:match("^([%a_][%w_]*) = {}$")
  class = line:match("^%-%-%-@class (%w+)") or class
  local field = line:match("^%-%-%-@field ([%a_][%w_]*) ")
  if name then
    declared[name] = true
  elseif field and class then
    fields[("%s.%s"):format(class:lower(), field)] = true
  end
end

local failed, words = 0, { group = true, day = true }
for _, row in ipairs(rows) do
  words[row.name] = true
  if not declared[row.name] and not fields[row.name] then
    failed = failed + 1
    print(("%s is in lua/words.lua and not declared in %s"):format(row.name, meta_path))
  end
end
for name in pairs(declared) do
  if not words[name] then
    failed = failed + 1
    print(("%s is declared in %s and not in lua/words.lua"):format(name, meta_path))
  end
end
print(("%d words, %d failed"):format(#rows, failed))
os.exit(failed == 0)
