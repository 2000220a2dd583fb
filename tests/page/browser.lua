-- browser.lua FOLDER LANGUAGE: drives a Chromium through the pipes FOLDER/in and FOLDER/out (its
-- --remote-debugging-pipe: one JSON message after the other, each closed by a NUL) and holds the
-- page FOLDER/page.html against the receipts of FOLDER. Prints a line for each test.

local folder, language = arg[1], arg[2]
local here = arg[0]:match("^(.*)/") or "."
local out = assert(io.open(folder .. "/in", "wb"))
local from = assert(io.open(folder .. "/out", "rb"))
local last, failed = 0, 0
io.stdout:setvbuf("line")

local function slurp(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local function unquote(text)
  return (text:gsub("\\u(%x%x%x%x)", function(digits)
    return utf8.char(tonumber(digits, 16))
  end):gsub("\\(.)", { n = "\n", ['"'] = '"', ["\\"] = "\\", t = "\t" }))
end

local function read_message()
  local bytes = {}
  for c in function() return from:read(1) end do
    if c == "\0" then
      return table.concat(bytes)
    end
    bytes[#bytes + 1] = c
  end
  error("the browser went away")
end

-- Calls and waits for the answer, as text; events in between are passed over.
local function call(session, method, params)
  last = last + 1
  out:write(('{"id":%d,"method":%s,"params":{%s}%s}\0'):format(last, quote(method), params or "",
    session and ',"sessionId":' .. quote(session) or ""))
  out:flush()
  while true do
    local message = read_message()
    if message:find(('^{"id":%d[,}]'):format(last)) then
      assert(not message:find('^{"id":%d+,"error"'), method .. ": " .. message)
      return message
    end
  end
end

local target = call(nil, "Target.createTarget", '"url":"about:blank"')
  :match('"targetId":"([^"]+)"')
local session = call(nil, "Target.attachToTarget",
  ('"targetId":%s,"flatten":true'):format(quote(target))):match('"sessionId":"([^"]+)"')

-- The value of an expression that is (or promises) a text.
local function evaluate(expression)
  local answer = call(session, "Runtime.evaluate",
    ('"expression":%s,"awaitPromise":true,"returnByValue":true'):format(quote(expression)))
  return unquote(assert(answer:match('"type":"string","value":"(.*)"}},"sessionId"'), answer))
end

local function report(name, good, detail)
  failed = failed + (good and 0 or 1)
  print((good and "ok   " or "FAIL ") .. name .. (good and "" or ": " .. detail))
end

-- The page as it is, with the receipt in its link; gives what stands in the verdict when it has
-- computed.
local shown = 0
local function show(file)
  local link = slurp(file):gsub("[^%w%-_.~]", function(c)
    return ("%%%02X"):format(c:byte())
  end)
  shown = shown + 1  -- Another address each time, or the page would stay.
  call(session, "Page.navigate", ('"url":%s'):format(
    quote(("file://%s/page.html?%d#receipt=%s"):format(folder, shown, link))))
  return evaluate([[(async () => {
    for (let i = 0; i < 1000; i++) {
      const box = document.getElementById("verdict");
      if (box?.matches(".good,.bad")) {
        return `${box.innerText}\n${document.getElementById("facts").innerText}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return "nothing was shown";
  })()]])
end

local function expect(file, text)
  local seen = show(folder .. "/" .. file)
  report(language .. " " .. file, seen:find(text, 1, true),
    ("'%s' isn't shown, but:\n%s"):format(text, seen))
  return seen
end

local KINDS = { "k_of_n", "weighted", "stratified", "nth", "fairy", "rfc3797", "wheel", "envelope" }
if language == "zh-CN" then
  expect("good-wheel-0.json", "✓ 验证通过")
  expect("bad-wheel-0.json", "个字节被改动")
else
  for _, kind in ipairs(KINDS) do
    expect("good-" .. kind .. "-0.json", "✓ Verified")
    expect("good-" .. kind .. "-1.json", "Compare with the announcement")
    expect("bad-" .. kind .. "-0.json", "✗ Not verified")
  end
  call(session, "Emulation.setDeviceMetricsOverride",
    '"width":360,"height":740,"deviceScaleFactor":1,"mobile":true')
  show(folder .. "/good-wheel-0.json")
  local wide = evaluate("String(document.documentElement.scrollWidth)")
  report("nothing is wider than a phone's 360 pixels", wide == "360", wide)
  local reached = evaluate('fetch("data:,x").then(() => "reached", () => "refused")')
  report("the page's policy lets nothing out", reached == "refused", reached)
  local result = evaluate(slurp(here .. "/judge_all.js") .. "(" .. slurp(folder .. "/cases.json")
    .. ")")
  report("the page judges as the program does", result:find(", 0 don't", 1, true), result)
  print("     " .. result:match("[^\n]*$"))
end
pcall(call, nil, "Browser.close")
os.exit(failed == 0)
