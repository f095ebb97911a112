"""Finished messages out, one channel a file. Effect: the outgoing network."""
