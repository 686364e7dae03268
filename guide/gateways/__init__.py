"""Gateways without Spark, for pages that talk to one: today's Py4J, and any older one from its jar."""

from guide.gateways.jar import JarGateway, old_jar
from guide.gateways.jvm import NoGateway
from guide.gateways.plain import PlainGateway, shut_down

__all__ = ["JarGateway", "NoGateway", "PlainGateway", "old_jar", "shut_down"]
