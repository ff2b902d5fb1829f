import asyncio
import threading

from asgiref.sync import sync_to_async

from common import warm_threads
from common.warm_threads import WarmThreadsMiddleware

HTTP = {"type": "http"}


def meet(barrier: threading.Barrier) -> int:
    barrier.wait(10)
    return threading.get_ident()


def idents(*rounds: int) -> list[list[int]]:
    """Serve so many requests at once, round after round; return the thread of each."""
    found: list[list[int]] = []

    async def application(scope, receive, send) -> None:
        found[-1].append(await sync_to_async(meet)(scope["barrier"]))

    async def serve() -> None:
        warm = WarmThreadsMiddleware(application)
        for count in rounds:
            found.append([])
            barrier = threading.Barrier(count)
            await asyncio.gather(
                *(warm({**HTTP, "barrier": barrier}, None, None) for _ in range(count))
            )
            while len(warm._idle) < min(count, warm_threads.KEPT):
                await asyncio.sleep(0.01)

    asyncio.run(serve())
    return found


def test_the_next_request_has_the_thread_of_the_last():
    first, second = idents(1, 1)
    assert first == second


def test_requests_at_once_have_threads_of_their_own_and_not_all_are_kept(monkeypatch):
    monkeypatch.setattr(warm_threads, "KEPT", 2)
    alive = threading.active_count()
    many, few = idents(5, 2)
    assert len(set(many)) == 5
    assert set(few) < set(many)
    assert threading.active_count() - alive <= 2


def test_a_view_whose_client_has_gone_delays_nobody():
    done = threading.Event()

    async def application(scope, receive, send) -> None:
        if scope["slow"]:
            await sync_to_async(done.wait)(10)
        await sync_to_async(lambda: None)()

    async def serve() -> bool:
        warm = WarmThreadsMiddleware(application)
        slow = asyncio.create_task(warm({**HTTP, "slow": True}, None, None))
        await asyncio.sleep(0.1)
        slow.cancel()
        await asyncio.wait_for(warm({**HTTP, "slow": False}, None, None), 5)
        still_at_work = not done.is_set()
        done.set()
        await asyncio.gather(slow, return_exceptions=True)
        return still_at_work

    assert asyncio.run(serve())
