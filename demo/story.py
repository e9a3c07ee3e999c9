"""The story in six steps, told with the program's own verbs. Each step is true, or the demonstration fails."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from demo import forgery
from demo.images import Name
from demo.stage import BUILD, PEOPLE, Stage, shown
from demo.teller import Teller, Untrue
from pratique.values.digest import Digest

_PROMOTION = re.compile(r"\bpr_[0-9a-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells it, where it plays, and the images that CI delivered."""

    teller: Teller
    stage: Stage
    images: dict[Name, Digest]

    def request(self, name: Name, to: str, asker: str, *, ends: int = 0, says: str | None = None) -> str:
        """Ask for an image to enter an environment, wait for what becomes of it, and return the promotion's id."""
        image = f"oci:registry/build:{name.value}"
        key = self.stage.key(asker)
        asking = ("--application", "shop", "--to", to, "--as", asker, "--key", key, "--wait=60s")
        answer = self.teller.pratique("request", image, *asking, ends=ends, says=says)
        named = _PROMOTION.search(answer.output)
        if named is None:
            raise Untrue(f"expected the id of a promotion, found: {answer.said}")
        return named[0]


def found(teller: Teller, stage: Stage, make_keys: Callable[[], None]) -> None:
    """Step 1: five people, and a workspace."""
    teller.step("1. Five people make keys, and a workspace is founded")
    teller.say(
        "Ann keeps the list of people, Bea is in security, Cai and Eve manage releases, Dan writes the "
        "code. Each makes an SSH key, as for Git; nobody else ever sees its private half. CI has a service "
        "key."
    )
    make_keys()
    teller.line(f"{len(PEOPLE)} keys by ssh-keygen, and one for CI, in {shown(stage.people)}")
    teller.say(
        "Ann signs the first directory (who is who) and the first policy (what dev, staging and prod "
        "demand). What an auditor will need to check everything later, about a kilobyte, is the trust "
        "root."
    )
    teller.pratique(
        *("init", "--policy", shown(stage.policy), "--people", shown(stage.people / "people.yaml")),
        *("--root", f"person:ann={stage.key('person:ann')}", "--origin", "ledger.shop.example/demo"),
    )
    teller.say(
        "What is known to be vulnerable comes as a feed of OSV records. It is frozen by digest, like any evidence."
    )
    teller.pratique("watch", "import", "demo/advisories")


def fast_track(told: Told) -> None:
    """Step 2: nobody is asked."""
    told.teller.step("2. fixed: current packages, the fast track, nobody is asked")
    told.teller.say(
        "CI asks, with its service key, for one environment after the other. Every check passes, so no "
        "human is needed. The environments are still empty, and this policy lets a first image in "
        "(first_arrival: fast)."
    )
    for environment in ("dev", "staging", "prod"):
        told.request(Name.FIXED, environment, "service:ci")
    told.teller.pratique("status", says=told.images[Name.FIXED].short)


def refused(told: Told) -> None:
    """Step 3: a machine says no, and what to do."""
    told.teller.step("3. stale: packages of 2018 are refused, with what to do about it")
    told.teller.say("dev wants a signature, provenance and a bill of materials, and stale has them.")
    told.request(Name.STALE, "dev", "service:ci")
    told.teller.say("staging takes nothing with a critical or high vulnerability in it.")
    told.request(Name.STALE, "staging", "service:ci", ends=1, says="remediation")
    told.teller.say("Each finding has become an item: who has to mend it, by when, and what to upgrade to.")
    told.teller.pratique("remediation", "list", says="group:developers")


def slow_track(told: Told) -> str:
    """Step 4: people decide. Returns the promotion's id."""
    teller = told.teller
    teller.step("4. middling: one finding of medium severity, so people decide")
    for environment in ("dev", "staging"):
        told.request(Name.MIDDLING, environment, "service:ci")
    teller.say(
        "prod wants to have medium findings looked at. Cai asks, and the promotion waits for two people "
        "(exit code 4)."
    )
    promotion = told.request(Name.MIDDLING, "prod", "person:cai", ends=4)
    teller.pratique("review", "show", promotion, says="medium")
    _requester(told, promotion)
    _forger(told, promotion)
    _two_people(told, promotion)
    teller.say(
        "The image was copied by digest, sealed with prod's key, its seal attached, and only then did the "
        "tag move."
    )
    teller.pratique("show", promotion, says="promoted")
    return promotion


def _requester(told: Told, promotion: str) -> None:
    told.teller.say(
        "Cai is a release manager, but asked for this promotion. The approval is kept, and does not count."
    )
    approve = ("review", "approve", promotion, "--as", "person:cai", "--reason", "acceptable-risk")
    told.teller.pratique(
        *approve, "--key", told.stage.key("person:cai"), says="person:cai asked for this promotion"
    )


def _forger(told: Told, promotion: str) -> None:
    told.teller.say(
        "Dan, who wrote the code, writes an approval in Bea's name and signs it with the only key Dan has."
    )
    _sign_with_ssh_keygen(told, promotion, "person:bea", "person:dan")
    statement = shown(told.stage.papers / "review")
    submit = ("review", "submit", "--statement", f"{statement}.json", "--signature", f"{statement}.sig")
    told.teller.pratique(*submit, ends=1, says="expected a signature by person:bea, found person:dan")


def _two_people(told: Told, promotion: str) -> None:
    told.teller.say("Bea approves for security. The program has ssh-keygen sign for her.")
    approve = ("review", "approve", promotion, "--as", "person:bea", "--reason", "acceptable-risk")
    told.teller.pratique(
        *approve, "--key", told.stage.key("person:bea"), "--comment", "idna is used on our own names only"
    )
    told.teller.say(
        "Eve approves as release manager, and signs by hand: the same could happen on another machine."
    )
    _sign_with_ssh_keygen(told, promotion, "person:eve", "person:eve")
    statement = shown(told.stage.papers / "review")
    submit = ("review", "submit", "--statement", f"{statement}.json", "--signature", f"{statement}.sig")
    told.teller.pratique(*submit)
    told.teller.wait("promoted", lambda: told.teller.ask("show", promotion)["state"] == "promoted")


def _sign_with_ssh_keygen(told: Told, promotion: str, person: str, key: str) -> None:
    statement = told.stage.papers / "review"
    for old in told.stage.papers.glob("review*"):
        old.unlink()
    approve = ("review", "approve", promotion, "--as", person, "--reason", "acceptable-risk")
    told.teller.pratique(*approve, "--unsigned", shown(statement))
    sign = ("ssh-keygen", "-Y", "sign", "-n", "pratique-review", "-f", told.stage.key(key), shown(statement))
    told.teller.run(*sign)


def proof(told: Told, promotion: str) -> None:
    """Step 5: an auditor, offline, who trusts nothing but the trust root."""
    teller, papers = told.teller, told.stage.papers
    whole, flipped, dropped = (papers / name for name in ("proof.json", "flipped.json", "dropped.json"))
    trust = ("--trust-root", shown(told.stage.workspace / "trust-root.json"))
    middling = ("--image", str(told.images[Name.MIDDLING]), "--environment", "prod")
    teller.step("5. An auditor proves it offline, and three forgeries fail")
    teller.pratique("proof", "export", promotion, "--out", shown(whole))
    teller.say("The verifier needs this file and the trust root: no workspace, no network, no server.")
    teller.pratique("proof", "verify", shown(whole), *trust, *middling)
    teller.say("One bit of the first approval changed:")
    forgery.flip_a_byte(whole, flipped)
    teller.pratique("proof", "verify", shown(flipped), *trust, ends=1, says="inclusion of entry")
    teller.say("An approval taken out:")
    forgery.drop_an_approval(whole, dropped)
    teller.pratique("proof", "verify", shown(dropped), *trust, ends=1, says="expected 1 people")
    teller.say("Held against another image, fixed:")
    fixed = ("--image", str(told.images[Name.FIXED]))
    teller.pratique("proof", "verify", shown(whole), *trust, *fixed, ends=1, says="expected one about the image")


def trail(told: Told) -> None:
    """Step 6: the chain of custody."""
    told.teller.step("6. The chain of custody, from source commit to environment")
    told.teller.pratique("trail", str(told.images[Name.MIDDLING]), says="prod")


def look_around(teller: Teller, stage: Stage) -> None:
    """Say what it came to, and where everything lies."""
    teller.step("What it came to")
    checkpoint = teller.ask("ledger", "checkpoint")
    teller.line(f"{teller.commands} commands in {teller.seconds:.0f} s; {checkpoint['size']} events in the ledger")
    teller.line(f"under {shown(BUILD)}: workspace (ledger, blobs, registries), people (keys), papers (proofs)")
    teller.say("Look around:")
    teller.line(f"export PRATIQUE_WORKSPACE={shown(stage.workspace)}")
    for words in ("status", "directory show", "trail DIGEST", "ledger export"):
        teller.line(f".venv/bin/pratique {words}")
