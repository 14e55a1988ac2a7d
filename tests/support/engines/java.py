"""What start scripts tell Java 17 and newer."""

from __future__ import annotations

# Of Flink (flink-conf, env.java.opts.all) and Spark (JavaModuleOptions), which ask for much the
# same.
OPENS = tuple(
    f"--add-{kind}={module}=ALL-UNNAMED"
    for kind, modules in {
        "exports": "java.base/sun.net.util java.rmi/sun.rmi.registry "
        "jdk.compiler/com.sun.tools.javac.api java.security.jgss/sun.security.krb5",
        "opens": "java.base/java.lang java.base/java.lang.invoke java.base/java.lang.reflect "
        "java.base/java.io java.base/java.net java.base/java.nio java.base/java.text "
        "java.base/java.time java.base/java.util java.base/java.util.concurrent "
        "java.base/java.util.concurrent.atomic java.base/java.util.concurrent.locks "
        "java.base/sun.nio.ch java.base/sun.nio.cs java.base/sun.security.action "
        "java.base/sun.util.calendar",
    }.items()
    for module in modules.split()
)
# Small and quickly there.
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
