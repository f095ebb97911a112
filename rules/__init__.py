"""What the papers say: documents, rules, terms. Effect: none, but for files it is given."""
