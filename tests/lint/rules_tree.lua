-- Rules about the tree as a whole: who may include whom, what stands at the top, how long a file
-- may be, marks of unfinished work.

-- A file may include its own folder and any folder of a LOWER rank, nothing else.
local RANK = { base = 0, rules = 1, store = 1, loop = 1, core = 2, script = 3, link = 3, app = 4 }

-- Allowed by rank, but still wrong: the campaign must run without a loop (rehearsal, replay).
local NEVER = { ["core>loop"] = true }

-- Each foreign header has exactly one home.
local HOME = {
  ["lua.h"] = "script", ["lauxlib.h"] = "script", ["lualib.h"] = "script",
  ["sqlite3.h"] = "store", ["uv.h"] = "loop", ["simdjson.h"] = "base", ["utf8proc.h"] = "base",
  ["histedit.h"] = "app",
}

local FILE_LINES_MAX = 600

-- What may stand at the top of the repository, besides dotfiles.
local TOP = {
  engine = true, lua = true, playbooks = true, tests = true, examples = true, build = true,
  ["CMakeLists.txt"] = true, ["CMakePresets.json"] = true, ["README.md"] = true,
  LICENSE = true, NOTICE = true,
}

-- In two halves, or this file would be its own first fault.
local MARKS = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX", "HA" .. "CK" }

local function check_includes(lint, file, folder)
  for number, text in ipairs(file.lines) do
    local mine = text:match('^%s*#%s*include%s+"([^"]+)"')
    local theirs = text:match("^%s*#%s*include%s+<([^>]+)>")
    if mine then
      local target = mine:match("^(%w+)/")
      if not target or not RANK[target] then
        lint.complain(file, number, "layer",
          ("include by full path from engine/, not \"%s\""):format(mine))
      elseif target ~= folder
        and (RANK[target] >= RANK[folder] or NEVER[folder .. ">" .. target]) then
        lint.complain(file, number, "layer", ("%s/ may not include %s/"):format(folder, target))
      end
    elseif theirs and HOME[theirs] and HOME[theirs] ~= folder then
      lint.complain(file, number, "home",
        ("<%s> may be included from engine/%s/ only"):format(theirs, HOME[theirs]))
    end
  end
end

return function(lint)
  for _, name in ipairs(lint.list("ls -1")) do
    if not TOP[name] then
      lint.complain(name, 1, "top", "does not belong at the top level of the repository")
    end
  end
  for _, file in ipairs(lint.files) do
    local folder = file.path:match("^engine/([^/]+)/.+%.[ch]c?$")
    if folder and not RANK[folder] then
      lint.complain(file, 1, "layer", "unknown folder engine/" .. folder)
    elseif folder then
      check_includes(lint, file, folder)
    end
    if #file.lines > FILE_LINES_MAX then
      lint.complain(file, #file.lines, "file",
        ("%d lines, at most %d"):format(#file.lines, FILE_LINES_MAX))
    end
    for number, text in ipairs(file.lines) do
      for _, mark in ipairs(MARKS) do
        if text:find("%f[%w_]" .. mark .. "%f[^%w_]") then
          lint.complain(file, number, "mark", ("%s: finish it, or open an issue"):format(mark))
        end
      end
    end
  end
end
