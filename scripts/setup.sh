#!/usr/bin/env bash
# Make this folder ready to run: the system libraries that Qt needs, a Python environment in .venv, the packages in it.
#
#   scripts/setup.sh         what running needs
#   scripts/setup.sh tests   what the tests need beside: a display of their own
#
# PYTHON=/path/to/python chooses the interpreter. What is there already is left alone.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

# What the Qt of the Python packages does not bring along, and a font.
libraries=(libegl1 libgl1 libglib2.0-0 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0
  libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxcb-xinerama0
  fonts-dejavu-core)
test_tools=(xvfb xdotool)

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

has_apt() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() { has_apt && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; }

# apt_install PACKAGE...: true if they are installed afterwards.
updated=
apt_install() {
  if [ -z "$updated" ]; then
    as_root apt-get update -qq || say "apt-get update failed; going on with the package lists that are here."
    updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# is_installed PACKAGE: newer releases call some libraries by the same name with t64 at its end.
is_installed() {
  local name
  for name in "$1" "$1t64"; do
    if dpkg -s "$name" 2>/dev/null | grep -q '^Status: install ok installed'; then return 0; fi
  done
  return 1
}

# provide PACKAGE...: install those that are missing; false, with the command that would, when that is not possible.
provide() {
  local package missing=()
  if ! has_apt; then
    say "This is not Debian or Ubuntu: if something is missing later, install what holds these: $*"
    return 0
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if may_install; then
    say "Installing system packages: ${missing[*]}"
    if apt_install "${missing[@]}"; then return 0; fi
  fi
  say "These system packages are missing; please run: sudo apt-get install ${missing[*]}"
  return 1
}

# is_fit PYTHON: it runs, and is of a version that this project supports.
is_fit() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

candidates() {
  local root
  printf '%s\n' python3.13 python3.12 python3.11 python3
  if command -v pyenv >/dev/null && root=$(pyenv root 2>/dev/null); then
    for minor in 13 12 11; do
      compgen -G "$root/versions/3.$minor*/bin/python" || true
    done
  fi
}

# Sets $python to an interpreter that can make an environment.
find_python() {
  local candidate fit=
  if [ -n "${PYTHON:-}" ]; then
    is_fit "$PYTHON" || fail "PYTHON=$PYTHON is not a Python from 3.11 to 3.13."
    python=$PYTHON
    has_venv "$python" && return
    fit=$python
  else
    while read -r candidate; do
      is_fit "$candidate" || continue
      fit=${fit:-$candidate}
      if has_venv "$candidate"; then
        python=$candidate
        return
      fi
    done < <(candidates)
  fi
  if [ -z "$fit" ] && may_install && ! command -v python3 >/dev/null; then
    say "Installing Python."
    apt_install python3 python3-venv || true
    fit=python3
    is_fit python3 || fit=
  fi
  [ -n "$fit" ] || fail "Found no Python from 3.11 to 3.13: install one, or name it with PYTHON=/path/to/python."
  python=$fit
  has_venv "$python" && return
  if may_install; then
    say "Installing the venv module of Python."
    apt_install "python$(version_of "$python")-venv" || true
  fi
  has_venv "$python" || fail "$python has no venv module: on Debian or Ubuntu, sudo apt-get install python3-venv adds it."
}

# The environment works, was made in this folder, and is of the version asked for.
environment_is_good() {
  [ -x .venv/bin/python ] && is_fit .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
    grep -qF "$PWD/.venv" .venv/bin/activate 2>/dev/null &&
    { [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of .venv/bin/python)" ]; }
}

make_environment() {
  if [ -n "${PYTHON:-}" ] && ! is_fit "$PYTHON"; then
    fail "PYTHON=$PYTHON is not a Python from 3.11 to 3.13."
  fi
  if ! environment_is_good; then
    find_python
    if [ -e .venv ]; then say "Making .venv anew: the old one is broken, was moved, or has another Python."; fi
    say "Making .venv with Python $(version_of "$python")."
    "$python" -m venv --clear .venv || fail "$python could not make .venv; the lines above say why."
  fi
  say "Installing the Python packages; the first time takes some minutes."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]" ||
    fail "Could not install the Python packages; the lines above say why."
}

case "${1:-}" in
  "")
    provide "${libraries[@]}" || true # the program itself says what it misses
    make_environment
    ;;
  tests)
    provide "${libraries[@]}" "${test_tools[@]}" || fail "The tests need them."
    ;;
  *) fail "unknown argument $1; there is only: tests" ;;
esac
say "Ready."
