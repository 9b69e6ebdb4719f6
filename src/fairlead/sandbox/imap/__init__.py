"""IMAP4rev1 over the sandbox's mailboxes: what a mail provider's server offers, and its failures on request.

`server` holds the sockets, `framing` cuts bytes into commands, `session` answers them, `grammar` reads and
`wording` writes the protocol's forms, `structure` takes messages apart, `faults` are the scripted failures.
"""
