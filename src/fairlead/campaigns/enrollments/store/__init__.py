"""The SQL of enrollments."""
