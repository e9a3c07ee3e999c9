"""The entry of the program: find the verb, load its module only, run it, turn errors into exit codes.

Nothing heavy is imported here: ``pratique --help`` and ``pratique proof verify`` start in the time that a bare
interpreter needs, a small multiple (docs/adr/0008).
"""

import sys

TYPE_CHECKING = False  # as in typing, which takes as long to import as everything else here together
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import NoReturn

    from pratique.errors import PratiqueError

VERBS = {
    "init": "make a workspace, its service keys, directory 1 and policy 1",
    "request": "ask for an image to enter an environment",
    "status": "what each environment holds, and what is on its way",
    "show": "everything about one promotion, and what it waits for",
    "withdraw": "take a request back",
    "retry": "gather and judge a promotion again",
    "image": "inspect, copy and verify images with all their evidence",
    "evidence": "add, list, inspect or sync evidence",
    "rebuild": "tell whether a second build gave the same image",
    "watch": "take in advisories; what concerns what is held, and where a package is",
    "review": "the queue, one review, and a person's signed decision",
    "waiver": "propose, grant or revoke an exception for one finding",
    "hold": "stop an image or an environment, and let it go on",
    "recall": "take an image back from an environment",
    "remediation": "what must be mended, by whom and when",
    "directory": "the signed list of people, roles and keys",
    "policy": "check or publish the rules",
    "ledger": "sign a checkpoint and have it witnessed, prove an entry, export everything",
    "witness": "cosign the ledgers of others, on another machine than theirs",
    "proof": "export and verify what an auditor needs",
    "judge": "judge a recorded decision again, from exactly what it names",
    "search": "find entries of the ledger by what they are about",
    "trail": "the chain of custody of one digest",
    "worker": "do the work that promotions wait for",
}
"""Each word of the command line with its summary; ``pratique.cli.<word>`` answers it."""


def main() -> None:
    """Run the program with the process's arguments and leave with its exit code."""
    leave(lambda: run(sys.argv[1:]))


def leave(work: "Callable[[], int]") -> "NoReturn":
    """Do the process's work and leave with the exit code that it returns."""
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_silently()
        code = 0
    sys.exit(code)


def _leave_silently() -> None:
    """Let the interpreter find nothing to write at its end: whoever read has left, and there is nobody to tell."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"pratique {version('pratique')}")
        return 0
    if arguments[0] not in VERBS:
        return _unknown(arguments[0], as_json="--json" in arguments)
    return _answer(arguments[0], arguments[1:])


def _overview() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb.ljust(width)}  {summary}" for verb, summary in VERBS.items())
    return f"""usage: pratique VERB [OPTIONS]

Clearance for container images: machines check, people decide, anyone can prove it afterwards.

{verbs}

`pratique VERB --help` tells the rest. Every verb takes --json; a workspace is a directory: --workspace DIR,
else $PRATIQUE_WORKSPACE, else the current folder. Exit codes: 0 done, 1 refused or unverified, 2 malformed or
usage, 3 unreachable, 4 still waiting for evidence or people, 70 a bug."""


def _unknown(word: str, *, as_json: bool) -> int:
    from difflib import get_close_matches

    from pratique.errors import Malformed

    near = get_close_matches(word, VERBS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "see `pratique --help`"
    return _failed(Malformed(f"usage: there is no verb {word[:60]!r}; {hint}"), as_json=as_json)


def _answer(verb: str, rest: list[str]) -> int:
    from importlib import import_module

    return answered(lambda: import_module(f"pratique.cli.{verb}").parser(f"pratique {verb}", VERBS[verb]), rest)


def answered(parser: "Callable[[], argparse.ArgumentParser]", rest: list[str]) -> int:
    """Run what a parser makes of the rest of a command line, print what came of it, and return the exit code."""
    from pratique.errors import PratiqueError

    try:
        parsed = parser().parse_args(rest)
        answer = parsed.run(parsed)
        rendered = answer.rendered(as_json=parsed.json)
        if rendered:  # a verb that was told to be quiet says nothing at all
            print(rendered)
        return int(answer.code)
    except PratiqueError as error:
        return _failed(error, as_json="--json" in rest)
    except BrokenPipeError:
        _leave_silently()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception:  # the one place where a bug ends: told, recorded, never taken for an answer
        from pratique.cli.bug import report

        print(report(), file=sys.stderr)
        return 70


def _failed(error: "PratiqueError", *, as_json: bool) -> int:
    message = " ".join(str(error).split())
    if as_json:
        import json

        problem = {"type": f"urn:pratique:error:{error.kind}", "detail": message, "code": error.exit_code}
        print(json.dumps({"error": problem}), file=sys.stderr)
    else:
        from pratique.cli.answer import harmless

        print(f"pratique: {error.kind}: {harmless(message)}", file=sys.stderr)
    return error.exit_code
