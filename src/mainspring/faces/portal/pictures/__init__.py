"""Pictures as SVG that takes the colours of the page."""
