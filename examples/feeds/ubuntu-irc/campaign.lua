-- Sixteen recorded windows of one public chat channel, each a group of its own on its own date.
campaign {
  name = "ubuntu-irc",
  brand = "Ubuntu channel",
  from = "2006-05-27",
  timezone = "UTC", -- The recordings don't say their zone.
  currency = "EUR",
}

local WINDOWS = {
  "2006-05-27", "2006-07-01", "2006-11-01", "2006-12-06", "2006-12-10", "2007-01-11", "2007-01-12",
  "2007-01-21", "2007-02-06", "2007-02-07", "2007-02-15", "2007-06-04", "2007-06-17", "2007-07-03",
  "2007-08-19", "2007-09-07",
}

for number, date in ipairs(WINDOWS) do
  group { date, title = "Channel on " .. date, limit = 5000 }
  day(number) { playbook = "welcome", groups = { date }, date = date }
end
