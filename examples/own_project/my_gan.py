"""Somebody's own critic, which knows nothing of toylab: a torch module and a loop with a gradient penalty."""

import torch
from torch import nn


def make_critic(seed: int = 0) -> nn.Module:
    """Two hidden layers of 64 leaky units."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))


def train_critic(fake: torch.Tensor, real: torch.Tensor, *, weight: float = 0.1, steps: int = 600) -> nn.Module:
    """Logistic loss with λ · max ‖∇f‖² over blends of fake and real points (n, 2), full batch."""
    critic = make_critic()
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3, betas=(0.9, 0.99))
    for _ in range(steps):
        share = torch.rand(len(fake), 1)
        blends = (share * fake + (1.0 - share) * real[torch.randint(len(real), (len(fake),))]).requires_grad_()
        (slopes,) = torch.autograd.grad(critic(blends).sum(), blends, create_graph=True)
        penalty = weight * torch.linalg.vector_norm(slopes, dim=1).max() ** 2
        loss = nn.functional.softplus(critic(fake)).mean() + nn.functional.softplus(-critic(real)).mean() + penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return critic
