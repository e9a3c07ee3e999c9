"""Floor 4, the hand that holds service keys: the ledger's, the record key, and one seal key an environment."""
