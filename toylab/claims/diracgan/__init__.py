"""Statements on the Dirac-GAN: which training methods converge (Mescheder, Geiger and Nowozin 2018), and MaxGP."""

from toylab.claims.diracgan.circling import LEMMA_2_2, LEMMA_2_3, LEMMA_2_4, LEMMA_2_5
from toylab.claims.diracgan.damping import CONSENSUS, LEMMA_3_2, LEMMA_3_3, MAX_GP
from toylab.claims.diracgan.orbits import LEMMA_3_1

DIRAC_CLAIMS = (LEMMA_2_2, LEMMA_2_3, LEMMA_2_4, LEMMA_2_5, LEMMA_3_1, LEMMA_3_2, LEMMA_3_3, CONSENSUS, MAX_GP)

__all__ = ["DIRAC_CLAIMS"]
