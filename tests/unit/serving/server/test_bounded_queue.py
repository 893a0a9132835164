import threading

from serving.server.bounded_queue import BoundedQueue


def test_items_come_out_together_in_their_order():
    queue = BoundedQueue(100, gather_s=0)
    assert queue.offer("a", 1)
    assert queue.offer("b", 1)
    assert queue.take() == (["a", "b"], 0)


def test_what_finds_no_room_is_refused_and_counted():
    queue = BoundedQueue(10, gather_s=0)
    assert queue.offer("a", 6)
    assert not queue.offer("b", 5)
    assert queue.offer("c", 4)
    assert queue.take() == (["a", "c"], 1)
    assert not queue.offer("d", 1), "what was taken is still being worked on"
    assert queue.take(0) == ([], 1)
    assert queue.offer("e", 10)


def test_one_item_may_be_larger_than_the_queue():
    queue = BoundedQueue(10, gather_s=0)
    assert queue.offer("a", 1000)
    assert not queue.offer("b", 1)


def test_a_closed_queue_refuses_and_gives_out_what_it_holds():
    queue = BoundedQueue(10, gather_s=60)
    queue.offer("a", 1)
    queue.close()
    assert not queue.offer("b", 1)
    assert queue.take() == (["a"], 1)
    assert queue.take() == ([], 0)


def test_the_taker_wakes_up_for_an_item_and_for_the_end():
    queue = BoundedQueue(10, gather_s=0)
    taken = []

    def work():
        while not queue.closed:
            taken.append(queue.take())

    thread = threading.Thread(target=work)
    thread.start()
    queue.offer("a", 1)
    queue.close()
    thread.join(10)
    assert not thread.is_alive()
    assert (["a"], 0) in taken
