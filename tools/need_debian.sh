#!/usr/bin/env bash
# Makes sure that the commands which a make target uses are there: `tools/need_debian.sh TARGET`.
#
# Root on Debian: installs what is missing, without asking. Anybody else: names it, says how to get it, exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/apt.sh

target=$1
missing=()
while read -r package command targets; do
    case "$package" in '' | '#'*) continue ;; esac
    case " $targets " in *" $target "*) ;; *) continue ;; esac
    command -v "$command" >/dev/null || missing+=("$package")
done <tools/debian_packages.txt

[ ${#missing[@]} -eq 0 ] || apt_install "make $target" "${missing[@]}"
