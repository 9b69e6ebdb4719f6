"""Sequences, schedules, contents, enrollments and the next move of each."""
