using Tidelog.Engine.Blocking;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>What is left of an XREAD or XREADGROUP that waits (Redis 7.0 blocked.c).</summary>
internal sealed unsafe class StreamReadOperation : BlockedOperation
{
    /// <summary>Entries that one who waited gets, unless COUNT says more or less.</summary>
    private const long DefaultCount = 1000;

    private readonly (byte[] Key, StreamId Last)[] _streams;
    private readonly byte[]? _group;
    private readonly byte[] _consumer;
    private readonly long _count;
    private readonly bool _noAck;

    /// <param name="last">For each stream, the ID behind which the client wants to read.</param>
    public StreamReadOperation(CommandContext context, in StreamReadOptions options, ReadOnlySpan<StreamId> last)
    {
        _streams = new (byte[], StreamId)[options.StreamCount];
        for (int i = 0; i < _streams.Length; i++)
        {
            _streams[i] = (context[options.FirstKey + i].ToArray(), last[i]);
        }
        _group = options.HasGroup ? context[options.GroupIndex].ToArray() : null;
        _consumer = options.HasGroup ? context[options.GroupIndex + 1].ToArray() : [];
        _count = options.Count > 0 ? options.Count : DefaultCount;
        _noAck = options.NoAck;
    }

    public override ValueType? Type => ValueType.Stream;

    public override bool EndsWithKey => _group is not null;

    public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
    {
        fixed (byte* groupStart = _group, consumerStart = _consumer)
        {
            StreamRoot* root = StreamKey.Root(record);
            ReplyWriter reply = context.Reply;
            NativeText group = new(groupStart, _group?.Length ?? 0);
            StreamId last;
            if (_group is null)
            {
                last = LastOf(key);
            }
            else
            {
                StreamGroup* found = StreamGroups.Find(root, group);
                if (found == null)
                {
                    reply.Error(ReplyError.BlockedGroupGone);
                    return true;
                }
                last = found->LastId;
            }
            if (root->LastId <= last)
            {
                return false;
            }
            StreamReadCommands.BeginStreams(reply, 1);
            StreamReadCommands.BeginStream(reply, key);
            if (_group is null)
            {
                StreamReply.Range(reply, root, last.Next(), StreamId.Max, _count, reverse: false);
                return true;
            }
            NativeText consumer = new(consumerStart, _consumer.Length);
            new StreamDelivery(context, key, record, group, consumer, _noAck).DeliverNew(last.Next(), _count);
            context.Dirty++;
            StreamReadCommands.SuppressCommand(context);
            return true;
        }
    }

    private StreamId LastOf(ReadOnlySpan<byte> key)
    {
        foreach ((byte[] name, StreamId last) in _streams)
        {
            if (key.SequenceEqual(name))
            {
                return last;
            }
        }
        return StreamId.Max;
    }
}
