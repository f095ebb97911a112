"""One message through Apprise, in a process of its own: `python -I apprise_process.py`.

Reads one JSON object from standard input (`url`, `title`, `body`) and writes one: `result` is
"sent", "failed" or "bad_url", and `reached` whether anything may have left this machine. Apprise
itself says no more than yes or no. Only this file knows it; nothing of ours is imported here.
"""

import json
import logging
import socket
import sys
from errno import EINPROGRESS, EWOULDBLOCK
from typing import Any

# Asking for a name sends no message; these may.
_LEAVES = frozenset({"socket.sendto", "socket.sendmsg", "subprocess.Popen", "os.posix_spawn"})
_TRIES = frozenset({"socket.getaddrinfo", "socket.connect"})


class Watch:
    """What the process did to reach somebody. `tried` is what it would have had to do."""

    def __init__(self) -> None:
        self.tried = self.left = False

    def install(self) -> None:
        """From here on, for the life of the process."""
        sys.addaudithook(self._note)
        connect = socket.socket.connect

        def watched(line: socket.socket, address: Any) -> None:
            try:
                connect(line, address)
            except BlockingIOError:  # under way
                self.left = True
                raise
            self.left = True

        connect_ex = socket.socket.connect_ex

        def watched_ex(line: socket.socket, address: Any) -> int:
            code = connect_ex(line, address)
            self.left = self.left or code in (0, EINPROGRESS, EWOULDBLOCK)
            return code

        socket.socket.connect_ex = watched_ex  # type: ignore[method-assign,assignment]
        socket.socket.connect = watched  # type: ignore[method-assign,assignment]

    @property
    def reached(self) -> bool:
        """May something have left? Not when every attempt to connect failed."""
        return self.left or not self.tried

    def _note(self, event: str, _arguments: tuple[Any, ...]) -> None:
        self.tried = self.tried or event in _TRIES
        self.left = self.left or event in _LEAVES


def main() -> None:
    """One job."""
    job = json.load(sys.stdin.buffer)
    logging.disable(logging.CRITICAL)  # its words may carry the address, and that the secret
    import apprise

    asset = apprise.AppriseAsset(app_id="Qixian", async_mode=False, storage_mode="memory")
    service = apprise.Apprise.instantiate(job["url"], asset=asset)
    if not isinstance(service, apprise.NotifyBase):
        return _tell("bad_url", False)
    service.overflow_mode = apprise.OverflowMode.SPLIT  # nothing is cut
    watch = Watch()
    watch.install()
    sent = service.notify(body=job["body"], title=job["title"], body_format="text")
    return _tell("sent" if sent else "failed", watch.reached)


def _tell(result: str, reached: bool) -> None:
    print(json.dumps({"result": result, "reached": reached}))


if __name__ == "__main__":
    main()
