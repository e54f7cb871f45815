"""The HTTP API of vendors, schools and officers."""

import gc

gc.set_threshold(200_000)  # nothing of what is imported is garbage: looking for it was a twelfth of a cold start
