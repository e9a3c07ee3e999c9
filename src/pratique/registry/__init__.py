"""Floor 4, a hand: images and their evidence, in registries and in OCI layout directories."""
