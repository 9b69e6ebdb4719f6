"""Who may do what, and how much: workspaces, members, API clients and keys, plans, credits, limits."""
