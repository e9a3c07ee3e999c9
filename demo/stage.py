"""The stage of the story: ``build/demo``, wiped but for what takes long to make, and five people's keys in it."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.images.build import ROOT
from pratique.signing.keyfile import Algorithm, create_key, read_key

DEMO = Path(__file__).parent
BUILD = ROOT / "build" / "demo"
PEOPLE = ("ann", "bea", "cai", "dan", "eve")

_KEPT = frozenset({"wheels", "sboms"})


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays."""

    workspace: Path = BUILD / "workspace"
    people: Path = BUILD / "people"
    policy: Path = BUILD / "policy"
    papers: Path = BUILD / "papers"

    @property
    def layout(self) -> Path:
        """Where CI builds images, as the application's ``accept`` names it."""
        return self.workspace / "registry" / "build"

    @property
    def ci_key(self) -> Path:
        """The private key of ``service:ci``."""
        return self.people / "ci.pem"

    def key(self, actor: str) -> str:
        """Return the private key of a person or of CI, as commands of the story name it."""
        return shown(self.ci_key if actor == "service:ci" else self.people / actor.removeprefix("person:"))


def shown(path: Path) -> str:
    """Return a path as commands of the story name it."""
    return str(path.relative_to(ROOT))


def set_up() -> Stage:
    """Clear what an earlier run left and put the policy and the people file on the stage."""
    for path in BUILD.iterdir() if BUILD.exists() else ():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    stage = Stage()
    for folder in (stage.people, stage.papers):
        folder.mkdir(parents=True)
    shutil.copytree(DEMO / "policy", stage.policy)
    shutil.copy(DEMO / "people.yaml", stage.people / "people.yaml")
    return stage


def make_keys(stage: Stage) -> None:
    """Make an SSH key for every person, without a passphrase, and the service key of CI."""
    for person in PEOPLE:
        options = ["-q", "-t", "ed25519", "-N", "", "-C", f"{person}@shop.example"]
        subprocess.run(["ssh-keygen", *options, "-f", str(stage.people / person)], check=True)
    create_key(stage.ci_key, Algorithm.ECDSA_P256)
    (stage.people / "ci.pub.pem").write_text(read_key(stage.ci_key).public.text)


def alias_of(person: str) -> str:
    """Return how a signed statement names the person: by the hash of their mail address."""
    return f"git:{hashlib.sha256(f'{person}@shop.example'.encode()).hexdigest()}"
