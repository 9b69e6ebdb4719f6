"""Who works at a domain, and what is their address: names, patterns of addresses, candidates to verify."""
