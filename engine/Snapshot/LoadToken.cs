// What a loader's reading thread tells the inserting one, in memory that both take turns in (LoadBatch). Everything
// begins at a multiple of 8 bytes.
//
//   a string           LoadedKey, key, value
//   a collection       LoadedKey, key; then its pieces, over as many batches as it takes; then End
//   a piece            8 bytes of which the first is the token; numbers, IDs and texts as the token has them
//   a text             LoadedText, bytes or the integer
//
// What is long lies outside, in a block that the batch has a list of, in the order of the tokens.

using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

internal enum LoadToken : byte
{
    SelectDatabase,
    Counts,
    String,
    Collection,
    BeginList,
    ListElement,
    BeginSet,
    Member,
    BeginHash,
    Field,
    BeginSortedSet,
    ScoredMember,
    BeginStream,
    StreamEntries,
    StreamState,
    StreamGroup,
    StreamPending,
    StreamConsumer,
    ConsumerPending,
    End,
}

/// <summary>In front of a key.</summary>
internal struct LoadedKey
{
    public LoadToken Token;
    public ValueEncoding Encoding;
    public bool IsKeyOutside;
    public bool IsValueOutside;

    /// <summary>Bytes of the key that follow; 0 if it is outside.</summary>
    public int KeyLength;

    /// <summary>Bytes of the value that follow the key, 8 for an integer.</summary>
    public int ValueLength;
    public uint Access;
    public ulong Hash;

    /// <summary>Unix time in milliseconds, or -1.</summary>
    public long Expiry;

    /// <summary>Where the key is in the file.</summary>
    public long Offset;
}

/// <summary>In front of a text.</summary>
internal struct LoadedText
{
    /// <summary>As a <see cref="PackedText"/> has it.</summary>
    public byte Code;
    public bool IsOutside;

    /// <summary>Bytes that follow; 8 for an integer.</summary>
    public int Length;
}

/// <summary>A <see cref="StreamState"/>.</summary>
internal struct LoadedState
{
    public long Length;
    public StreamId LastId;
    public StreamId FirstId;
    public StreamId MaxDeletedId;
    public ulong EntriesAdded;

    /// <summary>0 if the file, an old one, has no more than length and last ID.</summary>
    public long HasCounters;
}
