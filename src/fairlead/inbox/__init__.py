"""Reads mailboxes, threads what comes back, tells replies from bounces and robots, and stops enrollments."""
