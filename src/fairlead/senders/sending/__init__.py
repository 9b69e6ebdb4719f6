"""The way of a mail from its due time to the server, and to what became of it; see docs/guides/sending.md."""
