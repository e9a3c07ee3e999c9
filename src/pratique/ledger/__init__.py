"""Floor 4, the hand that publishes: signed checkpoints, tiles, entry bundles and record objects as files."""
