"""The answer as a folder: what is written, read back and described."""
