-- Programs that tests and examples start: each is part of every Debian 12 or stands in
-- tests/packages.sh with its package, which tests/run.sh installs. Otherwise a test would pass here
-- and be skipped, or fail, on a fresh machine.

-- Essential packages have these: perl-base, bsdutils, coreutils, dpkg, gzip, ...
local BARE = {}
for name in ([[sh bash perl script awk sed grep find xargs sort gzip zcat tar timeout mktemp mkfifo
  sha256sum dpkg dpkg-deb dpkg-query apt-get flock setpriv unshare prlimit mount chroot
  env drumbeat]]):gmatch("%S+") do
  BARE[name] = true
end

-- Names of programs that only some machines have. Found at the place of a command they count as
-- used; anything else is found where a test asks for it.
local ELSEWHERE = {}
for name in ([[sqlite3 strace ltrace gdb valgrind jq curl wget python python3 node npm ruby git zip
  unzip socat nc ncat tmux screen man mandoc groff xxd hexdump bc dc shellcheck luacheck
  lua5.4 lua luac5.4 luac stylua clang clang-14 gcc g++ cc ccache cmake ctest ninja make
  clang-format clang-tidy openssl xz zstd file lintian debootstrap chromium firefox faketime
  redis-server redis-cli tarantool perf rsync ssh ip ps pgrep pkill killall lsof]]):gmatch("%S+") do
  ELSEWHERE[name] = true
end

-- PROGRAM:PACKAGE of the list TEST_PROGRAMS, and the names in the lists of packages.
local function read_packages(lint)
  local programs, packages, inside = {}, {}, nil
  for _, line in ipairs(lint.list("cat tests/packages.sh 2>/dev/null")) do
    inside = line:match("^([A-Z_]+)=%(") or inside
    local rest = line:gsub("^[A-Z_]+=%(", ""):gsub("%).*", ""):gsub("#.*", "")
    if inside then
      for word in rest:gmatch("%S+") do
        local program, package = word:match("^([^:]+):([^:]+)$")
        if inside == "TEST_PROGRAMS" and program then
          programs[program] = package
        elseif inside:find("_PACKAGES$") then
          packages[word] = true
        end
      end
    end
    if line:find("%)") then
      inside = nil
    end
  end
  return programs, packages
end

-- Programs that a line starts or asks for.
local function named(line)
  local list = {}
  for rest in line:gmatch("command %-v ([^;&|)>]+)") do
    for name in rest:gmatch("%S+") do
      if name:match("^[%w][%w._+-]*$") then
        list[#list + 1] = name
      end
    end
  end
  list[#list + 1] = line:match("^%s*needs program ([%w._+-]+)$")
  local found = line:match("find_program%(%S+ NAMES ([^)]*)%)")
  for name in (found or ""):gsub("REQUIRED", ""):gmatch("%S+") do
    list[#list + 1] = name
  end
  for name in (";" .. line:gsub("^%$ ", "")):gmatch("[;|&(`!]%s*([%w][%w._+-]*) ") do
    if ELSEWHERE[name] then
      list[#list + 1] = name
    end
  end
  return list
end

return function(lint)
  local programs, packages = read_packages(lint)
  for program, package in pairs(programs) do
    if not packages[package] then
      lint.complain("tests/packages.sh", 1, "program", ("%s is in package %s, which no list has")
        :format(program, package))
    end
  end
  local scripts = lint.list("find tests examples .ci -path tests/bench -prune -o -type f "
    .. "\\( -name '*.sh' -o -name '*.txt' -o -name '*.pl' -o -name '*.pm' -o -name run \\) -print "
    .. "2>/dev/null | LC_ALL=C sort")
  for _, path in ipairs(scripts) do
    if path ~= "tests/packages.sh" then
      local number = 0
      for line in io.lines(lint.root .. "/" .. path) do
        number = number + 1
        for _, name in ipairs(line:find("^%s*#") and {} or named(line)) do
          if not BARE[name] and not programs[name] then
            lint.complain(path, number, "program",
              ("%s is in no list of tests/packages.sh: a fresh machine hasn't got it"):format(name))
          end
        end
      end
    end
  end
end
