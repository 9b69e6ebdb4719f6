"""Tells other systems what happened: subscriptions, deliveries, tries and signatures."""
