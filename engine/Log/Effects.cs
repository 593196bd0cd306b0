// The one place where effects are made: what a command changed, in the form that a replica or a log replays to the same
// result. A command that changed something is its own effect, byte for byte, unless its handler gives another form
// (EXPIRE becomes PEXPIREAT, INCRBYFLOAT becomes SET) or several. A key that time removed is a DEL.
//
// A command, or a transaction from EXEC to its last command, is a unit: if it has several effects they stand between
// MULTI and EXEC, so that who replays them has all or none. The usual command has one, and it goes straight into the
// log; only when there are more, or may be, do they wait in a buffer for the unit's end.

using System.Runtime.CompilerServices;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Log;

/// <summary>Collects what the running command changed, and appends it to the <see cref="CommandLog"/>.</summary>
public sealed unsafe class Effects : IExpiryObserver
{
    private readonly CommandLog _log;
    private readonly EngineOptions _options;

    // The command's own effects wait here until it has ended; the RESP of a request is that of an array of bulk
    // strings.
    private readonly ReplyWriter _given = new(1024);
    private int _givenCount;

    // A key may go while a command runs that has given effects already.
    private readonly ReplyWriter _removal = new(256);
    private int _selectedDatabase = -1;
    private bool _suppressed;

    // The unit's effects that cannot be in the log yet, with a SELECT between two of different databases.
    private readonly ReplyWriter _unit = new(1024);
    private int _unitCount;
    private int _unitFirstDatabase;
    private int _unitLastDatabase;
    private bool _inUnit;
    private bool _inTransaction;

    internal Effects(CommandLog log, EngineOptions options)
    {
        _log = log;
        _options = options;
    }

    /// <summary>Changes of the dataset since the process began; INFO counts those since the last save.</summary>
    public long Changes { get; private set; }

    /// <summary>The database that the log's next effect is in, if no SELECT comes before it.</summary>
    public int SelectedDatabase => Math.Max(0, _selectedDatabase);

    /// <summary>The running command has given an effect.</summary>
    public bool HasGiven => _givenCount > 0;

    /// <summary>The command has no effect in the log though it counts as a change.</summary>
    public void Suppress() => _suppressed = true;

    /// <summary>Gives an effect in place of the command itself. Several calls give several effects, in order.</summary>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first)
    {
        Begin(2);
        _given.Bulk(name);
        _given.Bulk(first);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Begin(3);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.Bulk(second);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, long number)
    {
        Begin(3);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.BulkInteger(number);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        Begin(4);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.Bulk(second);
        _given.Bulk(third);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third,
        long number)
    {
        Begin(5);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.Bulk(second);
        _given.Bulk(third);
        _given.BulkInteger(number);
    }

    /// <summary>Begins an effect whose arguments follow by <see cref="Add"/>, as many as are announced here.</summary>
    public void Begin(int argumentCount)
    {
        _given.Array(argumentCount);
        _givenCount++;
    }

    /// <summary>
    /// Gives the next argument, the name being the first, of an effect begun by <see cref="Begin(int)"/>.
    /// </summary>
    public void Add(ReadOnlySpan<byte> argument) => _given.Bulk(argument);

    void IExpiryObserver.KeyExpired(Database database, ReadOnlySpan<byte> key)
    {
        AppendRemoval(database, key, _options.LazyFreeExpire);
        Changes++;
    }

    /// <summary>A key is about to be evicted, between two commands. Not a change that saving would wait for.</summary>
    internal void KeyEvicted(Database database, ReadOnlySpan<byte> key) =>
        AppendRemoval(database, key, _options.LazyFreeEviction);

    /// <summary>A command begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Begin() => _inUnit = true;

    /// <summary>Ends a command: appends its effects if it changed something.</summary>
    /// <param name="database">Index of the database that was selected when it began.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(CommandContext context, int database)
    {
        if (context.Dirty != 0)
        {
            Append(context, database);
        }
        End(context.Command);
    }

    /// <summary>Ends what is no command, or is one without effects of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(Command? command = null)
    {
        if (!_inTransaction)
        {
            _inUnit = false;
            if (_unitCount > 0)
            {
                AppendUnit(isAtomic: command is not { TouchesArbitraryKeys: true });
            }
        }
    }

    /// <summary>From here to <see cref="EndTransaction"/> all effects belong to one unit.</summary>
    internal void BeginTransaction() => _inTransaction = true;

    /// <summary>What the transaction did is appended when its EXEC ends.</summary>
    internal void EndTransaction() => _inTransaction = false;

    /// <summary>Appends a command that changed nothing here but may elsewhere: FLUSHALL of an empty dataset.</summary>
    internal void AppendUnchanged(CommandContext context) => Append(context, context.Session.Database.Index);

    /// <summary>Ends a command that failed: what it gave is forgotten, the keys that time removed are not.</summary>
    internal void Abandon()
    {
        Discard();
        End();
    }

    private void Discard()
    {
        _given.Clear();
        _givenCount = 0;
        _suppressed = false;
    }

    private void Append(CommandContext context, int database)
    {
        Changes += context.Dirty;
        if (!_suppressed)
        {
            if (_givenCount > 0)
            {
                Append(_given.Start, _given.Length, _givenCount, database, waits: _givenCount > 1);
            }
            else if (context.RequestLength > 0)
            {
                Append(context.RequestStart, context.RequestLength, 1, database, waits: false);
            }
            else
            {
                _given.Array(context.Count);
                for (int i = 0; i < context.Count; i++)
                {
                    _given.Bulk(context[i]);
                }
                Append(_given.Start, _given.Length, 1, database, waits: false);
            }
        }
        Discard();
    }

    /// <param name="count">Effects in these bytes.</param>
    /// <param name="waits">There may be more in the unit, so they cannot go into the log yet.</param>
    private void Append(byte* bytes, long length, int count, int database, bool waits)
    {
        if (!waits && !_inTransaction && _unitCount == 0)
        {
            Select(database);
            _log.Append(bytes, length);
            return;
        }
        if (_unitCount == 0)
        {
            _unitFirstDatabase = database;
        }
        else if (database != _unitLastDatabase)
        {
            WriteSelect(_unit, database);
        }
        _unitLastDatabase = database;
        _unitCount += count;
        _unit.Raw(bytes, length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendUnit(bool isAtomic)
    {
        bool isWrapped = isAtomic && _unitCount > 1;
        Select(_unitFirstDatabase);
        if (isWrapped)
        {
            _log.Append("*1\r\n$5\r\nMULTI\r\n"u8);
        }
        _log.Append(_unit.Start, _unit.Length);
        if (isWrapped)
        {
            _log.Append("*1\r\n$4\r\nEXEC\r\n"u8);
        }
        _selectedDatabase = _unitLastDatabase;
        _unitCount = 0;
        _unit.Clear();
    }

    private void AppendRemoval(Database database, ReadOnlySpan<byte> key, bool lazily)
    {
        _removal.Clear();
        _removal.Array(2);
        _removal.Bulk(lazily ? "UNLINK"u8 : "DEL"u8);
        _removal.Bulk(key);
        Append(_removal.Start, _removal.Length, 1, database.Index, waits: _inUnit);
    }

    private void Select(int database)
    {
        if (database == _selectedDatabase)
        {
            return;
        }
        _selectedDatabase = database;
        ReplyWriter select = new(64);
        WriteSelect(select, database);
        _log.Append(select.Written);
        select.Dispose();
    }

    private static void WriteSelect(ReplyWriter effect, int database)
    {
        effect.Array(2);
        effect.Bulk("SELECT"u8);
        effect.BulkInteger(database);
    }
}
