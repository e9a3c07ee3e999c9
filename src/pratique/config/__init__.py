"""Floor 6: settings, read once into one frozen value; flag before environment before ``pratique.toml``."""
