// The one place where effects are made: what a command changed, in the form that a replica or a log replays to the same
// result. A command that changed something is its own effect, byte for byte, unless its handler gives another form
// (EXPIRE becomes PEXPIREAT, INCRBYFLOAT becomes SET) or several. A key that time removed is a DEL.

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

    // A key may go while a command runs that has given effects already.
    private readonly ReplyWriter _removal = new(256);
    private int _selectedDatabase = -1;
    private bool _suppressed;

    internal Effects(CommandLog log, EngineOptions options)
    {
        _log = log;
        _options = options;
    }

    /// <summary>Changes of the dataset since the process began; INFO counts those since the last save.</summary>
    public long Changes { get; private set; }

    /// <summary>The command has no effect in the log though it counts as a change.</summary>
    public void Suppress() => _suppressed = true;

    /// <summary>Gives an effect in place of the command itself. Several calls give several effects, in order.</summary>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first)
    {
        _given.Array(2);
        _given.Bulk(name);
        _given.Bulk(first);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        _given.Array(3);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.Bulk(second);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, long number)
    {
        _given.Array(3);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.BulkInteger(number);
    }

    /// <inheritdoc cref="Give(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Give(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        _given.Array(4);
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
        _given.Array(5);
        _given.Bulk(name);
        _given.Bulk(first);
        _given.Bulk(second);
        _given.Bulk(third);
        _given.BulkInteger(number);
    }

    /// <summary>Begins an effect whose arguments follow by <see cref="Add"/>, as many as are announced here.</summary>
    public void Begin(int argumentCount) => _given.Array(argumentCount);

    /// <summary>Gives the next argument, the name being the first, of an effect begun by <see cref="Begin"/>.</summary>
    public void Add(ReadOnlySpan<byte> argument) => _given.Bulk(argument);

    void IExpiryObserver.KeyExpired(Database database, ReadOnlySpan<byte> key)
    {
        AppendRemoval(database, key, _options.LazyFreeExpire);
        Changes++;
    }

    /// <summary>A key is about to be evicted, between two commands. Not a change that saving would wait for.</summary>
    internal void KeyEvicted(Database database, ReadOnlySpan<byte> key) =>
        AppendRemoval(database, key, _options.LazyFreeEviction);

    /// <summary>Ends a command: appends its effects if it changed something.</summary>
    /// <param name="database">Index of the database that was selected when it began.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(CommandContext context, int database)
    {
        if (context.Dirty != 0)
        {
            Append(context, database);
        }
    }

    /// <summary>Appends a command that changed nothing here but may elsewhere: FLUSHALL of an empty dataset.</summary>
    internal void AppendUnchanged(CommandContext context) => Append(context, context.Session.Database.Index);

    /// <summary>Forgets what a command gave that then failed.</summary>
    internal void Discard()
    {
        _given.Clear();
        _suppressed = false;
    }

    private void Append(CommandContext context, int database)
    {
        Changes += context.Dirty;
        if (!_suppressed)
        {
            Select(database);
            if (_given.Length > 0)
            {
                _log.Append(_given.Start, _given.Length);
            }
            else if (context.RequestLength > 0)
            {
                _log.Append(context.RequestStart, context.RequestLength);
            }
            else
            {
                _given.Array(context.Count);
                for (int i = 0; i < context.Count; i++)
                {
                    _given.Bulk(context[i]);
                }
                _log.Append(_given.Start, _given.Length);
            }
        }
        Discard();
    }

    private void AppendRemoval(Database database, ReadOnlySpan<byte> key, bool lazily)
    {
        Select(database.Index);
        _removal.Clear();
        _removal.Array(2);
        _removal.Bulk(lazily ? "UNLINK"u8 : "DEL"u8);
        _removal.Bulk(key);
        _log.Append(_removal.Start, _removal.Length);
    }

    private void Select(int database)
    {
        if (database == _selectedDatabase)
        {
            return;
        }
        _selectedDatabase = database;
        ReplyWriter select = new(64);
        select.Array(2);
        select.Bulk("SELECT"u8);
        select.BulkInteger(database);
        _log.Append(select.Written);
        select.Dispose();
    }
}
