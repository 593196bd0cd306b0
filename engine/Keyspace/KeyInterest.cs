// Who wants to know of changes to a database's keys: sessions blocked on a key, and sessions that watch one (WATCH).
//
//  - A database has this object only while somebody does, so a change of a key costs nobody but one branch.
//  - Both are queues per key, in the order of arrival, linked through: a session leaves in as many steps as it has
//    keys.
//  - A key that becomes what somebody may wait for goes on the keyspace's list of ready keys. Whoever waits is served
//    when the command or transaction has ended: see BlockedSessions.

using System.Diagnostics.CodeAnalysis;
using Tidelog.Engine.Commands;

namespace Tidelog.Engine.Keyspace;

/// <summary>A session's place in the queue of a key that it waits for or watches.</summary>
internal sealed class KeyLink
{
    public KeyLink(Session session, WantedKey key)
    {
        Session = session;
        Key = key;
        Place = new LinkedListNode<KeyLink>(this);
    }

    public Session Session { get; }

    public WantedKey Key { get; }

    /// <summary>Its node in the queue.</summary>
    public LinkedListNode<KeyLink> Place { get; }

    /// <summary>Of a watched key: it had expired, but was still there, when the watching began.</summary>
    public bool WasExpired { get; set; }
}

/// <summary>A key that somebody waits for or watches, whether it exists or not.</summary>
internal sealed class WantedKey(Database database, byte[] name)
{
    public Database Database { get; } = database;

    public byte[] Name { get; } = name;

    /// <summary>Sessions that wait for it, each at most once.</summary>
    public LinkedList<KeyLink> Waiters { get; } = new();

    /// <summary>Sessions that watch it, each at most once.</summary>
    public LinkedList<KeyLink> Watchers { get; } = new();

    /// <summary>It is on the list of ready keys.</summary>
    public bool IsReady { get; set; }

    public bool IsUnwanted => Waiters.First is null && Watchers.First is null;

    /// <summary>The key changes: the transactions of those who watch it fail.</summary>
    public void Touch(bool isDeleted)
    {
        LinkedListNode<KeyLink>? next;
        for (LinkedListNode<KeyLink>? place = Watchers.First; place is not null; place = next)
        {
            next = place.Next;
            KeyLink link = place.Value;
            if (!link.WasExpired)
            {
                link.Session.Transaction!.Touch();
            }
            else if (isDeleted)
            {
                // It was as good as deleted when the watching began, so nothing changed.
                link.WasExpired = false;
            }
        }
    }

    /// <summary>
    /// The contents of the key's database are replaced by others, and the key is among the one or the other.
    /// </summary>
    public void Replace(bool existsBefore, bool existsAfter, bool isExpiredAfter)
    {
        foreach (KeyLink link in Watchers)
        {
            if (link.WasExpired && !existsAfter)
            {
                link.WasExpired = false;
            }
            else if (isExpiredAfter && (link.WasExpired || !existsBefore))
            {
                link.WasExpired = true;
            }
            else
            {
                // Keeps its keys until the transaction ends: those of the database are being gone through.
                link.Session.Transaction!.IsTouched = true;
            }
        }
    }
}

/// <summary>The keys of one database that somebody waits for or watches.</summary>
internal sealed class KeyInterest
{
    private readonly Database _database;
    private readonly KeySpace _keyspace;
    private readonly Dictionary<byte[], WantedKey> _keys = new(KeyComparer.Instance);
    private readonly Dictionary<byte[], WantedKey>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    public KeyInterest(Database database, KeySpace keyspace)
    {
        _database = database;
        _keyspace = keyspace;
        _byName = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public bool IsEmpty => _keys.Count == 0;

    public WantedKey FindOrAdd(ReadOnlySpan<byte> name)
    {
        if (!_byName.TryGetValue(name, out WantedKey? key))
        {
            key = new WantedKey(_database, name.ToArray());
            _keys.Add(key.Name, key);
        }
        return key;
    }

    public void Remove(WantedKey key) => _keys.Remove(key.Name);

    /// <summary>A key is about to be given a value.</summary>
    /// <param name="isReplaced">A value of the same type is another one too: it is not what was there, grown.</param>
    public void Put(ReadOnlySpan<byte> key, Record existing, ValueType type, bool isReplaced)
    {
        if (_byName.TryGetValue(key, out WantedKey? wanted))
        {
            wanted.Touch(isDeleted: false);
            bool isGrown = existing.Exists && existing.Type == type && !isReplaced;
            if (!isGrown && (IsWaitable(type) || IsStream(existing)))
            {
                _keyspace.AddReady(wanted);
            }
        }
    }

    /// <summary>The value of a key is about to change, or its expiry.</summary>
    public void Change(ReadOnlySpan<byte> key)
    {
        if (_byName.TryGetValue(key, out WantedKey? wanted))
        {
            wanted.Touch(isDeleted: false);
        }
    }

    /// <summary>A key is about to be deleted.</summary>
    public void Delete(Record record)
    {
        if (_byName.TryGetValue(record.Key, out WantedKey? wanted))
        {
            wanted.Touch(isDeleted: true);
            if (IsStream(record))
            {
                _keyspace.AddReady(wanted);
            }
        }
    }

    /// <summary>The contents of the whole database are about to go, or to be replaced by those of another.</summary>
    public void ReplaceAll(Database? replacement)
    {
        foreach (WantedKey wanted in _keys.Values)
        {
            Record before = _database.FindExpiredToo(wanted.Name);
            Record after = replacement is null ? default : replacement.FindExpiredToo(wanted.Name);
            if (before.Exists || after.Exists)
            {
                wanted.Replace(before.Exists, after.Exists, after.Exists && _database.IsExpired(after));
            }
            if ((after.Exists && IsWaitable(after.Type)) || IsStream(before))
            {
                _keyspace.AddReady(wanted);
            }
        }
    }

    /// <summary>A key may have what somebody waits for, though it did not change here.</summary>
    public void SignalReady(ReadOnlySpan<byte> key)
    {
        if (_byName.TryGetValue(key, out WantedKey? wanted))
        {
            _keyspace.AddReady(wanted);
        }
    }

    private static bool IsWaitable(ValueType type) =>
        type is ValueType.List or ValueType.SortedSet or ValueType.Stream;

    /// <summary>Readers of a stream are told of its end.</summary>
    private static bool IsStream(Record record) => record.Exists && record.Type == ValueType.Stream;

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static KeyComparer Instance { get; } = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public bool Equals(ReadOnlySpan<byte> left, byte[] right) => left.SequenceEqual(right);

        public int GetHashCode([DisallowNull] byte[] key) => GetHashCode(key.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> key) => KeyHash.Of(key).GetHashCode();

        public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();
    }
}
