"""One run of a pipeline at a time."""

from __future__ import annotations

import threading

import pytest
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

from pipeline.kubeflow.lease import TERM_SECONDS, Lease, Term, may_take

NOON = 1_800_000_000.0


@pytest.mark.parametrize(
    ("latest", "allowed"),
    [
        (None, True),
        (Term(1, "other", NOON + 1, 7), False),
        (Term(1, "other", NOON, 7), True),
        (Term(1, "mine", NOON + 1, 7), True),
    ],
)
def test_who_may_take_it(latest, allowed):
    assert may_take(latest, "mine", NOON) is allowed


class Store:
    """As much of a MetadataStore as a lease needs; names of contexts are unique."""

    def __init__(self):
        self.contexts = {}
        self.before_put = lambda: None

    def put_context_type(self, kind):
        return 1 if kind.name == "tidemill.lease.taxi" else 2

    def get_contexts_by_type(self, _name):
        return [metadata_store_pb2.Context.FromString(text) for text in self.contexts.values()]

    def put_contexts(self, contexts):
        (context,) = contexts
        self.before_put()
        if not context.id:
            if context.name in self.contexts:
                raise errors.AlreadyExistsError("there is one of this name")
            context.id = len(self.contexts) + 10
        self.contexts[context.name] = context.SerializeToString()
        return [context.id]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = NOON
        self.meanwhile = lambda: None

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lease(store, clock):
    return lambda run_id: Lease(store, "taxi", run_id, clock, clock.sleep)


def take(lease):
    waited = []
    lease.acquire(waited.append)
    return waited


def test_the_second_waits_for_the_first_and_says_so_once(lease, clock):
    first = lease("first")
    assert take(first) == []
    clock.meanwhile = lambda: clock.now > NOON + 60 and first.release()

    assert take(lease("second")) == ["first"]
    assert NOON + 60 < clock.now < NOON + TERM_SECONDS


def test_what_a_dead_pod_held_expires(lease, clock):
    take(lease("dead"))

    assert take(lease("next")) == ["dead"]
    assert clock.now >= NOON + TERM_SECONDS


@pytest.mark.parametrize("ended", [True, False])
def test_what_a_run_held_that_kubeflow_says_has_ended_is_taken_soon(lease, clock, ended):
    asked = []
    take(lease("terminated"))
    lease("next").acquire(lambda _: None, lambda run: asked.append((run, clock.now)) or ended)

    run, when = asked[0]
    assert run == "terminated"
    assert when >= NOON + 2 * 60
    assert (clock.now < NOON + 4 * 60) is ended


def test_a_run_that_still_renews_its_lease_is_waited_for_whatever_kubeflow_says(lease, clock):
    alive = lease("alive")
    take(alive)

    def meanwhile():
        if clock.now < NOON + TERM_SECONDS:
            alive.leave()  # as a task that goes on renews it

    clock.meanwhile = meanwhile
    lease("next").acquire(lambda _: None, lambda _: True)

    assert clock.now > NOON + TERM_SECONDS


def test_of_two_that_wait_for_a_run_that_has_ended_one_follows_the_other(lease, store, clock):
    take(lease("terminated"))
    quicker, slower = lease("quicker"), lease("slower")

    def overtake():
        store.before_put = lambda: None
        quicker.acquire(lambda _: None, lambda _: True)
        clock.meanwhile = lambda: clock.now > NOON + 600 and quicker.release()

    waited = []
    store.before_put = overtake
    slower.acquire(waited.append, lambda _: True)

    assert waited == ["terminated", "quicker"]


def test_the_next_task_of_a_run_goes_on_with_its_lease(lease, store):
    task = lease("run")
    take(task)
    task.leave()

    assert take(lease("run")) == []
    assert list(store.contexts) == ["1"]


def test_leaving_gives_the_next_task_a_whole_term(lease, clock):
    task = lease("run")
    take(task)
    clock.now += TERM_SECONDS - 1
    task.leave()
    clock.now += TERM_SECONDS - 1
    clock.meanwhile = lambda: None

    assert take(lease("other")) == ["run"]


def test_of_two_at_the_same_moment_one_has_to_wait(lease, store, clock):
    quicker, slower = lease("quicker"), lease("slower")

    def overtake():
        store.before_put = lambda: None
        take(quicker)

    store.before_put = overtake
    clock.meanwhile = lambda: clock.now > NOON + 60 and quicker.release()

    assert take(slower) == ["quicker"]


def test_a_run_whose_term_ran_out_meanwhile_waits_for_its_successor(lease, clock):
    run, successor = lease("run"), lease("successor")
    take(run)
    clock.now += TERM_SECONDS
    take(successor)
    clock.meanwhile = successor.release

    assert take(lease("run")) == ["successor"]


class RenewingStore(Store):
    """Calls back when a lease is renewed by its thread, and tells what became of it."""

    def __init__(self, on_renewal):
        super().__init__()
        self.on_renewal = on_renewal
        self.given_up = threading.Event()
        self.renewed = threading.Event()

    def put_contexts(self, contexts):
        if threading.current_thread() is threading.main_thread():
            ids = super().put_contexts(contexts)
            if contexts[0].properties["expires"].double_value == 0.0:
                self.given_up.set()
            return ids
        self.on_renewal(self)
        ids = super().put_contexts(contexts)
        self.renewed.set()
        return ids


def test_a_renewal_under_way_cannot_outlive_the_release(clock):
    under_way = threading.Event()

    def dawdle(store):
        under_way.set()
        store.given_up.wait(0.1)  # the release must not come in between

    store = RenewingStore(dawdle)
    run = Lease(store, "taxi", "run", clock, clock.sleep)
    take(run)
    run.keep(every=0.001)
    assert under_way.wait(60)
    run.release()
    assert store.renewed.wait(60)

    assert take(Lease(store, "taxi", "next", clock, clock.sleep)) == []


def test_a_renewal_that_fails_is_told_and_tried_again(clock, caplog):
    failures = iter([errors.InternalError("the disk is full"), OSError("no route")])

    def fail_twice(_store):
        for failure in failures:
            raise failure

    store = RenewingStore(fail_twice)
    run = Lease(store, "taxi", "run", clock, clock.sleep)
    take(run)
    run.keep(every=0.001)

    assert store.renewed.wait(60)
    run.release()
    assert [record.getMessage() for record in caplog.records] == [
        "the lease of taxi could not be renewed, which is tried again: the disk is full",
        "the lease of taxi could not be renewed, which is tried again: no route",
    ]


@pytest.mark.parametrize("end", [Lease.leave, Lease.release])
def test_a_lease_that_cannot_be_given_back_expires_and_fails_no_task(lease, store, end, caplog):
    run = lease("run")
    take(run)

    def fail():
        raise errors.UnavailableError("nobody answers")

    store.before_put = fail
    end(run)

    assert "nobody answers; it expires within 15 minutes" in caplog.text
