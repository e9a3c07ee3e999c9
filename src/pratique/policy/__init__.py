"""Floor 1b: the rules as values, and what each of them finds in the facts. Pure: no clock, no file, no socket."""
