playbook { name = "count", version = 1, goal = "traffic",
  about = "Handlers for benchmarks: one that only looks, one that writes and sends" }

local seen = 0

-- Looks at two fields of every message.
on("message", function(event)
  if event.text == "hello" and event.member then
    seen = seen + 1
  end
end)

-- Changes three rows of its own and sends one message.
on("favorite", function(event)
  event.member.memory.seen = seen
  event.group.memory.last = seen
  seen = seen + 1
  event.member:tag("worked")
  event.member:dm("thanks")
end)
