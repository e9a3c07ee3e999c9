"""Timestamps of checkpoints by authorities that have nothing to do with us.

An authority signs the SHA-256 of a checkpoint's text, the one that the ledger's key signs, with the time. So whoever
holds the answer can show, to anybody who trusts that authority, that this history stood then, even if the ledger's
key and every witness's key were stolen later. Source: RFC 3161; the checks are those of rfc3161-client, which the
extra ``timestamp`` brings, at the time that the answer names: a certificate that expired since is no fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType

from cryptography.x509 import Certificate, load_pem_x509_certificates

from pratique.attest.timestamp import verify_timestamp
from pratique.errors import Absent, Malformed, Unreachable, Unverified

Ask = Callable[[str, bytes], tuple[int, bytes]]
"""``(URL, request)`` → the status and body of the answer; raises ``Unreachable``."""

MAX_ANSWER_BYTES = 256 * 1024
FOLDER = "timestamp"

_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is asked for the time.

    Attributes:
        name: What the settings call it.
        ca_file: Its certificate authorities, PEM; nobody else's word counts.
        url: Where it answers; ``None`` where its answers are only checked.
        every: How often it is asked.
    """

    name: str
    ca_file: Path
    url: str | None = None
    every: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's whole answer, verified, and the time that it names."""

    answer: bytes
    at: datetime


def text_path(size: int) -> str:
    """Return where, in an exported ledger, the text of a checkpoint stands that was stamped."""
    return f"{FOLDER}/{size}.txt"


def stamp_path(size: int, authority: str) -> str:
    """Return where, in an exported ledger, an authority's answer about the checkpoint of this size stands."""
    return f"{FOLDER}/{size}.{authority}.tsr"


def ask_for_stamp(authority: Authority, text: str, ask: Ask) -> Stamp:
    """Return an authority's stamp of a checkpoint's text.

    Raises:
        Unverified: The answer is about something else or an earlier question, or none of its authorities vouches
            for it.
        Unreachable: It does not answer, or with something else.
        Absent: The extra is not installed, or the CA file is missing.
    """
    library = _library()
    builder = library.TimestampRequestBuilder().data(text.encode()).hash_algorithm(library.HashAlgorithm.SHA256)
    request = builder.cert_request(cert_request=True).nonce(nonce=True).build()
    status, answer = ask(authority.url or "", request.as_bytes())
    if status != 200:
        said = repr(answer[:200].decode("utf-8", "replace"))
        raise Unreachable(
            f"timestamp authority {authority.name}: expected an answer, found status {status}: {said}"
        )
    at = verify_stamp(authority, text, answer, nonce=request.nonce)
    _check_offline(authority, text, answer)
    return Stamp(answer, at)


def _check_offline(authority: Authority, text: str, answer: bytes) -> None:
    """Return if whoever is given a proof with this answer can verify it; nothing else is worth keeping."""
    try:
        verify_timestamp(answer, text.encode(), tuple(_certificates(authority)))
    except (Malformed, Unverified) as error:
        raise Unverified(f"timestamp by {authority.name}: {error}; proofs could not rest on it") from error


def verify_stamp(authority: Authority, text: str, answer: bytes, *, nonce: int | None = None) -> datetime:
    """Return the time at which the authority saw this text, of the answer to the question with this nonce.

    Raises:
        Unverified, Absent: As :func:`ask_for_stamp`.
    """
    library, roots = _library(), _certificates(authority)
    where = f"timestamp by {authority.name}"
    try:
        response = library.decode_timestamp_response(answer)
        if response.status not in (0, 1):
            raise Unverified(
                f"{where}: refused (status {response.status}): {'; '.join(response.status_string)[:200]}"
            )
        imprint = response.tst_info.message_imprint
        if imprint.hash_algorithm.dotted_string != _SHA256:
            raise Unverified(f"{where}: expected SHA-256, found {imprint.hash_algorithm.dotted_string}")
        library.VerifierBuilder(roots=roots, nonce=nonce).build().verify(response, sha256(text.encode()).digest())
    except library.VerificationError as error:
        raise Unverified(f"{where}: {error}; its answer is not kept, ask whoever runs it") from error
    except ValueError as error:
        raise Unverified(f"{where}: expected an answer as RFC 3161 has it: {error}") from error
    at: datetime = response.tst_info.gen_time
    return at


def _library() -> ModuleType:
    try:
        return import_module("rfc3161_client")
    except ImportError as error:
        raise Absent("timestamps need rfc3161-client; install it: pip install 'pratique[timestamp]'") from error


def _certificates(authority: Authority) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(authority.ca_file.read_bytes())
    except OSError as error:
        raise Absent(f"timestamp authority {authority.name}: {authority.ca_file}: {error.strerror}") from error
    except ValueError as error:
        raise Malformed(f"timestamp authority {authority.name}: {authority.ca_file}: no PEM: {error}") from error
