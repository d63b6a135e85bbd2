"""Whether what is served is what the rows say."""
