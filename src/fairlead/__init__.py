"""Fairlead: a self-hosted sales-outreach platform."""

__version__ = "0.1.0"
