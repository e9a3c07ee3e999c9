"""Clearance for container images: machines check, people decide, anyone can prove it afterwards."""
