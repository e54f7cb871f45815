"""The stage that computes what a school's new part, or a day that passed, means."""

import gc

gc.set_threshold(200_000)  # nothing of what is imported is garbage: looking for it was a twelfth of a cold start
