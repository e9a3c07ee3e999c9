"""Floor 1: envelopes, signatures and statements, one module per published format. Bytes become values and back."""
