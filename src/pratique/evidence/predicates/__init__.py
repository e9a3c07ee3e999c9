"""What statements say, one predicate or family of predicates a module; ``statement.PREDICATES`` is the table.

Each reader takes a statement whose bytes were already parsed strictly, and returns facts. A field that the
specification requires and a real tool leaves out stays unsaid; a field of another type is refused.
"""
