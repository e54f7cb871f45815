"""Each function can touch exactly what the table says, and the table says why."""

import pytest
from cloudformation import Template, rights_in_template
from tables import cases, read


@pytest.mark.parametrize("case", cases("permissions"))
def test_a_function_may_do_what_the_table_says(core: Template, case: dict[str, str]) -> None:
    right = case["function"], case["resource"], case["only"]
    assert rights_in_template(core).get(right) == set(case["actions"].split())


def test_no_function_may_do_more_than_the_table_says(core: Template) -> None:
    rights = [(row["function"], row["resource"], row["only"]) for row in read("permissions")]
    assert len(rights) == len(set(rights)), "one row a right"
    assert set(rights) == set(rights_in_template(core))
