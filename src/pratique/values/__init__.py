"""Floor 0: the words everybody uses. Pure values, parsed once and right from then on."""
