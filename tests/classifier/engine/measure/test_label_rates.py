"""Which classes subgroups have, and where that is more than chance."""

from classifier.engine.measure.label_rates import label_rates


def test_a_camera_that_sees_one_class_more_is_found():
    counts = {"new": [50, 50], "old": [80, 20], "rare": [5, 0]}
    new, old, rare = label_rates(counts, ["cat", "dog"])
    assert [(each.count, each.share, each.standing) for each in new.classes] == [
        (50, 0.5, "less"),
        (50, 0.5, "more"),
    ]
    assert [each.standing for each in old.classes] == ["more", "less"]
    assert (rare.images, [each.standing for each in rare.classes]) == (5, ["too_few", "too_few"])


def test_equal_subgroups_are_similar():
    rows = label_rates({"north": [40, 60], "south": [42, 58]}, ["cat", "dog"])
    assert {rate.standing for row in rows for rate in row.classes} == {"similar"}
    assert label_rates({"all": [0, 0]}, ["cat", "dog"])[0].classes[0].share == 0.0
