"""Captures of web pages in files: WARC, ARC, WET, WAT, plain or gzipped, and folders of HTML.

`reading.captures` gives the pages of a file one after the other, and tells what it could not read.
"""
