"""Contract: what an automation is asked and what it answers, for programs."""
