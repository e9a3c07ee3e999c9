"""The policies in a proof: who signed each version, and which rules were in force where it matters."""

from pratique.attest.dsse import IN_TOTO, Envelope, parse_envelope
from pratique.attest.policy import POLICY_FORM, Changes, Policy
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import TrustedKeys, open_envelope
from pratique.errors import Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.events import Entry
from pratique.promotion.happenings import PolicyPublished
from pratique.promotion.policy_change import why_not_enough
from pratique.proof.contents import policies_used
from pratique.proof.demand import demand
from pratique.proof.reading import Reading
from pratique.proof.rules import Rules, SignedPolicy, read_policy
from pratique.proof.trust import TrustRoot
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """The policy that was judged by; its rules of the environment were in force at the approval.

    ``newest`` is the newest version that the proof shows.
    """

    bundle: str
    version: int
    digest: Digest
    rules: Rules
    destination: str
    newest: int


def verify_policies(reading: Reading, chain: Chain, trust: TrustRoot) -> PolicyInForce:
    """Return the policy that the promotion was judged by.

    Every version must be signed by a threshold of the root keys of the directory in force at
    its index, and follow from the one before.

    Raises:
        Unverified: A signature, version or digest does not fit, the newest versions were left out, or other rules
            were in force.
        Malformed: A policy or statement breaks its form.
        Absent: The policy knows neither the environment nor the destination.
    """
    newest = _verify_succession(reading, chain)
    if newest < trust.min_policy_version:
        raise Unverified(
            f"policy: expected version {trust.min_policy_version} or later, found {newest}; the newest versions "
            "were left out"
        )
    judged, in_force = policies_used(reading.of(PolicyPublished), reading.approval, reading.judgement)
    if judged is None or in_force is None:
        raise Unverified(
            f"policy: expected {reading.approval.policy} to be published before it was judged by, found no entry"
        )
    signed, rules = _read(reading, judged)
    _verify_in_force(reading, in_force, signed)
    demand("policy, rules that the approval rests on", reading.approval.rules, rules.digest)
    standing, published = reading.standing, _published(judged)
    destination = signed.destination(standing.application, standing.image_name, standing.to)
    demand("promotion.requested, destination in the signed policy", destination, standing.destination)
    return PolicyInForce(published.bundle, published.version, signed.digest, rules, destination, newest)


def _verify_succession(reading: Reading, chain: Chain) -> int:
    """Return the newest version, 0 where there is none."""
    previous: PolicyPublished | None = None
    changes: Changes | None = None
    for entry in reading.of(PolicyPublished):
        published = _published(entry)
        changes = _verify_signed(reading, entry, published, chain, changes)
        where = f"policy at {entry.index}"
        demand(f"{where}, version", previous.version + 1 if previous else 1, published.version)
        demand(f"{where}, previous version's digest", previous.digest if previous else None, published.previous)
        demand(f"{where}, name", previous.bundle if previous else published.bundle, published.bundle)
        previous = published
    return previous.version if previous else 0


def _verify_signed(
    reading: Reading, entry: Entry, published: PolicyPublished, chain: Chain, changes: Changes | None
) -> Changes | None:
    """Return who may publish the next version, once those who may have published this one.

    Args:
        reading: The proof.
        entry: The publication.
        published: What it says.
        chain: The directories.
        changes: Whom the version before allows to publish without root keys, where it does.
    """
    directory = chain.at(entry.index)
    envelope = parse_envelope(reading.object(entry, "policy-signature"))
    root = directory.document.root
    keys: TrustedKeys = tuple(
        (key.person, key.key) for key in root.keys if not _is_revoked(chain, key.key.key_id, entry.index)
    )
    try:
        opened = open_envelope(envelope, keys, Namespace.POLICY, payload_type=IN_TOTO, threshold=root.threshold)
        stated = POLICY_FORM.parse(opened.payload)
    except Unverified as error:
        stated = _by_quorum(envelope, entry, chain, changes, str(error))
    said = Policy(
        bundle=published.bundle,
        digest=published.digest,
        version=published.version,
        previous=published.previous,
        effective_on=published.effective_on,
        directory=directory.digest,
        sources=stated.sources,
        author=stated.author,
        changes=stated.changes,
    )
    demand(f"policy at {entry.index}, what its owners signed", said, stated)
    return stated.changes


def _by_quorum(
    envelope: Envelope, entry: Entry, chain: Chain, changes: Changes | None, without_root: str
) -> Policy:
    """Return what a quorum of the policy before signed, or raise ``Unverified`` where it is none."""
    directory = chain.at(entry.index)
    where = f"policy at {entry.index}"
    if changes is None:
        raise Unverified(f"{where}: root keys of directory {directory.version}: {without_root}")
    keys = tuple(
        pair for pair in directory.people_keys(entry.index) if not _is_revoked(chain, pair[1].key_id, entry.index)
    )
    opened = open_envelope(envelope, keys, Namespace.POLICY, payload_type=IN_TOTO)
    stated = POLICY_FORM.parse(opened.payload)
    people = tuple(signer.holder for signer in opened.signers)
    missing = why_not_enough(changes, stated.author, people, directory, entry.event.at)
    if missing is not None:
        raise Unverified(f"{where}: neither root keys nor its own quorum published it: {missing}")
    if stated.author is not None and stated.author not in people:
        raise Unverified(f"{where}: {stated.author}, who is said to have written it, did not sign it")
    if stated.changes != changes:
        raise Unverified(f"{where}: it changes who may change it, which root key holders alone may")
    return stated


def _is_revoked(chain: Chain, key_id: str, index: int) -> bool:
    revoked = chain.revoked_from(key_id)
    return revoked is not None and revoked <= index


def _verify_in_force(reading: Reading, entry: Entry, judged: SignedPolicy) -> None:
    in_force, rules = _read(reading, entry)
    application = reading.standing.application
    if in_force.application(application) != judged.application(application):
        raise Unverified(
            f"policy: version {_published(entry).version} was in force at the approval, and says otherwise of "
            f"{application} than the policy that it was judged by"
        )
    if rules.digest != reading.approval.rules:
        raise Unverified(
            f"policy: version {_published(entry).version} was in force at the approval, with the rules "
            f"{rules.digest} for {rules.environment}; the approval rests on {reading.approval.rules}"
        )


def _read(reading: Reading, entry: Entry) -> tuple[SignedPolicy, Rules]:
    published = _published(entry)
    signed = read_policy(reading.object(entry, "policy"))
    demand(f"policy at {entry.index}, digest", published.digest, signed.digest)
    stated = POLICY_FORM.parse(parse_envelope(reading.object(entry, "policy-signature")).payload)
    demand(f"policy at {entry.index}, who may change it", signed.changes, stated.changes)
    environment = reading.standing.to
    rules = signed.rules(environment)
    announced = dict(published.environments).get(Environment(environment))
    demand(f"policy at {entry.index}, rules of {environment}", rules.digest, announced)
    return signed, rules


def _published(entry: Entry) -> PolicyPublished:
    data = entry.event.data
    if not isinstance(data, PolicyPublished):
        raise Unverified(f"entry {entry.index}: expected policy.published, found {entry.event.type}")
    return data
