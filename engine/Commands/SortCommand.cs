using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>SORT and SORT_RO: Redis 7.0 sort.c.</summary>
internal static unsafe class SortCommand
{
    private const string Options =
        "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]";
    private const string Complexity = "O(N log N + M), N elements sorted and M answered";
    private const AclCategories Categories =
        AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous;

    private const string Difference =
        "ALPHA compares bytes, as redis does in the C locale, whatever LC_COLLATE says; "
        + "elements that are equal by ALPHA, BY and LIMIT together stay in their order.";

    private static readonly KeySpec Sorted = KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access);

    private static readonly KeySpec Named = new()
    {
        Flags = KeyFlags.ReadOnly | KeyFlags.Access,
        Begin = BeginSearch.Unknown,
        Find = FindKeys.Unknown,
        Notes = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the "
            + "content of the key we sort",
    };

    private static readonly KeySpec Stored = new()
    {
        Flags = KeyFlags.Overwrite | KeyFlags.Update,
        Begin = BeginSearch.Unknown,
        Find = FindKeys.Unknown,
        Notes = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in "
            + "the argument array",
    };

    public static IEnumerable<Command> Table =>
    [
        new("sort", -2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys, Categories,
            context => Sort(context, mayStore: true), Sorted, Named, Stored)
        {
            KeyFinder = FindKeysOfSort,
            Docs = new("Sorts the elements of a list, a set or a sorted set, and answers or stores them.", "1.0.0",
                "generic", Complexity, Options + " [STORE destination]")
            {
                Difference = Difference,
            },
        },
        new("sort_ro", -2, CommandFlags.ReadOnly | CommandFlags.MovableKeys, Categories,
            context => Sort(context, mayStore: false), Sorted, Named)
        {
            KeyFinder = (_, _, keys) => keys.Add(new KeyReference(1, KeyFlags.ReadOnly | KeyFlags.Access)),
            Docs = new("Sorts the elements of a list, a set or a sorted set, and answers them.", "7.0.0", "generic",
                Complexity, Options)
            {
                Difference = Difference,
            },
        },
    ];

    /// <summary>The last STORE counts; what follows another option is no option.</summary>
    private static void FindKeysOfSort(CommandContext context, int first, List<KeyReference> keys)
    {
        keys.Add(new KeyReference(1, KeyFlags.ReadOnly | KeyFlags.Access));
        int target = 0;
        for (int i = first + 2; i < context.Count; i++)
        {
            if (context.Is(i, "LIMIT"u8))
            {
                i += 2;
            }
            else if (context.Is(i, "GET"u8) || context.Is(i, "BY"u8))
            {
                i++;
            }
            else if (context.Is(i, "STORE"u8) && i + 1 < context.Count)
            {
                target = i + 1 - first;
            }
        }
        if (target > 0)
        {
            keys.Add(new KeyReference(target, KeyFlags.Overwrite | KeyFlags.Update));
        }
    }

    private static void Sort(CommandContext context, bool mayStore)
    {
        SortOptions options = new();
        if (!options.TryRead(context, mayStore))
        {
            return;
        }
        Record source = context.Database.Find(context[1], Lookup.Read);
        if (source.Exists && source.Type is not (ValueType.List or ValueType.Set or ValueType.SortedSet))
        {
            context.Reply.Error(ReplyError.WrongType);
            return;
        }
        long length = source.Exists ? LengthOf(source) : 0;
        bool isSorted = options.By is not { IsFixed: true };
        if (!isSorted && options.IsStored && source.Exists && source.Type == ValueType.Set)
        {
            // A set has no order of its own, and what is stored must be the same wherever the command is replayed.
            isSorted = options.IsAlpha = true;
            options.By = null;
        }
        (long start, long count) = options.LimitTo(length);
        bool hasOrder = source.Exists && source.Type != ValueType.Set;
        bool isPart = !isSorted && hasOrder;
        using SortItems items = new(isPart ? count : length);
        if (source.Exists)
        {
            Load(items, source, isPart ? start : 0, isPart ? count : length, backward: isPart && options.IsDescending);
        }
        if (isSorted)
        {
            if (!TryReadKeys(context, items, options))
            {
                context.Reply.Error(ReplyError.NotSortable);
                return;
            }
            PutInOrder(items, options);
        }
        start = isPart ? 0 : start;
        if (options.IsStored)
        {
            Store(context, items, start, count, options);
        }
        else
        {
            Reply(context, items, start, count, options);
        }
    }

    private static long LengthOf(Record record) => record.Type switch
    {
        ValueType.List => Lists.LengthOf(record),
        ValueType.Set => Entries.CountOf(record),
        _ => SortedSets.Count(record),
    };

    /// <summary>Loads elements in the order that the value has.</summary>
    /// <param name="first">The first to come, counted from the end if <paramref name="backward"/>.</param>
    private static void Load(SortItems items, Record source, long first, long count, bool backward)
    {
        byte* scratch = stackalloc byte[ListRun.ScratchLength];
        Span<byte> room = new(scratch, ListRun.ScratchLength);
        if (source.Type == ValueType.Set)
        {
            EntryWalk entries = new(source);
            while (entries.MoveNext())
            {
                Add(items, entries.Key.Text(room), scratch);
            }
            return;
        }
        if (source.Type == ValueType.SortedSet)
        {
            SortedEntries entries = SortedEntries.Of(source, first, count, backward);
            while (entries.MoveNext())
            {
                Add(items, entries.Member.Text(room), scratch);
            }
            return;
        }
        ListWalk walk = new(source, backward ? LengthOf(source) - 1 - first : first, count, backward);
        while (walk.MoveNext())
        {
            ListElements elements = walk.Elements;
            while (elements.MoveNext())
            {
                Add(items, walk.Run.TextOf(elements.Current, room), scratch);
            }
        }
    }

    /// <summary>Adds a text that stays where it is, or is in the scratch and is copied.</summary>
    private static void Add(SortItems items, ReadOnlySpan<byte> text, byte* scratch)
    {
        byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
        items.Add(start == scratch ? items.Keep(text) : start, text.Length);
    }

    /// <summary>Finds out what each element is to be sorted by.</summary>
    /// <returns>False if some of it is no number.</returns>
    private static bool TryReadKeys(CommandContext context, SortItems items, SortOptions options)
    {
        if (options.IsAlpha && options.By is null)
        {
            return true;
        }
        bool areNumbers = true;
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        for (long i = 0; i < items.Count; i++)
        {
            ref SortItem item = ref items[i];
            scoped ReadOnlySpan<byte> text = item.Text;
            if (options.By is not null && !options.By.TryFind(context.Database, item.Text, scratch, out text))
            {
                continue;
            }
            if (options.IsAlpha)
            {
                item.By = (long)items.Keep(text);
                item.ByLength = text.Length;
                continue;
            }
            areNumbers &= TryReadScore(text, out double score);
            item.By = BitConverter.DoubleToInt64Bits(score);
        }
        return areNumbers;
    }

    private static bool TryReadScore(ReadOnlySpan<byte> text, out double score) =>
        Doubles.TryParseCString(text, out score) && !IsOutOfRange(text, score);

    /// <summary>Strtod's ERANGE: infinite though it was not written so, or too small to have all its digits.</summary>
    private static bool IsOutOfRange(ReadOnlySpan<byte> text, double score)
    {
        if (double.IsInfinity(score))
        {
            return !text.ContainsAny("iI"u8);
        }
        if (score != 0 && !double.IsSubnormal(score))
        {
            return false;
        }
        int exponent = text.IndexOfAny("eE\0"u8);
        return (exponent < 0 ? text : text[..exponent]).IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
    }

    private static void PutInOrder(SortItems items, SortOptions options)
    {
        if (!options.IsAlpha)
        {
            items.Sort(default(NumberOrder), options.IsDescending);
        }
        else if (options.By is not null)
        {
            items.Sort(new ByTextOrder(options.IsStored), options.IsDescending);
        }
        else
        {
            items.Sort(new TextOrder(options.IsStored), options.IsDescending);
        }
    }

    private static void Reply(CommandContext context, SortItems items, long start, long count, SortOptions options)
    {
        ReplyWriter reply = context.Reply;
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        reply.Array(count * Math.Max(options.Gets.Count, 1));
        for (long i = start; i < start + count; i++)
        {
            ReadOnlySpan<byte> element = items[i].Text;
            if (options.Gets.Count == 0)
            {
                reply.Bulk(element);
            }
            foreach (SortPattern get in options.Gets)
            {
                if (get.TryFind(context.Database, element, scratch, out ReadOnlySpan<byte> text))
                {
                    reply.Bulk(text);
                }
                else
                {
                    reply.Null();
                }
            }
        }
    }

    private static void Store(CommandContext context, SortItems items, long start, long count, SortOptions options)
    {
        Database database = context.Database;
        ReadOnlySpan<byte> target = context[options.TargetIndex];
        long stored = count * Math.Max(options.Gets.Count, 1);
        context.Reply.Integer(stored);
        if (stored == 0)
        {
            context.DeleteTarget(target, database.Find(target, Lookup.Write));
            return;
        }
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        ListRoot* root = ListEditor.New(database.Values);
        ListEditor editor = new(root, database.Values);
        for (long i = start; i < start + count; i++)
        {
            ReadOnlySpan<byte> element = items[i].Text;
            if (options.Gets.Count == 0)
            {
                editor.Push(new PackedText(element), atHead: false);
            }
            foreach (SortPattern get in options.Gets)
            {
                get.TryFind(database, element, scratch, out ReadOnlySpan<byte> text);
                editor.Push(new PackedText(text), atHead: false);
            }
        }
        Record existing = database.Find(target, Lookup.Write);
        Lists.Store(database, target, existing, root, ListCommands.MaxPacked(context));
        context.Notify(NotifyEvents.List, "sortstore"u8, target);
        context.Dirty += stored;
    }
}
