-- Rules about Lua: what may be required, annotations on what is public, a help row for each word.

-- lua/words.lua is a table of rows; these fields must hold text.
local WORD_FIELDS = { "name", "stage", "shape", "help", "example" }

local function check_require(lint, file, modules)
  local playbook = not file.path:match("^lua/")
  for number, text in ipairs(file.lines) do
    local name = text:match('^[^-]*%f[%w_]require%s*%(?%s*["\']([%w_./-]+)["\']')
    if name and playbook then
      lint.complain(file, number, "require",
        "a playbook uses the injected words, it does not require anything")
    elseif name and not (modules[name] or name:match("^engine%f[.%z]")) then
      lint.complain(file, number, "require",
        ("lua/ may require its own files and engine.*, not '%s'"):format(name))
    end
  end
end

-- `function M.x` and `M.x = function` are what other files call: LuaCATS above them. (What
-- playbooks see, words and their methods, is declared in lua/meta/words.lua.)
local function check_annotations(lint, file)
  for number, text in ipairs(file.lines) do
    local name = text:match("^function (M[.:][%w_.:]+)")
      or text:match("^(M%.[%w_.]+)%s*=%s*function%f[%W]")
    if name and not (file.lines[number - 1] or ""):match("^%-%-%-") then
      lint.complain(file, number, "annotation",
        ("%s is public: say what it does in '---' lines above"):format(name))
    end
  end
end

local function line_of(file, needle)
  for number, text in ipairs(file.lines) do
    if text:find(needle, 1, true) then
      return number
    end
  end
  return 1
end

local function check_words(lint, file)
  local chunk, message = load(file.text, "@" .. file.path, "t", {})
  local ok, rows = pcall(chunk or error, message)
  if not ok or type(rows) ~= "table" then
    lint.complain(file, 1, "words", "must be data, returning a table of rows: "
      .. (ok and "it returned none" or tostring(rows)))
    return
  end
  local seen = {}
  for index, row in ipairs(rows) do
    local name = type(row) == "table" and row.name or nil
    local line = name and line_of(file, '"' .. name .. '"') or 1
    for _, field in ipairs(WORD_FIELDS) do
      local value = type(row) == "table" and row[field]
      if type(value) ~= "string" or not value:find("%S") then
        local who = name or ("#" .. index)
        lint.complain(file, line, "words", ("word %s has no %s"):format(who, field))
      end
    end
    if name and seen[name] then
      lint.complain(file, line, "words", ("word %s has two rows"):format(name))
    end
    seen[name or index] = true
  end
  if #rows == 0 then
    lint.complain(file, 1, "words", "has no rows")
  end
end

local function check_form(lint, file)
  for number, text in ipairs(file.lines) do
    if text:find("\t", 1, true) then
      lint.complain(file, number, "tab", "blanks, not a tab")
    end
  end
end

return function(lint)
  local modules = {}
  for _, file in ipairs(lint.files) do
    local name = file.path:match("^lua/(.+)%.lua$")
    if name then
      modules[name], modules[name:gsub("/", ".")] = true, true
      modules["drumbeat." .. name:gsub("/", ".")] = true
    end
  end
  for _, file in ipairs(lint.files) do
    local area = file.path:match("^(%w+)/.*%.lua$")
    if area then
      check_form(lint, file)
    end
    if area == "lua" or area == "playbooks" or area == "examples" then
      check_require(lint, file, modules)
    end
    if area == "lua" and not file.path:match("^lua/meta/") then
      check_annotations(lint, file)
    end
    if file.path == "lua/words.lua" then
      check_words(lint, file)
    end
  end
end
