"""A process that imports one mesh after the other, and a guard that ends it when a mesh is too much for it.

A monster of a mesh may take hours, eat the memory or crash a library in C. None of this may stop ten thousand
others, and none of it can be caught from within. So every worker hands its meshes to a child process over pipes:
when a mesh takes longer than its time the child is ended and replaced; its memory is limited where the system
allows it (Linux). This file run as a module is the child: ``python -m voxstudio.data.mesh_guard``.

Over the pipes go frames: one byte that says what it is, eight bytes of length, the bytes. No pickles.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.data.container import Array, parse_container, write_container
from voxstudio.data.mesh_import import ImportOptions
from voxstudio.data.mesh_trees import TreeMesh

MEMORY_BYTES = 4 << 30
"""What a mesh may take of memory beyond what the child itself needs."""
IDLE_S = 60.0
"""A child that nobody asks for so long ends by itself."""
START_S = 120.0
"""How long a child may take to start: the first on a machine compiles Python's files."""
_TASK, _OBJECT, _PROBLEM, _READY = b"T", b"O", b"P", b"R"


class Guard:
    """Imports meshes in a child process. One thread at a time."""

    def __init__(
        self, source: Path, options: ImportOptions, timeout_s: float, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._setup = json.dumps({"source": str(source), "options": asdict(options), "memory": memory_bytes})
        self._timeout_s = timeout_s
        self._child: subprocess.Popen[bytes] | None = None
        self._frames: queue.Queue[tuple[bytes, bytes]] = queue.Queue()

    def import_mesh(self, mesh: TreeMesh) -> dict[str, Array]:
        """The arrays of one object. Raises BadInput with the reason why there are none."""
        task = json.dumps(mesh).encode()
        for _ in range(2):  # a child may have ended by itself, for want of work or of memory that others had taken
            child = self._running()
            try:
                assert child.stdin is not None
                _send(child.stdin, _TASK, task)
                kind, data = self._frames.get(timeout=self._timeout_s)
            except OSError:
                kind = b""
            except queue.Empty:
                self.close()
                raise BadInput(
                    f"It was given up after {self._timeout_s:g} s: simplify it, or allow more with --timeout."
                ) from None
            if kind == _OBJECT:
                return parse_container(np.frombuffer(data, np.uint8), mesh.file)[1]
            if kind == _PROBLEM:
                raise BadInput(data.decode())
            self.close()
        raise BadInput("The program that reads it crashed, or ran out of memory: simplify it or export it again.")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._frames = queue.Queue()
        home = str(Path(__file__).resolve().parents[2])
        known = os.pathsep.join(dict.fromkeys([home, *filter(None, sys.path)]))
        single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "voxstudio.data.mesh_guard", self._setup],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": known},
        )
        threading.Thread(target=_listen, args=(self._child.stdout, self._frames), daemon=True).start()
        with contextlib.suppress(queue.Empty):
            if self._frames.get(timeout=START_S)[0] == _READY:
                return self._child
        self.close()
        raise BadInput("The program that reads meshes does not start: see voxstudio doctor.")

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        with contextlib.suppress(OSError):
            assert child.stdin is not None
            child.stdin.close()


def _listen(pipe: Any, frames: queue.Queue[tuple[bytes, bytes]]) -> None:
    """Thread of a guard: what the child says, and at last that it says nothing more."""
    with pipe:
        while (frame := _receive(pipe)) is not None:
            frames.put(frame)
    frames.put((b"", b""))


def _send(pipe: IO[bytes], kind: bytes, data: bytes) -> None:
    pipe.write(kind + len(data).to_bytes(8, "little"))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next frame; None at the end, also in the middle of one."""
    try:
        head = pipe.read(9)
        size = int.from_bytes(head[1:], "little")
        data = pipe.read(size) if len(head) == 9 else b""
    except (OSError, ValueError):
        return None
    return (head[:1], data) if len(head) == 9 and len(data) == size else None


# ------------------------------------------------------------------------------------------------ the child


def main(setup: str) -> NoReturn:
    """Import the meshes that standard input names, until it ends or nobody asks any more."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    given = json.loads(setup)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print is no answer
    tasks: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_take, args=(tasks,), daemon=True).start()
    from voxstudio.data.mesh_import import import_mesh

    options, source = ImportOptions(**given["options"]), Path(given["source"])
    _warm_up()
    _limit_memory(int(given["memory"]))
    _send(answers, _READY, b"")
    while True:
        try:
            task = tasks.get(timeout=IDLE_S)
        except queue.Empty:
            os._exit(0)  # and not by way of the interpreter's end, for which the reading thread would have to
        try:
            buffer = io.BytesIO()
            arrays = import_mesh(source, TreeMesh(*json.loads(task)), options)
            write_container(buffer, {}, {name: [array] for name, array in arrays.items()})
            kind, answer = _OBJECT, buffer.getvalue()
        except BadInput as error:
            kind, answer = _PROBLEM, str(error).encode()
        except MemoryError:
            kind, answer = _PROBLEM, b"It needs more memory than a mesh may take: simplify it first."
        except Exception as error:  # whatever a mesh trips is that mesh's problem
            kind, answer = _PROBLEM, f"It cannot be used ({type(error).__name__}): export it again.".encode()
        _send(answers, kind, answer)


def _take(tasks: queue.Queue[bytes]) -> None:
    """Thread of the child: hand on what it is asked; end the process at once when the parent is gone."""
    with open(0, "rb", closefd=False) as pipe:  # a descriptor, not a path
        while (frame := _receive(pipe)) is not None:
            tasks.put(frame[1])
    os._exit(0)


def _warm_up() -> None:
    """Import what every mesh needs, so that neither a mesh's time nor its memory pays for it; nothing is used here."""
    with contextlib.suppress(ImportError):
        import cv2
        import fast_simplification  # noqa: F401 - imported ahead
        import scipy.spatial  # noqa: F401 - imported ahead
        import trimesh  # noqa: F401 - imported ahead

        from voxstudio.data import views  # noqa: F401 - imported ahead
        from voxstudio.geometry import voxelize  # noqa: F401 - imported ahead

        cv2.setNumThreads(1)


def _limit_memory(amount: int) -> None:
    """Limit the address space to what is in use and ``amount`` more; where that is possible."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + amount
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main(sys.argv[1])
