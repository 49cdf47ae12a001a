from __future__ import annotations

import threading
import time

import pytest

from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.engine.jobs import IoThread, Job, Mailbox, OwnerLoop


def test_the_newest_letter_wins():
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put(1) is None
    assert mailbox.put(2) == 1
    assert mailbox.put(3) == 2
    assert mailbox.has_mail
    assert mailbox.take() == 3
    assert not mailbox.has_mail


def test_one_in_hand_one_waiting_and_nothing_piles_up():
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int] = []
    busy, go_on = threading.Event(), threading.Event()

    def worker() -> None:
        while (item := mailbox.take()) is not None:
            taken.append(item)
            busy.set()
            go_on.wait(10)

    thread = threading.Thread(target=worker)
    thread.start()
    mailbox.put(0)
    assert busy.wait(10)
    for number in range(1, 1000):
        mailbox.put(number)
    go_on.set()
    while len(taken) < 2:
        time.sleep(0.001)
    mailbox.close()
    thread.join(10)
    assert not thread.is_alive()
    assert taken == [0, 999]


def test_a_closed_mailbox_takes_nothing():
    mailbox: Mailbox[int] = Mailbox()
    mailbox.close()
    mailbox.put(1)
    assert mailbox.take() is None


def test_a_stopped_job_raises_at_its_next_report():
    job = Job("Counting")
    job.progress(0.5)
    job.stop()
    with pytest.raises(Cancelled):
        job.progress(0.6)
    with pytest.raises(Cancelled):
        job.partial(1)
    assert job.fraction == 0.5


def test_progress_stays_between_nothing_and_all():
    seen = []
    job = Job("Counting", on_progress=lambda job: seen.append((job.fraction, job.words)))
    job.progress(-1.0)
    job.progress(7.0, "Done")
    assert seen == [(0.0, "Counting"), (1.0, "Done")]


def test_the_io_thread_works_in_order_and_hands_errors_over():
    loop, outcomes = OwnerLoop(), []
    io = IoThread()

    def done(value, error):
        loop.post(lambda: outcomes.append((value, error)))

    def fail(job):
        raise BadInput("This is not a picture.")

    io.submit(Job("one"), lambda job: 1, done)
    io.submit(Job("two"), fail, done)
    io.submit(Job("three"), lambda job: 3, done)
    assert loop.run_until(lambda: len(outcomes) == 3, 10)
    assert outcomes[0] == (1, None)
    assert str(outcomes[1][1]) == "This is not a picture."
    assert outcomes[2] == (3, None)
    assert io.close()


def test_the_io_thread_has_little_room_and_says_so():
    gate = threading.Event()
    io = IoThread(room=1)
    io.submit(Job("blocks"), lambda job: gate.wait(10), lambda value, error: None)
    with pytest.raises(BadInput, match="Too many files"):
        for _ in range(3):
            io.submit(Job("waits"), lambda job: None, lambda value, error: None)
    gate.set()
    assert io.close()


def test_closing_stops_the_running_job_and_forgets_the_waiting_ones():
    ran, outcomes = [], []
    io = IoThread()
    started = threading.Event()

    def long_work(job):
        started.set()
        for step in range(10_000):
            job.progress(step / 10_000)
            time.sleep(0.001)

    io.submit(Job("long"), long_work, lambda value, error: outcomes.append(type(error)))
    io.submit(Job("waits"), lambda job: ran.append(1), lambda value, error: outcomes.append("ran"))
    assert started.wait(10)
    began = time.monotonic()
    assert io.close()
    assert time.monotonic() - began < 2.0
    assert outcomes == [Cancelled]
    assert ran == []


def test_closing_waits_for_what_a_person_made():
    ran, gate = [], threading.Event()

    def slow(job):
        gate.wait(10)
        job.check()
        ran.append("in hand")

    def over(value, error):
        assert error is None

    io = IoThread()
    io.submit(Job("in hand", lasting=True), slow, over)
    io.submit(Job("waits"), lambda job: ran.append("waits"), over)
    io.submit(Job("kept", lasting=True), lambda job: ran.append("kept"), over)
    threading.Timer(0.1, gate.set).start()
    assert io.close()
    assert ran == ["in hand", "kept"]
