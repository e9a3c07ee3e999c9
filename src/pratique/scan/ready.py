"""Ready entries for scanners that many have: how each is run, and which of its exit codes mean a report.

Each examines a folder or file that holds one platform of the image and nothing else, so that it needs neither the
registry nor our credentials. Sources: the command references of aquasecurity/trivy, anchore/grype, anchore/syft and
google/osv-scanner (version 2).
"""

from collections.abc import Mapping
from typing import Any, Final

_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE")
_CACHE = ("HOME", "XDG_CACHE_HOME")

READY: Final[Mapping[str, Mapping[str, Any]]] = {
    "trivy": {
        "argv": (
            *("trivy", "image", "--input", "{layout}", "--scanners", "vuln", "--list-all-pkgs"),
            *("--format", "json", "--output", "{output}", "--quiet"),
        ),
        "version": ("trivy", "--version", "--format", "json"),
        "environment": (*_CACHE, "TRIVY_CACHE_DIR", "TRIVY_DB_REPOSITORY", *_NETWORK),
    },
    "grype": {
        "argv": ("grype", "oci-dir:{layout}", "--output", "json", "--file", "{output}"),
        "version": ("grype", "version", "--output", "json"),
        "environment": (*_CACHE, "GRYPE_DB_CACHE_DIR", "GRYPE_CHECK_FOR_APP_UPDATE=false", *_NETWORK),
    },
    "syft": {
        "yields": "packages",
        "argv": ("syft", "scan", "oci-dir:{layout}", "--output", "syft-json={output}"),
        "version": ("syft", "version", "--output", "json"),
        "environment": ("SYFT_CHECK_FOR_APP_UPDATE=false",),
    },
    "osv-scanner": {
        "argv": ("osv-scanner", "scan", "image", "--archive", "{archive}", "--format", "json", "--all-packages"),
        "version": ("osv-scanner", "--version"),
        "environment": (*_CACHE, *_NETWORK),
        "exit_codes": (0, 1),  # 1: vulnerabilities were found; 127 and 128: it failed, or found no package
    },
}
