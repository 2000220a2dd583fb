-- luacheck: globals box
-- Durable turns in Tarantool: a Lua handler replaces three rows and inserts one message in one
-- transaction; 512 fibers, so that commits share a write of the log (wal_mode = fsync).
--   tarantool tarantool.lua DIR N
local clock, fiber = require("clock"), require("fiber")
local dir, count = arg[1], tonumber(arg[2])
box.cfg { work_dir = dir, wal_mode = "fsync", log_level = 1, memtx_memory = 1024 * 1024 * 1024 }
local rows = box.schema.space.create("rows")
rows:create_index("primary", { parts = { 1, "unsigned" } })
local out = box.schema.space.create("out")
out:create_index("primary", { parts = { 1, "unsigned" } })

local function handler(i)
  local member = i % 2000
  box.begin()
  rows:replace { member, i, "worked" }
  rows:replace { 10000 + member, i, "seen" }
  rows:replace { 20000, i, "last" }
  out:insert { i, member, "thanks" }
  box.commit()
end

local done = fiber.channel(512)
local started = clock.monotonic()
for f = 1, 512 do
  fiber.create(function()
    for i = f, count, 512 do
      handler(i)
    end
    done:put(true)
  end)
end
for _ = 1, 512 do
  done:get()
end
print(math.floor(count / (clock.monotonic() - started)))
os.exit(0)
