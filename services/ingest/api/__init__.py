"""Where HTTP comes in: one blueprint for each noun."""
