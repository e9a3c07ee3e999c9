#!/usr/bin/env bash
# Writes the two lock files anew: every package pinned, every file hashed, no download address.
#
# They hold for Python 3.11 to 3.13 and every platform, and agree with each other. What builds Pratique itself
# (pyproject.toml, [build-system]) is locked too, because it is installed without build isolation.
set -euo pipefail
cd "$(dirname "$0")/.."

build_requirements() {
    .venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
}

# Extras stay beside their package: pip takes `name[extra]` for another requirement, and wants it pinned as such.
lock() {
    local file=$1
    shift
    # An upgrade is asked for: tools/lock.sh --upgrade, or --upgrade-package NAME. Otherwise pins stay as they are.
    build_requirements | .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-strip-extras --output-file "$file" pyproject.toml - "$@"
}

lock requirements.lock "$@"
lock requirements-dev.lock --constraint requirements.lock --extra dev --extra ecr --extra keyless --extra s3 --extra syft --extra timestamp "$@"
