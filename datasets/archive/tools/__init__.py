"""One module for each tool that people come from: what its export says about the images beside it.

Pure, as all of `archive`: addresses in these files are labels to find files by, and nothing opens
them.
"""
