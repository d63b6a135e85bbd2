"""The command line, `detention`."""
