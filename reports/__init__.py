"""Results in, tables, figures and documents out. Nothing here trains."""
