from time import sleep

from common.pace import Pace


def test_rate_and_time_left_count_from_the_first_sign_of_progress():
    pace = Pace(100)
    assert pace.rate(100) is None
    assert pace.seconds_left(100, 200) is None
    sleep(0.05)
    rate = pace.rate(150)
    # Fifty units in at least the time slept, not a hundred and fifty.
    assert 0 < rate <= 50 / 0.05
    assert pace.seconds_left(150, 200) >= 0.05
    assert pace.seconds_left(150, None) is None
    assert pace.is_after(99)
    assert not pace.is_after(100)
