-- luacheck: globals box
-- From start to a database that answers: what stands in DIR is read, one row is counted.
--   tarantool tarantool_start.lua DIR
box.cfg { work_dir = arg[1], log_level = 1 }
local rows = box.schema.space.create("rows", { if_not_exists = true })
rows:create_index("primary", { parts = { 1, "unsigned" }, if_not_exists = true })
print(rows:count())
os.exit(0)
