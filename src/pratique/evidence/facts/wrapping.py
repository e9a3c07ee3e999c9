"""What a statement arrived in: the envelope and what a bundle adds. None of it is verified by being counted."""

from dataclasses import dataclass

from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Wrapping:
    """One or more envelopes in one document.

    Attributes:
        carrier: The form, for example ``dsse`` or ``sigstore-bundle``.
        media_type: What a bundle calls itself.
        payload_type: Of the first envelope.
        signatures: How many signatures there are, over all envelopes.
        empty_signatures: How many of them are empty, or no base64.
        hints: The key ids and key hints as written, sorted; anybody could have written them.
        certificates: How many certificates a bundle carries.
        log_entries: How many entries of a transparency log it carries.
        timestamps: How many signed timestamps it carries.
        payload: The digest of what is signed, where one payload is.
    """

    carrier: str
    media_type: str | None
    payload_type: str | None
    signatures: int
    empty_signatures: int
    hints: tuple[str, ...]
    certificates: int = 0
    log_entries: int = 0
    timestamps: int = 0
    payload: Digest | None = None
