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

# The ledger's checker is built from Debian's copy of golang.org/x/mod, so it needs no module proxy.
sources=/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog
[ -d "$sources" ] || (cd ../.. && . tools/apt.sh && apt_install "interop" golang-golang-x-mod-dev) || true
if [ ! -d "$sources" ]; then
    echo "interop: golang-golang-x-mod-dev is not installed; the tests that need gocheck are skipped"
elif [ ! "$out/gocheck" -nt gocheck/main.go ]; then
    echo "interop: building gocheck"
    (cd gocheck && GO111MODULE=off GOFLAGS="" GOPATH=/usr/share/gocode go build -o "$out/gocheck" .)
fi
