"""The exact critic at scale: an interior point on a shortlist of pairs, found from coarse to fine."""
