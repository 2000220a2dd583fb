# The Debian 12 packages this project needs, and how to install those that are missing. Sourced by
# tests/run.sh and examples/quickstart.sh; the only list there is.
# shellcheck shell=bash

BUILD_PACKAGES=(
  gcc g++ libc6-dev cmake ninja-build pkg-config
  libuv1-dev liblua5.4-dev libsqlite3-dev libssl-dev libsimdjson-dev libutf8proc-dev libedit-dev tzdata
)
TEST_PACKAGES=(
  libcmocka-dev lua5.4 lua-check clang-format ccache clang libclang-rt-14-dev dpkg-dev file sqlite3 tmux
)
# Large, and each for one test, which is skipped loudly without it: installed where CI is set, and only
# if that takes no longer than OPTIONAL_SECONDS.
OPTIONAL_PACKAGES=(chromium)
OPTIONAL_SECONDS=240

# Programs that tests start and that not every Debian 12 has, with their packages. The lint knows this
# list: whoever uses another one adds it here.
# shellcheck disable=SC2034
TEST_PROGRAMS=(
  cmake:cmake ctest:cmake lua5.4:lua5.4 luacheck:lua-check clang:clang clang-format:clang-format
  dpkg-shlibdeps:dpkg-dev file:file sqlite3:sqlite3 chromium:chromium chromium-browser:chromium
  google-chrome:chromium tmux:tmux
)

# Names on stdout those of the given packages that aren't installed.
packages_missing() {
  local installed
  # It fails when it doesn't know one of the names, which is an answer here.
  installed=" $({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
    sed -n 's/ installed$//p' | tr '\n' ' ')"
  local name
  for name in "$@"; do
    [[ $installed == *" $name "* ]] || echo "$name"
  done
}

# Runs a command as root, without asking where nobody can answer.
packages_as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif [[ -t 0 && -t 2 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# Installs what is missing of the given packages; says what it does and, if it can't, what to do.
packages_install() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is made for Debian 12; needed are the counterparts of: $*" >&2
    return 0
  fi
  local missing
  read -ra missing <<<"$(packages_missing "$@" | tr '\n' ' ')"
  ((${#missing[@]})) || return 0
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    printf 'Some packages are missing, and neither root nor sudo is at hand. As root, run:\n\n' >&2
    printf '  %s\n\nand start this again.\n' "$by_hand" >&2
    return 1
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
  local log
  log=$(mktemp)
  local options=(-o DPkg::Lock::Timeout=300)
  if packages_as_root apt-get "${options[@]}" update -q >"$log" 2>&1 </dev/null &&
    packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y -q \
      --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  printf '\nThe packages could not be installed. Once this works as root, start again:\n\n' >&2
  printf '  apt-get update && %s\n' "$by_hand" >&2
  return 1
}

# The optional ones: in CI they are installed if that works in time; elsewhere they are only named.
packages_optional() {
  local missing
  read -ra missing <<<"$(packages_missing "${OPTIONAL_PACKAGES[@]}" | tr '\n' ' ')"
  ((${#missing[@]})) || return 0
  if [[ -n ${CI:-} ]]; then
    local begun=$SECONDS
    # A shell of its own, so that the time limit holds for all that it starts.
    if timeout -k 10 "$OPTIONAL_SECONDS" bash -c '. tests/packages.sh && packages_install "$@"' \
      packages "${missing[@]}"; then
      echo "Optional packages: ${missing[*]}, in $((SECONDS - begun)) s." >&2
      return 0
    fi
    if [[ $(id -u) == 0 ]]; then
      dpkg --configure -a >/dev/null 2>&1 </dev/null || true # It may have been cut off half-way.
    fi
  fi
  echo "NOT INSTALLED: ${missing[*]} (optional). The tests that need it are SKIPPED; for them:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
}
