"""Bulk import of prospects: files of several formats, read, checked and loaded as a stream."""
