"""People to write to: prospects, the lists they are in, custom fields, and those who must not be written to."""
