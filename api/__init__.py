"""Doors in: HTTP, pages, command line, the process itself."""
