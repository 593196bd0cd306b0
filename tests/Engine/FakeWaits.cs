using System.Text;
using Tidelog.Engine.Blocking;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Tests.Engine;

/// <summary>
/// Blocking commands on values that are a few characters under the name of a list, sorted set or stream:
/// <list type="bullet">
/// <item><c>put type key characters</c> adds characters at the end;</item>
/// <item><c>take type key [key ...] timeout</c> waits for one, takes it from the front, and replies key and character;
/// its effect is <c>take type key</c>;</item>
/// <item><c>shift key target timeout</c> does that with a list, and puts it into another one;</item>
/// <item><c>follow key timeout</c> waits for a stream, and ends with it.</item>
/// </list>
/// </summary>
internal static class FakeWaits
{
    public static IEnumerable<Command> Table =>
    [
        new("put", 4, CommandFlags.Write, AclCategories.None, Put, KeySpec.Key(2, KeyFlags.ReadWrite)),
        new("take", -4, CommandFlags.Write | CommandFlags.Blocking, AclCategories.None, Take),
        new("shift", 4, CommandFlags.Write | CommandFlags.Blocking, AclCategories.None, Shift),
        new("follow", 3, CommandFlags.ReadOnly | CommandFlags.Blocking, AclCategories.None, Follow),
    ];

    private static void Put(CommandContext context)
    {
        ValueType type = TypeOf(context, 1);
        Add(context, context[2], type, context[3]);
        context.Dirty++;
        context.Reply.Ok();
    }

    private static void Take(CommandContext context)
    {
        ValueType type = TypeOf(context, 1);
        if (!context.TryTimeoutSeconds(context.Count - 1, out long deadline))
        {
            return;
        }
        for (int i = 2; i < context.Count - 1; i++)
        {
            Record record = context.Database.Find(context[i], Lookup.Write);
            if (record.Exists && record.Type != type)
            {
                context.Reply.Error(ReplyError.WrongType);
                return;
            }
            if (record.Exists)
            {
                new Taking(type).TryServe(context, context[i], record);
                return;
            }
        }
        context.Block(2, context.Count - 3, deadline, new Taking(type));
    }

    private static void Shift(CommandContext context)
    {
        if (context.TryTimeoutSeconds(3, out long deadline))
        {
            context.Block(1, 1, deadline, new Shifting(context[2].ToArray()));
        }
    }

    private static void Follow(CommandContext context)
    {
        if (context.TryTimeoutMilliseconds(2, out long deadline))
        {
            context.Block(1, 1, deadline, new Following());
        }
    }

    private static void Add(CommandContext context, ReadOnlySpan<byte> key, ValueType type, ReadOnlySpan<byte> added)
    {
        Record record = context.Database.Find(key, Lookup.Write);
        byte[] value = record.Exists ? [.. record.Bytes, .. added] : added.ToArray();
        value.CopyTo(context.Database.Put(key, record, type, ValueEncoding.Raw, value.Length).MutableBytes);
        if (type == ValueType.Stream)
        {
            context.Database.SignalReady(key);
        }
    }

    private static byte RemoveFirst(CommandContext context, Record record)
    {
        byte[] value = record.Bytes.ToArray();
        if (value.Length == 1)
        {
            context.Database.Delete(record);
        }
        else
        {
            byte[] key = record.Key.ToArray();
            value.AsSpan(1).CopyTo(
                context.Database.Put(key, record, record.Type, ValueEncoding.Raw, value.Length - 1).MutableBytes);
        }
        context.Dirty++;
        return value[0];
    }

    private static ValueType TypeOf(CommandContext context, int index) =>
        Enum.Parse<ValueType>(Encoding.Latin1.GetString(context[index]), ignoreCase: true);

    private sealed class Taking(ValueType type) : BlockedOperation
    {
        public override ValueType? Type => type;

        public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
        {
            byte first = RemoveFirst(context, record);
            context.Effects.Give("take"u8, Encoding.Latin1.GetBytes($"{type}"), key);
            context.Reply.Array(2);
            context.Reply.Bulk(key);
            context.Reply.Bulk([first]);
            return true;
        }
    }

    private sealed class Shifting(byte[] target) : BlockedOperation
    {
        public override ValueType? Type => ValueType.List;

        public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
        {
            byte first = RemoveFirst(context, record);
            Add(context, target, ValueType.List, [first]);
            context.Effects.Give("shift"u8, key, target);
            context.Reply.Bulk([first]);
            return true;
        }
    }

    private sealed class Following : BlockedOperation
    {
        public override ValueType? Type => ValueType.Stream;

        public override bool EndsWithKey => true;

        public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
        {
            if (record.Bytes.Length < 3)
            {
                return false;
            }
            context.Reply.Bulk(record.Bytes);
            return true;
        }

        public override void AnswerTimeout(ReplyWriter reply) => reply.Null();
    }
}
