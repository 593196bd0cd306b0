using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Lists searched for an element: Redis 7.0 t_list.c.</summary>
internal static class ListSearchCommands
{
    private const string Group = "list";

    public static IEnumerable<Command> Table =>
    [
        new("linsert", 5, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.List, Insert,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Inserts an element in front of or behind the first one that is equal to a pivot.", "2.2.0",
                Group, "O(N), N elements up to the pivot", "key <BEFORE | AFTER> pivot element"),
        },
        new("lrem", 4, CommandFlags.Write, AclCategories.List, Remove,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Removes the first or the last elements that are equal to a value, or all of them.", "1.0.0",
                Group, "O(N), N elements looked at", "key count element"),
        },
        new("lpos", -3, CommandFlags.ReadOnly, AclCategories.List, Position,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers at which indexes a list has an element.", "6.0.6", Group,
                "O(N), N elements looked at", "key element [RANK rank] [COUNT num-matches] [MAXLEN len]"),
        },
    ];

    private static void Insert(CommandContext context)
    {
        bool behind = context.Is(2, "AFTER"u8);
        if (!behind && !context.Is(2, "BEFORE"u8))
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        ReadOnlySpan<byte> key = context[1];
        if (!ListCommands.TryFind(context, key, Lookup.Write, out Record list))
        {
            return;
        }
        if (!list.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        long at = Lists.IndexOf(list, new PackedText(context[3]));
        if (at < 0)
        {
            context.Reply.Integer(-1);
            return;
        }
        list = Lists.Insert(context.Database, list, behind ? at + 1 : at, new PackedText(context[4]),
            ListCommands.MaxPacked(context));
        context.Dirty++;
        context.Reply.Integer(Lists.LengthOf(list));
        context.Notify(NotifyEvents.List, "linsert"u8, key);
    }

    private static void Remove(CommandContext context)
    {
        ReadOnlySpan<byte> key = context[1];
        if (!context.TryInt64(2, out long count)
            || !ListCommands.TryFind(context, key, Lookup.Write, out Record list))
        {
            return;
        }
        PackedText text = new(context[3]);
        long removed = 0;
        if (list.Exists && Lists.IndexOf(list, text) >= 0)
        {
            long length = Lists.LengthOf(list);
            long limit = count is 0 or long.MinValue ? long.MaxValue : Math.Abs(count);
            removed = Lists.RemoveEqual(context.Database, list, text, limit, backward: count < 0);
            context.NotifyRemoved(NotifyEvents.List, "lrem"u8, key, removed, removed == length);
        }
        context.Reply.Integer(removed);
    }

    private static void Position(CommandContext context)
    {
        if (!TryReadOptions(context, out Search search))
        {
            return;
        }
        Record list = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsTypeOrMissing(list, ValueType.List))
        {
            return;
        }
        long mark = context.Reply.BeginArray();
        long found = list.Exists ? search.Run(list, new PackedText(context[2]), context.Reply) : 0;
        if (search.HasCount)
        {
            context.Reply.EndArray(mark, found);
        }
        else if (found == 0)
        {
            context.Reply.Null();
        }
    }

    private static bool TryReadOptions(CommandContext context, out Search search)
    {
        search = new Search { Rank = 1, Count = 1 };
        for (int i = 3; i < context.Count; i += 2)
        {
            bool hasValue = i + 1 < context.Count;
            if (hasValue && context.Is(i, "RANK"u8))
            {
                if (!context.TryInt64(i + 1, out search.Rank))
                {
                    return false;
                }
                if (search.Rank == 0)
                {
                    context.Reply.Error(ReplyError.RankZero);
                    return false;
                }
            }
            else if (hasValue && context.Is(i, "COUNT"u8))
            {
                search.HasCount = true;
                if (!TryPositive(context, i + 1, out search.Count, ReplyError.CountNegative))
                {
                    return false;
                }
            }
            else if (hasValue && context.Is(i, "MAXLEN"u8))
            {
                if (!TryPositive(context, i + 1, out search.MaxLength, ReplyError.MaxLengthNegative))
                {
                    return false;
                }
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    private static bool TryPositive(CommandContext context, int index, out long value, ReadOnlySpan<byte> error)
    {
        if (Numbers.TryParseInt64(context[index], out value) && value >= 0)
        {
            return true;
        }
        context.Reply.Error(error);
        return false;
    }

    /// <summary>What LPOS is to look for.</summary>
    private struct Search
    {
        /// <summary>Which match is the first to be answered; negative from the list's end.</summary>
        public long Rank;

        /// <summary>How many to answer; 0 for all.</summary>
        public long Count;

        /// <summary>How many elements to look at; 0 for all.</summary>
        public long MaxLength;

        /// <summary>Answered is an array.</summary>
        public bool HasCount;

        /// <summary>Answers the indexes.</summary>
        /// <returns>How many it were.</returns>
        public readonly long Run(Record list, in PackedText text, ReplyWriter reply)
        {
            bool backward = Rank < 0;
            long length = Lists.LengthOf(list);
            long looked = MaxLength == 0 ? length : Math.Min(MaxLength, length);
            long passed = 0;

            // The smallest of all numbers has no positive, and stays what it is in redis.
            long rank = unchecked(backward ? -Rank : Rank);
            long skipped = Math.Max(rank, 1) - 1;
            long found = 0;
            ListWalk walk = new(list, backward ? length - 1 : 0, looked, backward);
            while (walk.MoveNext())
            {
                if (walk.Run.TryForm(text, out PackedText form))
                {
                    ListElements elements = walk.Elements;
                    for (long index = passed; elements.MoveNext(); index++)
                    {
                        if (!elements.Current.Is(form) || (skipped > 0 && skipped-- > 0))
                        {
                            continue;
                        }
                        reply.Integer(backward ? length - 1 - index : index);
                        found++;
                        if (found == Count)
                        {
                            return found;
                        }
                    }
                }
                passed += walk.Count;
            }
            return found;
        }
    }
}
