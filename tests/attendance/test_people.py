"""Who may be one person: two spellings and two schools, never two pupils, never spouses."""

from datetime import date

from attendance.people import Person, near_match, near_matches


def test_nobody_is_compared_across_pupils() -> None:
    of_one = Person("PUPIL 1", "100001", "p1", "Example", "Ann", date_of_birth=date(1985, 2, 3))
    of_another = Person("PUPIL 2", "100001", "p1", "Example", "Ann", date_of_birth=date(1985, 2, 3))

    assert near_match(of_one, of_another) is None
    assert near_matches([of_one, of_another]) == []


def test_every_pair_is_found_in_one_order_whatever_the_order_given() -> None:
    ann = Person("PUPIL", "100001", "p1", "Example", "Ann")
    again = Person("PUPIL", "100001", "p2", "Example", "Ann")
    elsewhere = Person("PUPIL", "100002", "p1", "Example", "Ann")
    ben = Person("PUPIL", "100001", "p3", "Example", "Ben")
    pairs = [(ann, again), (ann, elsewhere), (again, elsewhere)]

    assert near_matches([elsewhere, ben, again, ann]) == [(a, b, "same full name") for a, b in pairs]
