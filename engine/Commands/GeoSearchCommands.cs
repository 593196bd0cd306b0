using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Places in an area: Redis 7.0 geo.c.</summary>
internal static class GeoSearchCommands
{
    private const string Group = GeoCommands.Group;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;
    private const KeyFlags StoreKey = KeyFlags.Overwrite | KeyFlags.Update;
    private const CommandFlags Write = CommandFlags.Write | CommandFlags.DenyOom;
    private const string Unit = "<M | KM | FT | MI>";
    private const string With = "[WITHCOORD] [WITHDIST] [WITHHASH]";
    private const string Choice = "[COUNT count [ANY]] [ASC | DESC]";
    private const string Store = "[STORE key] [STOREDIST key]";
    private const string Cost = "O(N+log(M)), N places in the cells around the area, M in the set";
    private const string From =
        "<FROMMEMBER member | FROMLONLAT longitude latitude> "
        + "<BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC]";

    public static IEnumerable<Command> Table =>
    [
        new("geosearch", -7, CommandFlags.ReadOnly, AclCategories.Geo, Search, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the places in a circle or a box.", "6.2.0", Group, Cost,
                $"key {From} [COUNT count [ANY]] {With}"),
        },
        new("geosearchstore", -8, Write, AclCategories.Geo, SearchStore,
            KeySpec.Key(1, StoreKey), KeySpec.Key(2, ReadKey))
        {
            Docs = new("Stores the places in a circle or a box.", "6.2.0", Group, Cost,
                $"destination source {From} [COUNT count [ANY]] [STOREDIST]"),
        },
        new("georadius", -6, Write | CommandFlags.MovableKeys, AclCategories.Geo, Radius,
            KeySpec.Key(1, ReadKey), StoreSpec("STORE", 6), StoreSpec("STOREDIST", 6))
        {
            Docs = new("Answers or stores the places within a distance of a point.", "3.2.0", Group, Cost,
                $"key longitude latitude radius {Unit} {With} {Choice} {Store}"),
        },
        new("georadius_ro", -6, CommandFlags.ReadOnly, AclCategories.Geo, RadiusReadOnly, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the places within a distance of a point.", "3.2.10", Group, Cost,
                $"key longitude latitude radius {Unit} {With} {Choice}"),
        },
        new("georadiusbymember", -5, Write | CommandFlags.MovableKeys, AclCategories.Geo, RadiusByMember,
            KeySpec.Key(1, ReadKey), StoreSpec("STORE", 5), StoreSpec("STOREDIST", 5))
        {
            Docs = new("Answers or stores the places within a distance of one of them.", "3.2.0", Group, Cost,
                $"key member radius {Unit} {With} {Choice} {Store}"),
        },
        new("georadiusbymember_ro", -5, CommandFlags.ReadOnly, AclCategories.Geo, RadiusByMemberReadOnly,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the places within a distance of one of them.", "3.2.10", Group, Cost,
                $"key member radius {Unit} {With} {Choice}"),
        },
    ];

    private static KeySpec StoreSpec(string keyword, int start) =>
        new() { Flags = StoreKey, Begin = BeginSearch.Keyword, Keyword = keyword, Start = start };

    private static void Search(CommandContext context) => Run(context, new GeoSearch(GeoSearchForm.Search, false), 1);

    private static void SearchStore(CommandContext context) =>
        Run(context, new GeoSearch(GeoSearchForm.SearchStore, false), 2);

    private static void Radius(CommandContext context) => Run(context, new GeoSearch(GeoSearchForm.Radius, true), 1);

    private static void RadiusReadOnly(CommandContext context) =>
        Run(context, new GeoSearch(GeoSearchForm.Radius, false), 1);

    private static void RadiusByMember(CommandContext context) =>
        Run(context, new GeoSearch(GeoSearchForm.RadiusByMember, true), 1);

    private static void RadiusByMemberReadOnly(CommandContext context) =>
        Run(context, new GeoSearch(GeoSearchForm.RadiusByMember, false), 1);

    private static void Run(CommandContext context, GeoSearch search, int source)
    {
        if (!SortedSetCommands.TryFind(context, source, out Record record) || !search.TryRead(context, record))
        {
            return;
        }
        using GeoPoints points = new();
        if (record.Exists)
        {
            search.Find(record, points);
        }
        if (search.Destination > 0)
        {
            StorePoints(context, search, points, source == 2 ? "geosearchstore"u8 : "georadiusstore"u8);
            return;
        }
        context.Reply.Array(points.Count);
        foreach (ref readonly GeoPoint point in points.Items)
        {
            Answer(context.Reply, search, point);
        }
    }

    private static void StorePoints(
        CommandContext context, GeoSearch search, GeoPoints points, ReadOnlySpan<byte> name)
    {
        SortedSetBuilder result = new(context.Database);
        foreach (ref readonly GeoPoint point in points.Items)
        {
            PackedText member = PackedText.Of(point.Member);

            // A wide search may come by the same cell twice.
            if (!result.TryScore(member, out _))
            {
                result.Set(member, search.StoresDistance ? point.Distance / search.Unit : point.Score);
            }
        }
        SortedSetRangeCommands.Store(context, result, name, search.Destination, dirtyPerEntry: true);
    }

    private static void Answer(ReplyWriter reply, GeoSearch search, in GeoPoint point)
    {
        int options = (search.WithDistance ? 1 : 0) + (search.WithHash ? 1 : 0) + (search.WithPosition ? 1 : 0);
        if (options > 0)
        {
            reply.Array(1 + options);
        }
        point.Member.Reply(reply);
        if (search.WithDistance)
        {
            GeoCommands.AnswerDistance(reply, point.Distance / search.Unit);
        }
        if (search.WithHash)
        {
            reply.Integer((long)point.Score);
        }
        if (search.WithPosition)
        {
            GeoCommands.AnswerPosition(reply, point.Position);
        }
    }
}
