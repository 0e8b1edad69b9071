"""Cleaned: how columns were read, what was missing, what became of a table's columns, and which look suspicious."""

OF_A_COLUMN = {
    "{mark} means missing ({n} values)": "{mark} 表示缺失（{n} 个值）",
    "{n} blank values are missing": "{n} 个空白值视为缺失",
    "has no values": "没有值",
    "the comma is the decimal sign": "逗号为小数点",
    "{n} values are impossible or no {kind}, thus missing": "{n} 个值不可能或不是{kind}，视为缺失",
    "nested values are kept as text and serve no model": "嵌套值存为文本，不供模型使用",
}
CLEANED: dict[str, str] = {
    **OF_A_COLUMN,
    **{f"{{column}}: {english}": f"{{column}}：{chinese}" for english, chinese in OF_A_COLUMN.items()},
    "all of this was counted in {n} of {m} rows": "以上在 {m} 行中的 {n} 行里统计",
    "text is read as {kind}: {names}": "文本读作{kind}：{names}",
    "{names} and {n} more": "{names} 以及另外 {n} 个",
    "numbers": "数值",
    "whole numbers": "整数",
    "dates": "日期",
    "truth values": "真假值",
    "categories": "类别",
    "text": "文本",
    "lists of spans": "片段列表",
    "ids": "编号",
    "nested values": "嵌套值",
    "new column {column}: earlier rows are empty there": "新列 {column}：早先的行在该列为空",
    "column {column} is missing: new rows are empty there": "缺少列 {column}：新的行在该列为空",
    "column {column} widened from {old} to {new}": "列 {column} 由 {old} 放宽为 {new}",
    "column {column} was {old} and is now {new}": "列 {column} 原为 {old}，现为 {new}",
    "{n} messages are no events and were passed over": "{n} 条消息不是事件，已略过",
    "it looks like an id: it tells rows apart and says nothing about new ones": "它像是编号：只区分各行，对新的行说明不了什么",
    "alone it tells {column} almost surely: is it known when the decision is made?":
        "仅凭它几乎就能断定 {column}：决策时它已经知道了吗？",
}  # fmt: skip
