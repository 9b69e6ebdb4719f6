"""The chart of a sequence: nodes, the ports that lead from one to another, and what makes a chart sound."""
