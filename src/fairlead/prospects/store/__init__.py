"""The SQL of prospects, a file for each subject."""
