"""The SQL of the corpus."""
