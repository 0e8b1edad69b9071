"""Facts: what was seen of the nine facts, and what each changed."""

FACTS: dict[str, str] = {
    "the target has a skewness of {n}": "目标的偏度为 {n}",
    "its logarithm is learned too: {names}": "也学习了它的对数：{names}",
    "its logarithm is not learned": "未学习它的对数",
    "{n} classes": "{n} 个类别",
    "{n} classes, the rarest {m} of the rows": "{n} 个类别，最少的占行数的 {m}",
    "folds have the classes in equal shares": "各折中类别的比例相同",
    "no row weighs more for being rare, so that probabilities stay shares": "行不因稀少而加权，概率因此仍是比例",
    "{n} rows to learn from": "{n} 行可供学习",
    "deep trees first": "先试深树",
    "the order learned from tables of some thousand rows": "次序得自数千行的表",
    "{n} folds judge the blend": "由 {n} 折评判融合",
    "one fold judges the blend": "由一折评判融合",
    "{n} features": "{n} 个特征",
    "{n} features, with means of the target for {names}": "{n} 个特征，含 {names} 的目标均值",
    "{names} and others": "{names} 等",
    "{one} and {other} are read together": "{one} 与 {other} 合在一起读",
    "perceptrons came early: most are numbers": "感知机先试：多数列为数字",
    "perceptrons came late: few are numbers": "感知机后试：数字列少",
    "{n} columns": "{n} 列",
    "{n} worker": "{n} 个工作进程",
    "{n} workers": "{n} 个工作进程",
    "fits run side by side, on one thread each": "各次学习并行，每次用一个线程",
    "fits run side by side, on one thread each, each at most {n} MB": "各次学习并行，每次用一个线程，至多 {n} MB",
    "missing values in {n} of the columns, {m} repeated rows": "{n} 列有缺失值，{m} 行重复",
    "missing values in {n} of the columns, {m} repeated rows, {k} columns that may give the answer away: {names}":
        "{n} 列有缺失值，{m} 行重复，{k} 列可能泄露答案：{names}",
    "missing values are learned as such: trees choose their side, lines get a mark":
        "缺失值就按缺失来学：树为其选一边，线性模型加一个标记",
    "gains are declared: the threshold is set by money": "声明了收益：阈值按金额确定",
    "no gains are declared": "未声明收益",
    "rules decide {n} of the rows before the model": "有 {n} 的行先由规则决定，不经模型",
    "rules that speak of probability, prediction or gain are heeded in the evaluation, not in the choice":
        "涉及概率、预测或收益的规则在评估时计入，选择时不计",
    "as declared, {n} of {m} rows a period can be acted on ({k})": "按声明，每期 {m} 行中可对 {n} 行行动（{k}）",
    "how many rows come a period is not known, so all that pay are taken to be within the capacity of {n} "
    "(write capacity: {m} of N per period, or name source.time)":
        "每期来多少行并不知道，因此凡是划算的都视为在 {n} 的容量之内（请写 capacity: {m} of N per period，或指定 source.time）",
    "by {column} there are {n} rows a period, so {m} can be acted on": "按 {column}，每期有 {n} 行，因此可对 {m} 行动",
    "candidates, blends and calibrations are compared by what the whole decision gains on rows they had not learned from: rules first, "
    "the threshold told from other rows, within the capacity; where that is within chance, by log loss":
        "候选、融合与校准按整个决策在未学过的行上的收益比较：规则在先，阈值由其他行得出，不超过容量；差别在偶然范围内时，按对数损失比较",
    "candidates are compared by {metric}": "候选按{metric}比较",
    "candidates are compared by {metric}, which chance moves less than {other}": "候选按{metric}比较，它比{other}少受偶然影响",
    "{n} s for the search": "搜索限 {n} 秒",
    "{n} candidates took part; the promising learned longer": "{n} 个候选参加；有希望的学得更久",
    "no limit of latency is declared": "未声明延迟上限",
    "members are averaged over several fits only where a row stays below {limit}":
        "只有每行低于 {limit} 时，成员才取多次学习的平均",
    "a row may take {n} ms": "每行限 {n} 毫秒",
    "only blends that were measured to keep it are considered": "只考虑实测不超过它的融合",
    "no limit of memory": "未限内存",
    "{n} MB of memory": "内存限 {n} MB",
    "ONNX is asked for": "要求 ONNX",
    "only what can be exported took part": "只有能导出的参加",
    "at most four members, eight where a row stays below {limit} or the limit, walked by one compiled engine":
        "至多四个成员，每行低于 {limit} 或上限时至多八个，由一个编译引擎统一遍历",
}  # fmt: skip
