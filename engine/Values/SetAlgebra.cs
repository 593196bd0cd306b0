using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>Intersection, union and difference of sets; a missing set is a record that does not exist.</summary>
internal static class SetAlgebra
{
    /// <summary>Puts the smallest set first: it is the one to walk over.</summary>
    /// <returns>False if a set is missing, so that the intersection is empty.</returns>
    public static bool TryOrderForIntersection(Record[] sets)
    {
        foreach (Record set in sets)
        {
            if (!set.Exists)
            {
                return false;
            }
        }
        Array.Sort(sets, static (a, b) => Entries.CountOf(a).CompareTo(Entries.CountOf(b)));
        return true;
    }

    /// <summary>True if all sets but the first, whose member it is, have a member, too.</summary>
    public static bool AllHave(Record[] sets, Element member)
    {
        PackedText text = PackedText.Of(member);
        for (int i = 1; i < sets.Length; i++)
        {
            if (sets[i].Address != sets[0].Address && !Entries.Contains(sets[i], text))
            {
                return false;
            }
        }
        return true;
    }

    public static void Unite(Record[] sets, SetBuilder result)
    {
        foreach (Record set in sets)
        {
            AddAll(set, result);
        }
    }

    /// <summary>Takes the members of all other sets from those of the first.</summary>
    public static void Subtract(Record[] sets, SetBuilder result)
    {
        if (!sets[0].Exists)
        {
            return;
        }
        long walk = 0;
        long addAndRemove = 0;
        foreach (Record set in sets)
        {
            if (set.Exists)
            {
                walk += Entries.CountOf(sets[0]);
                addAndRemove += Entries.CountOf(set);
            }
        }
        for (int i = 1; i < sets.Length; i++)
        {
            if (sets[i].Exists && sets[i].Address == sets[0].Address)
            {
                return;
            }
        }

        // Looking up each member of the first set in the others does less when members are in common.
        if (walk / 2 <= addAndRemove)
        {
            Array.Sort(sets, 1, sets.Length - 1, LargestFirst.Instance);
            AddMissing(sets, result);
        }
        else
        {
            AddAll(sets[0], result);
            for (int i = 1; i < sets.Length && result.Count > 0; i++)
            {
                RemoveAll(sets[i], result);
            }
        }
    }

    private static void AddAll(Record set, SetBuilder result)
    {
        if (set.Exists)
        {
            EntryWalk walk = new(set);
            while (walk.MoveNext())
            {
                result.Add(PackedText.Of(walk.Key));
            }
        }
    }

    private static void RemoveAll(Record set, SetBuilder result)
    {
        if (set.Exists)
        {
            EntryWalk walk = new(set);
            while (walk.MoveNext())
            {
                result.Remove(PackedText.Of(walk.Key));
            }
        }
    }

    private static void AddMissing(Record[] sets, SetBuilder result)
    {
        EntryWalk walk = new(sets[0]);
        while (walk.MoveNext())
        {
            PackedText member = PackedText.Of(walk.Key);
            int i = 1;
            while (i < sets.Length && !(sets[i].Exists && Entries.Contains(sets[i], member)))
            {
                i++;
            }
            if (i == sets.Length)
            {
                result.Add(member);
            }
        }
    }

    private sealed class LargestFirst : IComparer<Record>
    {
        public static readonly LargestFirst Instance = new();

        public int Compare(Record x, Record y) => SizeOf(y).CompareTo(SizeOf(x));

        private static long SizeOf(Record set) => set.Exists ? Entries.CountOf(set) : 0;
    }
}
