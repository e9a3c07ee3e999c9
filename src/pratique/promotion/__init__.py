"""Floor 2: the promotion itself. Judging, reviewing, counting and planning: values in, values out."""
