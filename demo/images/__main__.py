"""Builds the images from the command line: ``python -m demo.images build OUT``."""

import argparse
import sys
from pathlib import Path

from demo.images.build import Name, build_image
from demo.images.sbom import bill_of_materials
from pratique.errors import PratiqueError


def main() -> int:
    """Build every image into OUT, print a line for each, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.images", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("build", help="write the three images, and a bill of materials of each, into OUT")
    build.add_argument("out", type=Path, metavar="OUT", help="an OCI image layout directory")
    out: Path = parser.parse_args().out
    try:
        for name in Name:
            digest = build_image(name, out)
            print(f"{name.value:9} {digest}  {len(bill_of_materials(out, digest)):6} bytes of CycloneDX")
    except PratiqueError as error:
        print(f"demo.images: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
