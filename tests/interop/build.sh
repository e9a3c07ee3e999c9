#!/usr/bin/env bash
# Builds the independent tools that these tests ask, at the versions of go.mod, into build/interop; again only what changed.
set -euo pipefail
cd "$(dirname "$0")"
out="$PWD/../../build/interop"
if ! command -v go >/dev/null; then
    echo "interop: no go on this machine; the tests that need its tools are skipped, the rest run"
    exit 0
fi
mkdir -p "$out"
export GOFLAGS="-p=1 -trimpath -buildvcs=false -mod=readonly"
for tool in ./registry $(sed -n '/^tool (/,/^)/s/^\t//p' go.mod); do
    if [ "$out/$(basename "$tool")" -nt go.sum ] && [ "$out/$(basename "$tool")" -nt registry/main.go ]; then
        continue
    fi
    echo "interop: building $(basename "$tool")"
    nice -n 19 go build -ldflags '-s -w' -o "$out/" "$tool" ||
        echo "interop: $(basename "$tool") cannot be built; the tests that need it are skipped"
    [ ! -e "$out/$(basename "$tool")" ] || touch "$out/$(basename "$tool")"
done
