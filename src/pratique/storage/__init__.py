"""Hand: the database of one workspace, its ledger rows and projections, and the blobs beside it."""
