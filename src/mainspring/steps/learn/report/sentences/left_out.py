"""Left out: why a candidate took no part in the model."""

LEFT_OUT: dict[str, str] = {
    "no column is a category: the others of its kind learn the same": "没有类别列：同类的其他候选学到的相同",
    "more than {n} classes": "类别多于 {n} 个",
    "more than {n} classes: a tree a class and round takes too long": "类别多于 {n} 个：每类每轮一棵树，耗时过长",
    "more than {n} classes: it would take too long": "类别多于 {n} 个：耗时过长",
    "more than {n} columns: it would take too long": "列多于 {n} 个：耗时过长",
    "more than two classes: each would have means of its own": "多于两个类别：每类都要有各自的均值",
    "too many rows and classes for waves enough": "行数与类别过多，放不下足够的波",
    "fewer than {n} rows: a network would learn them by heart": "不足 {n} 行：神经网络会把它们背下来",
    "it answers numbers only": "它只回答数值",
    "it answers classes only": "它只回答类别",
    "it lays single texts together, not pairs of them": "它只把单段文本聚到一起，不读文本对",
    "it answers spans only": "它只回答片段",
    "it reads texts one by one": "它逐段读文本",
    "it does not read texts, and the table has nothing else": "它不读文本，而表中没有别的列",
    "it answers lists of labels only": "它只回答标签列表",
    "the target is not skewed to the right": "目标并非右偏",
    "too many classes for the rows: the leaves would not fit in memory": "相对行数类别过多：叶子放不进内存",
    "no text has a word that can be read": "没有一段文本含有可读的词",
    "there is no column of free text": "没有自由文本列",
    "an encoder is tuned where there are minutes for each fold, or learn.candidates names it":
        "只有每折有数分钟时间，或 learn.candidates 指名时，才微调编码器",
    "encoders are tuned so where learn.candidates names it, with minutes for each fold":
        "只有 learn.candidates 指名时才这样微调编码器，每折需数分钟",
    "networks take part where learn.framework is declared, or learn.candidates names them":
        "只有声明了 learn.framework 或 learn.candidates 指名时，神经网络才参加",
    "its models cannot be exported to ONNX (learn.limits.runtime)": "其模型不能导出为 ONNX（learn.limits.runtime）",
    "a person cannot read it whole (learn.limits.interpretable); those that can be read: {names}":
        "人无法通读它（learn.limits.interpretable）；可以通读的有：{names}",
    "no two columns are names (of people, places, articles) that trees could not combine themselves":
        "没有两列是树自己组合不了的名称（人、地点、物品）",
    'neither PyTorch nor TensorFlow is installed: pip install "mainspring[torch]"':
        '未安装 PyTorch 或 TensorFlow：pip install "mainspring[torch]"',
    'encoders are not installed: pip install "mainspring[text]"': '未安装编码器：pip install "mainspring[text]"',
    'PyTorch is not installed: pip install "mainspring[text]"': '未安装 PyTorch：pip install "mainspring[text]"',
    "its process died: out of memory, or killed": "其进程已终止：内存不足，或被杀死",
    "it did not stop when its time was up": "时间用完时它没有停下",
    "there was no time left for it": "没有时间留给它了",
    "its worker did not begin in time": "其工作进程未能及时开始",
    "no worker was left: others did not stop when their time was up": "没有空闲的工作进程：其他候选到时未停",
    "its answers are not finite": "其答案不是有限值",
    "it was drawn near {parent}, and on {folds} of the folds not among the best":
        "由 {parent} 附近抽出，在 {folds} 折上未能名列前茅",
    "the time was up before it could begin": "还没开始时间就用完了",
    "it took more than {limit} MB of memory": "占用内存超过 {limit} MB",
    "with it the model does not keep the {limit} limit": "加入它，模型就超出{limit}限制",
    "alone it is slower than the latency limit": "仅它一个就已超过延迟限制",
    "latency": "延迟",
    "memory": "内存",
}  # fmt: skip
