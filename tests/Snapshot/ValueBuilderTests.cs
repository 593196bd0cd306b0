using System.Globalization;
using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;
using Tidelog.Tests.Engine;
using Xunit;
using static System.FormattableString;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>Values made from what a reader shows.</summary>
public sealed class ValueBuilderTests
{
    private static readonly RdbFormat Plain = new();

    private delegate bool Visit(ref ValueBuilder builder);

    [Fact]
    public void Any_value_that_was_written_becomes_the_same_again_and_is_freed_whole() =>
        StepProperty.Check(60, length: 80, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            EngineFixture copy = new();
            Rebuild(engine, copy);
            Assert.Equal(Digest(engine), Digest(copy));
            copy.Line("FLUSHALL");
            AssertNothingIsLeft(copy);
        });

    [Fact]
    public void What_is_discarded_in_the_middle_is_freed_whole() =>
        StepProperty.Check(30, length: 60, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            EngineFixture copy = new();
            for (int i = 0; i < engine.Engine.Keyspace.DatabaseCount; i++)
            {
                for (long address = 0; engine.Engine.Keyspace[i].TryWalk(ref address, out Record record);)
                {
                    byte[] bytes = Written(record);
                    byte[] part = bytes[..(bytes.Length / 2)];
                    ValueBuilder builder = new(copy.Engine.Keyspace[0], copy.Options);
                    try
                    {
                        RdbReader.ReadPayload(part, ref builder);
                    }
                    catch (CorruptDataException)
                    {
                        // As it must be; what there was is in the builder.
                    }
                    builder.Discard();
                }
            }
            AssertNothingIsLeft(copy);
        });

    [Theory]
    [InlineData(512, 10, "listpack")]
    [InlineData(513, 10, "hashtable")]
    [InlineData(1, 64, "listpack")]
    [InlineData(1, 65, "hashtable")]
    [InlineData(300, 60, "listpack")]
    public void A_hash_has_the_encoding_of_its_size(int fields, int length, string encoding)
    {
        EngineFixture engine = new();
        Assert.True(Build(engine, (ref builder) =>
        {
            builder.BeginHash(fields);
            bool isRight = true;
            for (int i = 0; i < fields; i++)
            {
                isRight &= builder.Field(new PackedText(Name("f", i)), new PackedText(Text("v", length - 1)));
            }
            return isRight && builder.End();
        }));
        Assert.Equal($"\"{encoding}\"", engine.Line("OBJECT ENCODING key"));
        Assert.Equal(fields.ToString(CultureInfo.InvariantCulture), engine.Line("HLEN key"));
        Assert.Equal($"\"{Encoding.ASCII.GetString(Text("v", length - 1))}\"",
            engine.Run("HGET", "key", Encoding.ASCII.GetString(Name("f", fields - 1))));
    }

    [Theory]
    [InlineData(512, 0, "intset")]
    [InlineData(513, 0, "hashtable")]
    [InlineData(20, 1, "hashtable")]
    [InlineData(40, 1, "hashtable")]
    [InlineData(0, 30, "hashtable")]
    [InlineData(0, 600, "hashtable")]
    public void A_set_has_the_encoding_of_its_members(int integers, int texts, string encoding)
    {
        foreach (bool ascending in new[] { true, false })
        {
            EngineFixture engine = new();
            Assert.True(Build(engine, (ref builder) =>
            {
                builder.BeginSet(-1);
                bool isRight = true;
                for (int i = 0; i < integers; i++)
                {
                    isRight &= builder.Member(new PackedText(ascending ? i * 1000L : -i * 100_000L));
                }
                for (int i = 0; i < texts; i++)
                {
                    isRight &= builder.Member(new PackedText(Name("m", i)));
                }
                return isRight && builder.End();
            }));
            Assert.Equal($"\"{encoding}\"", engine.Line("OBJECT ENCODING key"));
            Assert.Equal($"{integers + texts}", engine.Line("SCARD key"));
            Assert.Equal("0", engine.Line("SADD key " + (integers > 0 ? "0" : "m0")));
        }
    }

    [Theory]
    [InlineData(128, 1, "listpack")]
    [InlineData(128, -1, "listpack")]
    [InlineData(128, 7, "listpack")]
    [InlineData(129, 1, "skiplist")]
    [InlineData(129, -1, "skiplist")]
    [InlineData(1000, 7, "skiplist")]
    public void A_sorted_set_comes_in_any_order(int count, int step, string encoding)
    {
        EngineFixture engine = new();
        Assert.True(Build(engine, (ref builder) =>
        {
            builder.BeginSortedSet(count);
            bool isRight = true;
            for (int i = 0; i < count; i++)
            {
                int number = step > 0 ? i * step % count : count - 1 - i;
                isRight &= builder.ScoredMember(new PackedText(Number(number)), number / 2);
            }
            return isRight && builder.End();
        }));
        Assert.Equal($"\"{encoding}\"", engine.Line("OBJECT ENCODING key"));
        EngineFixture expected = new();
        for (int i = 0; i < count; i++)
        {
            expected.Line($"ZADD key {i / 2} {i}");
        }
        Assert.Equal(expected.Line("ZRANGE key 0 -1 WITHSCORES"), engine.Line("ZRANGE key 0 -1 WITHSCORES"));
    }

    [Fact]
    public void A_zero_of_a_small_sorted_set_has_no_sign()
    {
        EngineFixture engine = new();
        Assert.True(Build(engine, (ref builder) =>
        {
            builder.BeginSortedSet(2);
            return builder.ScoredMember(new PackedText("a"u8), -0.0)
                && builder.ScoredMember(new PackedText("b"u8), 0.5) && builder.End();
        }));
        Assert.Equal("[\"a\", \"0\", \"b\", \"0.5\"]", engine.Line("ZRANGE key 0 -1 WITHSCORES"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(100)]
    [InlineData(700)]
    public void What_comes_twice_is_refused_and_leaves_nothing(int count)
    {
        EngineFixture engine = new();
        foreach (int again in new[] { 0, count / 2, count - 1 })
        {
            Assert.False(Build(engine, (ref builder) =>
            {
                builder.BeginHash(-1);
                for (int i = 0; i < count; i++)
                {
                    Assert.True(builder.Field(new PackedText(Name("f", i)), new PackedText("v"u8)));
                }
                return builder.Field(new PackedText(Name("f", again)), new PackedText("w"u8));
            }));
            Assert.False(Build(engine, (ref builder) =>
            {
                builder.BeginSet(-1);
                for (int i = 0; i < count; i++)
                {
                    Assert.True(builder.Member(new PackedText(Number(i))));
                }
                return builder.Member(new PackedText(Number(again)));
            }));
            Assert.False(Build(engine, (ref builder) =>
            {
                builder.BeginSet(-1);
                for (int i = 0; i < count; i++)
                {
                    Assert.True(builder.Member(new PackedText(Name("m", i))));
                }
                return builder.Member(new PackedText(Name("m", again)));
            }));
            Assert.False(Build(engine, (ref builder) =>
            {
                builder.BeginSortedSet(-1);
                for (int i = 0; i < count; i++)
                {
                    Assert.True(builder.ScoredMember(new PackedText(Number(i)), -i));
                }
                return builder.ScoredMember(new PackedText(Number(again)), again + 0.5);
            }));
        }
        AssertNothingIsLeft(engine);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(100_000)]
    public void A_string_of_any_length_is_stored(int length)
    {
        EngineFixture engine = new();
        Assert.True(Build(engine, (ref builder) =>
        {
            builder.String(new byte[length]);
            return builder.End();
        }));
        Assert.Equal($"{length}", engine.Line("STRLEN key"));
        Assert.Equal(length <= 44 ? "\"embstr\"" : "\"raw\"", engine.Line("OBJECT ENCODING key"));
        Assert.False(Build(engine, (ref builder) =>
        {
            builder.String(new byte[length]);
            return false;
        }));
        engine.Line("DEL key");
        AssertNothingIsLeft(engine);
    }

    [Theory]
    [InlineData("12", "int")]
    [InlineData("-9223372036854775808", "int")]
    [InlineData("012", "embstr")]
    public void A_string_that_is_an_integer_is_stored_as_one(string text, string encoding)
    {
        EngineFixture engine = new();
        Assert.True(Build(engine, (ref builder) =>
        {
            builder.String(Encoding.ASCII.GetBytes(text));
            return builder.End();
        }));
        Assert.Equal($"\"{encoding}\"", engine.Line("OBJECT ENCODING key"));
        Assert.Equal($"\"{text}\"", engine.Line("GET key"));
    }

    [Fact]
    public void A_stream_must_be_consistent()
    {
        EngineFixture engine = new();
        StreamId one = new(1, 0);
        StreamId two = new(2, 0);
        Assert.True(Stream(engine, new StreamState(0, default, null, null, null)));
        Assert.Equal("0", engine.Line("XLEN key"));

        // An entry that is not there, a pending entry of nobody, of two, and one that is not pending.
        Assert.False(Stream(engine, new StreamState(1, one, null, null, null)));
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamPending(one, 5, 1)));
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamPending(one, 5, 1)
            && builder.StreamConsumer("c"u8, 5) && builder.ConsumerPending(one)
            && builder.StreamConsumer("d"u8, 5) && builder.ConsumerPending(one)));
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamConsumer("c"u8, 5) && builder.ConsumerPending(two)));

        // What comes twice.
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamGroup("g"u8, one, 0)));
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamPending(one, 5, 1)
            && builder.StreamPending(one, 5, 1)));
        Assert.False(Stream(engine, new StreamState(0, two, null, null, null), (ref builder) =>
            builder.StreamGroup("g"u8, one, 0) && builder.StreamConsumer("c"u8, 5)
            && builder.StreamConsumer("c"u8, 5)));
        engine.Line("DEL key");
        AssertNothingIsLeft(engine);
    }

    [Fact]
    public void A_collection_of_nothing_is_not_stored()
    {
        EngineFixture engine = new();
        Database database = engine.Engine.Keyspace[0];
        ValueBuilder builder = new(database, engine.Options);
        builder.BeginHash(0);
        Assert.True(builder.End());
        Assert.True(builder.IsEmpty);
        builder.Discard();
        AssertNothingIsLeft(engine);
    }

    internal static string Digest(EngineFixture engine) => Digest(engine.Engine.Keyspace);

    internal static string Digest(KeySpace keyspace)
    {
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(keyspace, digest);
        return Convert.ToHexStringLower(digest);
    }

    internal static void AssertNothingIsLeft(EngineFixture engine)
    {
        for (int i = 0; i < engine.Engine.Keyspace.DatabaseCount; i++)
        {
            Store? store = engine.Engine.Keyspace[i].Store;
            Assert.Equal(0, store?.Values.Bytes ?? 0);
            Assert.Equal(0, store?.Strings.Bytes ?? 0);
        }
    }

    private static void Rebuild(EngineFixture engine, EngineFixture copy)
    {
        for (int i = 0; i < engine.Engine.Keyspace.DatabaseCount; i++)
        {
            for (long address = 0; engine.Engine.Keyspace[i].TryWalk(ref address, out Record record);)
            {
                ValueBuilder builder = new(copy.Engine.Keyspace[i], copy.Options);
                RdbReader.ReadPayload(Written(record), ref builder);
                Record built = builder.Store(record.Key, default, record.Expiry);
                Assert.Equal(record.Type, built.Type);
                Assert.Equal(record.Expiry, built.Expiry);
                builder.Discard();
            }
        }
    }

    /// <summary>A value with its type in front, as a DUMP payload begins.</summary>
    private static byte[] Written(Record record)
    {
        using RdbOutput output = new(16);
        using RdbWriter writer = new(output, Plain);
        output.Byte((byte)writer.TypeOf(record));
        writer.Value(record);
        return output.Pending.ToArray();
    }

    private static bool Stream(EngineFixture engine, StreamState state, Visit? groups = null) =>
        Build(engine, (ref builder) =>
        {
            builder.BeginStream();
            return builder.StreamState(state) && (groups is null || groups(ref builder)) && builder.End();
        });

    private static bool Build(EngineFixture engine, Visit visit)
    {
        Database database = engine.Engine.Keyspace[0];
        ValueBuilder builder = new(database, engine.Options);
        bool isWhole = visit(ref builder);
        if (isWhole)
        {
            builder.Store("key"u8, database.FindExpiredToo("key"u8), -1);
        }
        builder.Discard();
        return isWhole;
    }

    /// <summary>A text of its own for each number, of a length that some are searched for by.</summary>
    private static byte[] Name(string prefix, int number) =>
        Encoding.ASCII.GetBytes(Invariant($"{prefix}{number}") + (prefix == "m" ? new string('x', number % 90) : ""));

    private static byte[] Text(string prefix, int length) => Encoding.ASCII.GetBytes(prefix + new string('x', length));

    private static byte[] Number(int number) =>
        Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
