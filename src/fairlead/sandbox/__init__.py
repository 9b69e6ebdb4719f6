"""A small internet on loopback: name servers, mail servers, mailboxes, web sites and people who answer.

It is the far end of the wire for tests, the demo, benchmarks and first tries. It examines the other rooms, so it
shares no word list, regular expression or prior with them and imports none of them.
"""
