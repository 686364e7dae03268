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

``Decoder`` turns the bytes of one direction into messages. ``COMMANDS``, ``TYPE_CODES`` and ``REPLIES`` are
the code table it runs on. Py4J 0.10.9.9.
"""

from sparkwire.wire.gateway.codes import COMMANDS, END_MARKER, REPLIES, REPLY_MARKER, TYPE_CODES
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.gateway.layout import Command, Form, Kind, Part, Reply, Subcommand, TypeCode

__all__ = [
    "COMMANDS",
    "END_MARKER",
    "REPLIES",
    "REPLY_MARKER",
    "TYPE_CODES",
    "Command",
    "Decoder",
    "Form",
    "Kind",
    "Part",
    "Reply",
    "Subcommand",
    "TypeCode",
]
