"""Workers for many independent pieces of work, through joblib: processes, threads, a Dask or a Ray cluster."""

from __future__ import annotations

import contextlib
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from voxstudio.core.errors import BadInput

BACKENDS = ("loky", "threading", "dask", "ray")
_IDLE_S = 30
"""A worker process that is not asked for so long ends; also one whose parent was killed."""

Task = tuple[Callable[..., Any], tuple[Any, ...]]


@contextlib.contextmanager
def work_pool(
    backend: str = "loky", jobs: int | None = None, address: str | None = None
) -> Iterator[Callable[[Iterable[Task]], Iterator[Any]]]:
    """A function from tasks ``(function, arguments)`` to their results, in the order in which they are done.

    Functions and arguments must be picklable. ``jobs`` is the number of workers, by default one for each core of this
    machine or all that the cluster at ``address`` has; without an address, Dask and Ray start a cluster here.
    Raises BadInput if the backend is not installed or the cluster cannot be reached.
    """
    import joblib

    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # "Tasks have been cancelled", "A worker stopped": whoever breaks work off knows that.
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")
        options: dict[str, Any] = {}
        if backend == "loky":
            options = {"inner_max_num_threads": 1, "idle_worker_timeout": _IDLE_S}
            _start_trackers()
            stack.callback(_end_loky)
        elif backend == "dask":
            stack.enter_context(_dask(jobs, address))
        elif backend == "ray":
            stack.enter_context(_ray(jobs, address))
        many = jobs if jobs is not None else -1
        stack.enter_context(joblib.parallel_config(backend=backend, n_jobs=many, **options))

        def work(tasks: Iterable[Task]) -> Iterator[Any]:
            # joblib's backend for Ray answers with lists only.
            if backend == "ray":
                yield from joblib.Parallel()(joblib.delayed(function)(*given) for function, given in tasks)
                return
            # The pieces are coarse: nothing is gained by joining them, and results are not mapped from files.
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, max_nbytes=None)
            results: Any = None
            try:
                with deaf_children() if backend == "loky" else contextlib.nullcontext():
                    results = parallel(joblib.delayed(function)(*given) for function, given in tasks)
                yield from results
            finally:
                if results is not None:
                    results.close()

        yield work


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes and threads that are started meanwhile never hear Ctrl-C or a request to end: their parent answers it.

    A process that is just being born would print a traceback otherwise. A signal that comes meanwhile is kept for the
    end of it. Without effect where there are no signals to block (Windows).
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_trackers() -> None:
    """Start the processes that clear up after killed workers, so that they do without telling about it.

    Started later, by the pool, they would also end :func:`deaf_children` before the workers are born.
    """
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    said = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [said, "ignore:resource_tracker"]))
    try:
        resource_tracker.ensure_running()
        loky_tracker.ensure_running()
    finally:
        os.environ.pop("PYTHONWARNINGS")
        if said is not None:
            os.environ["PYTHONWARNINGS"] = said


def _end_loky() -> None:
    from joblib.externals.loky import get_reusable_executor

    with contextlib.suppress(Exception):  # nothing to end, or ended already
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _dask(jobs: int | None, address: str | None) -> Iterator[None]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise BadInput("Dask is not installed: pip install 'voxstudio[cluster]'.") from None
    with contextlib.ExitStack() as stack:
        try:
            if address is None:
                _start_trackers()
                with deaf_children():
                    cluster = LocalCluster(
                        n_workers=jobs, threads_per_worker=1, dashboard_address=None, silence_logs=50
                    )
                where: Any = stack.enter_context(cluster)
            else:
                where = address
            stack.enter_context(Client(where, timeout=10, set_as_default=True))
        except (OSError, TimeoutError, ValueError) as error:
            named = f"at {address} " if address else ""
            raise BadInput(f"No Dask cluster {named}could be reached ({type(error).__name__}): check it.") from None
        yield


@contextlib.contextmanager
def _ray(jobs: int | None, address: str | None) -> Iterator[None]:
    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError:
        raise BadInput("Ray is not installed: pip install ray.") from None
    try:
        ray.init(address=address, **({} if address else {"num_cpus": jobs}), log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BadInput(f"No Ray cluster could be reached ({type(error).__name__}): check it.") from None
    try:
        register_ray()
        yield
    finally:
        ray.shutdown()
