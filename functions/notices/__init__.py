"""The stage that carries out what an officer decided, and writes what a school owes."""

import gc

gc.set_threshold(200_000)  # nothing of what is imported is garbage: looking for it was a twelfth of a cold start
