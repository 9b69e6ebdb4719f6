"""The lead database: what is known about companies, people and addresses, and who asked to be left out of it."""
