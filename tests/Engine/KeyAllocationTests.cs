using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.PubSub;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed unsafe class KeyAllocationTests
{
    [Theory]
    [InlineData("EXISTS key other nope")]
    [InlineData("TTL key")]
    [InlineData("EXPIRE key 100")]
    [InlineData("EXPIRE key 100 GT")]
    [InlineData("PEXPIREAT key 1800000000000")]
    [InlineData("PERSIST key")]
    [InlineData("DEL nope nope2")]
    [InlineData("TYPE key")]
    [InlineData("TOUCH key")]
    [InlineData("RENAME key key2", "RENAME key2 key")]
    [InlineData("COPY key key3", "DEL key3")]
    [InlineData("PUBLISH channel message", "SPUBLISH channel message")]
    [InlineData("SELECT 0", "PING", "DBSIZE", "OBJECT ENCODING key")]
    [InlineData("MULTI", "SET key 1", "INCR other", "GET key", "EXEC", "MULTI", "DISCARD", "UNWATCH")]
    public void Nothing_is_allocated_on_the_heap(params string[] commands)
    {
        EngineFixture fixture = new();
        fixture.Line("SET key value");
        fixture.Line("SET other 12");
        Session listener = fixture.Engine.OpenSession();
        fixture.Engine.PubSub.Subscribe(TopicKind.Channel, listener, "channel"u8);
        fixture.Engine.PubSub.Subscribe(TopicKind.Pattern, listener, "*"u8);
        fixture.Options.NotifyKeyspaceEvents = NotifyEvents.All | NotifyEvents.Keyspace | NotifyEvents.KeyEvent;
        CommandBatch batch = new();
        ReplyWriter reply = new();
        byte[] requests = GC.AllocateUninitializedArray<byte>(1024, pinned: true);
        byte[][] encoded = [.. commands.Select(command => EngineFixture.Request(command.Split(' ')))];
        int length = 0;
        foreach (byte[] request in encoded)
        {
            request.CopyTo(requests, length);
            length += request.Length;
        }
        fixed (byte* start = requests)
        {
            RequestParser parser = new();
            for (int at = 0; at < length;)
            {
                int first = batch.Arguments.Count;
                Assert.Equal(ParseStatus.Command, parser.Parse(
                    start + at, length - at, batch.Arguments, new RequestLimits(1 << 20, false), out long consumed));
                batch.Add(start + at, first, consumed, true);
                at += (int)consumed;
            }
            Run(fixture.Engine, fixture.Session, batch, reply, 1000);

            // A collection that another test causes counts as an allocation here, and so does the log's next page: one
            // round without either is enough.
            long least = long.MaxValue;
            for (int round = 0; round < 10 && least != 0; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                Run(fixture.Engine, fixture.Session, batch, reply, 1000);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            Assert.Equal(0, least);
        }
    }

    private static void Run(StorageEngine engine, Session session, CommandBatch batch, ReplyWriter reply, int times)
    {
        for (int i = 0; i < times; i++)
        {
            engine.BeginTurn();
            engine.Dispatcher.Execute(session, batch, reply, long.MaxValue, out _);
            engine.EndTurn();
            reply.Clear();
        }
    }
}
