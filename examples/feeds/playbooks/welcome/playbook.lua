playbook {
  name = "welcome",
  version = 1,
  goal = "traffic",
  about = "Greets everybody who joins a group for the first time, in private",
}

local text = texts {
  en = { hello = "{member}, welcome! Ask whatever you like." },
  zh = { hello = "{member}，欢迎！有什么都可以问。" },
}

-- Who leaves and comes back has read it already.
on("join", function(event)
  if event.first then
    event.member:dm(text.hello)
  end
end)
