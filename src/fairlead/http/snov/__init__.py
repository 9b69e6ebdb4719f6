"""The Snov.io dialect. One file for each page of the published API, versions 1 and 2 together.

Spellings, dates, ids, envelopes and error bodies of that API are made here and nowhere else.
"""
