"""The programs whose workers are recorded, small enough to read their bytes.

``every_message`` and ``tools/workers/recordings.py`` copy this file into a neutral folder and run it there:
its name and its lines are in the bytes. The tool runs it with each version's own Python, and each program has
a new SparkContext, so its workers are new, too. With ``--together``, the programs that want the same settings
share one.

    python programs.py [--together] [PROGRAM ...]
"""

# What a user would write, in whose hints PySpark looks for the kind of a function.
# mypy: ignore-errors

import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, pandas_udf, udf, udtf

VERSION = None  # (4, 3), for the programs that not every version has


def rdd(spark):
    numbers = spark.sparkContext.parallelize([10, 20, 30, 40], 1)
    numbers.map(lambda x: x + 1).filter(lambda x: x > 11).collect()


def reuse(spark):
    numbers = spark.sparkContext.parallelize([1, 2, 3], 1).map(lambda x: x * x)
    numbers.sum()
    numbers.max()


def reduce_by_key(spark):
    pairs = spark.sparkContext.parallelize([("a", 1), ("b", 2), ("a", 3)], 1)
    pairs.reduceByKey(lambda a, b: a + b, 1).collect()


def take(spark):
    spark.sparkContext.parallelize(list(range(2000)), 1).map(lambda x: x + 1).take(1)


def text(spark):
    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("one\nzwölf\n")
    spark.sparkContext.textFile("words.txt", 1).map(len).collect()


def null(spark):
    from pyspark.rdd import RDD
    from pyspark.serializers import UTF8Deserializer

    sc = spark.sparkContext
    texts = sc._jvm.java.util.ArrayList()
    texts.add("one")
    texts.add(None)
    RDD(sc._jsc.parallelize(texts, 1), sc, UTF8Deserializer()).map(lambda text: text is None).collect()


def include(spark):
    import zipfile

    with zipfile.ZipFile("included.zip", "w") as file:
        file.writestr("included.py", "ONE = 1\n")

    def look(x):
        import included

        return x + included.ONE

    spark.sparkContext.addPyFile("included.zip")
    spark.sparkContext.parallelize([1], 1).map(look).collect()


def spill(spark):
    """With little memory, Python sorts in pieces, which it writes to disk."""
    numbers = spark.sparkContext.parallelize(range(20_000), 1).map(lambda x: (x * 7919 % 20_000, bytes(1000)))
    numbers.sortByKey(numPartitions=1).count()


def nothing(spark):
    spark.sparkContext.parallelize([], 1).map(lambda x: x).collect()


def exception(spark):
    try:
        spark.sparkContext.parallelize([1, 0], 1).map(lambda x: 1 / x).collect()
    except Exception as error:
        assert "ZeroDivisionError" in str(error)
    else:
        raise AssertionError("the job went well")


def exit_code(spark):
    try:
        spark.sparkContext.parallelize([1], 1).foreach(lambda x: os._exit(3))
    except Exception:
        return
    raise AssertionError("the job went well")


def broadcast_and_accumulator(spark):
    sc = spark.sparkContext
    table, count = sc.broadcast({1: "one"}), sc.accumulator(0)
    numbers = sc.parallelize([1, 2], 1)

    def look(x):
        count.add(1)
        return table.value.get(x)

    numbers.map(look).collect()
    table.destroy()
    numbers.map(lambda x: x).collect()  # tells the worker to forget the broadcast
    assert count.value == 2


def encrypted_broadcast(spark):
    table = spark.sparkContext.broadcast({1: "one"})
    spark.sparkContext.parallelize([1], 1).map(lambda x: table.value.get(x)).collect()


def barrier(spark):
    spark.sparkContext.parallelize([1], 1).barrier().mapPartitions(lambda part: [sum(part)]).collect()


def rows(spark):
    return spark.range(0, 4, 1, 1)


def pickled_udf(spark):
    rows(spark).select(udf(lambda x: x + 1, "long", useArrow=False)("id")).collect()


def arrow_udf(spark):
    rows(spark).select(udf(lambda x: x + 1, "long", useArrow=True)("id")).collect()


def profiled_udf(spark):
    spark.conf.set("spark.sql.pyspark.udf.profiler", "perf")
    rows(spark).select(udf(lambda x: x + 1, "long", useArrow=False)("id")).collect()
    spark.conf.unset("spark.sql.pyspark.udf.profiler")


def scalar_pandas_udf(spark):
    plus = pandas_udf(lambda a, b: a + b, "long")
    if VERSION < (4, 0):
        rows(spark).select(plus("id", "id")).collect()
    else:
        rows(spark).select(plus(col("id"), b=col("id"))).collect()


def chained_pandas_udfs(spark):
    plus = pandas_udf(lambda a: a + 1, "long")
    double = pandas_udf(lambda a: a * 2, "long")
    rows(spark).select(double(plus("id")), plus("id")).collect()


def scalar_iter_pandas_udf(spark):
    from typing import Iterator  # noqa: UP035  (what PySpark 3.5 knows)

    import pandas as pd

    @pandas_udf("long")
    def plus(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for batch in batches:
            yield batch + 1

    rows(spark).select(plus("id")).collect()


def pandas_udf_without_rows(spark):
    rows(spark).where(col("id") > 10).select(pandas_udf(lambda a: a + 1, "long")("id")).collect()


def grouped_map(spark):
    rows(spark).groupBy((col("id") % 2).alias("k")).applyInPandas(lambda group: group, "id long").collect()


def cogrouped_map(spark):
    one = rows(spark).groupBy("id")
    one.cogroup(rows(spark).groupBy("id")).applyInPandas(lambda a, b: a.head(1), "id long").collect()


def grouped_arrow_map(spark):
    rows(spark).groupBy((col("id") % 2).alias("k")).applyInArrow(lambda table: table, "id long").collect()


def grouped_map_iter(spark):
    from typing import Iterator  # noqa: UP035

    import pandas as pd

    def same(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        yield from frames

    rows(spark).groupBy((col("id") % 2).alias("k")).applyInPandas(same, "id long").collect()


def grouped_arrow_map_iter(spark):
    from typing import Iterator  # noqa: UP035

    import pyarrow as pa

    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    rows(spark).groupBy((col("id") % 2).alias("k")).applyInArrow(same, "id long").collect()


def cogrouped_arrow_map(spark):
    one = rows(spark).groupBy("id")
    one.cogroup(rows(spark).groupBy("id")).applyInArrow(lambda a, b: a, "id long").collect()


def grouped_aggregate(spark):
    import pandas as pd

    @pandas_udf("double")
    def mean(values: pd.Series) -> float:
        return values.mean()

    rows(spark).groupBy((col("id") % 2).alias("k")).agg(mean("id")).collect()


def grouped_aggregate_iter(spark):
    from typing import Iterator  # noqa: UP035

    import pandas as pd

    @pandas_udf("long")
    def total(batches: Iterator[pd.Series]) -> int:
        return sum(batch.sum() for batch in batches)

    rows(spark).groupBy((col("id") % 2).alias("k")).agg(total("id")).collect()


def window_aggregate(spark):
    import pandas as pd
    from pyspark.sql import Window

    @pandas_udf("double")
    def mean(values: pd.Series) -> float:
        return values.mean()

    rows(spark).select(mean("id").over(Window.partitionBy(col("id") % 2))).collect()


def map_in_pandas(spark):
    rows(spark).mapInPandas(lambda frames: frames, "id long").collect()


def map_in_arrow(spark):
    rows(spark).mapInArrow(lambda batches: batches, "id long").collect()


def dictionary(spark):
    """A worker that gives an Arrow column with a dictionary, which Spark's JVM doesn't expect."""
    import pyarrow as pa

    def words(batches):
        for _ in batches:
            yield pa.RecordBatch.from_arrays([pa.array(["one", "two", "one"]).dictionary_encode()], ["word"])

    try:
        rows(spark).mapInArrow(words, "word string").collect()
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:1500], file=sys.stderr)


def scalar_arrow_udf(spark):
    import pyarrow as pa
    from pyspark.sql.functions import arrow_udf

    @arrow_udf("long")
    def same(values: pa.Array) -> pa.Array:
        return values

    rows(spark).select(same("id")).collect()


def scalar_iter_arrow_udf(spark):
    from typing import Iterator  # noqa: UP035

    import pyarrow as pa
    from pyspark.sql.functions import arrow_udf

    @arrow_udf("long")
    def same(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
        yield from batches

    rows(spark).select(same("id")).collect()


def arrow_total():
    import pyarrow as pa
    import pyarrow.compute
    from pyspark.sql.functions import arrow_udf

    @arrow_udf("long")
    def total(values: pa.Array) -> int:
        return pyarrow.compute.sum(values).as_py()

    return total


def grouped_arrow_aggregate(spark):
    rows(spark).groupBy((col("id") % 2).alias("k")).agg(arrow_total()("id")).collect()


def grouped_arrow_aggregate_iter(spark):
    from typing import Iterator  # noqa: UP035

    import pyarrow as pa
    import pyarrow.compute
    from pyspark.sql.functions import arrow_udf

    @arrow_udf("long")
    def total(batches: Iterator[pa.Array]) -> int:
        return sum(pyarrow.compute.sum(batch).as_py() for batch in batches)

    rows(spark).groupBy((col("id") % 2).alias("k")).agg(total("id")).collect()


def window_arrow_aggregate(spark):
    from pyspark.sql import Window

    rows(spark).select(arrow_total()("id").over(Window.partitionBy(col("id") % 2))).collect()


class Twice:
    def eval(self, x):
        yield (x,)
        yield (x,)


def pickled_udtf(spark):
    from pyspark.sql.functions import lit

    udtf(Twice, returnType="x int", useArrow=False)(lit(1)).collect()


def arrow_udtf(spark):
    from pyspark.sql.functions import lit

    udtf(Twice, returnType="x int", useArrow=True)(lit(1)).collect()


def partitioned_udtf(spark):
    class Rows:
        def eval(self, row):
            yield (row.id,)

    spark.udtf.register("rows", udtf(Rows, returnType="id long", useArrow=False))
    rows(spark).createOrReplaceTempView("t")
    spark.sql("SELECT * FROM rows(TABLE(t) PARTITION BY id)").collect()


def analyzed_udtf(spark):
    from pyspark.sql.functions import lit
    from pyspark.sql.types import IntegerType, StructType
    from pyspark.sql.udtf import AnalyzeResult

    class Analyzed:
        @staticmethod
        def analyze(x):
            return AnalyzeResult(StructType().add("x", IntegerType()))

        def eval(self, x):
            yield (x,)

    udtf(Analyzed, useArrow=False)(x=lit(1)).collect()


def arrow_table_udtf(spark):
    from typing import Iterator  # noqa: UP035

    import pyarrow as pa
    from pyspark.sql.functions import arrow_udtf

    @arrow_udtf(returnType="id long")
    class Same:
        def eval(self, table: pa.RecordBatch) -> Iterator[pa.Table]:
            yield pa.table({"id": table.column("id")})

    spark.udtf.register("same", Same)
    rows(spark).createOrReplaceTempView("t")
    spark.sql("SELECT * FROM same(TABLE(t) PARTITION BY id)").collect()


def data_source(spark):
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

    class Reader(DataSourceReader):
        def partitions(self):
            return [InputPartition(1)]

        def read(self, partition):
            yield (partition.value, "one")

    class Source(DataSource):
        @classmethod
        def name(cls):
            return "small"

        def schema(self):
            return "n int, word string"

        def reader(self, schema):
            return Reader()

    spark.dataSource.register(Source)
    spark.read.format("small").load().collect()


def with_state(spark):
    import pandas as pd
    from pyspark.sql.streaming.state import GroupStateTimeout

    def count(key, frames, state):
        total = (state.get[0] if state.exists else 0) + sum(len(frame) for frame in frames)
        state.update((total,))
        yield pd.DataFrame({"n": [total]})

    os.makedirs("stream", exist_ok=True)
    with open("stream/words.txt", "w", encoding="utf-8") as file:
        file.write("one\n")
    words = spark.readStream.text("stream")
    counted = words.groupBy("value").applyInPandasWithState(
        count, "n int", "n int", "append", GroupStateTimeout.NoTimeout
    )
    writer = counted.writeStream.format("noop").option("checkpointLocation", "state")
    writer.trigger(availableNow=True).start().awaitTermination()


def counter(give):
    """A processor that counts the rows of each key. ``give`` makes what it gives."""
    from pyspark.sql.streaming import StatefulProcessor

    class Counter(StatefulProcessor):
        def init(self, handle):
            self.total = handle.getValueState("total", "n int")

        def handleInputRows(self, key, rows, timerValues):
            before = self.total.get()[0] if self.total.exists() else 0
            after = before + sum(1 for _ in rows)
            self.total.update((after,))
            yield give(key[0], after)

        def handleInitialState(self, key, initialState, timerValues):
            self.total.update((100,))

        def close(self):
            pass

    return Counter()


def as_frame(key, count):
    import pandas as pd

    return pd.DataFrame({"value": [key], "n": [count]})


def as_row(key, count):
    from pyspark.sql import Row

    return Row(value=key, n=count)


def transform(spark, name, method, give, *, first=False):
    """A streaming query whose processor keeps its state in RocksDB."""
    os.makedirs(name, exist_ok=True)
    with open(f"{name}/words.txt", "w", encoding="utf-8") as file:
        file.write("one\n")
    spark.conf.set(PROVIDER, "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
    try:
        grouped = spark.readStream.text(name).groupBy("value")
        initial = {}
        if first:
            initial["initialState"] = spark.createDataFrame([("one",)], "value string").groupBy("value")
        counted = getattr(grouped, method)(counter(give), "value string, n int", "update", "none", **initial)
        writer = counted.writeStream.format("noop").outputMode("update")
        writer = writer.option("checkpointLocation", f"{name}-checkpoint").trigger(availableNow=True)
        writer.start().awaitTermination()
    finally:
        spark.conf.unset(PROVIDER)


def transform_with_state_pandas(spark):
    transform(spark, "pandas", "transformWithStateInPandas", as_frame)


def transform_with_first_state_pandas(spark):
    transform(spark, "pandas-first", "transformWithStateInPandas", as_frame, first=True)


def transform_with_state_rows(spark):
    transform(spark, "rows", "transformWithState", as_row)


def transform_with_first_state_rows(spark):
    transform(spark, "rows-first", "transformWithState", as_row, first=True)


PROVIDER = "spark.sql.streaming.stateStore.providerClass"
UNIX = {"spark.python.unix.domain.socket.enabled": "true"}
SIMPLE = {"spark.python.use.daemon": "false"}

# What each recording runs, with its settings, and the first version that has it.
PROGRAMS = {
    "rdd": (rdd, {}, (3, 5)),
    "rdd_unix": (rdd, UNIX, (4, 1)),
    "rdd_simple": (rdd, SIMPLE, (3, 5)),
    "rdd_simple_unix": (rdd, {**UNIX, **SIMPLE}, (4, 1)),
    "reuse": (reuse, {}, (3, 5)),
    "reduce_by_key": (reduce_by_key, {}, (3, 5)),
    "take": (take, {}, (3, 5)),
    "text": (text, {}, (3, 5)),
    "null": (null, {}, (3, 5)),
    "include": (include, {}, (3, 5)),
    "nothing": (nothing, {}, (3, 5)),
    "spill": (spill, {"spark.python.worker.memory": "1m"}, (3, 5)),
    "exception": (exception, {}, (3, 5)),
    "exit_code": (exit_code, {}, (3, 5)),
    "broadcast_and_accumulator": (broadcast_and_accumulator, {}, (3, 5)),
    "encrypted_broadcast": (encrypted_broadcast, {"spark.io.encryption.enabled": "true"}, (3, 5)),
    "encrypted_broadcast_unix": (
        encrypted_broadcast,
        {**UNIX, "spark.io.encryption.enabled": "true"},
        (4, 1),
    ),
    "barrier": (barrier, {}, (3, 5)),
    "barrier_unix": (barrier, UNIX, (4, 1)),
    "pickled_udf": (pickled_udf, {}, (3, 5)),
    "arrow_udf": (arrow_udf, {}, (3, 5)),
    "profiled_udf": (profiled_udf, {}, (4, 0)),
    "scalar_pandas_udf": (scalar_pandas_udf, {}, (3, 5)),
    "chained_pandas_udfs": (chained_pandas_udfs, {}, (3, 5)),
    "scalar_iter_pandas_udf": (scalar_iter_pandas_udf, {}, (3, 5)),
    "pandas_udf_without_rows": (pandas_udf_without_rows, {}, (3, 5)),
    "grouped_map": (grouped_map, {}, (3, 5)),
    "cogrouped_map": (cogrouped_map, {}, (3, 5)),
    "grouped_arrow_map": (grouped_arrow_map, {}, (4, 0)),
    "grouped_map_iter": (grouped_map_iter, {}, (4, 1)),
    "grouped_arrow_map_iter": (grouped_arrow_map_iter, {}, (4, 1)),
    "cogrouped_arrow_map": (cogrouped_arrow_map, {}, (4, 0)),
    "grouped_aggregate": (grouped_aggregate, {}, (3, 5)),
    "grouped_aggregate_iter": (grouped_aggregate_iter, {}, (4, 2)),
    "window_aggregate": (window_aggregate, {}, (3, 5)),
    "map_in_pandas": (map_in_pandas, {}, (3, 5)),
    "map_in_arrow": (map_in_arrow, {}, (3, 5)),
    "dictionary": (dictionary, {}, (3, 5)),
    "scalar_arrow_udf": (scalar_arrow_udf, {}, (4, 1)),
    "scalar_iter_arrow_udf": (scalar_iter_arrow_udf, {}, (4, 1)),
    "grouped_arrow_aggregate": (grouped_arrow_aggregate, {}, (4, 1)),
    "grouped_arrow_aggregate_iter": (grouped_arrow_aggregate_iter, {}, (4, 2)),
    "window_arrow_aggregate": (window_arrow_aggregate, {}, (4, 1)),
    "pickled_udtf": (pickled_udtf, {}, (3, 5)),
    "arrow_udtf": (arrow_udtf, {}, (3, 5)),
    "partitioned_udtf": (partitioned_udtf, {}, (4, 0)),
    "analyzed_udtf": (analyzed_udtf, {}, (4, 0)),
    "arrow_table_udtf": (arrow_table_udtf, {}, (4, 1)),
    "data_source": (data_source, {}, (4, 0)),
    "with_state": (with_state, {}, (3, 5)),
    "transform_with_state_pandas": (transform_with_state_pandas, {}, (4, 0)),
    "transform_with_first_state_pandas": (transform_with_first_state_pandas, {}, (4, 0)),
    "transform_with_state_rows": (transform_with_state_rows, {}, (4, 1)),
    "transform_with_first_state_rows": (transform_with_first_state_rows, {}, (4, 1)),
}


def session(settings):
    """Spark, with what all programs have and with ``settings``."""
    builder = SparkSession.builder.master("local[1]").appName("recorded")
    common = {
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.artifact.isolation.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for key, value in {**common, **settings}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def run(name, spark, attempts=1):
    """Run a program. Its name is in the task context of its runs, as a local property of the job.

    It is tried again where it may be: Spark gives some workers ten seconds to start, on a busy machine, too.
    """
    spark.sparkContext.setLocalProperty("program", name)
    for left in reversed(range(attempts)):
        try:
            PROGRAMS[name][0](spark)
            print("recorded", name, flush=True)
            break
        except Exception as error:
            if not left:
                print("failed", name, f"{type(error).__name__}: {error}"[:1500], flush=True)


RECORDER = "pyspark_recording_daemon"
"""The module of ``tools/workers`` that records, in the place of Spark's own."""


def alone(names):
    """Each program with a SparkContext of its own, whose workers write down what they say."""
    for name in names:
        folder = os.path.join(os.getcwd(), "recorded", name)
        os.makedirs(folder, exist_ok=True)
        recording = {"spark.executorEnv.SPARKWIRE_RECORDINGS": folder, "spark.python.daemon.module": RECORDER}
        settings = PROGRAMS[name][1]
        if settings.get("spark.python.use.daemon") == "false":
            recording["spark.python.worker.module"] = RECORDER
        spark = session({**recording, **settings})
        run(name, spark)
        spark.stop()


def together(names):
    """The programs that want the same settings in one SparkContext, whose workers are Spark's own."""
    alike = {}
    for name in names:
        alike.setdefault(tuple(sorted(PROGRAMS[name][1].items())), []).append(name)
    for settings, group in alike.items():
        spark = session(dict(settings))
        for name in group:
            run(name, spark, attempts=4)
        spark.stop()


def main():
    global VERSION
    import pyspark

    VERSION = tuple(int(part) for part in pyspark.__version__.split(".")[:2])
    only = [name for name in sys.argv[1:] if name != "--together"]
    names = [
        name for name, (_, _, since) in PROGRAMS.items() if since <= VERSION and (not only or name in only)
    ]
    start = together if "--together" in sys.argv else alone
    start(names)


if __name__ == "__main__":
    main()
