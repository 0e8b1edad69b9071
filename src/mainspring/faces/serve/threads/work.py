"""Work: what the gateway does beside answering: it delivers, decides on events, looks, has automations learned anew."""

from mainspring.faces.serve.threads.deliveries import Deliveries
from mainspring.faces.serve.threads.learning import Learning
from mainspring.faces.serve.threads.listeners import Listeners
from mainspring.faces.serve.threads.watching import Watching
from mainspring.run.stages.traces import Traces
from mainspring.workspace import Workspace


class Work:
    """A thread each; ``streams`` says whether to decide on events, ``learning`` whether to have automations learned anew;
    ``traces`` are told of what is delivered and decided."""

    def __init__(
        self, workspace: Workspace, *, streams: bool = True, learning: bool = True, traces: Traces | None = None
    ) -> None:
        self.deliveries = Deliveries(workspace, traces=traces)
        self._listeners = Listeners(workspace, self.deliveries.wake, on=streams, traces=traces)
        self._watching = Watching(workspace)
        self._learning = Learning(workspace, on=learning)

    def start(self) -> None:
        self.deliveries.start()
        self._listeners.start()
        self._watching.start()
        self._learning.start()

    def alive(self) -> bool:
        """Whether what delivers and what looks is at work."""
        return self.deliveries.alive() and self._watching.alive()

    def stop_listening(self) -> None:
        """Take no more events."""
        self._listeners.stop()

    def stop(self) -> None:
        """Let what is under way finish."""
        self._learning.stop()
        self._watching.stop()
        self.deliveries.stop()
