"""Whose word a statement is: only a signature by whom it names makes it theirs, of whatever kind it is."""

import pytest
from tests.attest.signers import SshSigner, ssh_ed25519
from tests.attest.test_forms import FORMS

from pratique.attest.dsse import IN_TOTO, Signature, build_envelope
from pratique.attest.policy import POLICY_FORM
from pratique.attest.signed_form import MAX_BYTES, PersonalForm
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import TrustedKeys
from pratique.attest.word import open_word
from pratique.errors import Malformed, Unverified
from pratique.values.names import Actor

SIGNERS = {name: ssh_ed25519() for name in ("named", "other", "unknown")}
OTHER = Actor("person:zoe")
WORDS = {
    name: (each.example, each.form)
    for name, each in FORMS.items()
    if isinstance(each.form, PersonalForm) and each.form is not POLICY_FORM  # several people sign one policy
}
every_word = pytest.mark.parametrize("name", WORDS)


def keys(name: str) -> TrustedKeys:
    return ((WORDS[name][0].by, SIGNERS["named"].key), (OTHER, SIGNERS["other"].key))


def signed(name: str, *by: str, namespace: str | None = None, payload_type: str = IN_TOTO) -> bytes:
    example, form = WORDS[name]
    payload = form.build(example)

    def signature(signer: SshSigner) -> Signature:
        return signer.signature(payload, namespace or form.namespace, payload_type)

    return build_envelope(payload, payload_type, tuple(signature(SIGNERS[one]) for one in by))


@every_word
def test_whom_it_names_has_said_it(name: str) -> None:
    example, form = WORDS[name]
    assert open_word(signed(name, "named"), form, keys(name)) == example
    assert open_word(signed(name, "other", "named"), form, keys(name)) == example


@every_word
def test_another_persons_signature_makes_nobody_say_it(name: str) -> None:
    example, form = WORDS[name]
    with pytest.raises(Unverified, match=f"{form.what}: expected a signature by {example.by}, found {OTHER}"):
        open_word(signed(name, "other"), form, keys(name))


@every_word
def test_a_key_that_nobody_trusts_says_nothing(name: str) -> None:
    with pytest.raises(Unverified, match="no trusted key signed it"):
        open_word(signed(name, "unknown"), WORDS[name][1], keys(name))


@every_word
def test_a_signature_for_another_use_does_not_count(name: str) -> None:
    form = WORDS[name][1]
    for namespace in set(Namespace) - {form.namespace}:
        with pytest.raises(Unverified):
            open_word(signed(name, "named", namespace=namespace), form, keys(name))


@every_word
def test_a_word_of_one_kind_is_never_opened_as_another(name: str) -> None:
    for other, (_, form) in WORDS.items():
        if form is not WORDS[name][1]:
            with pytest.raises((Malformed, Unverified)):
                open_word(signed(name, "named"), form, (*keys(name), *keys(other)[:1]))


@every_word
def test_another_type_of_payload_is_none(name: str) -> None:
    with pytest.raises(Unverified, match="payload type"):
        open_word(signed(name, "named", payload_type="application/json"), WORDS[name][1], keys(name))


def test_what_is_longer_than_any_statement_is_not_read() -> None:
    with pytest.raises(Malformed):
        open_word(signed("hold", "named").ljust(MAX_BYTES + 1), WORDS["hold"][1], keys("hold"))
