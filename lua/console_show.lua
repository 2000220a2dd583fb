-- How values are shown to an operator: tables with heads, lines of text. Knows no word.
local units = require "drumbeat.units"

local M = {}

local ROWS_MAX = 200
local DEPTH_MAX = 4

---A table to be shown.
---@param heads string "group|>members": '>' aligns to the right
---@param rows table[]
---@param note string? a line below it
---@return table
function M.table(heads, rows, note)
  return { heads = heads, rows = rows, note = note }
end

---@return boolean
function M.is_table(value)
  return type(value) == "table" and rawget(value, "heads") ~= nil
end

---A text as Lua writes it.
---@param text string
---@return string
function M.quote(text)
  return "\"" .. text:gsub("[\\\"]", "\\%0"):gsub("\n", "\\n") .. "\""
end

local function plain(value, depth)
  if type(value) == "table" and rawget(value, "unit") then
    return units.show(value)
  elseif type(value) == "string" then
    return depth == 0 and value or M.quote(value)
  elseif type(value) == "table" then
    if depth >= DEPTH_MAX then
      return "{...}"
    end
    local parts = {}
    for key, item in pairs(value) do
      local shown = plain(item, depth + 1)
      parts[#parts + 1] = type(key) == "string" and key .. " = " .. shown or shown
      if #parts == ROWS_MAX then
        parts[#parts + 1] = "..."
        break
      end
    end
    return "{ " .. table.concat(parts, ", ") .. " }"
  elseif type(value) == "function" then
    return "a word"
  end
  return tostring(value)
end

---One value as a line.
---@return string
function M.plain(value)
  return (plain(value, 0))
end

---What C prints.
---@param value any
---@return table[] parts
function M.parts(value)
  if value == nil then
    return {}
  elseif type(value) == "table" and rawget(value, "parts") then
    return value.parts
  elseif M.is_table(value) then
    local rows = {}
    for i, row in ipairs(value.rows) do
      if i > ROWS_MAX then
        break
      end
      local cells = {}
      for k, cell in ipairs(row) do
        cells[k] = M.plain(cell)
      end
      rows[i] = cells
    end
    local parts = { { heads = value.heads, rows = rows } }
    if #value.rows > ROWS_MAX then
      parts[2] = { text = ("... and %d more"):format(#value.rows - ROWS_MAX) }
    elseif #value.rows == 0 then
      parts = { { text = "none" } }
    end
    if value.note then
      parts[#parts + 1] = { text = value.note }
    end
    return parts
  end
  return { { text = M.plain(value) } }
end

return M
