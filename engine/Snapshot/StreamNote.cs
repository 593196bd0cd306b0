// What RDB 9 has no room for in a stream, as the AUX field "tidelog-stream" in front of its key: text, with a space
// between its parts,
//
//   FIRST-ID GREATEST-DELETED-ID ENTRIES-ADDED [ENTRIES-READ ...]
//
// ENTRIES-READ once for each group, in the order that the value has them; -1 where it is not known. Who does not know
// the field passes over it and estimates these, and a stream for which the estimates are right has no such field.

using System.Globalization;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Says what the note of a stream is.</summary>
internal static unsafe class StreamNote
{
    /// <summary>More would make a field of tens of megabytes; such a stream does without.</summary>
    private const int MaxGroups = 1 << 20;
    private const int MaxNumberLength = 20;

    public static ReadOnlySpan<byte> Name => "tidelog-stream"u8;

    /// <summary>True if who reads the stream without a note gets another one.</summary>
    public static bool IsNeeded(StreamRoot* stream)
    {
        if (stream->Groups.Count > MaxGroups)
        {
            return false;
        }
        if (stream->MaxDeletedId != default || stream->EntriesAdded != (ulong)stream->Value.Count
            || stream->FirstId != StreamEntries.FirstWithoutNote(stream))
        {
            return true;
        }
        TreeCursor<NativeText, StreamGroup> groups = TreeCursor<NativeText, StreamGroup>.AtFirst(stream->Groups);
        for (; groups.IsValid; groups.MoveNext())
        {
            if (groups.Value->EntriesRead != StreamLag.EntriesUpTo(stream, groups.Value->LastId))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Writes the text of the note; or, without an output, only counts.</summary>
    /// <returns>Its bytes.</returns>
    public static long Write(StreamRoot* stream, RdbOutput? output)
    {
        Span<byte> text = stackalloc byte[(2 * StreamId.MaxTextLength) + 2 + MaxNumberLength];
        int length = stream->FirstId.Format(text);
        text[length++] = (byte)' ';
        length += stream->MaxDeletedId.Format(text[length..]);
        text[length++] = (byte)' ';
        stream->EntriesAdded.TryFormat(text[length..], out int digits, default, CultureInfo.InvariantCulture);
        length += digits;
        output?.Write(text[..length]);
        long written = length;
        TreeCursor<NativeText, StreamGroup> groups = TreeCursor<NativeText, StreamGroup>.AtFirst(stream->Groups);
        for (; groups.IsValid; groups.MoveNext())
        {
            text[0] = (byte)' ';
            groups.Value->EntriesRead.TryFormat(text[1..], out digits, default, CultureInfo.InvariantCulture);
            output?.Write(text[..(1 + digits)]);
            written += 1 + digits;
        }
        return written;
    }
}
