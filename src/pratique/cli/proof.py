"""``pratique proof``: export, fetch and verify what an auditor needs.

Verifying loads the core form's verifier and nothing of a workspace: it runs offline, in a blink.
"""

import argparse
from io import FileIO

from pratique.cli.answer import Answer, Exit
from pratique.cli.options import subverbs
from pratique.cli.uncollected import uncollected
from pratique.errors import Absent, Malformed

TYPE_CHECKING = False  # as in typing, which takes as long to import as much else here
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from pratique.proof.established import Established
    from pratique.proof.trust import Authority, TrustRoot
    from pratique.service.proof_verify import Complete, Outcome

_EXPORTS = """\
examples:
  pratique proof export pr_01jc                         the core form: one JSON document
  pratique proof export pr_01jc --full --report         an OCI image layout with all evidence, and a page to read
  pratique proof export --since 2026-10-01 --until 2026-11-01 --out october
  pratique proof export --image sha256:… --tar --out all

Several proofs go into a folder with a list, index.json; `pratique proof verify FOLDER` verifies every one.
"""
_VERIFIES = """\
PATH is a proof in its core form (JSON) or its full form (a folder or a tar), or a folder of many proofs. It is
verified offline, trusting only the keys in the trust root. What was not checked is said at the end.
"""


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    _export_arguments(
        verbs.add("export", "write proofs of promotions: everything to verify them offline, nothing to trust")
    )
    fetch = verbs.add("fetch", "get the proof that hangs on an image at its destination; it is not verified")
    fetch.add_argument("image", metavar="REFERENCE", help="HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH…")
    fetch.add_argument("--out", metavar="FILE", help="default: PROMOTION.proof.json")
    fetch.add_argument("--environment", metavar="NAME", help="where it must say that the image was let in")
    fetch.add_argument("--promotion", metavar="PROMOTION", help="which one, where several hang on it")
    fetch.add_argument(
        "--plain-http", metavar="HOST", action="append", default=[], help="speak plain HTTP with this registry"
    )
    fetch.set_defaults(run=_fetch)
    check = verbs.add("verify", "verify a proof offline, trusting only the keys in the trust root")
    verify_arguments(check)
    check.add_argument(
        "--rejudge",
        dest="complete",
        action="store_const",
        const=_rejudging,
        help="judge again from the evidence in the full form: the same record must come out, byte for byte",
    )
    return verbs.parser


def _moment(text: str) -> "datetime":
    from pratique.cli.times import moment

    return moment(text)


def _export_arguments(export: argparse.ArgumentParser) -> None:
    export.epilog, export.formatter_class = _EXPORTS, argparse.RawDescriptionHelpFormatter
    export.add_argument("promotion", nargs="?", metavar="PROMOTION", help="its id, or a unique beginning of it")
    export.add_argument("--since", type=_moment, metavar="TIME", help="those sealed from then on")
    export.add_argument("--until", type=_moment, metavar="TIME", help="those sealed before then")
    export.add_argument("--environment", metavar="NAME", help="of a period: those into this environment")
    export.add_argument("--image", metavar="DIGEST", help="everything of one image")
    form = export.add_mutually_exclusive_group()
    form.add_argument("--full", action="store_true", help="with the evidence: an OCI image layout, a folder")
    form.add_argument("--tar", action="store_true", help="the same in one tar")
    export.add_argument("--report", action="store_true", help="write a page for people beside it: one HTML file")
    export.add_argument("--out", metavar="PATH", help="default: PROMOTION.proof.json, .proof or .proof.tar")
    export.set_defaults(run=_export)


def verify_arguments(check: argparse.ArgumentParser) -> None:
    """Add what verifying is told, here and where it is shipped alone."""
    check.epilog = _VERIFIES
    check.add_argument("file", metavar="PATH", help="the proof, or a folder of proofs")
    check.add_argument("--trust-root", required=True, metavar="FILE", help="given to you out of band")
    check.add_argument("--image", metavar="DIGEST", help="the image that it must be about")
    check.add_argument("--environment", metavar="NAME", help="where the image must have been let in")
    check.add_argument("--resource-uri", metavar="URI", help="where the image must have been promoted to")
    check.add_argument(
        "--authority",
        metavar="NAME=CERTIFICATES",
        action="append",
        default=[],
        help="whose timestamps count: a file of PEM certificates, and the name that the proof uses; repeat it",
    )
    check.set_defaults(run=verify, complete=None)


def _export(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.proof_export import export

    return export(arguments)


def _fetch(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.proof_fetch import fetch

    return fetch(arguments)


def _rejudging() -> "Complete":
    from pratique.service.proof_rejudge import judge_again

    return judge_again


def verify(arguments: argparse.Namespace) -> Answer:
    """Verify what is at a path."""
    with uncollected():
        from pratique.proof.trust import parse_trust_root

        trust = parse_trust_root(_read(arguments.trust_root))
        check = _check(arguments, trust)
        core = _core_at(arguments.file)
        if core is None:
            return _elsewhere(arguments, check)
        if arguments.complete is not None:
            raise Malformed(
                "usage: --rejudge takes the full form; this is the core form, which holds no evidence: export it with "
                "--full, or use `pratique judge --proof FILE --objects DIR`"
            )
        return _told(check(core))


def _check(arguments: argparse.Namespace, trust: "TrustRoot") -> "Callable[[bytes], Established]":
    from pratique.proof.verify import verify_promotion
    from pratique.values.digest import Digest

    image = None if arguments.image is None else Digest.parse(arguments.image)
    authorities = tuple(map(_authority, arguments.authority))

    def check(content: bytes) -> "Established":
        return verify_promotion(
            content,
            trust,
            image=image,
            environment=arguments.environment,
            resource_uri=arguments.resource_uri,
            authorities=authorities,
            zones=_zone,
        )

    return check


def _authority(text: str) -> "Authority":
    from pratique.proof.trust import Authority

    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise Malformed(f"usage: --authority: expected NAME=CERTIFICATES, found {text[:200]!r}")
    return Authority(name, _read(path))


def _zone(name: str) -> "tzinfo | None":
    from pratique.service.zone import find_zone  # only a policy with freezes asks for one

    return find_zone(name)


def _core_at(path: str) -> bytes | None:
    """Return the document of a core form; None where a folder or a tar is there."""
    try:
        with FileIO(path) as file:
            first = file.read(1)
            return first + file.readall() if first in (b"{", b"") else None
    except IsADirectoryError:
        return None
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error


def _elsewhere(arguments: argparse.Namespace, check: "Callable[[bytes], Established]") -> Answer:
    from pathlib import Path

    from pratique.service.proof_verify import as_it_is, is_collection, verify_all, verify_place

    path = Path(arguments.file)
    complete = as_it_is if arguments.complete is None else arguments.complete()
    if not is_collection(path):
        return _told(verify_place(path, check, complete)[0])
    outcomes = verify_all(path, check, complete)
    failed = sum(one.established is None for one in outcomes)
    lines = [*map(_line, outcomes), f"{len(outcomes) - failed} hold, {failed} do not"]
    value = {"verified": not failed, "proofs": [_value(one) for one in outcomes]}
    return Answer(value, "\n".join(lines), Exit.REFUSED if failed else Exit.DONE)


def _line(outcome: "Outcome") -> str:
    found = outcome.established
    if found is None:
        return f"FAILS  {outcome.file}: {' '.join(str(outcome.error).split())}"
    people = ", ".join(one.person for one in found.approvers) or "nobody: the fast track"
    return f"holds  {outcome.file}: {found.image_name} {found.image} → {found.environment}; approved by {people}"


def _value(outcome: "Outcome") -> dict[str, object]:
    if outcome.established is None:
        return {"file": outcome.file, "verified": False, "error": str(outcome.error)}
    return {"file": outcome.file, "verified": True, "facts": _facts(outcome.established)}


def _told(established: "Established") -> Answer:
    width = max(len(label) for label, _ in established.facts)
    lines = [f"{label.ljust(width)}  {text}" for label, text in established.facts]
    return Answer({"verified": True, "facts": _facts(established)}, "\n".join(("it holds", *lines)))


def _facts(established: "Established") -> list[dict[str, str]]:
    return [{"label": label, "text": text} for label, text in established.facts]


def _read(path: str) -> bytes:
    try:
        with FileIO(path) as file:  # pathlib takes longer to import than the file to verify
            return file.readall()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
