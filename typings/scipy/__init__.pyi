"""What the tests use of SciPy, which has no types of its own."""
