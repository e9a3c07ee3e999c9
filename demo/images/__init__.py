"""Three small real images, built to the same bytes every time, and a bill of materials for each.

Each is a service on published Python packages: *stale* on versions with known vulnerabilities, *fixed* on
current ones, *middling* on current ones but for a single package with one finding of medium severity. They hold
files to be judged, and no interpreter to run them.
"""

from demo.images.build import Name, build_image
from demo.images.sbom import bill_of_materials

__all__ = ["Name", "bill_of_materials", "build_image"]
