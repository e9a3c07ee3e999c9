"""Floor 1: transparency logs. The Merkle tree, its proofs, and the C2SP text formats around it; all pure."""
