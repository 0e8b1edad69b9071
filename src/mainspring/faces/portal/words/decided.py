"""Decided: why a decision was made as it was, and why a record could not be decided about."""

DECIDED: dict[str, str] = {
    "the probability of {positive}, {probability}, reaches {threshold}": "{positive} 的概率 {probability} 达到 {threshold}",
    "the probability of {positive}, {probability}, is below {threshold}": "{positive} 的概率 {probability} 低于 {threshold}",
    "{action} is expected to gain {gain}, doing nothing {nothing}": "{action} 的预期收益为 {gain}，不行动为 {nothing}",
    "{action} is expected to gain {gain}, doing nothing {nothing}, at a probability of {positive} of {probability}":
        "{action} 的预期收益为 {gain}，不行动为 {nothing}；{positive} 的概率为 {probability}",
    "{action} is expected to gain {gain}, doing nothing {nothing}, at a probability of {positive} of {probability} (acts from {limit})":
        "{action} 的预期收益为 {gain}，不行动为 {nothing}；{positive} 的概率为 {probability}（达到 {limit} 才行动）",
    "{column} raises {what}": "{column} 提高了{what}",
    "{column} lowers {what}": "{column} 降低了{what}",
    "the chance of the predicted class": "预测类别的概率",
    "the chance of {positive}": " {positive} 的概率",
    "{column} = missing": "{column} 缺失",
    "because {condition}": "因为 {condition}",
    "row {n} of the decision table": "决策表第 {n} 行",
    "the capacity of this period is used up": "本期容量已用完",
    "drawn at random, as {share} of 1 decisions are, to learn what else would earn":
        "随机抽取（占全部决策的比例为 {share}），以了解别的做法能获益多少",
    "{field} is missing": "{field} 缺失",
    "{field} must be at least {limit}": "{field} 必须不小于 {limit}",
    "{field} must be at most {limit}": "{field} 必须不大于 {limit}",
    "{field} must be one of {values}": "{field} 必须是以下之一：{values}",
    "{field} must match {pattern}": "{field} 必须符合 {pattern}",
    "{condition} does not hold": "{condition} 不成立",
}  # fmt: skip
