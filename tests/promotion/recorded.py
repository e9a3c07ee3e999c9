"""Writes the golden records anew: ``python -m tests.promotion.recorded``.

Only for a record's form before the first release, or for a new engine. A golden record of a released engine is never
written again: what it says is what that engine means.
"""

from pathlib import Path

from tests.promotion.builders import directory, document
from tests.promotion.cases import CLEAN, GATE, HIGH, MEDIUM, advisories, evidence, provenance, sbom
from tests.promotion.situations import ADOPTING, ALL_WAYS, RUNS, WITH_KEV, ago, freeze, kev, policy_of, put

from pratique.promotion.happenings import Track
from pratique.promotion.record import Record
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

FOLDER = Path(__file__).parents[1] / "vectors" / "records"
_FROZEN = freeze("{name: weekend, weekly: [sat, sun], allow: [emergency]}", zone="Europe/Berlin")
_LISTED = kev("CVE-2026-2")


def _records() -> dict[str, tuple[Record, str, tuple[bytes, ...]]]:
    """Return each golden record by name, with its policy and what it rests on."""
    bare = (provenance(),)
    return {
        "fast": (put(evidence(CLEAN)), GATE, evidence(CLEAN)),
        "slow": (put(evidence(MEDIUM)), GATE, evidence(MEDIUM)),
        "remediation": (put(evidence(HIGH)), GATE, evidence(HIGH)),
        "unknown": (put(bare), GATE, bare),
        "no-author": (put((sbom(*MEDIUM), provenance())), GATE, (sbom(*MEDIUM), provenance())),
        "rollback": (put(evidence(HIGH), ALL_WAYS, current=RUNS, left=ago(days=1)), ALL_WAYS, evidence(HIGH)),
        "emergency": (
            put(evidence(CLEAN), ALL_WAYS, arrivals=(), asked=Track.EMERGENCY),
            ALL_WAYS,
            evidence(CLEAN),
        ),
        "adopt": (put(evidence(HIGH), ADOPTING, arrivals=(), asked=Track.ADOPT), ADOPTING, evidence(HIGH)),
        "exploited": (put(evidence(MEDIUM), WITH_KEV, exploited=_LISTED), WITH_KEV, (*evidence(MEDIUM), _LISTED)),
        "freeze": (put(evidence(CLEAN), _FROZEN, current=RUNS), _FROZEN, evidence(CLEAN)),
    }


def main() -> None:
    """Write every record with everything that it names, and nothing else."""
    for old in (*FOLDER.glob("*.record.json"), *(FOLDER / "objects").glob("*")):
        old.unlink()
    for name, (record, text, rests_on) in _records().items():
        _write(f"{name}.record.json", record.content)
        for one in (policy_of(text).resolved, canonical(document()), advisories(), *rests_on):
            _write(f"objects/{Digest.of(one).hex}", one)
        assert Digest.of(canonical(document())) == directory().digest


def _write(name: str, content: bytes) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
