-- Rules that others' tools check better: clang-format for C, luacheck for Lua, sh -n for scripts.

local function quoted(names)
  local out = {}
  for _, name in ipairs(names) do
    out[#out + 1] = "'" .. name .. "'"
  end
  return table.concat(out, " ")
end

local function matching(lint, pattern)
  local names = {}
  for _, file in ipairs(lint.files) do
    if file.path:match(pattern) then
      names[#names + 1] = file.path
    end
  end
  return names
end

local function there(lint, tool)
  if #lint.list("command -v " .. tool) > 0 then
    return true
  end
  lint.complain("tests/lint", 1, "tool", tool .. " is missing; tests/run.sh installs it")
  return false
end

-- Runs a checker and passes on each "path:line:column: message" it prints; with `instead`, that
-- message once a file.
local function run(lint, command, rule, instead)
  local seen = {}
  for _, text in ipairs(lint.list(command .. " 2>&1")) do
    local path, line, message = text:match("^([^:%s]+):(%d+):%d*:?%s*(.+)$")
    if path and not (instead and seen[path]) then
      lint.complain(path, tonumber(line), rule, instead or message)
      seen[path] = true
    end
  end
end

return function(lint)
  local c = matching(lint, "%.[ch]c?$")
  if #c > 0 and there(lint, "clang-format") then
    run(lint, "clang-format --dry-run -Werror --style=file " .. quoted(c), "format",
      "not formatted: run clang-format -i on this file")
  end
  local lua = matching(lint, "%.lua$")
  if #lua > 0 and there(lint, "luacheck") then
    local command = "luacheck --no-color --codes --formatter plain --no-cache "
    run(lint, command .. quoted(lua), "luacheck")
  end
  for _, path in ipairs(matching(lint, "%.sh$")) do
    for _, text in ipairs(lint.list(("bash -n '%s' 2>&1"):format(path))) do
      lint.complain(path, tonumber(text:match("line (%d+):")) or 1, "shell", text)
    end
  end
end
