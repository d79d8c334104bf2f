#!/usr/bin/env -S python3 -B
"""The reader takes good tables and refuses every kind of damage, saying where it is."""

import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import table  # noqa: E402
import tap  # noqa: E402

HEADER = ",".join(table.COLUMNS)
GOOD = "x86_64-linux,raw,sodium,sha256,copied,4096,measured,ns,5123.1,5100.2,5150.9,11,yes"
TWIN = GOOD.replace("raw", "og-none")


def read(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return table.read_results(path)


def refused(text, line, column, *words):
    try:
        read(text)
    except table.Damage as damage:
        tap.contains(str(damage), f"results.csv:{line}:{column}: ", *words)
    else:
        raise AssertionError("it was accepted")


def damaged(old, new):
    """A good table whose third line has `new` for `old`."""
    tap.contains(TWIN, old)
    return f"{HEADER}\n{GOOD}\n{TWIN.replace(old, new)}\n"


def a_good_table_is_read_in_full():
    rows = read(f"{HEADER}\n{GOOD}\n{TWIN}\n")
    tap.equal(len(rows), 2)
    tap.equal(rows[0].case, table.Case("x86_64-linux", "raw", "sodium", "sha256", "copied", 4096,
                                       "measured", "ns"))
    tap.equal(rows[1][1:5], (5123.1, 5100.2, 5150.9, 11))
    tap.equal(rows[1].case.baseline(), rows[0].case)


def a_table_with_only_a_header_has_no_rows():
    tap.equal(read(HEADER + "\n"), [])


def an_empty_file_is_refused():
    refused("", 1, "target", "header")


def a_renamed_column_is_refused():
    refused(HEADER.replace("kind", "sort") + "\n", 1, "kind", "'sort'")


def a_missing_column_in_the_header_is_refused():
    refused(HEADER.replace(",verified", "") + "\n", 1, "verified", "nothing")


def a_column_too_many_in_the_header_is_refused():
    refused(HEADER + ",colour\n", 1, "colour", "too many")


def a_row_with_too_few_columns_is_refused():
    refused(damaged(",11,yes", ""), 3, "ci_high", "ends early", "make reproduce")


def a_row_with_too_many_columns_is_refused():
    refused(damaged("yes", "yes,no"), 3, "verified", "14 columns")


def a_last_row_without_its_newline_is_refused():
    refused(f"{HEADER}\n{GOOD}", 2, "verified", "ends early")


def an_empty_line_in_the_middle_is_refused():
    refused(f"{HEADER}\n\n{GOOD}\n", 2, "target", "ends early")


def a_median_that_is_no_number_is_refused():
    refused(damaged("5123.1", "51x3"), 3, "median", "'51x3'")


def a_median_that_is_not_finite_is_refused():
    refused(damaged("5123.1", "nan"), 3, "median", "finite")


def a_negative_bound_is_refused():
    refused(damaged("5100.2", "-1"), 3, "ci_low", "0 or more")


def a_lower_bound_above_the_median_is_refused():
    refused(damaged("5100.2", "5130"), 3, "ci_low", "above")


def an_upper_bound_below_the_median_is_refused():
    refused(damaged("5150.9", "5120"), 3, "ci_high", "below")


def a_size_that_is_no_whole_number_is_refused():
    refused(damaged("4096", "4k"), 3, "size_bytes", "'4k'")


def samples_of_zero_are_refused():
    refused(damaged(",11,", ",0,"), 3, "samples", "0 samples")


def an_unknown_kind_is_refused():
    refused(damaged("measured", "guessed"), 3, "kind", "'guessed'", "emulated")


def a_unit_that_the_kind_cannot_have_is_refused():
    refused(damaged("measured", "emulated"), 3, "unit", "instructions")


def two_units_on_one_target_are_refused():
    refused(damaged("measured,ns", "emulated,instructions"), 3, "unit", "one unit")


def a_system_that_is_both_measured_and_modelled_on_a_target_is_refused():
    refused(f"{HEADER}\n{GOOD}\n{GOOD.replace('4096,measured', '8192,modelled')}\n", 3, "kind",
            "raw is modelled here and not on line 2")


def a_system_may_be_modelled_on_one_target_and_counted_on_another():
    model = GOOD.replace("raw", "og-mpk").replace("measured", "modelled")
    guest = model.replace("x86_64-linux", "pku-guest").replace("modelled,ns",
                                                               "emulated,instructions")
    tap.equal(len(read(f"{HEADER}\n{GOOD}\n{model}\n{guest}\n")), 3)


def an_unknown_placement_is_refused():
    refused(damaged("copied", "moved"), 3, "placement", "resident")


def a_name_with_strange_characters_is_refused():
    refused(damaged("sha256", "sha 256"), 3, "operation", "'sha 256'")


def a_case_that_is_there_twice_is_refused():
    refused(f"{HEADER}\n{GOOD}\n{GOOD}\n", 3, "system", "line 2")


def an_output_that_was_not_verified_is_refused():
    refused(damaged("yes", "no"), 3, "verified", "not equal")


def a_verdict_that_is_neither_yes_nor_no_is_refused():
    refused(damaged("yes", "perhaps"), 3, "verified", "'perhaps'")


def bytes_that_are_not_text_are_refused():
    refused(damaged("sodium", "sod\ufffdum"), 3, "workload")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
