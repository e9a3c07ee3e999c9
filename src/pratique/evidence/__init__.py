"""Floor 1a: what tools wrote, as values. One tolerant reader a format, one model for all of them."""
