"""Addresses that strangers ask for: pixel, counted links, the unsubscribe page, proofs of tracking domains."""
