"""The queue: work put in by the transaction that makes it due, leased by workers, parked when it fails for good."""
