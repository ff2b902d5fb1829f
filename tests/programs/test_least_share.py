"""When work in the background has had too little of the processors."""

from programs.least_share import WINDOW_SECONDS, LeastShare


def test_each_window_counts_for_itself():
    now = [100.0]
    share = LeastShare(clock=lambda: now[0])
    assert share.is_due(), "what opens a model shall not wait for a window"
    assert share.is_short(used=0.3)
    assert not share.is_due(), "the next window has begun"
    now[0] += WINDOW_SECONDS
    assert share.is_due()
    assert share.is_short(used=0.3 + WINDOW_SECONDS * 0.09)
    now[0] += WINDOW_SECONDS
    # What it had before does not count.
    assert not share.is_short(used=0.3 + WINDOW_SECONDS * 0.2)
    now[0] += WINDOW_SECONDS
    assert share.is_short(used=0.3 + WINDOW_SECONDS * 0.2)
