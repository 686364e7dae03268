"""Where a deploy mode can stand, for the tests of how it is found and for the one that asks Spark itself."""

from __future__ import annotations

CLUSTER, CLIENT = "spark.submit.deployMode=cluster", "spark.submit.deployMode=client"
MODES = {
    "nothing": ([], {}, None),
    "an option": (["--deploy-mode", "cluster"], {}, "cluster"),
    "an option before a setting": (["--conf", CLUSTER, "--deploy-mode", "client"], {}, "client"),
    "a setting": (["-c", CLUSTER], {"DEPLOY_MODE": "client"}, "cluster"),
    "a setting before a file": (["--conf", CLIENT, "--properties-file", "cluster"], {}, "client"),
    "a file": (["--properties-file", "cluster"], {"DEPLOY_MODE": "client"}, "cluster"),
    "a file that says nothing": (["--properties-file", "silent"], {"DEPLOY_MODE": "cluster"}, "cluster"),
    "a file that is not there": (["--properties-file", "nowhere"], {}, None),
    "a file before another": (
        ["--extra-properties-file", "client", "--properties-file", "cluster"], {}, "client",
    ),
    "the last of several": (
        ["--extra-properties-file", "client", "--extra-properties-file=cluster"], {}, "cluster",
    ),
    "the environment": ([], {"DEPLOY_MODE": "cluster"}, "cluster"),
    "defaults": ([], {"SPARK_CONF_DIR": "conf", "DEPLOY_MODE": "client"}, "cluster"),
    "no defaults beside a file": (["--properties-file", "silent"], {"SPARK_CONF_DIR": "conf"}, None),
    "defaults beside a file": (
        ["--properties-file", "silent", "--load-spark-defaults"], {"SPARK_CONF_DIR": "conf"}, "cluster",
    ),
    "a file before defaults": (
        ["--properties-file", "client", "--load-spark-defaults"], {"SPARK_CONF_DIR": "conf"}, "client",
    ),
}  # fmt: skip
"""Words, environment, and the deploy mode."""


def mode_files(folder) -> None:
    """The files that ``MODES`` names."""
    (folder / "conf").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text("# settings\nspark.submit.deployMode   cluster\n")
    (folder / "cluster").write_text("spark.a b\nspark.submit.deployMode=cluster\n")
    (folder / "client").write_text("spark.submit.deployMode=cluster\n  spark.submit.deployMode : client \n")
    (folder / "silent").write_text("#spark.submit.deployMode=cluster\nspark.submit.deployModes=cluster\n")
