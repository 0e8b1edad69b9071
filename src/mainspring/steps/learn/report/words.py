"""Words: every fixed text of the report in both languages."""

CHINESE: dict[str, str] = {
    # Summary
    "In short": "概要",
    "For each row it estimates how probable it is that {target} is {positive}.":
        "对每一行数据，它估计 {target} 为 {positive} 的概率。",
    "For each row it estimates the number {target}.": "对每一行数据，它估计 {target} 的数值。",
    "For each row it estimates which {target} is the right one.": "对每一行数据，它判断 {target} 应是哪一类。",
    "In each text it finds the stretches that {target} marks.": "在每段文本中，它找出 {target} 所标注的片段。",
    "Tag by tag": "逐标签",
    "Every word counts once: B- begins a span, I- continues it, O is outside.": "每个词计一次：B- 为片段开头，I- 为其延续，O 为片段之外。",
    "Label by label": "逐类别",
    "A span counts as right where both its ends and its label are, as conlleval counts.":
        "片段的起止与类别均正确才算正确，与 conlleval 的计法相同。",
    "Tag": "标签",
    "Precision": "精确率",
    "Recall": "召回率",
    "F1": "F1",
    "Support": "支持数",
    "all": "全部",
    "mean": "平均",
    "Mistakes": "错误示例",
    "The first mistake in each of some texts, evenly chosen.": "均匀选取若干文本，各列出其中第一个错误。",
    "Text": "文本",
    "Truth": "真实",
    "Found instead": "找到的",
    "It decides by rules alone; no model was learned.": "它只按规则决策，没有学习模型。",
    "Where that is expected to pay, it acts: {actions}.": "凡预期有收益之处，它就采取行动：{actions}。",
    "On {rows} rows that no choice had seen, it gains {more} more than the best simple policy ({best}).":
        "在 {rows} 行未参与任何选择的数据上，它比最好的简单策略（{best}）多获益 {more}。",
    "On {rows} rows that no choice had seen, it gains {more} less than the best simple policy ({best}): do not use it yet.":
        "在 {rows} 行未参与任何选择的数据上，它比最好的简单策略（{best}）少获益 {more}：暂时不要使用。",
    "Mainspring decides": "由 Mainspring 决策",
    "Its model alone, without rules and capacity": "仅其模型，不计规则与容量",
    "The likeliest tenth": "概率最高的十分之一",
    "Everybody": "全部行动",
    "Nobody": "全不行动",
    "Rows acted on": "采取行动的行数",
    "of the held-out rows": "占留出行的比例",
    "One decision": "单次决策",
    "95th percentile": "第 95 百分位",
    "between {low} and {high}": "区间 {low} 至 {high}",
    "Policy": "策略",
    "Gain": "收益",
    "Picture": "图示",
    "What it is worth": "它值多少",
    "What each policy would have gained on the held-out rows, by your declared gains. Stripes are losses.":
        "按您声明的收益计算，各策略在留出行上的总收益。实色为收益，条纹为损失。",
    "Out of scope": "超出范围",
    "A row that asks for what no class stands for is said to be out of scope; of those in scope {declared} may be taken for it.":
        "所问之事不属于任何类别的行会被标为超出范围；范围内的行中，最多允许 {declared} 被误标。",
    "Of the rows that no choice had seen, all of them in scope, {share} were; the others were answered rightly in {accuracy}.":
        "在未参与任何选择、均在范围内的行中，有 {share} 被标为超出范围；其余行的正确率为 {accuracy}。",
    "Limits": "限制",
    "What the business can afford, and what was measured.": "业务能够承受的上限，以及实测值。",
    "Limit": "限制项",
    "Declared": "声明值",
    "Measured": "实测值",
    "Kept?": "是否遵守",
    "kept": "遵守",
    "not kept": "未遵守",
    # The data
    "The data": "数据",
    "Labels that may be wrong": "可能有误的标签",
    "{count} training rows were answered otherwise by models that had not learned from them, and surely so. To look at them: {command}":
        "有 {count} 行训练数据，未学习过它们的模型很确定地给出了另一个答案。逐行查看：{command}",
    "Label": "标签",
    "Rather": "更可能是",
    "What happened to the rows": "各行数据的去向",
    "used for learning": "用于学习",
    "held out for this report": "留出，用于本报告",
    "repeated others": "与其他行重复",
    "without an answer": "没有答案",
    "broke an expectation": "违反了期望",
    "{rows} rows were collected. All are accounted for.": "共采集 {rows} 行，去向全部清楚。",
    "{rows} rows were collected, but the parts differ from that by {astray}.":
        "共采集 {rows} 行，但各部分之和相差 {astray}。",
    "Columns to look at": "需要留意的列",
    "These columns may give the answer away or say nothing about new rows.":
        "这些列可能泄露答案，或对新数据毫无信息。",
    "… and {count} more.": "……还有 {count} 项。",
    "Column": "列",
    "Kind": "类型",
    "Missing": "缺失",
    "Distinct": "不同值",
    "Shape": "分布",
    "Typical": "典型值",
    "Columns": "各列",
    "{shown} of {count} columns are shown, the most telling first.":
        "共 {count} 列，显示其中 {shown} 列，最有信息的在前。",
    "One line for each column, as it arrived. Shape: how often which values occur, from low to high or from common to rare.":
        "每列一行，按采集时的样子。分布：各值出现的频率，数值由低到高，类别由多到少。",
    "Show the columns": "显示各列",
    "{low} to {high}, middle {middle}": "{low} 至 {high}，中位数 {middle}",
    "What was cleaned": "清洗了什么",
    "The same is done to every row that is decided on later.": "之后每一行待决策的数据都会做同样的处理。",
    # What it rests on
    "What it rests on": "它依据什么",
    "What is lost without it": "没有它会损失什么",
    "How much worse the answers get when the column's values are dealt out at random among the rows.":
        "把该列的值在各行之间随机打乱后，答案变差多少。",
    "In {objective}.": "单位：{objective}。",
    "{count} of them cannot be told from no loss.": "其中 {count} 列的损失与零无法区分。",
    "How the answer goes with each": "答案如何随各列变化",
    "How the probability of {label} goes with one column while all others stay as they are.":
        "其他列保持不变时，{label} 的概率如何随某一列变化。",
    "How the answer goes with one column while all others stay as they are.": "其他列保持不变时，答案如何随某一列变化。",
    "Thick: the mean over rows. Thin: single rows; where they cross, the column does not mean the same for all.":
        "粗线：各行平均。细线：单行；细线相交处，该列对各行的意义不同。",
    "Bars: the mean, and between which values eight of ten rows lie.": "条形：平均值，以及十行中有八行所处的区间。",
    "Rows are asked with values they never had: where columns go together, some of these cannot occur.":
        "计算时让各行取它们未曾有过的值：若几列彼此相关，其中有些组合不可能出现。",
    "It shows what the model says, not what would happen if the column were changed.":
        "它显示模型怎么说，而不是改变该列之后会发生什么。",
    "It goes with {column} (rank correlation {correlation}).": "它与 {column} 相关（秩相关 {correlation}）。",
    "Dashed: each row moved to neighbouring values only; believe it where the two differ.":
        "虚线：每行只移动到相邻的值；两线不同时请相信虚线。",
    # Nine facts
    "Nine facts": "九个事实",
    "Nine facts decide which models are tried, and how. What was seen of each, and what it changed.":
        "九个事实决定试哪些模型、怎样试。每个事实看到了什么，因此改变了什么。",
    "Plan and actual": "计划与实际",
    "What was expected before the run, and what it took.": "运行前的预计，与实际所用。",
    "What it takes": "所需资源",
    "Expected": "预计",
    "Actual": "实际",
    # The choice
    "The choice": "模型选择",
    "How good and how fast": "准确与速度",
    "Each dot is a candidate: higher is better, further left is faster. Orange ones are in the blend; nothing beats the line.":
        "每个点是一个候选模型：越高越好，越左越快。橙色的进入了融合；没有候选能超过连线。",
    "The chosen blend": "选定的融合",
    "How much each member has to say in the answer.": "每个成员在答案中的份量。",
    "Calibration: {method}": "校准：{method}",
    "Candidate": "候选模型",
    "Folds": "折数",
    "Scores on fewer folds are of fewer rows: compare them with their like only.":
        "折数较少的得分来自较少的行：只应与同类比较。",
    "Score": "得分",
    "One row, ms": "单行耗时（毫秒）",
    "Memory, MB": "内存（MB）",
    "Training, s": "训练（秒）",
    "Share in the blend": "融合占比",
    "Leaderboard": "排行榜",
    "Judged by {objective}, on rows each candidate had not learned from.":
        "以{objective}评判，使用各候选没有学习过的行。",
    "Not finished or not allowed": "未完成或不允许的候选",
    # How good it is
    "How good it is": "效果如何",
    "Profit by how many are acted on": "行动比例与总收益",
    "The total gain when the likeliest rows are acted on first. The orange dot is what was chosen.":
        "从概率最高的行开始行动，曲线为每增加一部分之后的总收益。橙点是所选位置。",
    "ROC curve": "ROC 曲线",
    "How many of the sought rows are found, against false alarms among the others. The dashed line is guessing.":
        "找到了多少目标行，与其余行中的误报之比。虚线为随机猜测。",
    "Precision and recall": "精确率与召回率",
    "How many alarms are right, against how many of the sought rows are found. The dashed line is guessing.":
        "报出的有多少是对的，与目标行找到了多少之比。虚线为随机猜测。",
    "Can the probabilities be believed?": "概率可信吗？",
    "Dots on the dashed line mean: of rows said to be 30 % probable, 30 % came true.":
        "点落在虚线上表示：被判为 30 % 概率的行，确有 30 % 成真。",
    "Predicted and true": "预测值与真实值",
    "Each dot is a held-out row; on the dashed line the prediction is exact.":
        "每个点是一行留出数据；落在虚线上即预测准确。",
    "Errors": "误差",
    "How far off, how often. Left of zero the prediction was too high.": "偏差多大、多频繁。零点左侧表示预测偏高。",
    "At the chosen threshold of {threshold}.": "采用所选阈值 {threshold}。",
    "Right and wrong": "对与错",
    "Rows: what was true. Columns: what was said. The diagonal is right.":
        "行：真实类别；列：判断类别。对角线为正确。",
    "The {shown} most frequent of {count} classes.": "共 {count} 类，显示最常见的 {shown} 类。",
    "True": "真实",
    "Said": "判断",
    "Rows": "行数",
    "Most often mixed up": "最常混淆",
    "What it looks at": "它看重什么",
    "How far each column moves the answer on average (mean absolute SHAP value). What is used, not what causes what.":
        "每列平均使答案移动多少（SHAP 绝对值均值）。它说明模型用了什么，而非因果关系。",
    "Measure": "指标",
    "Value": "数值",
    "At least": "下限",
    "At most": "上限",
    "All measures": "全部指标",
    "On the held-out rows, with the range that 95 % of redrawn samples stay in.":
        "在留出行上测得，附 95 % 重抽样区间。",
    "Out of fold": "折外",
    "Does it keep what it promised?": "它兑现了承诺吗？",
    "Out of fold, where the choice was made, {metric} was {before}; on the test rows it is {test} ({low} to {high}).":
        "做选择时的折外 {metric} 为 {before}；在测试行上为 {test}（{low} 至 {high}）。",
    "The two agree: chance explains the difference.": "两者一致：差异可由偶然解释。",
    "The test rows say less than chance explains: expect no more than their value.":
        "测试行上的结果更差，超出偶然所能解释：请以测试值为准。",
    "The test rows say more than chance explains: they may be easier than what comes.":
        "测试行上的结果更好，超出偶然所能解释：它们可能比将来的数据容易。",
    "The model, whole": "完整的模型",
    "The answer is the start plus, for each number, its value times the weight, and for each category the weight of its value.":
        "答案等于起点，加上每个数值列的值乘以其权重，再加上每个类别列取值对应的权重。",
    "Begin at the top and follow what is true of the row; the number at the end is the answer.":
        "从最上面开始，沿着对该行成立的条件往下走；末端的数就是答案。",
    "The answer is the start plus what the curve of each column adds at the row's value. No column's curve hangs on another's.":
        "答案等于起点，加上每一列的曲线在该行取值处所加的数。每条曲线都与其他列无关。",
    "Numbers are in the unit of {target}.": "数字以 {target} 的单位计。",
    "Numbers are probabilities of {label}.": "数字是 {label} 的概率。",
    "Numbers are log-odds of {label}: 0 is even, +1 is 2.7 to 1.": "数字是 {label} 的对数几率：0 表示各半，+1 表示 2.7 比 1。",
    "Numbers are log-odds of each class against the others' mean; the highest wins.":
        "数字是各类别相对于平均的对数几率；最高者胜出。",
    "Numbers make the logarithm of {target}; the answer is their exponential.": "数字合成 {target} 的对数；答案是其指数。",
    "What comes out is calibrated ({method}) before it is a probability.": "结果经校准（{method}）后才是概率。",
    "It starts at {start}.": "起点为 {start}。",
    "Class": "类别",
    "Weight": "权重",
    "Weights": "权重",
    "Counts from": "计入下限",
    "Counts to": "计入上限",
    "Missing adds": "缺失时加",
    "Missing counts as": "缺失时按",
    "All other weights": "其余所有权重",
    "other, or missing": "其他或缺失",
    "each unit": "每单位",
    "{column} is among {levels}": "{column} 属于 {levels}",
    "{column} is another": "{column} 为其他",
    "a protected value": "受保护的值",
    "{column} is at most {value}": "{column} 不大于 {value}",
    "{column} is above {value}": "{column} 大于 {value}",
    "or missing": "或缺失",
    "Missing adds {value}.": "缺失时加 {value}。",
    "Its values are protected, and not shown.": "其取值受保护，不予显示。",
    "What a column adds": "一列所加的数",
    "Adds": "所加",
    "Not drawn, for they move the answer least: {columns}.": "以下各列对答案影响最小，未作图：{columns}。",
    "Between which numbers?": "真值在何范围内？",
    "Each answer says between which numbers the truth lies in {declared} of cases.":
        "每个回答都说明真值落在哪个区间；应有 {declared} 的情况如此。",
    "On the rows that no choice had seen it lay there in {share} ({low} to {high}); mean width: {size}.":
        "在未参与任何选择的行上，实际为 {share}（{low} 至 {high}）；平均宽度：{size}。",
    "Among which classes?": "真值属于哪些类别？",
    "Each answer says among which classes the truth lies in {declared} of cases.":
        "每个回答都说明真值属于哪些类别；应有 {declared} 的情况如此。",
    "On the rows that no choice had seen it lay there in {share} ({low} to {high}); mean number of classes: {size}.":
        "在未参与任何选择的行上，实际为 {share}（{low} 至 {high}）；平均类别数：{size}。",
    "Would a simple model do?": "简单的模型够用吗？",
    "The best model that people can read, {name}, reaches {score} ({objective}); the choice is better by {price}.":
        "人能读懂的最好模型 {name} 达到 {score}（{objective}）；所选模型比它好 {price}。",
    "That is within what chance moves ({spread} from fold to fold): the simple model would do.":
        "这在偶然波动之内（各折之间相差 {spread}）：简单的模型够用。",
    "That is more than chance moves ({spread} from fold to fold): being simple has its price.":
        "这超出偶然波动（各折之间相差 {spread}）：简单是有代价的。",
    "The choice is such a model itself, or no better than one.": "所选模型本身就是这样的模型，或并不比它更好。",
    "Over {count} splits": "{count} 次划分",
    "The whole of learning done again on other splits, each within its share of the time; the first is the version registered.":
        "在其他划分上把整个学习过程重做，每次用时相等；注册的版本来自第一次。",
    "{metric}: {mean} on average, {deviation} from split to split.": "{metric}：平均 {mean}，各划分之间相差 {deviation}。",
    "Split": "划分",
    "Members": "成员",
    # Alarms
    "{column} alone tells {target} almost surely ({score}).": "仅凭 {column} 几乎就能得知 {target}（{score}）。",
    "If it is not known when the decision is made, the model will fail: name it in learn.exclude and run again.":
        "如果做决策时还不知道它，模型就会失效：请把它写进 learn.exclude 并重新运行。",
    "{column} carries {share} of the answers, and they are nearly perfect ({metric} {score}).":
        "{column} 承担了答案的 {share}，而且答案近乎完美（{metric} {score}）。",
    "If it is filled in after the fact, name it in learn.exclude and run again.":
        "如果它是事后填写的，请把它写进 learn.exclude 并重新运行。",
    "On the test rows {metric} is {test}, out of fold it was {before}: further apart than chance explains.":
        "测试行上 {metric} 为 {test}，折外为 {before}：相差超出偶然所能解释。",
    "Expect no more than the test value, and look whether rows belong together or change with time (learn.split).":
        "请以测试值为准，并查看各行是否成组或随时间变化（learn.split）。",
    "{count} of {rows} test rows repeat a training row in every column the model sees, more than chance explains.":
        "{rows} 行测试数据中有 {count} 行在模型所见的每一列上都与训练行重复，超出偶然所能解释。",
    "They are known by heart: keep what belongs together on one side (learn.split by group, or source.key).":
        "它们已被记住：请把同组的行放在同一侧（learn.split 按组，或 source.key）。",
    # Axes
    "False alarms": "误报率",
    "Found": "召回率",
    "Right when it says yes": "精确率",
    "Predicted probability": "预测概率",
    "Share that came true": "实际成真的比例",
    "Share of rows acted on, likeliest first": "采取行动的比例（概率高者在先）",
    "Total gain on held-out rows": "留出行上的总收益",
    "Predicted": "预测值",
    "True minus predicted": "真实值减预测值",
    "Milliseconds for one row (95th percentile)": "单行毫秒数（第 95 百分位）",
    "Score (better is up)": "得分（越高越好）",
    # Cards
    "Model, data and policy": "模型、数据与策略",
    "Model card": "模型卡",
    "Question": "问题",
    "Target": "目标列",
    "Classes": "类别",
    "Rows learned from": "学习所用行数",
    "Files, MB": "文件（MB）",
    "Input columns": "输入列",
    "Data card": "数据卡",
    "Source": "来源",
    "Key": "键",
    "Data version": "数据版本",
    "Protected": "受保护",
    "Expectations": "期望",
    "Kept apart by": "划分方式",
    "Held out": "留出比例",
    "Actions": "行动",
    "Threshold": "阈值",
    "Gains": "收益",
    "Capacity": "容量",
    "Rules": "规则",
    "Delivered to": "送达",
    "a decision table of {count} rows": "一张 {count} 行的决策表",
    "To do it again": "如何复现",
    "Model version": "模型版本",
    "Run": "运行",
    "Code version": "代码版本",
    "Seed": "随机种子",
    "Seconds": "用时（秒）",
    "Hash": "哈希",
    "Libraries": "所用库",
    "The same declaration, data, code and seed give the same choice wherever the time allows the same work.":
        "声明、数据、代码和随机种子相同，且时间足以完成同样的工作时，选择结果相同。",
    "The clock cut none of the {fits} fits: run again, they give this model.":
        "{fits} 次训练均未被时限打断：再次运行，仍得到此模型。",
    "Of {fits} fits the clock cut {cut} and paced {paced}; {late} candidates had no time, {fewer} did not come to all folds.":
        "{fits} 次训练中，{cut} 次被时限打断，{paced} 次为赶时间而减少了步数；{late} 个候选没有时间，{fewer} 个候选未走完所有折。",
    "Run again, it may come out otherwise; this very model is made again by mainspring repeat.":
        "再次运行结果可能不同；用 mainspring repeat 可原样重现此模型。",
    # Notes
    "To be careful about": "需要谨慎之处",
    "All figures are measured on {rows} past rows. The future may differ; watch what happens.":
        "所有数字都在 {rows} 行历史数据上测得。未来可能不同，请持续观察。",
    "{rows} held-out rows are few: chance moves these figures. Look at the ranges.":
        "留出行只有 {rows} 行，偶然性会影响这些数字，请看区间。",
    "Uncertain figures, by their ranges: {names}.": "区间较宽、不够确定的指标：{names}。",
    "The rarest class is {share} of the rows. Accuracy says little here.":
        "最少的一类只占 {share}，此时准确率意义不大。",
    "Some columns may not be known when a decision is made; see above.": "有些列在决策时可能尚不可知，见上文。",
    "The columns were described from {count} rows, evenly spread.": "各列的描述取自均匀抽取的 {count} 行。",
    "{count} held-out rows have a class that was never learned; they are not judged.":
        "有 {count} 行留出数据的类别从未学习过，未作评判。",
    "Importance is not cause: changing a column need not change what happens.":
        "重要不等于因果：改变某列的值未必会改变结果。",
    # The page
    "Skip to the content": "跳到正文",
    "Report of a learned automation": "自动化学习报告",
    "Language": "语言",
    "Contents": "目录",
    "Made by Mainspring. This file needs no network; keep it with the model.":
        "由 Mainspring 生成。本文件无需网络，请与模型一同保存。",
    "Model version {version}": "模型版本 {version}",
    "run {run}": "运行 {run}",
}  # fmt: skip

TERMS: dict[str, tuple[str, str]] = {
    "profit": ("profit", "收益"),
    "roc_auc": ("ROC AUC", "ROC AUC"),
    "average_precision": ("average precision", "平均精确率"),
    "log_loss": ("log loss", "对数损失"),
    "brier": ("Brier score", "Brier 分数"),
    "accuracy": ("accuracy", "准确率"),
    "balanced_accuracy": ("balanced accuracy", "平衡准确率"),
    "f1": ("F1", "F1"),
    "entity_f1": ("entity F1", "实体 F1"),
    "entity_precision": ("entity precision", "实体精确率"),
    "entity_recall": ("entity recall", "实体召回率"),
    "word_accuracy": ("accuracy, word by word", "逐词准确率"),
    "word_macro_f1": ("F1, mean of tags", "F1（各标签平均）"),
    "spans": ("spans", "片段"),
    "verbatim": ("text, letter for letter", "原样文本"),
    "f1_macro": ("F1, mean of classes", "F1（各类平均）"),
    "rmse": ("root mean squared error", "均方根误差"),
    "mae": ("mean absolute error", "平均绝对误差"),
    "r2": ("R²", "R²"),
    "mape": ("mean absolute percentage error", "平均绝对百分比误差"),
    "number": ("number", "数值"),
    "category": ("category", "类别"),
    "date": ("date", "日期"),
    "text": ("text", "文本"),
    "boolean": ("yes or no", "是否"),
    "id": ("identifier", "标识"),
    "constant": ("constant", "常量"),
    "empty": ("empty", "空"),
    "nested": ("nested", "嵌套"),
    "class": ("class", "类别"),
    "limit time": ("time to search and train", "搜索与训练时间"),
    "limit latency": ("one row, 95th percentile", "单行耗时（第 95 百分位）"),
    "limit memory": ("memory of the model", "模型内存"),
    "limit runtime": ("runs on", "运行环境"),
    "limit interpretable": ("a person can read it", "可供人阅读"),
    "split auto": ("automatic", "自动"),
    "split random": ("chance", "随机"),
    "split time": ("time", "时间"),
    "split group": ("group", "分组"),
    "split part": ("a column says", "按指定列"),
    "plan seconds": ("time", "时间"),
    "plan memory": ("memory", "内存"),
    "plan disk": ("disk", "磁盘"),
    "data distribution": ("data distribution", "数据分布"),
    "sample size": ("sample size", "样本量"),
    "number of features": ("number of features", "特征数量"),
    "compute at hand": ("compute at hand", "可用算力"),
    "data quality": ("data quality", "数据质量"),
    "business objective": ("business objective", "业务目标"),
    "speed": ("speed", "速度"),
    "ease of deployment": ("ease of deployment", "部署难度"),
    "none": ("none", "无"),
    "isotonic": ("isotonic", "保序回归"),
    "platt": ("Platt", "Platt"),
    "sigmoid": ("sigmoid", "Sigmoid"),
    "temperature": ("temperature", "温度缩放"),
}
"""Names that stand in the data -> how people call them."""
