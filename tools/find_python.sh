#!/usr/bin/env bash
# Prints the path of a Python that Pratique supports, or says on stderr how to get one.
#
# Each candidate is run, not just looked up: a version manager's shim exists even for a version it does not serve.
# One inside a virtual environment is passed over, because that environment may be the .venv about to be made anew.
set -u
for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    path=$("$name" -c 'import sys
supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
if supported and sys.prefix == sys.base_prefix: print(sys.executable)' 2>/dev/null) || continue
    if [ -n "$path" ]; then
        echo "$path"
        exit 0
    fi
done
echo "set-up: expected Python 3.11, 3.12 or 3.13, found none; on Debian 12: apt-get install python3 python3-venv" >&2
exit 1
