"""What a person declares."""

from mainspring.automation.automation import Automation

__all__ = ["Automation"]
