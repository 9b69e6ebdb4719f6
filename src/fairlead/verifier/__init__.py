"""Is this address alive: what an address looks like, what its mail server says of it, and what follows from that.

Nobody is written to: a session asks for recipients and leaves before a message begins.
"""
