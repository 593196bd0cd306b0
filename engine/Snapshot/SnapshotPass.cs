// One walk over a cut for all who want a snapshot of it.
//
//  - The walk is a circle. A sink begins wherever the walk is when it joins, and has everything when the walk is there
//    again. A position is a database and the address behind the last record; the records of a cut stay where they are,
//    so every round comes by the same positions.
//  - What all sinks get is written once, into a window. What one of them gets alone (its header, the database that it
//    has to select, its end) is written while the window is empty.
//  - A window that is full in the middle of a value goes to the sinks there and then, so a big value takes no more
//    memory than a small one.

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes a cut once for all who want it. A sink that joins later gets the rest first and then, while the pass goes
/// round once more, what it missed: each gets a whole file of its own. Stepped by one thread; joined from any.
/// </summary>
internal sealed class SnapshotPass : ISnapshotSink, IDisposable
{
    /// <summary>Bytes of a step, and of what a sink is given at a time.</summary>
    private const int DefaultWindow = 64 << 10;

    private readonly KeyspaceCut _cut;
    private readonly IReadOnlyList<(string Name, string Value)> _notes;
    private readonly IReadOnlyList<byte[]> _functions;
    private readonly RdbOutput _output;
    private readonly RdbWriter _writer;
    private readonly int _window;
    private readonly KeyDelay _delay = new();
    private readonly List<Receiver> _receivers = [];

    // The walk: the database's place in the cut, and the address behind its last record.
    private int _database;
    private long _address;
    private long _written;
    private long _roundBegan;

    // Who gets the bytes of the window; null for all.
    private Receiver? _only;

    private readonly Lock _joinLock = new();
    private List<Receiver> _joined = [];
    private bool _isOver;
    private volatile bool _cancelled;

    /// <param name="notes">The AUX fields, in order.</param>
    /// <param name="functions">Code of the libraries of functions.</param>
    /// <param name="window">Bytes of a step, and of what a sink is given at a time.</param>
    public SnapshotPass(
        KeyspaceCut cut, RdbFormat format, IReadOnlyList<(string Name, string Value)> notes,
        IReadOnlyList<byte[]> functions, int window = DefaultWindow)
    {
        _cut = cut;
        _notes = notes;
        _functions = functions;
        _window = window;
        _output = new RdbOutput(window, this);
        _writer = new RdbWriter(_output, format);
    }

    /// <summary>Keys written in the present round; for INFO, from any thread.</summary>
    public long KeysWritten
    {
        get
        {
            // In this order it is not negative.
            long before = Volatile.Read(ref _roundBegan);
            return Volatile.Read(ref _written) - before;
        }
    }

    /// <summary>
    /// Microseconds that each key takes longer: <c>rdb-key-save-delay</c>, for tests. A negative number: so many keys
    /// take a microsecond longer.
    /// </summary>
    public int DelayPerKey
    {
        get => _delay.PerKey;
        set => _delay.PerKey = value;
    }

    /// <summary>Adds a sink, before or while the pass runs.</summary>
    /// <param name="ended">
    /// Called by the pass's thread when the sink has everything (null), or gets no more: its own failure, or that of
    /// the pass. It should not throw: nobody would know.
    /// </param>
    /// <returns>False if the pass is over.</returns>
    public bool TryJoin(ISnapshotSink sink, Action<Exception?> ended)
    {
        lock (_joinLock)
        {
            if (_isOver)
            {
                return false;
            }
            _joined.Add(new Receiver(sink, ended));
            return true;
        }
    }

    /// <summary>Writes some records.</summary>
    /// <returns>False when no sink wants more: the pass is over.</returns>
    public bool Step()
    {
        try
        {
            if (!TryAdmit())
            {
                ClearTheRest();
                return false;
            }
            long end = _output.Length + _window;
            while (_output.Length < end && _receivers.Count > 0)
            {
                ThrowIfCancelled();
                WriteNext();
            }
            return true;
        }
        catch (Exception reason) when (reason is SnapshotTooBigException
            || (reason is OperationCanceledException && _cancelled))
        {
            EndAll(reason);
            return false;
        }
        catch (Exception fault)
        {
            EndAll(fault);
            throw;
        }
    }

    /// <summary>Lets the next <see cref="Step"/> end the pass; sinks end with an exception. From any thread.</summary>
    public void Cancel()
    {
        _cancelled = true;
        _delay.Stop();
    }

    public void Dispose()
    {
        EndAll(new OperationCanceledException(Cancelled));
        _writer.Dispose();
        _output.Dispose();
        _delay.Dispose();
    }

    /// <summary>Takes the window's bytes to those who get them.</summary>
    void ISnapshotSink.Write(ReadOnlySpan<byte> bytes)
    {
        if (_only is not null)
        {
            Give(_only, bytes);
        }
        else
        {
            // Backwards: one that fails is removed.
            for (int i = _receivers.Count - 1; i >= 0; i--)
            {
                Give(_receivers[i], bytes);
            }
        }
        ThrowIfCancelled();
    }

    private const string Cancelled = "the snapshot was cancelled";

    private void ThrowIfCancelled()
    {
        if (_cancelled)
        {
            throw new OperationCanceledException(Cancelled);
        }
        if (_cut.IsTooBig)
        {
            throw new SnapshotTooBigException();
        }
    }

    /// <summary>Lets those in who have joined.</summary>
    /// <returns>False if there is nobody: the pass is over.</returns>
    private bool TryAdmit()
    {
        ThrowIfCancelled();
        List<Receiver> joined;
        lock (_joinLock)
        {
            if (_joined.Count == 0)
            {
                _isOver = _receivers.Count == 0;
                return !_isOver;
            }
            joined = _joined;
            _joined = [];
        }

        // What is in the window is for those who were there before.
        _output.Flush();
        foreach (Receiver receiver in joined)
        {
            receiver.Begin(_database, _address, _written);
            _receivers.Add(receiver);
        }
        foreach (Receiver receiver in joined)
        {
            WriteHeader(receiver);
            if (_cut.Databases.Count == 0 && _receivers.Contains(receiver))
            {
                End(receiver);
            }
        }
        return true;
    }

    private void WriteNext()
    {
        DatabaseCut database = _cut.Databases[_database];
        if (!database.TryWalk(ref _address, out Record record))
        {
            _address = 0;
            _database++;
            if (_database == _cut.Databases.Count)
            {
                _database = 0;
                Volatile.Write(ref _roundBegan, _written);
            }
        }
        else
        {
            Select(database);
            _writer.Key(record, _cut.NowMs);
            Volatile.Write(ref _written, _written + 1);
            _delay.Wait();
        }

        // Backwards: one that ends is removed.
        for (int i = _receivers.Count - 1; i >= 0; i--)
        {
            if (_receivers[i].BeganAt(_database, _address))
            {
                End(_receivers[i]);
                i = Math.Min(i, _receivers.Count);
            }
        }
    }

    /// <summary>Tells those who do not know it which database the next keys belong to.</summary>
    private void Select(DatabaseCut database)
    {
        // Backwards: one that fails is removed.
        for (int i = _receivers.Count - 1; i >= 0; i--)
        {
            Receiver receiver = _receivers[i];
            if (receiver.Selected != database.Index)
            {
                receiver.Selected = database.Index;
                BeginOnly(receiver);
                _writer.SelectDatabase(database.Index);
                _writer.Counts(database.Keys, database.ExpiringKeys);
                EndOnly();
                i = Math.Min(i, _receivers.Count);
            }
        }
    }

    private void WriteHeader(Receiver receiver)
    {
        BeginOnly(receiver);
        _writer.Magic();
        foreach ((string name, string value) in _notes)
        {
            _writer.Aux(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }
        foreach (byte[] code in _functions)
        {
            _writer.Function(code);
        }
        EndOnly();
    }

    /// <summary>What is written from here to <see cref="EndOnly"/> is for one receiver.</summary>
    private void BeginOnly(Receiver receiver)
    {
        _output.Flush();
        _only = receiver;
    }

    private void EndOnly()
    {
        _output.Flush();
        _only = null;
    }

    /// <summary>The walk is where the receiver began: it has everything.</summary>
    private void End(Receiver receiver)
    {
        Invariant.Require(_written - receiver.WrittenBefore == _cut.Keys);
        BeginOnly(receiver);
        _writer.End();
        EndOnly();
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _writer.Format.Checksum ? receiver.Checksum : 0);
        Give(receiver, checksum);
        if (_receivers.Remove(receiver))
        {
            Tell(receiver, null);
        }
    }

    private void Give(Receiver receiver, ReadOnlySpan<byte> bytes)
    {
        if (receiver.Failed)
        {
            return;
        }
        try
        {
            receiver.Give(bytes, _writer.Format.Checksum);
        }
        catch (Exception failure) when (failure is not InvariantException)
        {
            // Whatever a file or a socket fails of is no concern of the others.
            receiver.Failed = true;
            _receivers.Remove(receiver);
            Tell(receiver, failure);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What one receiver fails of must not end the others.")]
    private static void Tell(Receiver receiver, Exception? failure)
    {
        try
        {
            receiver.Ended(failure);
        }
        catch (Exception e) when (e is not InvariantException)
        {
            // It was told; what it makes of it is its own.
        }
    }

    /// <summary>
    /// When the last receiver has failed: looks at what it did not want any more, as who abandons a cut should.
    /// </summary>
    private void ClearTheRest()
    {
        foreach (DatabaseCut database in _cut.Databases)
        {
            while (!_cancelled && database.TryWalkOn())
            {
            }
        }
    }

    private void EndAll(Exception reason)
    {
        lock (_joinLock)
        {
            _isOver = true;
            _receivers.AddRange(_joined);
            _joined.Clear();
        }
        Receiver[] ended = [.. _receivers];
        _receivers.Clear();
        foreach (Receiver receiver in ended)
        {
            Tell(receiver, reason);
        }
    }

    /// <summary>A sink, and how far it is.</summary>
    private sealed class Receiver(ISnapshotSink sink, Action<Exception?> ended)
    {
        private int _database;
        private long _address;

        public Action<Exception?> Ended { get; } = ended;

        /// <summary>Keys that were written before it came.</summary>
        public long WrittenBefore { get; private set; }

        /// <summary>Number of the database that it takes the next keys for; -1 for none yet.</summary>
        public int Selected { get; set; } = -1;

        public bool Failed { get; set; }

        public ulong Checksum { get; private set; }

        public void Begin(int database, long address, long written)
        {
            _database = database;
            _address = address;
            WrittenBefore = written;
        }

        public bool BeganAt(int database, long address) => _address == address && _database == database;

        public void Give(ReadOnlySpan<byte> bytes, bool withChecksum)
        {
            if (withChecksum)
            {
                Checksum = Crc64.Append(Checksum, bytes);
            }
            sink.Write(bytes);
        }
    }
}
