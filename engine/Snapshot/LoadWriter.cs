using System.Runtime.CompilerServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Snapshot;

/// <summary>Writes tokens into batches, on the reading thread.</summary>
internal sealed unsafe class LoadWriter
{
    /// <summary>A longer text lies outside, as a longer string lies outside its record.</summary>
    public const int MaxInside = Store.MaxInlineValue;

    /// <summary>What each piece begins with.</summary>
    public const int PieceSize = 8;

    private readonly LoadQueue _queue;
    private readonly RdbReader _reader;
    private readonly LoadProgress _progress;
    private readonly CancellationToken _cancellation;
    private LoadBatch _batch;
    private byte* _key;
    private int _keyLength;
    private LoadedKey _header;

    /// <param name="reader">Knows how far the file has been read.</param>
    public LoadWriter(LoadQueue queue, RdbReader reader, LoadProgress progress, CancellationToken cancellation)
    {
        _queue = queue;
        _reader = reader;
        _progress = progress;
        _cancellation = cancellation;
        _batch = queue.Next();
    }

    /// <summary>A collection has begun and not ended.</summary>
    public bool IsInCollection { get; set; }

    public void SelectDatabase(int index) => *(long*)Piece(LoadToken.SelectDatabase, sizeof(long)) = index;

    /// <summary>So many keys may follow in the database.</summary>
    public void Counts(long keys) => *(long*)Piece(LoadToken.Counts, sizeof(long)) = keys;

    /// <summary>The key whose value is shown next.</summary>
    /// <param name="key">Stays where it is until the value was shown.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    /// <param name="offset">Where it is in the file.</param>
    public void Key(ReadOnlySpan<byte> key, long expiry, uint access, long offset)
    {
        _key = (byte*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(key));
        _keyLength = key.Length;
        _header.Hash = KeyHash.Of(key);
        _header.Expiry = expiry;
        _header.Access = access;
        _header.Offset = offset;
    }

    public void String(ReadOnlySpan<byte> text)
    {
        if (text.Length <= Numbers.MaxInt64Length && Numbers.TryParseInt64(text, out long integer))
        {
            String(integer);
            return;
        }
        bool isOutside = text.Length > MaxInside;
        ValueEncoding encoding =
            text.Length <= Database.EmbeddedStringLimit ? ValueEncoding.EmbStr : ValueEncoding.Raw;
        byte* value = KeyAndRoom(LoadToken.String, encoding, isOutside ? 0 : text.Length, isOutside);
        if (isOutside)
        {
            _batch.AddOutside(text);
        }
        else
        {
            text.CopyTo(new Span<byte>(value, text.Length));
        }
    }

    public void String(long integer) =>
        *(long*)KeyAndRoom(LoadToken.String, ValueEncoding.Int, sizeof(long), isOutside: false) = integer;

    /// <summary>The key of a collection; then come its pieces and <see cref="LoadToken.End"/>.</summary>
    /// <param name="begin">The piece that says of which type.</param>
    public void Collection(LoadToken begin, long count)
    {
        KeyAndRoom(LoadToken.Collection, default, 0, isOutside: false);
        IsInCollection = true;
        *(long*)Piece(begin, sizeof(long)) = count;
    }

    /// <summary>A piece with room for what belongs to it.</summary>
    /// <param name="size">Of numbers and IDs, and what <see cref="SizeOf(in PackedText)"/> says of texts.</param>
    public byte* Piece(LoadToken token, int size)
    {
        byte* piece = Take(PieceSize + size);
        *piece = (byte)token;
        return piece + PieceSize;
    }

    public static int SizeOf(in PackedText text) => text.IsInteger
        ? sizeof(LoadedText) + sizeof(long)
        : SizeOf(text.Bytes);

    public static int SizeOf(ReadOnlySpan<byte> text) =>
        sizeof(LoadedText) + (text.Length > MaxInside ? 0 : LoadBatch.Align(text.Length));

    /// <returns>Behind it.</returns>
    public byte* Text(byte* at, in PackedText text)
    {
        if (!text.IsInteger)
        {
            return Text(at, text.Bytes, text.Code);
        }
        *(LoadedText*)at = new LoadedText { Code = text.Code, Length = sizeof(long) };
        *(long*)(at + sizeof(LoadedText)) = text.Integer;
        return at + sizeof(LoadedText) + sizeof(long);
    }

    /// <inheritdoc cref="Text(byte*, in PackedText)"/>
    public byte* Text(byte* at, ReadOnlySpan<byte> text, byte code = Element.BlockCode)
    {
        bool isOutside = text.Length > MaxInside;
        *(LoadedText*)at = new LoadedText { Code = code, IsOutside = isOutside, Length = text.Length };
        at += sizeof(LoadedText);
        if (isOutside)
        {
            _batch.AddOutside(text);
            return at;
        }
        text.CopyTo(new Span<byte>(at, text.Length));
        return at + LoadBatch.Align(text.Length);
    }

    /// <summary>Gives the other thread what there is so far.</summary>
    public void Flush()
    {
        if (_batch.Length > 0)
        {
            Publish();
        }
    }

    /// <summary>Gives it the last batch; in any case, or it would wait for ever.</summary>
    /// <param name="isWhole">False after a failure, when the batch may end in the middle of a token.</param>
    public void Complete(bool isWhole)
    {
        _progress.Bytes = _reader.Offset;
        if (!isWhole)
        {
            _batch.Clear();
        }
        _batch.IsLast = true;
        _queue.Publish();
    }

    /// <summary>The key, with room for a string behind it.</summary>
    private byte* KeyAndRoom(LoadToken token, ValueEncoding encoding, int length, bool isOutside)
    {
        bool isKeyOutside = _keyLength > MaxInside;
        int inside = isKeyOutside ? 0 : _keyLength;
        byte* at = Take(sizeof(LoadedKey) + LoadBatch.Align(inside + length));
        LoadedKey* header = (LoadedKey*)at;
        *header = _header;
        header->Token = token;
        header->Encoding = encoding;
        header->IsKeyOutside = isKeyOutside;
        header->IsValueOutside = isOutside;
        header->KeyLength = inside;
        header->ValueLength = length;
        at += sizeof(LoadedKey);
        ReadOnlySpan<byte> key = new(_key, _keyLength);
        if (isKeyOutside)
        {
            _batch.AddOutside(key);
        }
        else
        {
            key.CopyTo(new Span<byte>(at, inside));
        }
        return at + inside;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Take(int size)
    {
        if (!_batch.Fits(size))
        {
            Publish();
        }
        return _batch.Take(size);
    }

    private void Publish()
    {
        _progress.Bytes = _reader.Offset;
        _queue.Publish();
        _batch = _queue.Next();
        _cancellation.ThrowIfCancellationRequested();
        if (_queue.IsBroken)
        {
            throw new OperationCanceledException("the inserting thread has failed");
        }
    }
}
