"""What falls due, when, for whom; who was told. Effect: the database."""
