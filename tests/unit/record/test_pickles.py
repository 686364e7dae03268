"""A secret that a pickled function closes over is found, and nothing is loaded."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record.pickles import secrets_in_pickle


def starred(data):
    found = bytearray(data)
    for start, end in secrets_in_pickle(data):
        found[start:end] = b"*" * (end - start)
    return bytes(found)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("secret", ["hush-hush", "öffne dich", b"bytes-of-it"])
def test_a_value_behind_a_secrets_name(protocol, secret):
    if protocol == 2 and isinstance(secret, bytes):
        return  # bytes are a call there, of a string in another coding
    data = pickle.dumps({"user": "ada", "db_password": secret, "url": "here"}, protocol)
    raw = secret if isinstance(secret, bytes) else secret.encode()
    hidden = starred(data)
    assert raw not in hidden
    assert hidden.count(b"*") == len(raw)
    loaded = pickle.loads(hidden)
    assert loaded["user"] == "ada"
    assert loaded["url"] == "here"


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_name_that_was_written_before(protocol):
    data = pickle.dumps([["password"] * 2, {"a": 1, "password": "hush-hush"}], protocol)
    assert data.count(b"password") == 1
    assert b"hush" not in starred(data)


@pytest.mark.parametrize(
    "value",
    [{"password": "string"}, {"password": "token"}, {"password": 12}, {"author": "ada"}, ["password"]],
)
def test_what_is_no_secret(value):
    assert secrets_in_pickle(pickle.dumps(value)) == []


def test_the_last_thing_in_a_pickle_that_is_cut():
    data = pickle.dumps({"password": "hush-hush"})
    assert secrets_in_pickle(data[: data.index(b"hush") + 4]) == []


@given(st.binary(max_size=300))
def test_any_bytes(data):
    secrets_in_pickle(data)
