"""Trail: what a request leaves behind: an id in its answer, a line in the log, spans of a trace."""
