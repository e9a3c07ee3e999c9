"""``pratique proof``: export and verify what an auditor needs.

Verifying loads the core form's verifier and nothing of a workspace: it runs offline, in a blink.
"""

import argparse
from io import FileIO

from pratique.cli.answer import Answer
from pratique.cli.options import subverbs
from pratique.cli.uncollected import uncollected
from pratique.errors import Absent, Unreachable


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    export = verbs.add(
        "export", "write the proof of a promotion: everything to verify it offline, nothing to trust"
    )
    export.add_argument("promotion", metavar="PROMOTION", help="its id, or a unique beginning of it")
    export.add_argument("--out", metavar="FILE", help="default: PROMOTION.proof.json")
    export.set_defaults(run=_export)
    verify = verbs.add("verify", "verify a proof offline, trusting only the keys in the trust root")
    verify.add_argument("file", metavar="FILE", help="the proof")
    verify.add_argument("--trust-root", required=True, metavar="FILE", help="given to you out of band")
    verify.add_argument("--image", metavar="DIGEST", help="the image that it must be about")
    verify.add_argument("--environment", metavar="NAME", help="where the image must have been let in")
    verify.add_argument("--resource-uri", metavar="URI", help="where the image must have been promoted to")
    verify.set_defaults(run=_verify)
    return verbs.parser


def _export(arguments: argparse.Namespace) -> Answer:
    from pathlib import Path

    from pratique.service.proof import export
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        promotion = workspace.store.read(lambda view: view.promotions.by_prefix(arguments.promotion).id)
        content = export(workspace, promotion)
    target = Path(arguments.out or f"{promotion}.proof.json")
    try:
        target.write_bytes(content)
    except OSError as error:
        raise Unreachable(f"{target} cannot be written: {error.strerror}") from error
    return Answer(
        {"promotion": promotion, "file": str(target), "bytes": len(content)}, f"{target}: {len(content)} bytes"
    )


def _verify(arguments: argparse.Namespace) -> Answer:
    with uncollected():
        from pratique.proof.trust import parse_trust_root
        from pratique.proof.verify import verify_promotion
        from pratique.values.digest import Digest

        image = None if arguments.image is None else Digest.parse(arguments.image)
        established = verify_promotion(
            _read(arguments.file),
            parse_trust_root(_read(arguments.trust_root)),
            image=image,
            environment=arguments.environment,
            resource_uri=arguments.resource_uri,
        )
    width = max(len(label) for label, _ in established.facts)
    lines = [f"{label.ljust(width)}  {text}" for label, text in established.facts]
    value = {"verified": True, "facts": [{"label": label, "text": text} for label, text in established.facts]}
    return Answer(value, "\n".join(("it holds", *lines)))


def _read(path: str) -> bytes:
    try:
        with FileIO(path) as file:  # pathlib takes longer to import than the file to verify
            return file.readall()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
