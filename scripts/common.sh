# shellcheck shell=bash
# What the scripts share. Sourced, never run.
# shellcheck disable=SC2034 # the sourcing script uses these

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

# Numbers are written with a point, whatever the user speaks.
export LC_ALL=C.UTF-8

# What ccache needs to cache a source that uses a precompiled header.
export CCACHE_SLOPPINESS=pch_defines,time_macros

# Where ensure_unpacked puts things.
export PATH="$PATH:$root/build/tools/usr/bin:$root/build/tools/usr/sbin"

build_packages=(
  g++ cmake ninja-build ccache catch2 python3
  libboost1.81-dev libssl-dev zlib1g-dev libgoogle-perftools-dev prometheus-cpp-dev
  libprotozero-dev libcli11-dev libdw-dev
  libc6-dbg # names the inner functions of libc and libm in profiles
)
test_packages=(
  clang clang-format clang-tidy git shellcheck curl jq golang-go mount util-linux wrk
  google-perftools file binutils # what google-pprof runs; without file it prints wrong names
  chromium libclang-rt-14-dev # the browser for the viewers' tests, and what libFuzzer links
  libunwind-dev # what our own unwinding is compared with
  libboost-context1.81-dev # fibers, whose stacks are walked
  dwz libdebuginfod1 # debug information that files share, and a client that must ask nobody
)

say() {
  if [[ -t 1 ]]; then
    printf '\033[1m==> %s\033[0m\n' "$*"
  else
    printf '==> %s\n' "$*"
  fi
}
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root or sudo for: $*"
  fi
}

can_be_root() { [[ $(id -u) == 0 ]] || { command -v sudo && sudo true; } >/dev/null; }

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# ensure_packages <package>...: installs those that are missing.
ensure_packages() {
  command -v apt-get >/dev/null || die "needs a Debian 12 system (apt-get is missing)"
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  can_be_root || die "needs root, or sudo, to install ${missing[*]}"
  say "installing ${missing[*]}"
  local install=(install --no-install-recommends "${missing[@]}")
  # Older lists may do, if there are any and what they name comes.
  if ! refresh_lists; then
    apt_get --simulate "${install[@]}" &>/dev/null && apt_get "${install[@]}" && return
    die "cannot reach the Debian package mirror (no network?); missing: ${missing[*]}"
  fi
  apt_get "${install[@]}" || die "apt-get could not install ${missing[*]}; see above"
}

# Without the option a mirror that cannot be reached is only a warning.
refresh_lists() { apt_get -o APT::Update::Error-Mode=any update; }

# Node runs the viewers' tests. A newer one from elsewhere brings its own npm and is left alone.
ensure_node() {
  command -v node >/dev/null && command -v npm >/dev/null && return
  ensure_packages nodejs npm
}

# ensure_unpacked <command> <package>: for what a package brings together with a daemon. It is taken
# out of the package, and nothing is started.
ensure_unpacked() {
  command -v "$1" >/dev/null && return
  say "fetching $1 into build/tools"
  local tools="$root/build/tools"
  mkdir -p "$tools"
  refresh_lists || say "using the package lists that are here"
  (cd "$tools" && apt-get -q download "$2" && dpkg-deb -x "$2"_*.deb . && rm "$2"_*.deb)
}

jobs_of_build() { echo "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}"; }

# configure <preset> [cmake argument]...
configure() {
  local preset=$1
  shift
  local launcher=()
  # In a folder that was configured without ccache, everything would be compiled again.
  if [[ ! -e $root/build/$preset/CMakeCache.txt && -z ${CMAKE_CXX_COMPILER_LAUNCHER:-} ]]; then
    ! command -v ccache >/dev/null || launcher=(-D CMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  (cd "$root" && cmake --preset "$preset" "${launcher[@]}" "$@" >"$(log_of configure "$preset")") ||
    { cat "$(log_of configure "$preset")" && return 1; }
}

log_of() {
  mkdir -p "$root/build/logs"
  echo "$root/build/logs/$1-$2.log"
}

# build <preset> [target]...: the targets of the preset unless some are named.
build() {
  local preset=$1
  shift
  (cd "$root" && cmake --build --preset "$preset" -j "$(jobs_of_build)" ${1:+--target "$@"})
}
