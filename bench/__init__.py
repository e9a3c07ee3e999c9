"""Speeds, each as a ratio to a yardstick in the same run; never an absolute promise."""
