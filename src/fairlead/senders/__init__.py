"""Mailboxes and the ledger of every mail sent: credentials, limits, composing, sending once in effect."""
