"""What a document may say, as values: one kind of fact a module.

Three facts are kept apart everywhere: *absent* (no such evidence), *not examined* (the tool did not look, or does
not say), written ``None``, and *nothing found*, written as an empty tuple or zero.
"""
