"""The outside as protocols, and the real adapters: the guard of private networks, one dialer, DNS, HTTP.

Every connection to an address that a stranger may have chosen is made through this package, and every socket
it opens asks the guard in the call that connects it.
"""
