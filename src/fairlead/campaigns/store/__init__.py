"""What campaigns keep in the database."""
