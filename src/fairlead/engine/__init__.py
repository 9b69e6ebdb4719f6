"""The worker: what runs in the background, and the loops that run it."""
