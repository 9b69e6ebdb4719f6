"""The HTTP door: requests in, answers out, one dialect a folder."""
