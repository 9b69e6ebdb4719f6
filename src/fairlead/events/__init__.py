"""The log of facts: what happened, written once by the transaction that makes it true, and read by position."""
