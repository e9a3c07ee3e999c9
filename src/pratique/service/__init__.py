"""Floor 5: one verb a module. Get the facts, ask the floors below what follows, record it, perform it."""
