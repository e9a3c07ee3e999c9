"""Scanners: programs, services and Python classes that look at an image, and what became of asking them."""
