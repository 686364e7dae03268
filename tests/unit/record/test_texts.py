"""Which values in running text are so likely secrets that they are hidden wherever they stand."""

from __future__ import annotations

import pytest

from sparkwire.record.texts import in_addresses, is_likely


@pytest.mark.parametrize(
    "text, likely",
    [
        ("jdbc:x;password=<hush>", True),
        ("JDBC:X;password=<hush>", True),
        ("jdbc:x;password=<hu sh>", True),
        ("https://h/?password=<hush>", True),
        ("see 'jdbc:x;password=<hush>", True),
        ('see "jdbc:x;password=<hush>', True),
        ("see\njdbc:x;password=<hush>", True),
        ("password=<hush1>", True),
        ("password=<hu/sh>", True),
        # A plain word, or several of them, which may stand anywhere.
        ("password=<hush>", False),
        ("password=<hu_sh-be.quiet now>", False),
        ("https://h password=<hush>", False),
        ("at https://h the password=<hush>", False),
        ("at jdbc:x\npassword=<hush>", False),
        ("at 'jdbc:x',password=<hush>", False),
        ('at "jdbc:x",password=<hush>', False),
        # As far back as an address may begin, because a text may have thousands of values.
        ("jdbc:" + "x" * 2034 + "password=<hush>", True),
        ("jdbc:" + "x" * 2035 + "password=<hush>", False),
    ],
)
def test_a_parameter_of_a_url_is_a_likely_secret_and_so_is_what_is_no_word(text: str, likely: bool) -> None:
    start, end = text.index("<"), text.index(">") - 1
    assert is_likely(text.replace("<", "").replace(">", ""), (start, end)) is likely


@pytest.mark.parametrize(
    "address", ["https://me:<hush>@h", "https://me:<hu/sh>@h", "https://me:<hu?s#h>@h/x"]
)
def test_a_password_in_an_address_may_hold_what_ends_a_host(address: str) -> None:
    start, end = address.index("<"), address.index(">") - 1
    assert (start, end) in in_addresses(address.replace("<", "").replace(">", ""))
