"""Type URIs and media types that Pratique defines, in one place.

Statements of our own use ``https://pratique.example/<name>/v1``; decisions.md, "Identity, time, bytes".
"""

REQUEST = "https://pratique.example/request/v1"
REVIEW = "https://pratique.example/review/v1"
WITHDRAWAL = "https://pratique.example/withdrawal/v1"
REPORT = "https://pratique.example/report/v1"
SOURCE = "https://pratique.example/source/v1"
POLICY = "https://pratique.example/policy/v1"
REBUILD = "https://pratique.example/rebuild/v1"
"""What came of comparing an image with a second build of it; docs/attack-surface.md."""
MEASURER = "https://pratique.example/attack-surface/v1"
"""The producer that our measurements of an image's layers name."""
RISK = "https://pratique.example/risk/v1"
REPORT = "https://pratique.example/report/v1"
"""A tool's own report, as ``{mediaType, content: base64}``, signed because the tool does not sign."""
RUNTIME_REPORT = "https://pratique.example/runtime-report/v1"
"""What a monitor or prober saw of an image while it ran; docs/predicates.md."""
SEAL_EXTENSION = "https://pratique.example/promotion/v1"

DIRECTORY_MEDIA = "application/vnd.pratique.directory.v1+json"
POLICY_MEDIA = "application/vnd.pratique.policy.v1+json"
RECORD_MEDIA = "application/vnd.pratique.record.v1+json"
PROOF_MEDIA = "application/vnd.pratique.proof.v1+json"
ENVELOPE_MEDIA = "application/vnd.dsse.envelope.v1+json"
SSHSIG_KIND = "application/vnd.pratique.sshsig.v1"
"""The ``extension.kind`` of a DSSE signature whose ``sig`` is an armoured SSHSIG (base64)."""
