"""Files of rows, whatever their form: read as columns and rows, and what the columns mean."""
