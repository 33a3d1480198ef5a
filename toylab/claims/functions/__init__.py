"""Statements about a function between points that it joins at full slope."""
