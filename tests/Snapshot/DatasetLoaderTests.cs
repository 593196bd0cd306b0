using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Tidelog.Tests.Reference;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>Whole datasets read from files.</summary>
public sealed class DatasetLoaderTests
{
    [Fact]
    public void Any_dataset_that_was_written_is_the_same_when_it_is_loaded() =>
        StepProperty.Check(25, length: 100, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            EngineFixture copy = new() { NowMs = engine.NowMs };
            LoadProgress progress = Adopt(copy, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat()));
            AssertSame(engine, copy);
            Assert.Equal(engine.Engine.Keyspace.Count, progress.Keys);
            Assert.Equal(progress.TotalBytes, progress.Bytes);
            copy.Line("FLUSHALL");
            ValueBuilderTests.AssertNothingIsLeft(copy);
        });

    [Fact]
    public void What_redis_saves_is_loaded_as_it_is()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using RespClient client = redis.Connect();
        string path = Path.Combine(redis.WorkingDirectory, "dump.rdb");
        StepProperty.Check(8, length: 150, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            File.WriteAllBytes(path, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat()));
            Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
            Assert.Equal("OK", client.Call("SAVE").Text);
            EngineFixture copy = new() { NowMs = engine.NowMs };
            Adopt(copy, File.ReadAllBytes(path));
            AssertSame(engine, copy);
            Assert.Equal(client.Call("DEBUG", "DIGEST").Text, ValueBuilderTests.Digest(copy));
        });
    }

    [Fact]
    public void Long_keys_and_elements_come_through_whatever_the_batches_hold()
    {
        EngineFixture engine = new();
        Random random = new(3);
        int[] lengths = [16_384, 16_385, 70_000, 300_000, 5_000_000, 40];
        foreach (int length in lengths)
        {
            string text = DatasetSteps.Text(random) + new string('x', length);
            engine.Run("SET", text, text + "v");
            engine.Run("RPUSH", "l" + text, "a", text, "b", text, "5");
            engine.Run("HSET", "h" + text, text, text, "b", text);
            engine.Run("ZADD", "z" + text, "1", text, "2", "c");
            engine.Run("SADD", "s" + text, text, "7");
            engine.Run("XADD", "x" + text, "1-1", text[..Math.Min(length, 100_000)], text);
        }
        for (int i = 0; i < 20_000; i++)
        {
            engine.Line($"RPUSH many element:{i} {i}");
        }
        EngineFixture copy = new() { NowMs = engine.NowMs };
        Adopt(copy, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(Compress: false)));
        AssertSame(engine, copy);
        copy.Line("FLUSHALL");
        ValueBuilderTests.AssertNothingIsLeft(copy);
    }

    [Fact]
    public void A_file_that_cannot_be_loaded_leaves_nothing()
    {
        EngineFixture engine = new();
        Random random = new(7);
        DatasetSteps.Run(engine, Enumerable.Range(0, 400).Select(
            i => new DatasetStep(i % DatasetSteps.Kinds, random.Next(DatasetSteps.KeysPerType), random.Next())));
        engine.Run("SET", "long", new string('x', 3_000_000));
        byte[] file = DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(Compress: false));
        EngineFixture copy = new();
        copy.Line("SET here 1");
        int refused = 0;
        for (int round = -10; round < 30; round++)
        {
            if (round == 0)
            {
                Allocated.Mark();
            }
            byte[] damaged = [.. file];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            byte[] part = round % 3 == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
            try
            {
                Load(copy, part).Dispose();
            }
            catch (CorruptDataException e)
            {
                Assert.Equal("test.rdb", e.File);
                refused++;
            }
        }
        Assert.InRange(refused, 39, 40);
        Assert.Equal("1", copy.Line("DBSIZE"));
        while (!copy.Engine.Keyspace.LazyFree.IsIdle)
        {
            Thread.Sleep(1);
        }
        Allocated.AssertNoMore(2 * file.Length);
    }

    [Fact]
    public void A_load_can_be_cancelled_and_its_stream_can_fail()
    {
        EngineFixture engine = new();
        byte[] file = Keys(100_000);
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() =>
            Load(engine, new Failing(file, 1_000_000, cancellation.Cancel), file.Length, cancellation.Token));
        Assert.Throws<IOException>(() =>
            Load(engine, new Failing(file, 1_000_000, () => throw new IOException("gone")), file.Length));
        Assert.Equal("0", engine.Line("DBSIZE"));
    }

    [Fact]
    public void Each_key_can_take_longer()
    {
        EngineFixture engine = new();
        byte[] file = Keys(20);
        LoadProgress progress = new() { TotalBytes = file.Length, DelayPerKey = 2000 };
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        Load(engine, new MemoryStream(file), progress).Dispose();
        Assert.InRange(clock.ElapsedMilliseconds, 38, 5000);
        using CancellationTokenSource cancellation = new(100);
        progress.DelayPerKey = 60_000_000;
        Assert.Throws<OperationCanceledException>(() =>
            Load(engine, new MemoryStream(file), progress, cancellation.Token));
    }

    [Fact]
    public void Keys_whose_time_is_over_are_left_out_unless_they_are_wanted()
    {
        EngineFixture engine = new();
        engine.Line($"SET past v PXAT {engine.NowMs + 5}");
        engine.Line($"SET now v PXAT {engine.NowMs + 6}");
        engine.Line("RPUSH list a");
        engine.Line($"PEXPIREAT list {engine.NowMs + 5}");
        engine.Line("SET stays v");
        byte[] file = DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat());
        EngineFixture copy = new() { NowMs = engine.NowMs + 6 };
        LoadProgress progress = Adopt(copy, file);
        Assert.Equal((2, 2), (progress.Keys, progress.ExpiredKeys));
        Assert.Equal("1", copy.Line("EXISTS stays"));
        copy = new EngineFixture { NowMs = engine.NowMs + 6 };
        progress = Adopt(copy, file, keepExpired: true);
        Assert.Equal((4, 0), (progress.Keys, progress.ExpiredKeys));
    }

    [Fact]
    public void Expiry_works_on_what_was_loaded()
    {
        EngineFixture engine = new();
        engine.Line("SET short v PX 1000");
        engine.Line("SET long v PX 100000");
        EngineFixture copy = new();
        Adopt(copy, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat()));
        copy.NowMs += 2000;
        copy.Engine.Cron();
        Assert.Equal("1", copy.Line("DBSIZE"));
        Assert.Equal("98000", copy.Line("PTTL long"));
        Assert.Equal(["DEL short"], copy.Effects());
    }

    [Fact]
    public void A_collection_of_nothing_is_passed_over()
    {
        EngineFixture engine = new();
        LoadProgress progress = Adopt(engine, RdbBytes.File(9).Key(RdbType.Hash, "empty").Length(0)
            .Key(RdbType.String, "k").String("v").Key(RdbType.Set, "empty").Length(0).End());
        Assert.Equal((1, 2), (progress.Keys, progress.EmptyKeys));
        Assert.Equal("1", engine.Line("DBSIZE"));
    }

    [Fact]
    public void Whatever_the_other_thread_fails_of_ends_the_load_and_nothing_else()
    {
        EngineFixture engine = new();
        RdbBytes file = RdbBytes.File(9).Key(RdbType.Hash, "empty").Length(0);
        for (int i = 0; i < 100_000; i++)
        {
            file.Key(RdbType.String, $"key:{i}").String("value");
        }
        byte[] bytes = file.End();
        LoadProgress progress = new()
        {
            TotalBytes = bytes.Length,
            Skipped = static _ => throw new InvalidOperationException("on purpose"),
        };
        Assert.Throws<InvalidOperationException>(() => DatasetLoader.Load(
            new MemoryStream(bytes), "test", engine.Engine, progress, verifyChecksum: true, keepExpired: false,
            CancellationToken.None));
        Assert.Equal(0, engine.Engine.Keyspace.UsedBytes);
    }

    [Fact]
    public void What_is_being_loaded_is_in_use()
    {
        EngineFixture engine = new();
        for (int i = 0; i < 20_000; i++)
        {
            engine.Run("SET", $"key:{i}", new string('v', 100));
        }
        byte[] bytes = DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(Compress: false));
        EngineFixture copy = new() { NowMs = engine.NowMs };
        KeySpace keyspace = copy.Engine.Keyspace;
        using LoadedDataset loaded = DatasetLoader.Load(
            new MemoryStream(bytes), "test", copy.Engine, new LoadProgress { TotalBytes = bytes.Length },
            verifyChecksum: true, keepExpired: false, CancellationToken.None);
        Assert.InRange(keyspace.UsedBytes, 2_000_000, 20_000_000);
        Assert.Equal(keyspace.UsedBytes, keyspace.UncountedBytes);
        keyspace.Adopt(loaded);
        Assert.InRange(keyspace.UsedBytes, 2_000_000, 20_000_000);
        Assert.InRange(keyspace.UncountedBytes, 0, 1_000_000);
        copy.Line("FLUSHALL");
        Assert.Equal(0, keyspace.UsedBytes);
    }

    [Fact]
    public void What_the_other_thread_finds_wrong_has_the_place_of_its_key()
    {
        RdbBytes file = RdbBytes.File(9).Key(RdbType.String, "k").String("v");
        int second = file.Count;
        CorruptDataException error = Refused(file.Key(RdbType.String, "k").String("w").End());
        Assert.Equal((second, "a key not seen before", "\"k\" again"), (error.Offset, error.Expected, error.Found));

        file = RdbBytes.File(9).Key(RdbType.String, "k").String("v");
        error = Refused(file.Key(RdbType.Set, "s").Length(2).String("a").String("a")
            .Key(RdbType.String, "x").String("y").End());
        Assert.Equal((second, "members that are not there yet", "one that is, in \"s\""),
            (error.Offset, error.Expected, error.Found));

        file = RdbBytes.File(9).Key(RdbType.Hash, "k").Length(1).String("a").String("b");
        error = Refused(file.Key(RdbType.List, "k").Length(1).String("w").End());
        Assert.Equal("\"k\" again", error.Found);
    }

    [Fact]
    public void A_database_that_there_is_not_is_refused()
    {
        CorruptDataException error = Refused(
            RdbBytes.File(9).Op(RdbOpcode.SelectDb).Length(16).Key(RdbType.String, "k").String("v").End());
        Assert.Equal((9, "one of 16 databases", "number 16"), (error.Offset, error.Expected, error.Found));
    }

    [Theory]
    [InlineData(ulong.MaxValue, true)]
    [InlineData(ulong.MaxValue, false)]
    [InlineData(3, true)]
    public void A_lie_about_the_number_of_keys_costs_nothing_in_the_end(ulong count, bool knowsLength)
    {
        RdbBytes file = RdbBytes.File(9).Op(RdbOpcode.SelectDb).Length(0)
            .Op(RdbOpcode.ResizeDb).Length(count).Length(count);
        for (int i = 0; i < 5000; i++)
        {
            file.Key(RdbType.String, $"key:{i}").String(new string('v', 100));
        }
        byte[] bytes = file.End();
        EngineFixture engine = new();
        LoadProgress progress = new() { TotalBytes = knowsLength ? bytes.Length : -1 };
        engine.Engine.Keyspace.Adopt(Load(engine, new MemoryStream(bytes), progress));
        Assert.Equal("5000", engine.Line("DBSIZE"));
        Assert.InRange(engine.Engine.Keyspace.OverheadBytes, 5000, 5000 * 40);
        Assert.Equal($"\"{new string('v', 100)}\"", engine.Line("GET key:4999"));
        engine.Line("SET one more");
        engine.Line("DEL key:0");
        string cursor = "0";
        int seen = 0;
        do
        {
            string reply = engine.Line($"SCAN {cursor} COUNT 1000");
            cursor = reply.Split('"')[1];
            seen += reply.Count(c => c == '"') / 2 - 1;
        }
        while (cursor != "0");
        Assert.Equal(5000, seen);
    }

    [Fact]
    public void Access_information_is_loaded_as_the_policy_wants_it()
    {
        byte[] file = RdbBytes.File(9).Op(RdbOpcode.Idle).Length(500).Key(RdbType.String, "idle").String("v")
            .Op(RdbOpcode.Frequency).Byte(99).Key(RdbType.Set, "used").Length(1).String("a").End();
        EngineFixture engine = new();
        Adopt(engine, file);
        Assert.Equal("500", engine.Line("OBJECT IDLETIME idle"));
        Assert.Equal("0", engine.Line("OBJECT IDLETIME used"));
        engine = new EngineFixture(new EngineOptions { MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLfu });
        Adopt(engine, file);
        Assert.Equal("99", engine.Line("OBJECT FREQ used"));
        Assert.Equal("5", engine.Line("OBJECT FREQ idle"));
    }

    [Fact]
    public void Notes_and_functions_come_along()
    {
        EngineFixture engine = new();
        using LoadedDataset loaded = Load(engine, RdbBytes.File(10).Op(RdbOpcode.Aux).String("repl-id").String("abc")
            .Op(RdbOpcode.Function2).String("#!lua name=x").End());
        Assert.Equal("abc", loaded.Notes["repl-id"]);
        Assert.Equal(["#!lua name=x"], loaded.Functions.Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public void Keys_are_loaded_without_an_allocation_for_each()
    {
        // Few enough for the batches that there are, so that one thread can do what two do otherwise.
        const int Count = 2000;
        RdbBytes file = RdbBytes.File(9);
        for (int i = 0; i < Count; i++)
        {
            file.Key(RdbType.String, $"key:{i}").String("value");
            file.Key(RdbType.Hash, $"hash:{i}").Length(1).String("field").String("value");
        }
        byte[] one = RdbBytes.File(9).Key(RdbType.String, "key").String("value")
            .Key(RdbType.Hash, "h").Length(1).String("field").String("value").End();
        (long Read, long Inserted) few = AllocatedBy(one);
        few = AllocatedBy(one);
        (long Read, long Inserted) many = AllocatedBy(file.End());
        Assert.Equal(few.Read, many.Read);
        Assert.InRange(many.Inserted - few.Inserted, -RecordLog.PageSize, Count);
    }

    private static (long Read, long Inserted) AllocatedBy(byte[] file)
    {
        EngineFixture engine = new();
        KeySpace staged = engine.Engine.Keyspace.Stage(0);
        LoadProgress progress = new() { TotalBytes = file.Length };
        using RdbReader reader = new(new MemoryStream(file), "test.rdb", file.Length);
        using LoadQueue queue = new();
        LoadReading reading = new(reader, staged, "test.rdb", progress, default);
        LoadInserter inserter = new(staged, engine.Options, progress, "test.rdb");
        long start = GC.GetAllocatedBytesForCurrentThread();
        reading.Run(queue, keepExpired: false);
        long read = GC.GetAllocatedBytesForCurrentThread();
        inserter.Run(queue);
        long inserted = GC.GetAllocatedBytesForCurrentThread();
        staged.DisposeStores();
        return (read - start, inserted - read);
    }

    [Fact]
    public void Who_watches_or_waits_is_told_of_what_comes_in_place()
    {
        EngineFixture engine = new();
        engine.Line("SET same v");
        engine.Line("WATCH gone");
        engine.Line("SET gone v");
        engine.Line("UNWATCH");
        Session own = engine.Session;
        Session untouched = engine.Engine.OpenSession();
        engine.Line("WATCH gone");
        engine.Session = untouched;
        engine.Line("WATCH never");
        Listener waiting = new(engine.Engine);
        engine.Session = waiting;
        engine.Execute(EngineFixture.Request("BLPOP", "list", "0"));
        Assert.Equal(1, engine.Engine.Blocked.Count);
        engine.Session = own;
        Adopt(engine, RdbBytes.File(9).Key(RdbType.List, "list").Length(2).String("a").String("b").End());
        engine.Engine.Blocked.ServeReady();
        Assert.Equal(0, engine.Engine.Blocked.Count);
        Assert.Equal("[\"b\"]", engine.Line("LRANGE list 0 -1"));
        engine.Line("MULTI");
        Assert.Equal("nil", engine.Line("EXEC"));
        engine.Session = untouched;
        engine.Line("MULTI");
        Assert.Equal("[]", engine.Line("EXEC"));
        Assert.Equal("1", engine.Line("DBSIZE"));
    }

    [Fact]
    public void An_empty_dataset_takes_the_place_of_another()
    {
        EngineFixture engine = new();
        engine.Line("SET k v");
        engine.Line("SELECT 3");
        engine.Line("RPUSH l a");
        Adopt(engine, RdbBytes.File(9).End());
        Assert.Equal(0, engine.Engine.Keyspace.Count);
        engine.Line("SET k v");
        Assert.Equal("1", engine.Line("DBSIZE"));
    }

    [Fact]
    public void A_cut_that_runs_keeps_what_it_saw()
    {
        EngineFixture engine = new();
        engine.Line("SET old v");
        engine.Run("RPUSH", "list", "a", new string('x', 500));
        KeyspaceCut cut = engine.Engine.Keyspace.BeginCut();
        EngineFixture other = new();
        other.Line("SET new v");
        other.Run("RPUSH", "list", "b", new string('y', 500));
        other.Run("SET", "big", new string('z', 50_000));
        Adopt(engine, DatasetFile.Write(other.Engine.Keyspace, new RdbFormat()));
        AssertSame(other, engine);

        // What is loaded can be changed and thrown away while the cut lasts.
        engine.Line("RPUSH list c");
        engine.Line("APPEND big c");
        engine.Line("SET new w");
        Assert.Equal("3", engine.Line("LLEN list"));
        List<string> seen = [];
        for (long address = 0; cut.Databases[0].TryWalk(ref address, out Record record);)
        {
            seen.Add(Encoding.Latin1.GetString(record.Key));
        }
        Assert.Equal(["list", "old"], seen.Order());
        engine.Line("FLUSHALL");
        engine.Engine.Keyspace.EndCut(cut);
        ValueBuilderTests.AssertNothingIsLeft(engine);
        engine.Line("SET k v");
        Assert.Equal("1", engine.Line("DBSIZE"));
    }

    private static byte[] Keys(int count)
    {
        EngineFixture engine = new();
        for (int i = 0; i < count; i++)
        {
            engine.Line($"SET key:{i} value:{i}:{i}:{i}");
        }
        return DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat());
    }

    private static CorruptDataException Refused(byte[] file) =>
        Assert.Throws<CorruptDataException>(() => Load(new EngineFixture(), file));

    private static void AssertSame(EngineFixture expected, EngineFixture actual)
    {
        Assert.Equal(ValueBuilderTests.Digest(expected), ValueBuilderTests.Digest(actual));
        for (int i = 0; i < expected.Engine.Keyspace.DatabaseCount; i++)
        {
            Database database = actual.Engine.Keyspace[i];
            for (long address = 0; expected.Engine.Keyspace[i].TryWalk(ref address, out Record record);)
            {
                Record loaded = database.FindExpiredToo(record.Key);
                Assert.Equal(record.Expiry, loaded.Expiry);
                Assert.Equal(record.Type, loaded.Type);
            }
        }
    }

    private static LoadProgress Adopt(EngineFixture engine, byte[] file, bool keepExpired = false)
    {
        LoadProgress progress = new() { TotalBytes = file.Length };
        LoadedDataset loaded = DatasetLoader.Load(
            new MemoryStream(file), "test.rdb", engine.Engine, progress, true, keepExpired, default);
        engine.Engine.BeginTurn();
        engine.Engine.Keyspace.Adopt(loaded);
        engine.Engine.EndTurn();
        return progress;
    }

    private static LoadedDataset Load(EngineFixture engine, byte[] file) =>
        Load(engine, new MemoryStream(file), file.Length);

    private static LoadedDataset Load(
        EngineFixture engine, Stream stream, long length, CancellationToken cancellation = default) =>
        Load(engine, stream, new LoadProgress { TotalBytes = length }, cancellation);

    private static LoadedDataset Load(
        EngineFixture engine, Stream stream, LoadProgress progress, CancellationToken cancellation = default) =>
        DatasetLoader.Load(stream, "test.rdb", engine.Engine, progress, true, false, cancellation);

    /// <summary>Does something when so many bytes have been read.</summary>
    private sealed class Failing(byte[] bytes, int after, Action happens) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer)
        {
            if (Position >= after)
            {
                happens();
            }
            return base.Read(buffer);
        }
    }
}
