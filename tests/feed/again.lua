-- The same feed twice into the same database: every event is dropped as seen before, nothing is
-- sent again. Into another database with the same seed it sends the same commands with the same
-- keys.
package.path = arg[0]:gsub("[^/]*$", "?.lua;") .. package.path
local test = require "common"

local JOINS = 300
local feed, db, out = test.path("feed.jsonl"), test.path("a.db"), test.path("a.jsonl")
test.write(feed, test.joins(JOINS))

local code, said = test.play(feed, ("--db '%s' --out '%s'"):format(db, out))
test.check("first run", code, 0)
test.check("first run: events", said:match("(%d+) events"), tostring(JOINS))
test.check("first run: seen before", said:match("(%d+) seen before"), "0")
local first = test.slurp(out)
test.check("first run: commands", #test.commands(out), JOINS)

code, said = test.play(feed, ("--db '%s' --out '%s'"):format(db, out))
test.check("again", code, 0)
test.check("again: seen before", said:match("(%d+) seen before"), tostring(JOINS))
test.check("again: nothing is sent", test.slurp(out) == first, true)
test.check("again: joins", test.rows(db, "SELECT joins FROM v_summary"), tostring(JOINS))

-- More of the same recording: what is known is dropped, the rest counts. Nothing is sent for it, as
-- the run before played the campaign to its end.
test.write(feed, test.joins(JOINS + 50))
code, said = test.play(feed, ("--db '%s' --out '%s'"):format(db, out))
test.check("more", code, 0)
test.check("more: seen before", said:match("(%d+) seen before"), tostring(JOINS))
test.check("more: joins", test.rows(db, "SELECT joins FROM v_summary"), tostring(JOINS + 50))
test.check("more: nothing is sent", test.slurp(out) == first, true)

-- Another database begins anew, and so does its file.
test.write(feed, test.joins(JOINS))
code = test.play(feed, ("--db '%s' --out '%s'"):format(test.path("b.db"), out))
test.check("another database", code, 0)
test.check("another database: same commands, same keys", test.slurp(out) == first, true)

-- Standard input is a feed too.
code = os.execute(("'%s' run '%s' --feed - --seed 1 --db '%s' --out '%s' <'%s' >/dev/null 2>&1")
  :format(test.program, test.campaign, test.path("c.db"), out, feed))
test.check("from stdin", code, true)
test.check("from stdin: same commands", test.slurp(out) == first, true)

-- What can't be read is said.
code, said = test.play(test.folder, ("--db '%s'"):format(test.path("d.db")))
test.check("a folder as feed", code, 1)
test.check("a folder as feed: said", said:find("could not read", 1, true) ~= nil, true)
test.finish()
