r"""The gateway wire: the text protocol that Py4J speaks between Python and the driver's JVM.

Everything is lines of UTF-8. Python asks, Java answers, one at a time on a connection::

    c                       a command's code: call
    o14                     whose method: the object that Java keeps as o14
    sc                      the method's name
    e                       the end of the command

    !yro22                  ! a reply, y it went well, r a reference follows, to the object o22

A value starts with a type code (``s`` string, ``i`` integer, ``r`` reference, ``n`` null ...), and text is
escaped so that it stays on its line. Java objects never cross: Java keeps them under an id, and Python
holds the id until it lets go of it (``m`` ``d``). On the same connection, or on another one, Java calls
Python objects that implement a Java interface, with the same commands the other way round: a *callback*.
So each direction carries requests and replies, and a reply is told from a request by its ``!``.

``Conversation`` turns the bytes of one connection into requests, each with its reply. ``Decoder`` turns those
of one direction into messages. Both run on the code table: ``COMMANDS``, ``TYPE_CODES`` and ``REPLIES``.
Py4J 0.10.9.9.
"""

from sparkwire.wire.gateway.codes import CLASS_MARKER, COMMANDS, END_MARKER, REPLIES, REPLY_MARKER, TYPE_CODES
from sparkwire.wire.gateway.conversation import Conversation, Event, Happened, Pair
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.gateway.layout import (
    Command,
    Ends,
    Form,
    Kind,
    Part,
    Purpose,
    Reply,
    Sense,
    Subcommand,
    TypeCode,
)
from sparkwire.wire.gateway.lookup import (
    OBJECT_PARTS,
    PROXIES,
    REFERENCES,
    TYPES,
    command_of,
    sense_of,
)

__all__ = [
    "CLASS_MARKER",
    "COMMANDS",
    "END_MARKER",
    "OBJECT_PARTS",
    "PROXIES",
    "REFERENCES",
    "REPLIES",
    "REPLY_MARKER",
    "TYPES",
    "TYPE_CODES",
    "Command",
    "Conversation",
    "Decoder",
    "Ends",
    "Event",
    "Form",
    "Happened",
    "Kind",
    "Pair",
    "Part",
    "Purpose",
    "Reply",
    "Sense",
    "Subcommand",
    "TypeCode",
    "command_of",
    "sense_of",
]
