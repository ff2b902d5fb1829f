"""Models that Loupe did not train: what a `.keras` file may hold, and how it becomes one of ours.

``package``, ``architecture`` and ``stated`` read a stranger's file in plain Python, ``hdf5`` with
h5py, ``conversion`` with Keras. The last two run in ``process`` alone, which has no network, no
secrets and no files (ADR 0049).
"""
