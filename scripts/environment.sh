# Sourced by the other scripts: makes .venv in the checkout and installs alertkit and what its tests need.
# Says what is missing and how to get it; a fresh Debian has no python3-venv.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  echo "python3 is not installed. On Debian and Ubuntu: sudo apt-get install python3 python3-venv" >&2
  exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "alertkit needs Python 3.11 or newer; $python is $("$python" --version). Name another with PYTHON=python3.12 $0" >&2
  exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "The module venv is missing. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
  exit 2
fi

# $1: what to install, such as '.' or '.[dev]'. What is there already for the same pyproject.toml is used again.
install_into_venv() {
  local wanted stamp
  stamp=".venv/.installed$(echo "$1" | tr -dc 'a-z')"
  wanted="$("$python" --version) $(cksum <pyproject.toml)"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing into .venv …" >&2
    # One without pip was made by uv; one of another Python stays that Python's.
    if [ "$(.venv/bin/python --version 2>/dev/null)" != "$("$python" --version)" ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
      "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
    echo "$wanted" >"$stamp"
  fi
}
