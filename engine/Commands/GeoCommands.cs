using System.Globalization;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Places as members of sorted sets, whose scores are their hashes: Redis 7.0 geo.c.</summary>
internal static class GeoCommands
{
    internal const string Group = "geo";
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;
    private const int HashTextLength = 11;

    private static ReadOnlySpan<byte> HashDigits => "0123456789bcdefghjkmnpqrstuvwxyz"u8;

    public static IEnumerable<Command> Table =>
    [
        new("geoadd", -5, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.Geo, Add,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Adds places to a sorted set, or moves those it has.", "3.2.0", Group,
                "O(log(N)) for each place, N members in the set",
                "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]"),
        },
        new("geodist", -4, CommandFlags.ReadOnly, AclCategories.Geo, Distance, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers how far two places are from each other.", "3.2.0", Group, "O(1)",
                "key member1 member2 [M | KM | FT | MI]"),
        },
        new("geohash", -2, CommandFlags.ReadOnly, AclCategories.Geo, Hashes, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers places as texts in the usual geohash alphabet.", "3.2.0", Group,
                "O(N), N members asked for", "key [member [member ...]]"),
        },
        new("geopos", -2, CommandFlags.ReadOnly, AclCategories.Geo, Positions, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the longitudes and latitudes of places.", "3.2.0", Group,
                "O(N), N members asked for", "key [member [member ...]]"),
        },
    ];

    /// <summary>Reads a longitude and, behind it, a latitude; answers the error itself.</summary>
    internal static bool TryPosition(CommandContext context, int index, out GeoPosition position)
    {
        position = default;
        if (!Doubles.TryParse(context[index], out double longitude)
            || !Doubles.TryParse(context[index + 1], out double latitude))
        {
            context.Reply.Error(ReplyError.NotAFloat);
            return false;
        }
        position = new GeoPosition(longitude, latitude);
        if (!position.IsPossible)
        {
            context.Reply.Error(
                $"ERR invalid longitude,latitude pair {Fixed(position.Longitude)},{Fixed(position.Latitude)}");
        }
        return position.IsPossible;
    }

    /// <summary>Reads a unit, as meters; answers the error itself.</summary>
    internal static bool TryUnit(CommandContext context, int index, out double meters)
    {
        meters = context.Is(index, "M"u8) ? 1
            : context.Is(index, "KM"u8) ? 1000
            : context.Is(index, "FT"u8) ? 0.3048
            : context.Is(index, "MI"u8) ? 1609.34
            : 0;
        if (meters == 0)
        {
            context.Reply.Error(ReplyError.UnknownUnit);
        }
        return meters != 0;
    }

    /// <summary>Answers a distance with four digits behind the dot.</summary>
    internal static unsafe void AnswerDistance(ReplyWriter reply, double distance)
    {
        // What is no number comes out as the lowest of all: so it does in redis.
        double scaled = Math.Round(distance * 10_000, MidpointRounding.ToEven);
        long value = Math.Abs(scaled) < long.MaxValue ? (long)scaled : long.MinValue;
        Span<byte> text = stackalloc byte[Numbers.MaxInt64Length + 2];
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        int length = value < 0 ? 1 : 0;
        text[0] = (byte)'-';
        fixed (byte* start = text)
        {
            length += Numbers.Format((long)(magnitude / 10_000), start + length);
        }
        text[length] = (byte)'.';
        ((int)(magnitude % 10_000)).TryFormat(text[(length + 1)..], out _, "D4", CultureInfo.InvariantCulture);
        reply.Bulk(text[..(length + 5)]);
    }

    /// <summary>Answers longitude and latitude, each with at most 17 digits behind the dot.</summary>
    internal static void AnswerPosition(ReplyWriter reply, GeoPosition position)
    {
        reply.Array(2);
        Span<byte> text = stackalloc byte[ExtendedFloat.MaxFormattedLength];
        reply.DoubleText(text[..ExtendedFloat.FromDouble(position.Longitude).Format(text)]);
        reply.DoubleText(text[..ExtendedFloat.FromDouble(position.Latitude).Format(text)]);
    }

    private static void Add(CommandContext context)
    {
        AddOptions options = AddOptions.None;
        int first = 2;
        while (first < context.Count && TryTakeOption(context, first, ref options))
        {
            first++;
        }
        int places = (context.Count - first) / 3;
        bool isContradiction = (options & AddOptions.OnlyNew) != 0 && (options & AddOptions.OnlyExisting) != 0;
        if (places == 0 || first + (3 * places) != context.Count || isContradiction)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        for (int i = first; i < context.Count; i += 3)
        {
            if (!TryPosition(context, i, out _))
            {
                return;
            }
        }
        SortedSetAddition addition = new(context, options);
        if (!addition.TryOpen(out bool isMissing))
        {
            return;
        }
        if (isMissing)
        {
            addition.Create(context[first + 2], PackedSortedSet.SizeOf(new PackedText(context[first + 2]), 1L << 52));
        }

        for (int i = first; i < context.Count; i += 3)
        {
            addition.TryAdd(context[i + 2], ScoreOf(context, i));
        }
        if (addition.Finish())
        {
            GiveEffect(context, first, places);
        }
    }

    /// <summary>The effect is a ZADD, so that its result does not hang on how a replica computes.</summary>
    private static unsafe void GiveEffect(CommandContext context, int first, int places)
    {
        context.Effects.Begin(first + (2 * places));
        context.Effects.Add("zadd"u8);
        for (int i = 1; i < first; i++)
        {
            context.Effects.Add(context[i]);
        }
        byte* text = stackalloc byte[Numbers.MaxInt64Length];
        for (int i = first; i < context.Count; i += 3)
        {
            int length = Numbers.Format((long)ScoreOf(context, i), text);
            context.Effects.Add(new ReadOnlySpan<byte>(text, length));
            context.Effects.Add(context[i + 2]);
        }
    }

    /// <summary>The score of the place whose longitude is at an index, which has been read before.</summary>
    private static ulong ScoreOf(CommandContext context, int index)
    {
        TryPosition(context, index, out GeoPosition position);
        return GeoHash.Of(position, GeoHash.MaxStep).Score;
    }

    private static bool TryTakeOption(CommandContext context, int index, ref AddOptions options)
    {
        AddOptions option = context.Is(index, "NX"u8) ? AddOptions.OnlyNew
            : context.Is(index, "XX"u8) ? AddOptions.OnlyExisting
            : context.Is(index, "CH"u8) ? AddOptions.CountChanged
            : AddOptions.None;
        options |= option;
        return option != AddOptions.None;
    }

    private static void Distance(CommandContext context)
    {
        double unit = 1;
        if (context.Count > 5)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (context.Count == 5 && !TryUnit(context, 4, out unit))
        {
            return;
        }
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        if (!record.Exists || !SortedSets.TryScore(record, context[2], out double first)
            || !SortedSets.TryScore(record, context[3], out double second))
        {
            context.Reply.Null();
            return;
        }
        double meters = GeoDistance.Between(GeoPosition.OfScore(first), GeoPosition.OfScore(second));
        AnswerDistance(context.Reply, meters / unit);
    }

    private static void Hashes(CommandContext context)
    {
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        context.Reply.Array(context.Count - 2);
        Span<byte> text = stackalloc byte[HashTextLength];
        for (int i = 2; i < context.Count; i++)
        {
            if (!record.Exists || !SortedSets.TryScore(record, context[i], out double score))
            {
                context.Reply.Null();
                continue;
            }

            // The usual hashes divide the latitudes from pole to pole, and have 55 bits; the last three stay 0.
            ulong bits = GeoHash.Of(
                GeoPosition.OfScore(score), GeoHash.MaxStep, GeoRange.Longitude, new GeoRange(-90, 90)).Bits;
            for (int digit = 0; digit < HashTextLength - 1; digit++)
            {
                text[digit] = HashDigits[(int)(bits >> (52 - ((digit + 1) * 5))) & 0x1F];
            }
            text[HashTextLength - 1] = HashDigits[0];
            context.Reply.Bulk(text);
        }
    }

    private static void Positions(CommandContext context)
    {
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            if (record.Exists && SortedSets.TryScore(record, context[i], out double score))
            {
                AnswerPosition(context.Reply, GeoPosition.OfScore(score));
            }
            else
            {
                context.Reply.NullArray();
            }
        }
    }

    /// <summary>As printf's "%f".</summary>
    private static string Fixed(double value) => double.IsInfinity(value)
        ? (value > 0 ? "inf" : "-inf")
        : value.ToString("F6", CultureInfo.InvariantCulture);
}
