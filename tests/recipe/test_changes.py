"""Messages name the keys in which a recipe differs from an earlier one."""

from rmpl.recipe.changes import changes


def test_changed_keys_are_named_with_both_values():
    before = {"seed": 7, "stages": [{"batch": 8, "adapter": {"rank": 4}}], "data": None}
    now = {"seed": 7, "stages": [{"batch": 16, "adapter": {"rank": 4}}], "data": "there"}
    assert changes(before, now) == "stages.0.batch is 16, was 8; data is there, was not set"
    assert changes(before, before) == ""


def test_keys_that_only_one_has_count_and_few_are_named():
    found = changes({"a": 1, "b": [1, 2]}, {"b": [], "c": {"d": 1}, "e": 2})
    assert "c.d is 1, was not set" in found
    assert "a is not set, was 1" in found
    assert found.endswith("; and 2 more keys")
