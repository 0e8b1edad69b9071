"""Every fixed text of the portal in both languages, a file a group of pages."""
