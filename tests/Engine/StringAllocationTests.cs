using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>The commands that make up most of a server's work leave nothing for the garbage collector.</summary>
public sealed class StringAllocationTests
{
    private const int Rounds = 10_000;

    [Theory]
    [InlineData("GET text")]
    [InlineData("GET number")]
    [InlineData("GET missing")]
    [InlineData("SET text another-text-of-some-length")]
    [InlineData("SET number 12345678")]
    [InlineData("SET text other EX 100")]
    [InlineData("SET text other PXAT 1700000100000 GET")]
    [InlineData("SETEX text 100 other")]
    [InlineData("SETNX text other")]
    [InlineData("GETSET text other")]
    [InlineData("GETEX text EX 100")]
    [InlineData("INCR number")]
    [InlineData("INCRBY number -5")]
    [InlineData("INCRBYFLOAT fraction 0.1")]
    [InlineData("APPEND text x")]
    [InlineData("GETRANGE number 1 2")]
    [InlineData("STRLEN number")]
    [InlineData("MGET text number missing")]
    [InlineData("MSET text a number 2 further c")]
    [InlineData("SETBIT text 500 1")]
    [InlineData("GETBIT number 5")]
    [InlineData("BITCOUNT text 3 -3 BIT")]
    [InlineData("BITPOS text 1 3")]
    [InlineData("BITOP XOR text text number missing")]
    [InlineData("BITFIELD text SET u8 0 5 INCRBY i5 #3 1 OVERFLOW FAIL INCRBY u4 0 100 GET i64 1")]
    [InlineData("PFADD hll a b c d")]
    [InlineData("PFCOUNT hll missing")]
    [InlineData("PFMERGE hll other")]
    [InlineData("HSET hash field value other 17")]
    [InlineData("HGET hash field")]
    [InlineData("HINCRBY hash other 5")]
    [InlineData("HGETALL hash")]
    [InlineData("HSET bighash field:77 changed")]
    [InlineData("HMGET bighash field:77 field:78 missing")]
    [InlineData("SADD integers 5 6 7")]
    [InlineData("SISMEMBER integers 5")]
    [InlineData("SMISMEMBER bigset member:5 member:x")]
    [InlineData("SRANDMEMBER bigset")]
    [InlineData("SMEMBERS bigset")]
    public void A_command_allocates_nothing_on_the_gc_heap(string command)
    {
        EngineFixture engine = new();
        engine.Run("SET", "text", "some text that is not short");
        engine.Run("SET", "number", "1000000");
        engine.Run("SET", "fraction", "10.25");
        engine.Line("HSET hash field value");
        engine.Line("SADD integers 1 2 3");
        engine.Run(["SADD", "bigset", .. Enumerable.Range(0, 1000).Select(i => $"member:{i}")]);
        engine.Run(["HSET", "bighash", .. Enumerable.Range(0, 2000).Select(i => $"field:{i}")]);
        byte[] request = EngineFixture.Request(command.Split(' '));
        ExecuteRounds(engine, request);
        Assert.Equal(0, LeastOfSome(engine, request));
    }

    [Theory]
    [InlineData("SADD integers 4", "SPOP integers")]
    [InlineData("SADD strings x", "SREM strings x")]
    [InlineData("SADD bigset another", "SPOP bigset")]
    [InlineData("HSET hash field value", "HDEL hash field")]
    [InlineData("HSET bighash field value", "HDEL bighash field")]
    public void What_comes_and_goes_allocates_less_than_a_byte_per_command(string comes, string goes)
    {
        EngineFixture engine = new();
        engine.Line("SADD integers 1 2 3");
        engine.Line("SADD strings a b c");
        engine.Line("HSET hash f v");
        engine.Run(["SADD", "bigset", .. Enumerable.Range(0, 1000).Select(i => $"member:{i}")]);
        engine.Run(["HSET", "bighash", .. Enumerable.Range(0, 2000).Select(i => $"field:{i}")]);
        byte[][] requests = [.. new[] { comes, goes }.Select(line => EngineFixture.Request(line.Split(' ')))];
        ExecuteRounds(engine, requests);
        Assert.InRange(LeastOfSome(engine, requests), 0, Rounds);
    }

    [Fact]
    public void Values_of_changing_length_allocate_less_than_a_byte_per_command()
    {
        EngineFixture engine = new();
        byte[] shorter = EngineFixture.Request("SET", "key", new string('s', 50));
        byte[] longer = EngineFixture.Request("SET", "key", new string('l', 500));

        // Until the cleaner gives back as many pages of the log as are taken.
        for (int i = 0; i < 4; i++)
        {
            ExecuteRounds(engine, shorter, longer);
        }
        Assert.InRange(LeastOfSome(engine, shorter, longer), 0, Rounds);
    }

    private const int Measurements = 12;

    /// <summary>
    /// A collection that another test causes meanwhile moves the thread's counter by some kilobytes; what commands
    /// allocate is in every measurement.
    /// </summary>
    private static long LeastOfSome(EngineFixture engine, params byte[][] requests)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Measurements && least > 0; i++)
        {
            least = Math.Min(least, ExecuteRounds(engine, requests));
        }
        return least;
    }

    /// <returns>Bytes allocated on the GC heap.</returns>
    private static unsafe long ExecuteRounds(EngineFixture engine, params byte[][] requests)
    {
        ReplyWriter reply = new();
        CommandBatch batch = new();
        RequestParser parser = new();
        RequestLimits limits = new(1 << 20, false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            byte[] request = requests[i % requests.Length];
            fixed (byte* start = request)
            {
                batch.Clear();
                parser.Parse(start, request.Length, batch.Arguments, limits, out long length);
                batch.Add(start, 0, length, isResp: true);
                engine.Engine.BeginTurn();
                engine.Engine.Dispatcher.Execute(engine.Session, batch, reply, long.MaxValue, out _);
                engine.Engine.EndTurn();
                reply.Clear();
            }
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
