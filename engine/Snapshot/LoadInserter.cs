using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>Makes keys of tokens, on a thread of its own.</summary>
/// <param name="name">Of the file, for errors.</param>
internal sealed unsafe class LoadInserter(
    KeySpace keyspace, EngineOptions options, LoadProgress progress, string name)
{
    /// <summary>
    /// Strings whose buckets are fetched into the cache together, so that the misses overlap. A processor has some ten
    /// of them under way.
    /// </summary>
    private const int Group = 16;

    private readonly SpillBuffer _key = new();
    private Database _database = keyspace[0];
    private Store? _store;
    private long _keys;
    private long _expected;

    // The collection under way.
    private LoadedKey _header;
    private int _keyLength;

    /// <summary>Why it failed; null if it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Takes batches up to the last; after a failure only to free what is in them.</summary>
    public void Run(LoadQueue queue)
    {
        ValueBuilder builder = new(_database, options);
        for (bool isLast = false; !isLast;)
        {
            LoadBatch batch = queue.Take();
            isLast = batch.IsLast;
            if (Failure is null && !TryInsert(batch, ref builder))
            {
                queue.IsBroken = true;
            }
            queue.Return();
        }
        End(ref builder);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever this thread fails of is the load's result.")]
    private void End(ref ValueBuilder builder)
    {
        try
        {
            builder.Discard();
            if (Failure is null)
            {
                EndDatabases();
            }
        }
        catch (Exception e)
        {
            Failure ??= e;
        }
        keyspace.EndBatch();
        _key.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever this thread fails of is the load's result.")]
    private bool TryInsert(LoadBatch batch, ref ValueBuilder builder)
    {
        try
        {
            byte* at = batch.Start;
            while (at < batch.End)
            {
                at = (LoadToken)(*at) == LoadToken.String
                    ? InsertStrings(batch, at)
                    : InsertPiece(batch, at, ref builder);
            }
            progress.Keys = _keys;
            keyspace.TellStaged();
            return true;
        }
        catch (Exception e)
        {
            Failure = e;
            return false;
        }
    }

    /// <returns>Behind them.</returns>
    private byte* InsertStrings(LoadBatch batch, byte* at)
    {
        Store store = Opened();
        byte** group = stackalloc byte*[Group];
        int count = 0;
        while (count < Group && at < batch.End && (LoadToken)(*at) == LoadToken.String)
        {
            LoadedKey* header = (LoadedKey*)at;
            store.Index.PrefetchBucket(header->Hash);
            group[count++] = at;
            at += sizeof(LoadedKey) + LoadBatch.Align(header->KeyLength + header->ValueLength);
        }
        for (int i = 0; i < count; i++)
        {
            LoadedKey* header = (LoadedKey*)group[i];
            if (header->IsKeyOutside)
            {
                HeapBytes* block = batch.TakeOutside();
                try
                {
                    InsertString(store, batch, block->Span, *header, group[i] + sizeof(LoadedKey));
                }
                finally
                {
                    HeapBytes.Free(block);
                }
            }
            else
            {
                byte* key = group[i] + sizeof(LoadedKey);
                InsertString(store, batch, new ReadOnlySpan<byte>(key, header->KeyLength), *header,
                    key + header->KeyLength);
            }
        }
        return at;
    }

    private void InsertString(
        Store store, LoadBatch batch, ReadOnlySpan<byte> key, in LoadedKey header, byte* value)
    {
        if (store.Find(key, header.Hash).Exists)
        {
            throw Duplicate(header, key);
        }
        int length = header.IsValueOutside ? sizeof(HeapBytes*) : header.ValueLength;
        Record record = store.Put(
            key, header.Hash, default, ValueType.String, header.Encoding, length, header.Expiry, header.Access);
        if (header.IsValueOutside)
        {
            HeapBytes* block = batch.TakeOutside();
            block->Generation = store.Values.Cut.Generation;
            *record.Heap = block;
            store.Adopt(record);
        }
        else
        {
            Buffer.MemoryCopy(value, record.Payload, length, length);
        }
        _keys++;
    }

    /// <returns>Behind it.</returns>
    private byte* InsertPiece(LoadBatch batch, byte* at, ref ValueBuilder builder)
    {
        LoadToken token = (LoadToken)(*at);
        if (token == LoadToken.Collection)
        {
            at = BeginCollection(batch, at);
            builder = new ValueBuilder(_database, options);
            return at;
        }
        at += LoadWriter.PieceSize;
        switch (token)
        {
            case LoadToken.SelectDatabase:
                _database = keyspace[(int)Number(ref at)];
                _store = null;
                _expected = 0;
                return at;
            case LoadToken.Counts:
                _expected = Number(ref at);
                return at;
            case LoadToken.End:
                EndCollection(ref builder);
                return at;
            default:
                break;
        }
        LoadedElements elements = new(batch, at);
        if (!elements.Show(token, ref builder))
        {
            throw Refused(token);
        }
        return elements.At;
    }

    private byte* BeginCollection(LoadBatch batch, byte* at)
    {
        _header = *(LoadedKey*)at;
        at += sizeof(LoadedKey);
        if (_header.IsKeyOutside)
        {
            HeapBytes* block = batch.TakeOutside();
            try
            {
                _keyLength = _key.Copy(block->Span).Length;
            }
            finally
            {
                HeapBytes.Free(block);
            }
        }
        else
        {
            _keyLength = _key.Copy(new ReadOnlySpan<byte>(at, _header.KeyLength)).Length;
        }
        Store store = Opened();
        store.Index.PrefetchBucket(_header.Hash);
        return at + LoadBatch.Align(_header.KeyLength);
    }

    private void EndCollection(ref ValueBuilder builder)
    {
        if (!builder.End())
        {
            throw Refused(LoadToken.End);
        }
        if (builder.IsEmpty)
        {
            // Redis had bugs that left such keys, and passes over them since.
            progress.EmptyKeys++;
            progress.Skipped?.Invoke(Encoding.Latin1.GetString(new ReadOnlySpan<byte>(_key.Start, _keyLength)));
            builder.Discard();
            return;
        }
        ReadOnlySpan<byte> key = new(_key.Start, _keyLength);
        if (_database.FindExpiredToo(key).Exists)
        {
            throw Duplicate(_header, key);
        }
        Record record = builder.Store(key, default, _header.Expiry);
        record.AccessInfo = _header.Access;
        _keys++;
    }

    private Store Opened()
    {
        if (_store is null)
        {
            _database.Open();
            _store = _database.Store!;
            _store.Index.Reserve(_expected);
        }
        return _store;
    }

    private void EndDatabases()
    {
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            keyspace[i].Store?.Index.Trim();
        }
    }

    private static long Number(ref byte* at)
    {
        long number = *(long*)at;
        at += sizeof(long);
        return number;
    }

    private CorruptDataException Duplicate(in LoadedKey header, ReadOnlySpan<byte> key) =>
        new(name, header.Offset, "a key not seen before", $"{Quoted.Text(key)} again");

    private CorruptDataException Refused(LoadToken token)
    {
        (string expected, string found) = token switch
        {
            LoadToken.Member or LoadToken.ScoredMember => ("members that are not there yet", "one that is"),
            LoadToken.Field => ("fields that are not there yet", "one that is"),
            LoadToken.StreamEntries => ("entries that come behind those in front", "others"),
            LoadToken.StreamState => ("the state of a stream with these entries", "one that cannot be"),
            LoadToken.StreamGroup => ("groups that are not there yet", "one that is"),
            LoadToken.StreamPending => ("pending entries that are not there yet", "one that is"),
            LoadToken.StreamConsumer => ("consumers that are not there yet", "one that is"),
            LoadToken.ConsumerPending => ("an entry that the group has pending, for nobody yet", "another"),
            _ => ("a whole value", "one that is not"),
        };
        string key = Quoted.Text(new ReadOnlySpan<byte>(_key.Start, _keyLength));
        return new CorruptDataException(name, _header.Offset, expected, $"{found}, in {key}");
    }
}
