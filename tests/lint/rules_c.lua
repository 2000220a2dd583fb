-- Rules about C: what must not be called, how long a function may be.

local FUNCTION_LINES_MAX = 60

-- name -> what to write instead. Calls through a pointer (x->time(...)) are not meant.
local BANNED = {
  sprintf = "snprintf or buf_printf", vsprintf = "vsnprintf",
  strcpy = "memcpy with a size, or buf_puts", strcat = "buf_puts",
  strncpy = "memcpy with a size", strncat = "buf_append", gets = "fgets",
  atoi = "strtoll with its errors checked", atol = "strtoll with its errors checked",
  atoll = "strtoll with its errors checked", atof = "strtod with its errors checked",
  rand = "a named stream of base/rng.h", srand = "a named stream of base/rng.h",
  random = "a named stream of base/rng.h", srandom = "a named stream of base/rng.h",
  strtok = "strcspn or strchr", alloca = "the turn's arena",
}

-- In engine/ only; a test may compare with the C library.
local BANNED_ENGINE = {
  time = "the time of the event being handled",
  gettimeofday = "the time of the event being handled",
  localtime = "base/tz.h", localtime_r = "base/tz.h", mktime = "base/tz.h", gmtime = "base/tz.h",
  system = "a child process of the loop", popen = "a child process of the loop",
  setlocale = "nothing: texts are UTF-8, numbers are ours", assert = "CHECK, which stays on",
}

-- Memory comes from base/mem.h, so that running out of it is handled once.
local MEMORY = {
  malloc = "xmalloc", calloc = "xcalloc", realloc = "xrealloc", strdup = "xstrdup",
  strndup = "xstrndup", asprintf = "buf_printf", vasprintf = "buf_printf",
}

-- stdout belongs to the commands and to connectors.
local STDOUT = { printf = true, vprintf = true, puts = true, putchar = true }

-- Blanks out comments, text literals and (if asked) preprocessor lines; columns and lines stay.
local function strip(text)
  local out, at = {}, 1
  local function blank(from, to)
    out[#out + 1] = (text:sub(from, to):gsub("[^\n]", " "))
    at = to + 1
  end
  while at <= #text do
    local two, one = text:sub(at, at + 1), text:sub(at, at)
    if two == "//" then
      local stop = text:find("\n", at, true) or #text + 1
      blank(at, stop - 1)
    elseif two == "/*" then
      local _, stop = text:find("*/", at + 2, true)
      blank(at, stop or #text)
    elseif one == '"' or one == "'" then
      local stop = at + 1
      while stop <= #text and text:sub(stop, stop) ~= one and text:sub(stop, stop) ~= "\n" do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      blank(at, math.min(stop, #text))
    else
      local stop = text:find("[/\"']", at + 1) or #text + 1
      out[#out + 1] = text:sub(at, stop - 1)
      at = stop
    end
  end
  return table.concat(out)
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

local function check_calls(lint, file, lines)
  local folder = file.path:match("^engine/(%w+)/") or ""
  local engine = folder ~= ""
  local speaks = not engine or folder == "app" or folder == "link"
  for number, text in ipairs(lines) do
    for before, name in (" " .. text):gmatch("([^%w_])([%a_][%w_]*)%s*%f[(]") do
      local instead = BANNED[name] or (engine and BANNED_ENGINE[name])
        or (engine and folder ~= "base" and MEMORY[name])
      if before ~= "." and not (before == ">" and text:find("->" .. name, 1, true)) then
        if instead then
          lint.complain(file, number, name, ("%s() is banned: use %s"):format(name, instead))
        elseif STDOUT[name] and not speaks then
          lint.complain(file, number, "stdout",
            ("%s() writes to stdout, which belongs to app/ and link/"):format(name))
        end
      end
    end
    if not speaks and text:find("%f[%w_]stdout%f[^%w_]") then
      lint.complain(file, number, "stdout", "stdout belongs to app/ and link/")
    end
  end
end

-- A function's braces stand alone in the first column: .clang-format sees to it. Counted are the
-- lines between them.
local function check_functions(lint, file, lines)
  local opened
  for number, text in ipairs(lines) do
    if text:match("^{%s*$") then
      opened = number
    elseif opened and text:match("^}") then
      local length = number - opened - 1
      if length > FUNCTION_LINES_MAX and text:match("^}%s*$") then
        lint.complain(file, opened, "function",
          ("a function of %d lines, at most %d"):format(length, FUNCTION_LINES_MAX))
      end
      opened = nil
    end
  end
end

local function check_header(lint, file)
  if file.path:match("%.h$") and not (file.lines[1] or ""):match("^#pragma once") then
    lint.complain(file, 1, "pragma", "a header begins with #pragma once")
  end
end

return function(lint)
  for _, file in ipairs(lint.files) do
    if file.path:match("%.[ch]c?$") then
      local lines = lines_of(strip(file.text))
      check_calls(lint, file, lines)
      check_functions(lint, file, lines)
      check_header(lint, file)
    end
  end
end
