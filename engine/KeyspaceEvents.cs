namespace Tidelog.Engine;

/// <summary>The letters of <see cref="NotifyEvents"/>, as <c>notify-keyspace-events</c> has them.</summary>
public static class KeyspaceEvents
{
    // in the order in which Redis prints them
    private static readonly (char Letter, NotifyEvents Flag)[] Classes =
    [
        ('g', NotifyEvents.Generic), ('$', NotifyEvents.String), ('l', NotifyEvents.List), ('s', NotifyEvents.Set),
        ('h', NotifyEvents.Hash), ('z', NotifyEvents.SortedSet), ('x', NotifyEvents.Expired),
        ('e', NotifyEvents.Evicted), ('t', NotifyEvents.Stream), ('d', NotifyEvents.Module), ('n', NotifyEvents.New),
    ];

    private static readonly (char Letter, NotifyEvents Flag)[] Others =
        [('K', NotifyEvents.Keyspace), ('E', NotifyEvents.KeyEvent), ('m', NotifyEvents.KeyMiss)];

    /// <returns>False if a letter is unknown.</returns>
    public static bool TryParse(string letters, out NotifyEvents flags)
    {
        flags = NotifyEvents.None;
        foreach (char letter in letters)
        {
            NotifyEvents flag = letter == 'A' ? NotifyEvents.All : FlagOf(letter);
            if (flag == NotifyEvents.None) return false;
            flags |= flag;
        }
        return true;
    }

    /// <returns>The letters of the set classes, with A for all of them; as in Redis, A hides n.</returns>
    public static string Format(NotifyEvents flags)
    {
        string letters = (flags & NotifyEvents.All) == NotifyEvents.All ? "A" : Letters(Classes, flags);
        return letters + Letters(Others, flags);
    }

    private static NotifyEvents FlagOf(char letter)
    {
        foreach ((char known, NotifyEvents flag) in Classes)
        {
            if (known == letter) return flag;
        }
        foreach ((char known, NotifyEvents flag) in Others)
        {
            if (known == letter) return flag;
        }
        return NotifyEvents.None;
    }

    private static string Letters((char Letter, NotifyEvents Flag)[] classes, NotifyEvents flags) =>
        string.Concat(classes.Where(c => (flags & c.Flag) != 0).Select(c => c.Letter));
}
