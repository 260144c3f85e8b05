"""What people read of a plan: summary, moves of work, and the rule-book."""
