playbook { name = "hello", version = 1, goal = "traffic", about = "Greets who joins" }

on("join", function(event)
  event.member:dm("Welcome, {member}!")
end)

on("message", function(event)
  if event.text == "fail" then
    error("as it was asked to")
  end
end)
