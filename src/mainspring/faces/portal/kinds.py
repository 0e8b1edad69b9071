"""Kinds: every page by its address; each is loaded when it is asked for."""

PAGES = {
    "/": "mainspring.faces.portal.pages.home:Home",
    "/new": "mainspring.faces.portal.pages.begin.new:New",
    "/new/{upload}": "mainspring.faces.portal.pages.begin.choose:Choose",
    "/runs/{name}": "mainspring.faces.portal.pages.begin.run:Run",
    "/automations/{name}": "mainspring.faces.portal.pages.automation.overview:Overview",
    "/automations/{name}/declaration": "mainspring.faces.portal.pages.automation.declaration:Declaration",
    "/automations/{name}/runs": "mainspring.faces.portal.pages.automation.runs:RunsPage",
    "/automations/{name}/versions": "mainspring.faces.portal.pages.automation.versions:Versions",
    "/automations/{name}/try": "mainspring.faces.portal.pages.journal.attempt:Attempt",
    "/automations/{name}/report": "mainspring.faces.portal.pages.automation.report:Report",
    "/automations/{name}/decisions": "mainspring.faces.portal.pages.journal.decisions:Decisions",
    "/automations/{name}/decisions/{id}": "mainspring.faces.portal.pages.journal.decision:OneDecision",
    "/automations/{name}/watch": "mainspring.faces.portal.pages.automation.watch:Watch",
    "/automations/{name}/label": "mainspring.faces.portal.pages.automation.label:Label",
    "/alerts": "mainspring.faces.portal.pages.alerts:Alerts",
    "/data": "mainspring.faces.portal.pages.data:Data",
    "/data/{table}": "mainspring.faces.portal.pages.table:TablePage",
}
