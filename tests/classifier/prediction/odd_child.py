"""A model process or a decoder that does one odd thing: `odd_child THING`."""

import os
import sys
import time

from classifier.prediction.serving import pixels


def spin(*_: object) -> None:
    """Work for ever."""
    while True:
        pass


if __name__ == "__main__":
    if sys.argv[1] == "close":
        os.close(0)
        time.sleep(1)
    elif sys.argv[1] == "sleep":
        time.sleep(60)
    else:
        pixels.SECONDS_PER_IMAGE = 1
        pixels.main(spin)
