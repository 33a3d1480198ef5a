"""toylab: statements of the Lipschitz-GAN literature as executable claims, decided against certified critics."""
