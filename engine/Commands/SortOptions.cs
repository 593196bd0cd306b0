using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>What SORT is asked for.</summary>
internal sealed class SortOptions
{
    private long _offset;
    private long _limit = -1;

    public bool IsDescending { get; private set; }

    /// <summary>Sorts by bytes, not by number.</summary>
    public bool IsAlpha { get; set; }

    /// <summary>What the elements are sorted by; null for themselves.</summary>
    public SortPattern? By { get; set; }

    /// <summary>What is answered for each element; nothing for the element itself.</summary>
    public List<SortPattern> Gets { get; } = [];

    /// <summary>Index of the argument that names where the result is stored, 0 if it is answered.</summary>
    public int TargetIndex { get; private set; }

    public bool IsStored => TargetIndex > 0;

    /// <returns>False if something was wrong, which is answered.</returns>
    public bool TryRead(CommandContext context, bool mayStore)
    {
        for (int i = 2; i < context.Count; i++)
        {
            int left = context.Count - i - 1;
            if (context.Is(i, "ASC"u8) || context.Is(i, "DESC"u8))
            {
                IsDescending = context.Is(i, "DESC"u8);
            }
            else if (context.Is(i, "ALPHA"u8))
            {
                IsAlpha = true;
            }
            else if (left >= 2 && context.Is(i, "LIMIT"u8))
            {
                if (!context.TryInt64(i + 1, out _offset) || !context.TryInt64(i + 2, out _limit))
                {
                    return false;
                }
                i += 2;
            }
            else if (left >= 1 && mayStore && context.Is(i, "STORE"u8))
            {
                TargetIndex = ++i;
            }
            else if (left >= 1 && context.Is(i, "BY"u8))
            {
                SetBy(new SortPattern(context[++i]));
            }
            else if (left >= 1 && context.Is(i, "GET"u8))
            {
                Gets.Add(new SortPattern(context[++i]));
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>What LIMIT leaves of so many elements.</summary>
    public (long Start, long Count) LimitTo(long length)
    {
        long start = Math.Clamp(_offset, 0, length);
        long count = _limit < 0 ? length - start : Math.Min(_limit, length - start);
        return (start, count);
    }

    private void SetBy(SortPattern pattern)
    {
        // A fixed pattern switches sorting off for good, whatever BY follows.
        By = By is { IsFixed: true } ? By : pattern;
    }
}
