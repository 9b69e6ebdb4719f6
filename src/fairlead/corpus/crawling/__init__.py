"""Sites are read: politely, a few pages of each, those first where people stand.

`reading.crawl_domain` reads one site. robots.txt is followed as RFC 9309 has it; over all processes there is one
request to a host at a time, with a pause after it. Whatever is interrupted goes on where it was.
"""
