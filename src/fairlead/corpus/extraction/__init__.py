"""From a page to what it says: addresses, people, the company. Pure: bytes in, `PageFindings` out.

`page.extract` is the way in. Before anything is parsed, `prefilter` looks for signs that the page says anything at
all; `taming` cuts what a parser would choke on.
"""

from fairlead.corpus.extraction.page import Depth, extract

__all__ = ["Depth", "extract"]
