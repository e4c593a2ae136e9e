"""LocalStack's own code, without Docker: see ../README.md."""
