"""Catalogue: every fixed text of the portal: English, as it stands in the code, and Chinese."""

from mainspring.faces.portal.words.automation import AUTOMATION
from mainspring.faces.portal.words.frame import FRAME
from mainspring.faces.portal.words.looking import LOOKING
from mainspring.faces.portal.words.new import NEW

CHINESE: dict[str, str] = {**FRAME, **NEW, **AUTOMATION, **LOOKING}
