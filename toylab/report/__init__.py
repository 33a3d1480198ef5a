"""Reports of a verification: tables for the terminal, JSON for machines, pictures for people."""
