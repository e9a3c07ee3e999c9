"""The checks: one module each, a rule as a value and what it finds in the facts.

A check passes only on explicit evidence. Removing required evidence, an attribute or a coverage fact never
improves its outcome; where a policy wants it otherwise, it says so by name (``required: false``,
``unknown_severity``, ``unknown: review``).
"""
