"""The addresses of the HTTP interface, one noun a file."""
