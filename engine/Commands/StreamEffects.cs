using Tidelog.Engine.Log;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Commands;

/// <summary>
/// What a group of a stream was given, as effects: in redis's forms, which do the same when they are replayed
/// (Redis 7.0 t_stream.c, streamPropagateXCLAIM and the like).
/// </summary>
internal static unsafe class StreamEffects
{
    /// <summary>An entry is pending for a consumer: XCLAIM, which also says how far the group has come.</summary>
    /// <param name="id">As text.</param>
    public static void Claim(
        Effects effects, ReadOnlySpan<byte> key, ReadOnlySpan<byte> groupName, StreamGroup* group,
        ReadOnlySpan<byte> id, in PendingEntry pending)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        effects.Begin(14);
        effects.Add("XCLAIM"u8);
        effects.Add(key);
        effects.Add(groupName);
        effects.Add(StreamGroups.Consumer(group, pending.Consumer)->Name.Bytes);
        effects.Add("0"u8);
        effects.Add(id);
        effects.Add("TIME"u8);
        pending.DeliveryMs.TryFormat(text, out int length);
        effects.Add(text[..length]);
        effects.Add("RETRYCOUNT"u8);
        pending.DeliveryCount.TryFormat(text, out length);
        effects.Add(text[..length]);
        effects.Add("FORCE"u8);
        effects.Add("JUSTID"u8);
        effects.Add("LASTID"u8);
        effects.Add(text[..group->LastId.Format(text)]);
    }

    /// <summary>The same for an ID that did not come as text.</summary>
    public static void Claim(
        Effects effects, ReadOnlySpan<byte> key, ReadOnlySpan<byte> groupName, StreamGroup* group, StreamId id,
        in PendingEntry pending)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        Claim(effects, key, groupName, group, text[..id.Format(text)], pending);
    }

    /// <summary>How far the group has come, when nothing was made pending that would say it.</summary>
    public static void Position(
        Effects effects, ReadOnlySpan<byte> key, ReadOnlySpan<byte> groupName, StreamGroup* group)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        effects.Begin(7);
        effects.Add("XGROUP"u8);
        effects.Add("SETID"u8);
        effects.Add(key);
        effects.Add(groupName);
        effects.Add(text[..group->LastId.Format(text)]);
        effects.Add("ENTRIESREAD"u8);
        group->EntriesRead.TryFormat(text, out int length);
        effects.Add(text[..length]);
    }

    /// <summary>A consumer that came into being, when nothing was made pending for it.</summary>
    public static void NewConsumer(
        Effects effects, ReadOnlySpan<byte> key, ReadOnlySpan<byte> groupName, ReadOnlySpan<byte> consumer)
    {
        effects.Begin(5);
        effects.Add("XGROUP"u8);
        effects.Add("CREATECONSUMER"u8);
        effects.Add(key);
        effects.Add(groupName);
        effects.Add(consumer);
    }
}
