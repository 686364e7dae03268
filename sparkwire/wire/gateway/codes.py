"""The code table of the gateway wire: every command, type code and reply, as data.

The decoder runs on these tables, and so do the conversation, the lives of objects, the summaries and the
reference page. So what Py4J's protocol says is said here once, and a new command is one entry. The classes
are in ``layout``, and ``lookup`` finds the entry of a message.

Sources are files of Py4J 0.10.9.9: ``*.py`` under ``py4j/``, Java classes by their full name. A layout
is what the *reader* reads: ``py4j.commands.*`` for commands to Java, ``py4j/clientserver.py`` and
``py4j/java_gateway.py`` for callbacks. The two readers of callbacks agree to the byte.

What the protocol never says and the readers decide:

* Positions beat the end marker. ``reader.readLine()`` takes the target and the method's name whatever
  they are, so a method may be called ``e``.
* The line after the last part is read and thrown away by most commands (``// Read end``). Only argument
  lists look for ``e``. This table asks for ``e`` in both places; every Py4J client sends it.
* The token of ``A`` is followed by an end marker towards Python (``Protocol.getAuthCommand``) and by
  nothing towards Java (``AuthCommand`` reads one line).
* ``ArrayCommand``, ``ListCommand``, ``ReflectionCommand`` and ``JVMViewCommand`` look at the first
  character of the subcommand's line only. Py4J's clients send that one character, and so it stands here.
"""

from __future__ import annotations

from sparkwire.wire.gateway.layout import (
    Command,
    Ends,
    Form,
    Kind,
    Part,
    Purpose,
    Reply,
    Subcommand,
    TypeCode,
)
from sparkwire.wire.message import Direction

_JAVA, _PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON

REPLY_MARKER = "!"
END_MARKER = "e"
CLASS_MARKER = "z:"
"""Before the name of a class that stands in the place of an object's id."""

END = Part("end of command", Kind.END, "e: the command ends here.")
_TARGET = Part("target object id", Kind.OBJECT, "The object whose method is called, or z: and a class.")
_METHOD = Part("method name", Kind.LINE, "The method to call on the target.")
_ARGUMENTS = Part("argument", Kind.TYPED_REPEATED, "An argument of the call, in its order.")
_LIST = Part("list id", Kind.OBJECT, "The java.util.List to work on.")
_ARRAY = Part("array id", Kind.OBJECT, "The Java array to work on.")
_INDEX = Part("index", Kind.TYPED, "The place in the array, counted from 0.")
_INDICES = Part("index", Kind.TYPED_REPEATED, "The place of an element to take, counted from 0.")
_CLASS = Part("class name", Kind.LINE, "The full name of the Java class.")
_OBJECT = Part("object id", Kind.OBJECT, "The Java object that is meant.")
_FIELD = Part("field name", Kind.LINE, "The public field of the object.")
# JVMViewCommand, ReflectionCommand and DirCommand read a view's id with Protocol.getObject, so it carries a
# type code: rj is a reference to the view j, the default one.
_VIEW = Part("view id", Kind.TYPED, "The view whose imports are used; j is the default view.")
_IMPORT = Part("import", Kind.ESCAPED, "A class, or a package followed by .*, as in Java's import.")
_PATTERN = Part("pattern", Kind.TYPED, "Which members to describe; null for all of them.")
_SHORT = Part("short names", Kind.TYPED, "Whether class names are written without their package.")
_TIMES = Part("times", Kind.TYPED, "How many times to repeat the list.")

COMMANDS: tuple[Command, ...] = (
    Command(
        "A",
        "auth",
        _JAVA,
        "Proves with the gateway's token that the client may talk to it.",
        "py4j.commands.AuthCommand",
        # AuthCommand.execute reads one line and no end marker; clientserver.py sends just that.
        (Part("token", Kind.LINE, "The secret that both sides were given at the start."),),
        "clientserver.py ClientServerConnection._authenticate_connection",
        purpose=Purpose.AUTHENTICATE,
        notation="authenticate",
    ),
    Command(
        "c",
        "call",
        _JAVA,
        "Calls a method of a Java object, or a static method.",
        "py4j.commands.CallCommand",
        (_TARGET, _METHOD, _ARGUMENTS, END),
        "java_gateway.py JavaMember.__call__",
        notation="{target object id}.{method name}({argument})",
        subject="method name",
        origin="{owner}.{method name}",
    ),
    Command(
        "i",
        "constructor",
        _JAVA,
        "Makes a new Java object.",
        "py4j.commands.ConstructorCommand",
        (
            Part("class name", Kind.LINE, "The full name of the new object's class."),
            Part("argument", Kind.TYPED_REPEATED, "An argument of the constructor, in its order."),
            END,
        ),
        "java_gateway.py JavaClass.__call__",
        purpose=Purpose.CREATE,
        notation="new {class name}({argument})",
        subject="class name",
        gives="{class name}",
        origin="{class name}",
    ),
    Command(
        "S",
        "stream",
        _JAVA,
        "Calls a method that returns a channel, whose bytes follow the reply as they are.",
        "py4j.commands.StreamCommand",
        (_TARGET, _METHOD, _ARGUMENTS, END),
        "java_gateway.py JavaMember.stream",
        notation="stream {target object id}.{method name}({argument})",
        subject="method name",
        origin="{owner}.{method name}",
        streams=True,
    ),
    Command(
        "f",
        "field",
        _JAVA,
        "Reads or writes a public field of a Java object.",
        "py4j.commands.FieldCommand",
        (),
        "java_gateway.py get_field, set_field, JavaObject.__getattr__",
        (
            Subcommand(
                "g",
                "get",
                "Reads the field.",
                (_OBJECT, _FIELD, END),
                "java_gateway.py get_field",
                notation="{object id}.{field name}",
                subject="field name",
                origin="{owner}.{field name}",
            ),
            Subcommand(
                "s",
                "set",
                "Writes the field.",
                (_OBJECT, _FIELD, Part("new value", Kind.TYPED, "What the field is set to."), END),
                "java_gateway.py set_field",
                notation="{object id}.{field name} = {new value}",
                subject="field name",
                origin="{owner}.{field name}",
            ),
        ),
    ),
    Command(
        "r",
        "reflection",
        _JAVA,
        "Asks what a name stands for in Java.",
        "py4j.commands.ReflectionCommand",
        (),
        "java_gateway.py JVMView.__getattr__, JavaClass.__getattr__",
        (
            Subcommand(
                "u",
                "unknown",
                "Asks whether a dotted name is a class or else a package.",
                (Part("name", Kind.LINE, "The dotted name in question."), _VIEW, END),
                "java_gateway.py JVMView.__getattr__, JavaPackage.__getattr__",
                notation="what is {name}?",
                subject="name",
            ),
            Subcommand(
                "m",
                "member",
                "Asks what a static member of a class is: a field's value, a method or a class.",
                (_CLASS, Part("member name", Kind.LINE, "The static member that was asked for."), END),
                "java_gateway.py JavaClass.__getattr__",
                notation="what is {class name}.{member name}?",
                subject="member name",
                origin="{class name}.{member name}",
            ),
            Subcommand(
                "c",
                "class",
                "Asks for the java.lang.Class object of a class.",
                (_CLASS, END),
                "java_gateway.py JavaClass._java_lang_class",
                notation="{class name}.class",
                subject="class name",
                gives="java.lang.Class",
            ),
        ),
        purpose=Purpose.LOOK_UP,
    ),
    Command(
        "j",
        "jvmview",
        _JAVA,
        "Makes a view of the JVM, or changes what it imports.",
        "py4j.commands.JVMViewCommand",
        (),
        "java_gateway.py java_import, JavaGateway.new_jvm_view",
        (
            # Python sends the name as a typed string; JVMViewCommand.createJVMView reads a plain escaped
            # line, so in Java the view's name keeps the s. It is shown as it was sent.
            Subcommand(
                "c",
                "create",
                "Makes a new view, with imports of its own.",
                (Part("view name", Kind.TYPED, "A name for the new view, only for people."), END),
                "java_gateway.py JavaGateway.new_jvm_view",
                gives="py4j.JVMView",
            ),
            Subcommand(
                "i",
                "import",
                "Adds an import to a view.",
                (_VIEW, _IMPORT, END),
                "java_gateway.py java_import",
                notation="import {import}",
                subject="import",
            ),
            # protocol.py names it; its Python side never sends it. JVMViewCommand.removeImport reads it.
            Subcommand(
                "r",
                "remove import",
                "Removes an import from a view.",
                (_VIEW, _IMPORT, END),
                "protocol.py REMOVE_IMPORT_SUB_COMMAND_NAME (no sender)",
                subject="import",
            ),
            # JVMViewCommand.search reads nothing and fails, and nobody sends it: any lines up to the end
            # marker are taken, so that no byte is lost.
            Subcommand(
                "s",
                "search",
                "Was meant to search a view; Java fails on it.",
                (Part("line", Kind.LINES, "A line that Java does not read."), END),
                "protocol.py JVM_SEARCH_SUB_COMMAND_NAME (no sender)",
            ),
        ),
        purpose=Purpose.IMPORT,
    ),
    Command(
        "m",
        "memory",
        _JAVA,
        "Tells Java that Python is done with an object.",
        "py4j.commands.MemoryCommand",
        (),
        "java_gateway.py _garbage_collect_object",
        (
            Subcommand(
                "d",
                "delete",
                "Lets Java forget an object that Python no longer holds.",
                (_OBJECT, END),
                "java_gateway.py _garbage_collect_object",
                notation="forget {object id}",
                ends=Ends.OBJECT,
            ),
            # In protocol.py, but never sent, and MemoryCommand answers "Unknown Memory SubCommand Name".
            Subcommand(
                "a",
                "attach",
                "Was meant to keep an object alive; Java does not know it.",
                (_OBJECT, END),
                "protocol.py MEMORY_ATTACH_SUBCOMMAND_NAME (no sender)",
            ),
        ),
        purpose=Purpose.RELEASE,
    ),
    Command(
        "a",
        "array",
        _JAVA,
        "Works on a Java array.",
        "py4j.commands.ArrayCommand",
        (),
        "java_collections.py JavaArray, java_gateway.py JavaGateway.new_array",
        (
            Subcommand(
                "g",
                "get",
                "Reads one element.",
                (_ARRAY, _INDEX, END),
                "java_collections.py JavaArray",
                notation="{array id}[{index}]",
                origin="an array's element",
            ),
            Subcommand(
                "s",
                "set",
                "Writes one element.",
                (_ARRAY, _INDEX, Part("new value", Kind.TYPED, "What the element is set to."), END),
                "java_collections.py JavaArray",
                notation="{array id}[{index}] = {new value}",
            ),
            Subcommand(
                "l",
                "slice",
                "Copies chosen elements into a new array.",
                (_ARRAY, _INDICES, END),
                "java_collections.py JavaArray",
                origin="a piece of an array",
            ),
            Subcommand(
                "e",
                "length",
                "Asks for the number of elements.",
                (_ARRAY, END),
                "java_collections.py JavaArray.__len__",
                notation="{array id}.length",
            ),
            Subcommand(
                "c",
                "create",
                "Makes a new array.",
                (
                    Part("element class", Kind.TYPED, "The full name of the class of the elements."),
                    Part(
                        "dimension", Kind.TYPED_REPEATED, "The length of one dimension, the outermost first."
                    ),
                    END,
                ),
                "java_gateway.py JavaGateway.new_array",
                gives="{element class}{dimension}",
            ),
        ),
    ),
    Command(
        "l",
        "list",
        _JAVA,
        "Works on a java.util.List in ways that take more than one method call.",
        "py4j.commands.ListCommand",
        (),
        "java_collections.py JavaList",
        (
            Subcommand("s", "sort", "Sorts the list.", (_LIST, END), "java_collections.py JavaList.sort"),
            Subcommand(
                "r", "reverse", "Reverses the list.", (_LIST, END), "java_collections.py JavaList.reverse"
            ),
            # x and n stand in ListCommand only; py4j.protocol has no name for them, and nobody sends them.
            Subcommand(
                "x",
                "max",
                "Asks for the greatest element.",
                (_LIST, END),
                "ListCommand.java (no sender)",
                origin="a list's element",
            ),
            Subcommand(
                "n",
                "min",
                "Asks for the least element.",
                (_LIST, END),
                "ListCommand.java (no sender)",
                origin="a list's element",
            ),
            Subcommand(
                "l",
                "slice",
                "Copies chosen elements into a new list.",
                (_LIST, _INDICES, END),
                "java_collections.py JavaList",
                origin="a copy of a list",
            ),
            Subcommand(
                "a",
                "concatenate",
                "Makes a new list of two.",
                (_LIST, Part("second list id", Kind.OBJECT, "The list whose elements come after."), END),
                "java_collections.py JavaList.__add__",
                origin="a copy of a list",
            ),
            Subcommand(
                "m",
                "multiply",
                "Makes a new list that repeats this one.",
                (_LIST, _TIMES, END),
                "java_collections.py JavaList.__mul__",
                origin="a copy of a list",
            ),
            Subcommand(
                "i",
                "multiply in place",
                "Repeats the list within itself.",
                (_LIST, _TIMES, END),
                "java_collections.py JavaList.__imul__",
            ),
            Subcommand(
                "f",
                "count",
                "Counts the elements that equal a value.",
                (_LIST, Part("sought value", Kind.TYPED, "The value to count."), END),
                "java_collections.py JavaList.count",
            ),
        ),
    ),
    Command(
        "h",
        "help",
        _JAVA,
        "Asks for a help page about an object or a class.",
        "py4j.commands.HelpPageCommand",
        (),
        "java_gateway.py gateway_help",
        (
            Subcommand(
                "o",
                "object",
                "Describes the class of an object.",
                (_OBJECT, _PATTERN, _SHORT, END),
                "java_gateway.py gateway_help",
            ),
            Subcommand(
                "c",
                "class",
                "Describes a class.",
                (_CLASS, _PATTERN, _SHORT, END),
                "java_gateway.py gateway_help",
            ),
        ),
        purpose=Purpose.LOOK_UP,
    ),
    Command(
        "d",
        "dir",
        _JAVA,
        "Asks for names, for Python's dir().",
        "py4j.commands.DirCommand",
        (),
        "java_gateway.py JavaObject.__dir__, JavaClass.__dir__, JVMView.__dir__",
        (
            Subcommand(
                "f",
                "fields",
                "Lists the public fields of an object.",
                (_OBJECT, END),
                "java_gateway.py JavaObject.__dir__",
            ),
            Subcommand(
                "m",
                "methods",
                "Lists the public methods of an object.",
                (_OBJECT, END),
                "java_gateway.py JavaObject.__dir__",
            ),
            Subcommand(
                "s",
                "static",
                "Lists the static members of a class.",
                (_CLASS, END),
                "java_gateway.py JavaClass.__dir__",
            ),
            Subcommand(
                "v",
                "view",
                "Lists the imports of a view, unless they are unchanged.",
                (
                    _VIEW,
                    Part("last sequence number", Kind.TYPED, "What Python saw last; null at first."),
                    END,
                ),
                "java_gateway.py JVMView.__dir__",
            ),
        ),
        purpose=Purpose.LOOK_UP,
    ),
    Command(
        "p",
        "exception",
        _JAVA,
        "Asks for an exception's stack trace as text.",
        "py4j.commands.ExceptionCommand",
        (Part("exception", Kind.TYPED, "The exception whose stack trace is wanted."), END),
        "protocol.py Py4JJavaError",
    ),
    # Python sends s and closes; ShutdownGatewayServerCommand reads nothing more and answers nothing. An e
    # after it would be an unknown command to Java too.
    Command(
        "s",
        "shutdown",
        _JAVA,
        "Shuts the gateway down; there is no reply.",
        "py4j.commands.ShutdownGatewayServerCommand",
        (),
        "clientserver.py ClientServerConnection.shutdown_gateway",
        purpose=Purpose.SHUT_DOWN,
        answered=False,
        ends=Ends.EVERYTHING,
    ),
    # Sent in four pieces, each a line; CancelCommand reads three lines after the code and answers nothing.
    Command(
        "z",
        "cancel",
        _JAVA,
        "Closes connections by their ports, and interrupts their Java threads; there is no reply.",
        "py4j.commands.CancelCommand",
        (
            Part("address", Kind.LINE, "The address of the connection to shut down."),
            Part("remote port", Kind.NUMBER, "Its port on Python's side."),
            Part("local port", Kind.NUMBER, "Its port on Java's side."),
        ),
        "clientserver.py ClientServerConnection.shutdown_socket",
        purpose=Purpose.SHUT_DOWN,
        answered=False,
    ),
    Command(
        "A",
        "auth",
        _PYTHON,
        "Proves with the callback server's token that Java may talk to it.",
        "py4j.java_gateway.do_client_auth",
        # Protocol.getAuthCommand escapes the token and ends the command; do_client_auth does not unescape.
        (Part("token", Kind.LINE, "The secret that both sides were given at the start."), END),
        "py4j.NetworkUtil.authToServer",
        purpose=Purpose.AUTHENTICATE,
        notation="authenticate",
    ),
    Command(
        "c",
        "call",
        _PYTHON,
        "Calls a method of a Python object that implements a Java interface.",
        "py4j.clientserver.ClientServerConnection._call_proxy",
        (
            Part("proxy id", Kind.OBJECT, "The Python object whose method is called."),
            _METHOD,
            _ARGUMENTS,
            END,
        ),
        "py4j.reflection.PythonProxyHandler.invoke",
        notation="{proxy id}.{method name}({argument})",
        subject="method name",
        origin="an argument of {method name}",
    ),
    Command(
        "g",
        "garbage_collect",
        _PYTHON,
        "Tells Python that Java is done with an object.",
        "py4j.clientserver.ClientServerConnection.wait_for_commands",
        (Part("proxy id", Kind.OBJECT, "The Python object that Java no longer holds."), END),
        "py4j.reflection.PythonProxyHandler.finalize",
        purpose=Purpose.RELEASE,
        notation="forget {proxy id}",
        ends=Ends.OBJECT,
    ),
)

_GET = "py4j.Protocol.getObject"
_RETURN = "py4j.ReturnObject"

TYPE_CODES: tuple[TypeCode, ...] = (
    TypeCode("n", "null", "null: no value follows.", Form.NOTHING, True, True, _GET, shown="null"),
    TypeCode("s", "string", "a string follows, escaped.", Form.STRING, True, True, _GET),
    # getObject reads an i that does not fit as a long. Python picks L by itself beyond 32 bits.
    TypeCode("i", "integer", "a 32-bit integer follows.", Form.INTEGER, True, True, _GET),
    TypeCode("L", "long", "a 64-bit integer follows.", Form.INTEGER, True, True, _GET),
    TypeCode("b", "boolean", "true or false follows.", Form.BOOLEAN, True, True, _GET),
    TypeCode("d", "double", "a floating point number follows.", Form.FLOAT, True, True, _GET),
    TypeCode("D", "decimal", "a decimal number follows.", Form.DECIMAL, True, True, _GET),
    TypeCode("j", "bytes", "bytes follow, as base64.", Form.BYTES, True, True, _GET),
    TypeCode("r", "reference", "the id of a Java object follows.", Form.REFERENCE, True, True, _GET),
    TypeCode(
        "f",
        "python proxy",
        "the id of a Python object follows, then the Java interfaces it implements.",
        Form.PROXY,
        True,
        False,
        "py4j.Protocol.getPythonProxy",
    ),
    TypeCode("v", "void", "void: the method returned nothing.", Form.NOTHING, True, True, _GET, shown="void"),
    TypeCode(
        "l",
        "list",
        "the id of a java.util.List follows.",
        Form.REFERENCE,
        False,
        True,
        _RETURN,
        shown="{}, a list",
    ),
    TypeCode(
        "h",
        "set",
        "the id of a java.util.Set follows.",
        Form.REFERENCE,
        False,
        True,
        _RETURN,
        shown="{}, a set",
    ),
    TypeCode(
        "a",
        "map",
        "the id of a java.util.Map follows.",
        Form.REFERENCE,
        False,
        True,
        _RETURN,
        shown="{}, a map",
    ),
    TypeCode(
        "t",
        "array",
        "the id of a Java array follows.",
        Form.REFERENCE,
        False,
        True,
        _RETURN,
        shown="{}, an array",
    ),
    TypeCode(
        "g",
        "iterator",
        "the id of a java.util.Iterator follows.",
        Form.REFERENCE,
        False,
        True,
        _RETURN,
        shown="{}, an iterator",
    ),
    TypeCode(
        "p",
        "package",
        "no class has that name, so it is taken for a package.",
        Form.NOTHING,
        False,
        True,
        "py4j.commands.ReflectionCommand",
        True,
        shown="a package",
    ),
    # The name is there in the answer to r u, and not in the answer to r m.
    TypeCode(
        "c",
        "class",
        "it is a class; its full name may follow.",
        Form.NAME,
        False,
        True,
        "py4j.commands.ReflectionCommand",
        True,
        shown="class {}",
    ),
    TypeCode(
        "m",
        "method",
        "it is a method.",
        Form.NOTHING,
        False,
        True,
        "py4j.commands.ReflectionCommand",
        True,
        shown="a method",
    ),
    TypeCode(
        "o",
        "no member",
        "there is no such field.",
        Form.NOTHING,
        False,
        True,
        "py4j.commands.FieldCommand",
        True,
        shown="no such member",
    ),
)

REPLIES: tuple[Reply, ...] = (
    Reply(
        "y",
        "success",
        "y: the request succeeded.",
        Part("result", Kind.TYPED, "What came back."),
        (_JAVA, _PYTHON),
        # Python answers g with a bare !y (protocol.SUCCESS_RETURN_MESSAGE); Java drops the answer.
        (_JAVA,),
        "py4j.Protocol.getOutputCommand, clientserver.py",
    ),
    Reply(
        "x",
        "error",
        "x: the request failed.",
        Part("error", Kind.TYPED, "The exception: a reference to it, or its text."),
        (_JAVA, _PYTHON),
        # Protocol.getOutputErrorCommand() sends !x when there is nothing to say. Python sends !xn.
        (_PYTHON,),
        "py4j.Protocol.getOutputErrorCommand, clientserver.py",
    ),
    Reply(
        "z",
        "fatal",
        "z: the request failed, and Java closes the connection.",
        Part("error", Kind.TYPED, "The stack trace of what went wrong in the gateway."),
        (_PYTHON,),
        (),
        "py4j.ClientServerConnection.quietSendFatalError",
    ),
)
