"""A check of one's own: a program or a service looks at the image while evidence is gathered, and can only object."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.scan.stub import write_stub
from tests.stories.shop import Shop
from tests.stories.test_layers import change_policy

ANSWER = """
import json
digest, objections = sys.argv[2], {objections!r}
print(json.dumps({{"image": digest, "objections": objections}}))
"""
SAYING = "import json; print(json.dumps({{'image': {}}}))"
OBJECTION = {"term": "label:owner", "message": "no label says who owns it", "fix": "add the label owner"}


def ask_for(shop: Shop, rule: str, settings: str) -> None:
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f"\n[check.labels]\n{settings}\n")
    line = f"    checks:\n      - {{id: labels, {rule}, uses: labels}}\n"
    change_policy(shop, lambda text: text.replace("    checks:\n", line, 1))


def program(shop: Shop, lines: str, seconds: int = 60) -> Path:
    """Have a program be the check; return where it notes each run."""
    noted = shop.folder / "looked"
    stub = write_stub(shop.folder / "bin" / "labels", f"open({str(noted)!r}, 'a').write('ran ');\n{lines}")
    limits = f"seconds = {seconds}\noutput_mib = 1"
    ask_for(shop, "check: exec", f'argv = ["{stub}", "{{layout}}", "{{digest}}"]\n{limits}')
    return noted


def judged(shop: Shop, promotion: str) -> dict[str, Any]:
    decision = shop.show(promotion)["decision"]
    (check,) = (one for one in decision["checks"] if one["id"] == "labels")
    return dict(check)


def test_a_program_that_objects_to_nothing_lets_the_image_pass_and_runs_once(shop: Shop) -> None:
    noted = program(shop, ANSWER.format(objections=[]))
    promotion = shop.bring("clean", "dev")
    assert judged(shop, promotion)["outcome"] == "pass"
    assert shop.state(promotion) == "promoted"
    assert noted.read_text() == "ran "


def test_what_a_program_objects_to_is_a_finding_with_its_repair(shop: Shop) -> None:
    program(shop, ANSWER.format(objections=[OBJECTION]))
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "remediation"
    told = shop.done("show", promotion).out
    assert "no label says who owns it" in told
    assert "add the label owner" in told


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("sys.stdout.write('x' * (4 << 20))", "more than 1048576 bytes"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal"),
        ("sys.exit(1)", "it ended with code 1"),
        ("print('[' * 100000)", "no answer that counts"),
        (SAYING.format("'sha256:' + '0' * 64, 'objections': []"), "no answer that counts"),
        (SAYING.format("sys.argv[2], 'objections': [], 'passed': True"), "no answer that counts"),
    ],
    ids=["floods", "crashes", "fails", "writes nonsense", "speaks of another image", "says more"],
)
def test_a_program_that_misbehaves_is_an_error_and_never_a_pass(shop: Shop, lines: str, words: str) -> None:
    program(shop, lines)
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) != "promoted"
    check = judged(shop, promotion)
    assert check["outcome"] == "error"
    assert words in check["message"]


def test_a_program_that_hangs_is_an_error_and_never_a_pass(shop: Shop) -> None:
    program(shop, "time.sleep(600)", seconds=2)
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) != "promoted"
    assert "it took more than 2 s" in judged(shop, promotion)["message"]


def test_a_check_that_nobody_described_leaves_the_outcome_open(shop: Shop) -> None:
    ask_for(shop, "check: http", 'argv = ["/bin/true", "{layout}"]')
    promotion = shop.bring("clean", "dev")
    assert judged(shop, promotion)["outcome"] == "unknown"


@contextmanager
def service(status: int, objections: list[dict[str, str]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps({"image": asked["image"], "objections": objections}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/look"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "objections", "outcome"), [(200, [], "pass"), (200, [OBJECTION], "block"), (500, [], "error")]
)
def test_a_service_is_asked_over_http(
    shop: Shop, status: int, objections: list[dict[str, str]], outcome: str
) -> None:
    with service(status, objections) as url:
        ask_for(shop, "check: http", f'url = "{url}"\ninsecure = true')
        promotion = shop.bring("clean", "dev")
    assert judged(shop, promotion)["outcome"] == outcome
