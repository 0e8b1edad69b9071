"""No more batches are worked on at once than there are cores; the others wait without keeping anyone's thread."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from mainspring import Workspace
from mainspring.cores import cores


def test_batches_wait_for_one_another_and_nobody_else_for_them(workspace: Workspace, begun, admin_key: str) -> None:
    under_way, most, lock, open_to_all = 0, 0, threading.Lock(), threading.Event()

    def work() -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        assert open_to_all.wait(30)
        with lock:
            under_way -= 1
        return 1

    with begun(workspace, admin_key) as client:
        gateway = client.served.state.gateway
        with ThreadPoolExecutor(12) as askers:
            batches = [askers.submit(client.portal.call, gateway.compute, work) for _ in range(10)]
            time.sleep(0.2)
            assert client.portal.call(gateway.ask, lambda: "answered") == "answered"
            open_to_all.set()
            assert [batch.result(30) for batch in batches] == [1] * 10
        assert 1 <= most <= cores()
