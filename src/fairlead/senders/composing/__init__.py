"""Letters in the form mail has: headers, parts and encodings, so that every server and reader takes them.

Sources: RFC 5322 and 2045 to 2047 (form), 2231 (names of files), 2387 (related parts), 2392 (cid:), 8058 (one click),
6532 (addresses outside ASCII).
"""

from fairlead.senders.composing.compose import REFERENCE_HEADER, SIGNATURE_PLACE, compose

__all__ = ["REFERENCE_HEADER", "SIGNATURE_PLACE", "compose"]
