"""Sweeps: many runs that differ in chosen hyperparameters, carried out by worker processes."""
