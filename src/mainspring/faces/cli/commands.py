"""Commands: every command's name, where it lives, and its line of help. A command loads when it is run."""

from typing import NamedTuple


class Command(NamedTuple):
    where: str
    about: str
    panel: str


DECLARE, LEARN, DECIDE, OPERATE, LAKE = "Declare", "Learn", "Decide", "Operate", "Look into the lake"

COMMANDS: dict[str, Command] = {
    "init": Command(
        "mainspring.faces.cli.declare:init",
        "Make a workspace: its folder, and a mainspring.toml with comments.",
        DECLARE,
    ),
    "new": Command(
        "mainspring.faces.cli.declare:new",
        "Begin with a blueprint: a declaration and small data, in a folder.",
        DECLARE,
    ),
    "check": Command("mainspring.faces.cli.declare:check", "Check a declaration and list all its problems.", DECLARE),
    "schema": Command(
        "mainspring.faces.cli.declare:schema", "Print the JSON Schema of declarations, for editors.", DECLARE
    ),
    "plan": Command("mainspring.faces.cli.learn:plan", "Say what a run is going to take, without running it.", LEARN),
    "run": Command(
        "mainspring.faces.cli.learn:run", "Run an automation: collect, prepare, learn, evaluate, register.", LEARN
    ),
    "runs": Command(
        "mainspring.faces.cli.flows.runs:runs", "List runs, campaigns, backups, and what became of them.", LEARN
    ),
    "runs show": Command(
        "mainspring.faces.cli.flows.runs:show_run", "Show one run: each step with its time and size.", LEARN
    ),
    "runs resume": Command("mainspring.faces.cli.flows.runs:resume", "Go on with a run at the step it was in.", LEARN),
    "runs cancel": Command("mainspring.faces.cli.flows.runs:cancel", "Stop a run, in whatever process it is.", LEARN),
    "runs work": Command(
        "mainspring.faces.cli.flows.runs:work", "Carry out what is queued and scheduled, until Ctrl-C.", LEARN
    ),
    "schedules": Command("mainspring.faces.cli.flows.schedules:schedules", "List what is done at set times.", OPERATE),
    "schedules add": Command(
        "mainspring.faces.cli.flows.schedules:add", "Run, campaign, promote or back up at set times.", OPERATE
    ),
    "schedules remove": Command("mainspring.faces.cli.flows.schedules:remove", "Take a schedule away.", OPERATE),
    "schedules pause": Command("mainspring.faces.cli.flows.schedules:pause", "Let a schedule rest.", OPERATE),
    "schedules resume": Command(
        "mainspring.faces.cli.flows.schedules:resume", "Let a schedule that rests go on.", OPERATE
    ),
    "schedules fire": Command("mainspring.faces.cli.flows.schedules:fire", "Begin now what is scheduled.", OPERATE),
    "backup": Command("mainspring.faces.cli.flows.backup:backup", "Copy the workspace into a folder.", OPERATE),
    "restore": Command(
        "mainspring.faces.cli.flows.backup:restore", "Make a workspace of a backup; does it decide the same?", OPERATE
    ),
    "campaign": Command(
        "mainspring.faces.cli.flows.campaign:campaign", "Decide about every row of a table, in batches.", DECIDE
    ),
    "label": Command(
        "mainspring.faces.cli.labels.label:label", "Ask a person for the labels that would help most.", LEARN
    ),
    "models": Command("mainspring.faces.cli.learn:models", "List the model versions of an automation.", LEARN),
    "promote": Command(
        "mainspring.faces.cli.learn:promote", "Make a version the champion, the one that decides.", LEARN
    ),
    "rollback": Command(
        "mainspring.faces.cli.learn:rollback", "Make the champion before this one champion again.", LEARN
    ),
    "repeat": Command(
        "mainspring.faces.cli.learn:repeat", "Learn a version again from its record; is the same model made?", LEARN
    ),
    "retrain": Command(
        "mainspring.faces.cli.versions.retrain:retrain", "Learn anew from what is new; promote what is better.", LEARN
    ),
    "challenge": Command(
        "mainspring.faces.cli.versions.challenge:challenge", "Let a version prove itself beside the champion.", LEARN
    ),
    "changes": Command(
        "mainspring.faces.cli.versions.challenge:changes",
        "List what was promoted, challenged, rolled back, and why.",
        LEARN,
    ),
    "report": Command("mainspring.faces.cli.learn:report", "Write the report of a version and print its path.", LEARN),
    "export": Command("mainspring.faces.cli.learn:export", "Write a version as ONNX or for MLflow.", LEARN),
    "predict": Command(
        "mainspring.faces.cli.decide:predict", "Predict for the rows of a file; nothing is decided.", DECIDE
    ),
    "decide": Command(
        "mainspring.faces.cli.decide:decide", "Decide for the rows of a file, and queue the actions.", DECIDE
    ),
    "feedback": Command("mainspring.faces.cli.decide:feedback", "Take in what happened after decisions.", DECIDE),
    "explain": Command("mainspring.faces.cli.decide:explain", "Explain one decision.", DECIDE),
    "replay": Command(
        "mainspring.faces.cli.decide:replay", "Make a decision again, and say whether it is the same.", DECIDE
    ),
    "stream": Command("mainspring.faces.cli.stream:stream", "Decide on events as they come, until Ctrl-C.", OPERATE),
    "serve": Command("mainspring.faces.cli.gateway:serve", "Serve decisions over HTTP until Ctrl-C.", OPERATE),
    "client": Command(
        "mainspring.faces.cli.access.client:client", "Write a typed Python client of an automation.", OPERATE
    ),
    "deprecate": Command(
        "mainspring.faces.cli.access.deprecate:deprecate",
        "Tell whoever asks an automation to ask another, or to leave a field out.",
        OPERATE,
    ),
    "keys": Command("mainspring.faces.cli.access.keys:keys", "List the keys of the gateway.", OPERATE),
    "keys new": Command("mainspring.faces.cli.access.keys:new", "Make a key for the gateway.", OPERATE),
    "keys revoke": Command("mainspring.faces.cli.access.keys:revoke", "Take a key back.", OPERATE),
    "status": Command("mainspring.faces.cli.operate:status", "Show how the automations are doing.", OPERATE),
    "what-if": Command(
        "mainspring.faces.cli.operate:what_if", "Say what another version or threshold would have earned.", OPERATE
    ),
    "actions": Command("mainspring.faces.cli.operate:actions", "List actions and what became of them.", OPERATE),
    "retry": Command("mainspring.faces.cli.operate:retry", "Put dead actions back in the queue.", OPERATE),
    "topics": Command(
        "mainspring.faces.cli.topics:topics",
        "List topics: events, lag, dead letters; show, replay, retry one.",
        OPERATE,
    ),
    "publish": Command("mainspring.faces.cli.topics:publish", "Publish the rows of a file to a topic.", OPERATE),
    "watch": Command(
        "mainspring.faces.cli.watching.watch:watch",
        "Look at an automation now: data quality, drift, performance, what a change costs.",
        OPERATE,
    ),
    "loop": Command(
        "mainspring.faces.cli.watching.loop:loop", "Close the loop without a gateway, until Ctrl-C.", OPERATE
    ),
    "graph": Command(
        "mainspring.faces.cli.watching.loop:graph",
        "Draw who feeds whom: automations, topics, webhooks, tables.",
        OPERATE,
    ),
    "alerts": Command("mainspring.faces.cli.watching.alerts:alerts", "List the alerts that stand.", OPERATE),
    "alerts acknowledge": Command(
        "mainspring.faces.cli.watching.alerts:acknowledge", "Say that someone sees to an alert.", OPERATE
    ),
    "alerts mute": Command(
        "mainspring.faces.cli.watching.alerts:mute", "Tell nobody of an alert for a while.", OPERATE
    ),
    "sql": Command("mainspring.faces.cli.lake:sql", "Ask the lake a question in SQL.", LAKE),
    "tables": Command("mainspring.faces.cli.lake:tables", "List the tables of the lake.", LAKE),
    "history": Command("mainspring.faces.cli.lake:history", "List the versions of a table.", LAKE),
    "compact": Command("mainspring.faces.cli.lake:compact", "Rewrite a table's small files as few large ones.", LAKE),
}
