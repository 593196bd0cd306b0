namespace Tidelog.Engine;

/// <summary>The classes of keyspace events: bits of <see cref="EngineOptions.NotifyKeyspaceEvents"/> and their
/// letters.</summary>
public static class KeyspaceEvents
{
    /// <summary>K: publish to <c>__keyspace@N__:key</c>.</summary>
    public const int Keyspace = 1 << 0;

    /// <summary>E: publish to <c>__keyevent@N__:event</c>.</summary>
    public const int KeyEvent = 1 << 1;

    public const int Generic = 1 << 2;
    public const int Strings = 1 << 3;
    public const int List = 1 << 4;
    public const int Set = 1 << 5;
    public const int Hash = 1 << 6;
    public const int SortedSet = 1 << 7;
    public const int Expired = 1 << 8;
    public const int Evicted = 1 << 9;
    public const int Stream = 1 << 10;

    /// <summary>m: a read of a key that is not there; not part of <see cref="All"/>.</summary>
    public const int KeyMiss = 1 << 11;

    public const int Module = 1 << 13;

    /// <summary>n: a key came into being; not part of <see cref="All"/>.</summary>
    public const int New = 1 << 14;

    /// <summary>A: every class but m, n, K and E.</summary>
    public const int All = Generic | Strings | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module;

    // in the order in which Redis prints them
    private static readonly (char Letter, int Flag)[] Classes =
    [
        ('g', Generic), ('$', Strings), ('l', List), ('s', Set), ('h', Hash), ('z', SortedSet),
        ('x', Expired), ('e', Evicted), ('t', Stream), ('d', Module), ('n', New),
    ];

    private static readonly (char Letter, int Flag)[] Others = [('K', Keyspace), ('E', KeyEvent), ('m', KeyMiss)];

    /// <returns>False if a letter is unknown.</returns>
    public static bool TryParse(string letters, out int flags)
    {
        flags = 0;
        foreach (char letter in letters)
        {
            int flag = letter == 'A' ? All : FlagOf(letter);
            if (flag == 0) return false;
            flags |= flag;
        }
        return true;
    }

    /// <returns>The letters of the set classes, with A for all of them; as in Redis, A hides n.</returns>
    public static string Format(int flags)
    {
        string letters = (flags & All) == All ? "A" : Letters(Classes, flags);
        return letters + Letters(Others, flags);
    }

    private static int FlagOf(char letter)
    {
        foreach ((char known, int flag) in Classes)
        {
            if (known == letter) return flag;
        }
        foreach ((char known, int flag) in Others)
        {
            if (known == letter) return flag;
        }
        return 0;
    }

    private static string Letters((char Letter, int Flag)[] classes, int flags) =>
        string.Concat(classes.Where(c => (flags & c.Flag) != 0).Select(c => c.Letter));
}
