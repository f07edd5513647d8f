"""The mailbox keeps every scalar, the latest of all else, and rings once."""

import threading
from dataclasses import dataclass

from mlp_core.snapshot import EpochStats
from mlp_viz.run.mailbox import Mailbox


@dataclass(frozen=True)
class Picture:
    number: int


@dataclass(frozen=True)
class Text:
    number: int


def stats(epoch: int) -> EpochStats:
    return EpochStats(epoch, 1.0, 0.0, 0.5, 0.5, 0.1)


class Bell:
    def __init__(self) -> None:
        self.rings = 0

    def __call__(self) -> None:
        self.rings += 1


def test_every_scalar_is_kept_and_only_the_latest_of_the_rest() -> None:
    box = Mailbox(Bell())
    for number in range(1, 4):
        box.post(stats(number))
        box.post(Picture(number))
        box.post(Text(number))
    box.post(Picture(4))
    mail = box.take()
    assert [each.epoch for each in mail.stats] == [1, 2, 3]
    assert mail.latest == (Text(3), Picture(4))  # in the order in which they last came


def test_it_rings_only_when_it_was_empty() -> None:
    bell = Bell()
    box = Mailbox(bell)
    for number in range(100):
        box.post(stats(number))
        box.post(Picture(number))
    assert bell.rings == 1
    box.take()
    box.post(Picture(1))
    box.post(stats(1))
    assert bell.rings == 2


def test_taking_empties_it() -> None:
    box = Mailbox(Bell())
    box.post(stats(1))
    box.post(Picture(1))
    assert box.holds(Picture)
    assert not box.holds(Text)
    box.take()
    assert not box.holds(Picture)
    mail = box.take()
    assert (mail.stats, mail.latest) == ((), ())


def test_the_bell_may_empty_it_at_once() -> None:
    heard: list[object] = []
    box = Mailbox(lambda: heard.extend(box.take().latest))
    for number in range(3):
        box.post(Picture(number))
    assert heard == [Picture(0), Picture(1), Picture(2)]


def test_news_that_were_not_fetched_can_be_taken_back() -> None:
    box = Mailbox(lambda: None)
    assert box.take_back(Picture) is None
    box.post(Picture(1))
    taken = box.take_back(Picture)
    assert taken is not None
    assert taken.number == 1
    assert box.take().latest == ()


def test_nothing_is_lost_under_a_hammering_thread() -> None:
    count = 20_000
    rung = threading.Semaphore(0)
    box = Mailbox(rung.release)

    def hammer() -> None:
        for number in range(1, count + 1):
            box.post(Picture(number))
            box.post(stats(number))

    worker = threading.Thread(target=hammer)
    worker.start()
    epochs: list[int] = []
    pictures: list[int] = []
    notices = fetched = 0
    while len(epochs) < count:
        assert rung.acquire(timeout=10), "not rung although it was empty"
        notices += 1
        mail = box.take()
        fetched += bool(mail.stats or mail.latest)
        epochs += [each.epoch for each in mail.stats]
        pictures += [each.number for each in mail.latest]
    worker.join()
    assert epochs == list(range(1, count + 1))
    assert pictures == sorted(set(pictures))
    assert pictures[-1] == count
    assert notices == fetched  # one notice for each filled box, never more
    assert not rung.acquire(blocking=False)
