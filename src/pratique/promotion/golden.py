"""The golden image: one that was built, signed, listed, scanned, tested and observed as it should be.

The tests of a policy say how their situation differs from it. ``service:ci`` signs everything; a policy that trusts
others patches ``signed_by``, once, in its ``defaults``.
"""

GOLDEN = """
evidence:
  sbom:
    kind: sbom
    format: cyclonedx-json
    signed_by: [service:ci]
    says:
      producer: syft 1.18.1
      created: -2h
      distro: debian-12
      aggregates: [complete]
      relationships: 3
      components:
        - {name: flask, version: 3.0.3, purl: "pkg:pypi/flask@3.0.3",
           licences: [BSD-3-Clause], supplier: Pallets, kind: library, related: true}
        - {name: jinja2, version: 3.1.4, purl: "pkg:pypi/jinja2@3.1.4",
           licences: [BSD-3-Clause], supplier: Pallets, kind: library, related: true}
        - {name: openssl, version: 3.0.15-1, purl: "pkg:deb/debian/openssl@3.0.15-1",
           licences: [Apache-2.0], supplier: Debian, distro: debian-12, kind: library, related: true}
  scan:
    kind: scan
    format: trivy-json
    signed_by: [service:ci]
    says: {producer: trivy, producer_version: "0.57", database_date: -6h, created: -1h, packages_examined: 3}
  matcher:
    kind: scan
    says: {producer: pratique-matcher, producer_version: "1", database_date: -6h, created: -1h, packages_examined: 3}
  provenance:
    kind: provenance
    format: slsa-provenance
    signed_by: [service:ci]
    says:
      builder_id: https://ci.example/builder/v1
      build_type: https://ci.example/build/v1
      source_uri: git+https://git.example/shop
      source_commit: cccccccccccccccccccccccccccccccccccccccc
      source_ref: refs/heads/main
      parameters: {}
      started: -3h
      finished: -2h
      hermetic: true
      reproducible: true
      materials:
        - uri: pkg:docker/debian@12.8
          digests: {sha256: dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd}
      base_images:
        - uri: pkg:docker/debian@12.8
          digests: {sha256: dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd}
  source:
    kind: source
    signed_by: [service:ci]
    says:
      repository: git+https://git.example/shop
      commit: cccccccccccccccccccccccccccccccccccccccc
      authors: [git:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
      committers: [git:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
  tests:
    kind: tests
    signed_by: [service:ci]
    says:
      runs:
        - {suite: unit, total: 12, passed: 12, failed: 0, errored: 0, skipped: 0}
        - {suite: integration, total: 4, passed: 4, failed: 0, errored: 0, skipped: 0}
  secrets:
    kind: results
    signed_by: [service:ci]
    says: {kind: secret, producer: trivy, producer_version: "0.57", results: []}
  runtime:
    kind: runtime
    signed_by: [service:ci]
    says: {producer: falco, environment: staging, started: -2d, ended: -1h, alerts: {by_severity: {}}, restarts: 0}
  rebuild:
    kind: rebuild
    signed_by: [service:rebuilder]
    says:
      first: "sha256:6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d"
      second: "sha256:6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d"
      equal: true
      differences: 0
      where: another machine
lists: {kev: [], epss: {}}
repository: usual
arrivals: usual
current: same
now: 2026-11-24T09:30:00.000Z
"""
