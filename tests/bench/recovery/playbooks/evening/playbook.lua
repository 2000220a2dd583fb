playbook { name = "evening", version = 1, goal = "traffic",
  about = "Scenes that wait, and a handler that looks" }

local seen = 0

on("message", function(event)
  if event.text == "hello" and event.member then
    seen = seen + 1
  end
end)

for i = 1, 100 do
  at("00:00", "scene " .. i, function(group)
    group:wait(hours(12))
    group.memory["done" .. i] = true
  end)
end
