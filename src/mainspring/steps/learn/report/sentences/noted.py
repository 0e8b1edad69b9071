"""Noted: what a model's card notes, and what the author of a declaration should know."""

NOTED: dict[str, str] = {
    "trees over the members' answers × {share}": "对各成员的回答再学习的树 × {share}",
    "{name} ran out of time on all rows: more may do better": "{name} 在全部行上用完了时间：再多一些可能更好",
    "{n} of {m} weights were learned, in {k} steps": "{m} 个权重中学习了 {n} 个，共 {k} 步",
    "{method}: {n} of {m} weights were learned, in {k} steps": "{method}：{m} 个权重中学习了 {n} 个，共 {k} 步",
    "kept apart from the encoder {name}, which it is asked of: {n} numbers": "与编码器 {name} 分开保存，使用时向其询问：{n} 个数",
    "label {value} ({n} of the spans) looks like {other} ({m}): is it mistyped?":
        "标签 {value}（{n} 个片段）很像 {other}（{m} 个）：是否写错了？",
    "8 bits: entity F1 {n} on validation, {m} in 32 bits: kept": "8 位：验证集实体 F1 {n}，32 位为 {m}：采用",
    "8 bits: entity F1 {n} on validation, {m} in 32 bits: refused": "8 位：验证集实体 F1 {n}，32 位为 {m}：不采用",
    "how tags follow one another counts {k}: entity F1 {n} on validation, {m} without":
        "标签的先后次序计入 {k}：验证集实体 F1 {n}，不计时为 {m}",
    "saved by an earlier release, which cut texts otherwise at Chinese and curly signs: learn it again, or it misses some spans":
        "由较早的版本保存，那时在中文与弯引号处切分不同：请重新学习，否则会漏掉一些片段",
    "the clock cut none of the {n} fits: run again on the same rows, it gives the same model":
        "{n} 次学习都没有被时钟截断：在同样的行上再次运行，得到同样的模型",
    "run again, it may come out otherwise: {told}. The same model is made by: {command}":
        "再次运行，结果可能不同：{told}。要得到同一模型：{command}",
    "the clock cut short {n} ({names})": "被时钟截断的有 {n} 次（{names}）",
    "fits that did less, or larger steps, to be done in time: {n} ({names})": "为按时完成而少学或加大步长的有 {n} 次（{names}）",
    "candidates for which there was no time: {n} ({names})": "没有时间的候选有 {n} 个（{names}）",
    "candidates that did not come to all folds: {n} ({names})": "未做完全部折的候选有 {n} 个（{names}）",
    "{n} candidates were drawn near the best, in the time that was left": "在剩下的时间里，于最好的附近抽取了 {n} 个候选",
    "members learned {n} times each, as often as time and the speed of a row allowed":
        "成员各学习 {n} 次，以时间和每行的速度所允许的为限",
    "the measured speed of a row chose, by the limit of latency": "按延迟上限，由实测的每行速度作出选择",
    "watch.retrain.when is declared, but nothing is learned": "声明了 watch.retrain.when，但没有学习任何东西",
    "watch.retrain.promote: when_proved needs decide.gains to be proved by: a new version is promoted when it is better":
        "watch.retrain.promote: when_proved 需要 decide.gains 作为依据：现在新版本更好时即启用",
    "act is declared, but nothing decides: give decide.gains, a threshold or rules":
        "声明了 act，但没有东西作决定：请给出 decide.gains、threshold 或 rules",
    "decide.threshold comes before decide.gains: the gains only count what was earned":
        "decide.threshold 优先于 decide.gains：收益只用来计算所得",
    "decide.gains are all zero: nothing will ever be worth doing": "decide.gains 全为零：永远没有值得做的事",
    "{column} is protected ({how}): rules and expectations see what stands in its place":
        "{column} 受保护（{how}）：规则与预期看到的是它的替代值",
}  # fmt: skip
