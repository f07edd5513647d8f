"""The run store: every run of the window, the command line and a sweep, kept in one file."""
