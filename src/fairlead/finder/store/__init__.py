"""The SQL of the finder."""
