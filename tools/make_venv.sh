#!/usr/bin/env bash
# Makes .venv with everything pinned in requirements-dev.lock and Pratique itself: `tools/make_venv.sh PYTHON`.
#
# The lock's hashes are checked for every file. A .venv that already holds the lock's packages is kept.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/apt.sh

python=$1
[ -n "$python" ] || exit 1 # tools/find_python.sh has said why
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

if ! "$python" -c "$supported"; then
    echo "set-up: expected Python 3.11, 3.12 or 3.13, found $("$python" --version 2>&1) at $python" >&2
    exit 1
fi

# Debian ships venv and ensurepip apart from python3.
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    case "$python" in
        /usr/bin/*) apt_install "set-up" python3-venv ;;
        *) echo "set-up: $python has no venv or no ensurepip; use another with: make PYTHON=/path/to/python3" >&2 && exit 1 ;;
    esac
fi

if ! .venv/bin/python -c "$supported" 2>/dev/null; then
    rm -rf .venv # half made, or of a Python that has gone
    "$python" -m venv .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }
# Wheels only: a source distribution would fetch its own, unpinned, build requirements.
pip install --quiet --only-binary :all: --require-hashes --requirement requirements-dev.lock
pip install --quiet --no-deps --no-build-isolation --editable .
