"""The main job, shown on real images: ``make demo``."""
