"""Floor 3: clearance and proof. Assembled from values, verified from bytes; the signer, the auditor and the
admission door run this one code.
"""
