"""Prints every figure we promise, one line each, and fails where one falls short: ``make show``.

Three runs give them all: the demonstration from a clean clone, the whole test run, whose report says which promise
each test keeps, and the benchmarks. Whatever is printed can be repeated by hand with the command at its end.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

from bench.__main__ import figures
from tests.interop.referrers_server import SERVERS

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "build" / "show" / "tests.xml"
DEMO_SECONDS = 900  # with everything to be set up, from an empty clone
TEST_SECONDS = 600  # the second time, on two cores


@dataclass(frozen=True, slots=True)
class Line:
    """One promise: what was found, what was promised, and whether it holds; without a target it is only seen."""

    promise: str
    figure: str
    target: str
    holds: bool
    by: str

    def __str__(self) -> str:
        word = "SEEN" if not self.target else "PASS" if self.holds else "FAIL"
        return f"{word}  {self.figure:>24}  {self.target:>20}  {self.promise}  [{self.by}]"


@dataclass(frozen=True, slots=True)
class Promise:
    """What tests keep: those whose ``module.name`` the pattern finds, all of them, and at least one."""

    words: str
    pattern: str


PROMISES = (
    Promise("step 1: people make keys, and a workspace is founded", r"stories\.test_founding\."),
    Promise("step 2: the fast track, nobody is asked", r"stories\.test_fast_track\."),
    Promise("step 3: refused, with what to do about it", r"stories\.test_refused\."),
    Promise("step 4: people decide with their own keys", r"stories\.test_slow_track\."),
    Promise("step 5: a proof, and its forgeries", r"stories\.test_proof\."),
    Promise("step 6: the chain of custody", r"stories\.test_trail\."),
    Promise("the way on a real docker-registry", r"stories\.test_docker_registry\."),
    Promise("bad input: one clear line each, nothing lost", r"stories\.test_(bad_input|full_disk)\."),
    Promise("two processes at once on one workspace", r"stories\.test_processes\."),
    Promise("kill -9 in every step, then a restart", r"stories\.test_killed\."),
    Promise("hints lost and doubled", r"(stories\.test_bad_line|dispatch\.test_unreliable)\."),
    Promise("what turns out later: signals, and where a package is", r"stories\.test_watch\."),
    Promise("advisories against recorded answers and Trivy's", r"evidence\.test_match_recorded\."),
    Promise("every file of the corpus, counted as EXPECT.json does", r"evidence\.test_corpus(_\w+)?\."),
    Promise("mutated evidence raises nothing of others", r"evidence\.test_fuzz"),
    Promise("merging and statements are order-independent", r"(evidence\.test_merge|policy\.test_vex)\."),
    Promise("an attack surface, layer by layer", r"(evidence\.surface\.|service\.test_surface\.)"),
    Promise("taking something away never improves an outcome", r"policy\.test_monotone\."),
    Promise(
        "any single flipped bit of a proof is refused", r"(proof\.test_flips\..*flipped|test_any_flipped_bit)"
    ),
    Promise("judging twice gives the same bytes", r"test_(judging_twice|the_same_record_comes_out)"),
    Promise("folding after a restart gives the same state", r"test_folding_.*restart"),
    Promise("deciding reads no clock, file or socket", r"house\.test_purity\."),
    Promise("an image is built to the same bytes twice", r"demo\.test_images\."),
    Promise("the corpus's layouts over two registries and back", r"stories\.test_image_copy\..*every_stop"),
    Promise("the same bytes as skopeo's, where skopeo copies", r"stories\.test_image_copy\..*skopeo"),
    Promise("copying by hand: one clear line for each mistake", r"stories\.test_image_by_hand\."),
    Promise("a promoted image outlives garbage-collect -m", r"stories\.test_garbage\."),
    Promise("any image arrives whole, whatever its graph", r"registry\.test_copy_laws\."),
    Promise("every registry fault leaves no tag on a part", r"registry\.faults\.test_"),
    Promise("hostile headers and manifests: only our errors", r"registry\.(faults\.)?test_fuzz"),
    Promise("Debian's registry: open, password, tokens, TLS", r"registry\.test_auth_at_docker_registry\."),
    Promise(f"referrers listed by {' and '.join(SERVERS)}", r"interop\.test_(contract|copy)\."),
    Promise("cosign, crane, oras and regctl agree", r"interop\.test_(cosign|discovery)\."),
    Promise("seventy situations, each a sentence with its decision", r"promotion\.test_situations"),
    Promise("no child of a policy lets in what its parent keeps out", r"policy\.test_(never_looser|inherit)\."),
    Promise(
        "conditions in CEL: absent facts are errors, limits hold", r"policy\.test_(expr|expression|conditions)"
    ),
    Promise(
        "a recorded decision is judged again, byte for byte",
        r"(stories\.test_judge|promotion\.test_golden_records)\.",
    ),
    Promise("freezes, rollback, emergency, and their ends", r"stories\.test_(tracks|post_mortem)\."),
    Promise("holds and recalls stop what moves", r"stories\.test_(hold|recall)\."),
    Promise("several images move together or not at all", r"stories\.test_release(_\w+)?\."),
    Promise("waivers: signed, narrow, expiring, in the proof", r"stories\.test_waiver\."),
    Promise("a policy is tested, proposed, approved, rolled back", r"stories\.test_policy_(test|life|author)\."),
    Promise("the shipped policies pass their own tests", r"stories\.test_packs\."),
    Promise("scanners and outside checks run while gathering", r"stories\.test_(scan_gathered|outside_check)\."),
    Promise("a policy is tried on what was decided before", r"stories\.test_simulate\."),
    Promise("a bucket, timestamps, a new epoch", r"stories\.test_(bucket|stamp|epoch)\."),
    Promise("every key is replaced, as planned or stolen", r"stories\.test_(rotation|replace_key|seal_key)\."),
    Promise("a database of every revision is upgraded", r"(stories|storage)\.test_upgrade\."),
    Promise("tlog, notes, cosignatures: the published vectors", r"tlog\.test_"),
    Promise("the log is checked by a program in Go, bit by bit", r"interop\.test_ledger\."),
    Promise(
        "no acknowledged event is lost under kill and freeze", r"(ledger\.test_hammer|storage\.test_processes)\."
    ),
    Promise("every file operation fails once, nothing is half done", r"ledger\.test_faults\."),
    Promise("witnesses: asked, required, failing", r"stories\.test_witness\."),
    Promise("fsck names what is wrong; words are erased", r"stories\.test_fsck\."),
    Promise("everything is restored from the export, and drilled", r"stories\.test_restore\."),
    Promise("entries are found by what they are about", r"stories\.test_search\."),
    Promise("what a proof shows of the past, of freezes, of `never`", r"proof\.test_(past|freeze|never)\."),
    Promise("timestamps in a proof, checked offline", r"(proof\.test_stamp|attest\.test_timestamp)"),
    Promise("attacks on a proof, each with its own message", r"proof\.test_(attacks|full)\..*attack"),
    Promise(
        "the full form is judged again offline", r"(stories\.test_proof_forms|proof\.test_full)\..*judged_again"
    ),
    Promise("the verifier as one file needs only cryptography", r"proof\.test_pyz\."),
    Promise("proofs of every form hold for ever", r"proof\.test_golden\."),
)


def main() -> int:
    """Print every line as it is found, and return 0 if all of them hold."""
    found: list[bool] = []
    for line in chain(_demonstration(), _tests(), _speeds()):
        print(line, flush=True)
        found += [line.holds] if line.target else []
    print(f"\n{sum(found)} of {len(found)} promises hold")
    return 0 if all(found) else 1


def _demonstration() -> Iterator[Line]:
    """Run ``make demo`` in a clean clone of what is committed."""
    with tempfile.TemporaryDirectory(prefix="pratique-clone-") as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        yield _timed("`make demo` from a clean clone", ("make", "demo"), Path(folder), DEMO_SECONDS)


def _tests() -> Iterator[Line]:
    """Run ``make test`` here, where everything is set up already, and read its report."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    os.environ["PYTEST_ADDOPTS"] = f"--junitxml={REPORT}"
    yield _timed("`make test` with everything set up", ("make", "test"), ROOT, TEST_SECONDS)
    outcomes = _outcomes(REPORT) if REPORT.exists() else {}
    yield from (_kept(promise, outcomes) for promise in PROMISES)


def _timed(promise: str, command: tuple[str, ...], folder: Path, limit_seconds: float) -> Line:
    start = time.monotonic()
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    if result.returncode != 0:
        print((result.stdout + result.stderr)[-4000:], file=sys.stderr)
    ended = "" if result.returncode == 0 else f", exit {result.returncode}"
    holds = result.returncode == 0 and seconds <= limit_seconds
    return Line(promise, f"{seconds:.0f} s{ended}", f"at most {limit_seconds:.0f} s", holds, " ".join(command))


def _outcomes(report: Path) -> dict[str, str]:
    """Return what became of each test, by ``module.name``: passed, skipped, failure or error."""
    found = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        said = {child.tag for child in case} & {"skipped", "failure", "error"}
        found[f"{case.get('classname')}.{case.get('name')}"] = min(said, default="passed")
    return found


def _kept(promise: Promise, outcomes: dict[str, str]) -> Line:
    mine = [outcome for name, outcome in outcomes.items() if re.search(promise.pattern, name)]
    passed, skipped = mine.count("passed"), mine.count("skipped")
    figure = f"{passed} of {len(mine)} tests" + (f", {skipped} skipped" if skipped else "")
    holds = bool(passed) and passed + skipped == len(mine)
    return Line(promise.words, figure, "all", holds, "make test")


def _speeds() -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="pratique-bench-") as folder:
        for figure in figures(Path(folder)):
            target = "" if figure.target is None else f"{figure.target} ×"
            words = f"{figure.name.strip()}: {figure.ours}, against {figure.yardstick}"
            yield Line(words, f"{figure.ratio:.3g} ×", target, figure.holds, "make bench")


if __name__ == "__main__":
    sys.exit(main())
