"""What a copy between registries loads: it starts anew for every image, so what it does not need costs every time."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
from pratique.cli.main import run
code = run(["image", "copy", "--plain-http", "127.0.0.1:1", "127.0.0.1:1/a:v1", "127.0.0.1:1/b:v1"])
print(json.dumps([code, sorted(sys.modules)]))
"""
NEEDLESS = {
    "asyncio",
    "difflib",
    "encodings.idna",
    "pratique.registry.layout",
    "pratique.scan.settings",
    "pratique.wire",
    "sqlalchemy",
    "subprocess",
    "tempfile",
    "tomllib",
}


def test_a_copy_between_registries_loads_nothing_that_it_does_not_need() -> None:
    run = subprocess.run([sys.executable, "-I", "-c", SCRIPT], stdout=subprocess.PIPE, check=True)
    code, loaded = json.loads(run.stdout)
    assert code == 3, "nobody listens at port 1"
    assert NEEDLESS.isdisjoint(loaded)
