"""Every mail: planned, on its way, and what became of it."""
