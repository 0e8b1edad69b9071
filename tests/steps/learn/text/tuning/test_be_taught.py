"""What a teacher says counts beside what is true, and alone where that is not known."""

import pytest
import torch

from mainspring.steps.learn.text.tuning.taught import SOFT, TRUST, UNKNOWN, blended

SCORES = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5], [-3.0, 1.0, 2.0]])


def test_a_teacher_who_says_the_same_leaves_nothing_to_learn_from_texts_without_a_class() -> None:
    scores = SCORES.clone().requires_grad_()
    blended(scores, torch.full((3,), UNKNOWN), torch.softmax(SCORES / SOFT, dim=1)).backward()
    assert scores.grad is not None
    assert scores.grad.abs().max() < 1e-6


def test_both_count_where_the_class_is_known() -> None:
    of, chances = torch.tensor([0, 1, 2]), torch.tensor([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    true = torch.nn.functional.cross_entropy(SCORES, of)
    told = blended(SCORES, torch.full((3,), UNKNOWN), chances)
    assert float(blended(SCORES, of, chances)) == pytest.approx(float(TRUST * told + (1 - TRUST) * true), abs=1e-6)


def test_a_text_without_a_class_follows_the_teacher_alone() -> None:
    scores = torch.zeros(1, 3, requires_grad=True)
    for _ in range(400):
        loss = blended(scores, torch.tensor([UNKNOWN]), torch.tensor([[0.1, 0.2, 0.7]]))
        (gradient,) = torch.autograd.grad(loss, scores)
        scores = (scores - 0.5 * gradient).detach().requires_grad_()
    assert torch.softmax(scores / SOFT, dim=1)[0].tolist() == pytest.approx([0.1, 0.2, 0.7], abs=0.01)
