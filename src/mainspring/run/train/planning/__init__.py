"""Planning: what a run is going to take, in the run and without one."""
