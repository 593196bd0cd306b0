using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>The options of ZADD.</summary>
[Flags]
internal enum AddOptions
{
    None = 0,
    OnlyNew = 1 << 0,
    OnlyExisting = 1 << 1,
    OnlyGreater = 1 << 2,
    OnlyLess = 1 << 3,

    /// <summary>The given number is added to the score.</summary>
    Increment = 1 << 4,

    /// <summary>The reply counts changed scores too.</summary>
    CountChanged = 1 << 5,
}

/// <summary>Members that are added to the sorted set at a command's first argument: ZADD, ZINCRBY, GEOADD.</summary>
internal ref struct SortedSetAddition(CommandContext context, AddOptions options)
{
    private SortedSetEditor _set;
    private bool _isIdle;
    private long _added;
    private long _updated;
    private bool _wasProcessed;
    private double _score;

    /// <summary>Finds the set; answers the error if the key holds something else.</summary>
    /// <param name="isMissing">It must be made by <see cref="Create"/>.</param>
    public bool TryOpen(out bool isMissing)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        isMissing = !record.Exists;
        if (!context.IsTypeOrMissing(record, ValueType.SortedSet))
        {
            return false;
        }
        if (isMissing && (options & AddOptions.OnlyExisting) != 0)
        {
            isMissing = false;
            _isIdle = true;
        }
        _set = new SortedSetEditor(context.Database, context.Options, context[1], record);
        return true;
    }

    /// <inheritdoc cref="SortedSetEditor.Create"/>
    public void Create(ReadOnlySpan<byte> first, int room) => _set.Create(first, room);

    /// <summary>Adds a member, or changes its score, as the options say.</summary>
    /// <returns>False if the sum is no number, which is answered.</returns>
    public bool TryAdd(ReadOnlySpan<byte> member, double score)
    {
        if (_isIdle)
        {
            return true;
        }
        if (!_set.TryScore(member, out double old))
        {
            if ((options & AddOptions.OnlyExisting) == 0)
            {
                _set.Add(member, score);
                _added++;
                _score = score;
                _wasProcessed = true;
            }
            return true;
        }
        if ((options & AddOptions.OnlyNew) != 0)
        {
            return true;
        }
        score = (options & AddOptions.Increment) != 0 ? old + score : score;
        if (double.IsNaN(score))
        {
            context.Reply.Error(ReplyError.ScoreNotANumber);
            return false;
        }
        if (((options & AddOptions.OnlyLess) != 0 && score >= old)
            || ((options & AddOptions.OnlyGreater) != 0 && score <= old))
        {
            return true;
        }
        if (score != old)
        {
            _set.Update(member, old, score);
            _updated++;
        }
        _score = score;
        _wasProcessed = true;
        return true;
    }

    /// <summary>Answers, and tells of the change.</summary>
    /// <returns>False if nothing was changed.</returns>
    public readonly bool Finish()
    {
        bool isIncrement = (options & AddOptions.Increment) != 0;
        if (!isIncrement)
        {
            context.Reply.Integer(_added + ((options & AddOptions.CountChanged) != 0 ? _updated : 0));
        }
        else if (_wasProcessed)
        {
            context.Reply.Double(_score);
        }
        else
        {
            context.Reply.Null();
        }
        if (_added + _updated > 0)
        {
            context.Dirty += _added + _updated;
            context.Notify(NotifyEvents.SortedSet, isIncrement ? "zincr"u8 : "zadd"u8, context[1]);
        }
        return _added + _updated > 0;
    }
}
