"""Sentences that many studies need, each only where the data carries it."""

from collections.abc import Sequence

from reports.words import Text
from studies.plan_result import PlanResult


def diverged(results: Sequence[PlanResult]) -> list[Text]:
    """Say how many trainings diverged, if any did."""
    states = [state for result in results for state in result.frame.state]
    k = states.count("diverged")
    if not k:
        return []
    return [
        Text(
            "{k} of {n} trainings diverged: their loss grew beyond all numbers; a lower learning "
            "rate helps.",
            "{n} 次训练中有 {k} 次发散：损失无限增大；应减小学习率。",
        ).fill(k=k, n=len(states))
    ]
