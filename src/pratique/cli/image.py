"""``pratique image``: look at an image with its evidence, copy it whole, and check that it is whole."""

import argparse

from pratique.cli import image_copy, image_inspect, image_referrers, image_verify
from pratique.cli.options import subverbs


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    for word in (image_inspect, image_copy, image_referrers, image_verify):
        word.add(verbs)
    return verbs.parser
