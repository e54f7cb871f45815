"""The stage that checks what a school sends and answers it."""

import gc

gc.set_threshold(200_000)  # nothing of what is imported is garbage: looking for it was a twelfth of a cold start
