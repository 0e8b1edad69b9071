"""Kinds: which key of an ``act`` is carried out by whom. Each is called with an :class:`~mainspring.steps.act.deliverer.Means`."""

DELIVERERS: dict[str, str] = {
    "webhook": "mainspring.steps.act.webhook:Webhook",
    "file": "mainspring.steps.act.file:File",
    "message": "mainspring.steps.act.message:Message",
    "table": "mainspring.steps.act.table:TableRows",
    "topic": "mainspring.steps.act.topic:Topic",
}
