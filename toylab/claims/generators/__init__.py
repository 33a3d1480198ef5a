"""Statements about a generator's update: what its gradient is under a discriminator, optimal, noisy or smoothed."""
