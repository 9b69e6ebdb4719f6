"""Who is in which campaign, where each one stands, and what comes next: the running side of campaigns."""
