"""Hand: what wakes a worker up for an effect, and what notices that one was forgotten."""
