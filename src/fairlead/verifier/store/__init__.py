"""The SQL of the verifier."""
