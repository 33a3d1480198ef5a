"""Statements about one critic of one problem: decided on a `Candidate`, that is a critic with its certificate."""
