using System.Text;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Which of the searching commands it is; they share most options.</summary>
internal enum GeoSearchForm
{
    /// <summary>GEORADIUS.</summary>
    Radius,

    /// <summary>GEORADIUSBYMEMBER.</summary>
    RadiusByMember,
    Search,
    SearchStore,
}

/// <summary>What GEOSEARCH and its kin were asked for.</summary>
/// <param name="mayStore">STORE and STOREDIST are options.</param>
internal sealed class GeoSearch(GeoSearchForm form, bool mayStore)
{
    /// <summary>So many are kept before those beyond the limit are dropped.</summary>
    private const int MostUnsorted = 1024;

    private readonly bool _isSearch = form is GeoSearchForm.Search or GeoSearchForm.SearchStore;
    private GeoArea _area;
    private bool _hasMember;
    private bool _hasPosition;
    private bool _hasRadius;
    private bool _hasBox;
    private bool _isAny;

    /// <summary>1 for the nearest first, -1 for the farthest, 0 for as they come.</summary>
    private int _order;
    private long _count;

    /// <summary>Index of the key to store the result at, 0 to answer it.</summary>
    public int Destination { get; private set; }

    /// <summary>What is stored as scores are the distances, not the hashes.</summary>
    public bool StoresDistance { get; private set; }

    public bool WithDistance { get; private set; }

    public bool WithHash { get; private set; }

    public bool WithPosition { get; private set; }

    /// <summary>Meters of the unit asked for.</summary>
    public double Unit => _area.Unit;

    /// <summary>Reads the arguments; answers the error itself.</summary>
    /// <param name="record">The places, if there are any.</param>
    public bool TryRead(CommandContext context, Record record)
    {
        int options = form switch
        {
            GeoSearchForm.Radius => 6,
            GeoSearchForm.RadiusByMember => 5,
            GeoSearchForm.Search => 2,
            _ => 3,
        };
        if (form == GeoSearchForm.Radius
            && !(GeoCommands.TryPosition(context, 2, out _area.Center) && TryRadius(context, 4)))
        {
            return false;
        }
        if (form == GeoSearchForm.RadiusByMember && record.Exists
            && !(TryMember(context, record, 2) && TryRadius(context, 3)))
        {
            return false;
        }
        Destination = form == GeoSearchForm.SearchStore ? 1 : 0;
        for (int i = options; i < context.Count; i++)
        {
            if (!TryTakeWord(context, i) && !TryTakeOption(context, record, ref i))
            {
                return false;
            }
        }
        return IsConsistent(context);
    }

    /// <summary>The places in the area, sorted as asked for, and not more than that.</summary>
    /// <param name="found">Empty.</param>
    public void Find(Record record, GeoPoints found)
    {
        Span<GeoHash> cells = stackalloc GeoHash[9];
        _area.Cover(cells);
        long limit = _isAny ? _count : long.MaxValue;
        int last = 0;
        for (int i = 0; i < cells.Length && found.Count < limit; i++)
        {
            // When a cell is half the globe, it is its own neighbour.
            if (!cells[i].IsNone && !(last > 0 && cells[i] == cells[last]))
            {
                FindIn(record, cells[i], limit, found);
                last = i;
            }
        }
        found.Sort(Order, Limit);
    }

    /// <summary>A limited number is of the nearest, unless any will do.</summary>
    private int Order => _order == 0 && _count > 0 && !_isAny ? 1 : _order;

    private long Limit => _count > 0 ? _count : long.MaxValue;

    private void FindIn(Record record, GeoHash cell, long limit, GeoPoints found)
    {
        long first = SortedSets.CountBelow(record, OrderBound.OfScore(cell.Score, isAfter: false));
        long behind = SortedSets.CountBelow(record, OrderBound.OfScore(cell.EndScore, isAfter: false));
        SortedEntries entries = SortedEntries.Of(record, first, behind - first, isReversed: false);
        while (found.Count < limit && entries.MoveNext())
        {
            GeoPosition position = GeoPosition.OfScore(entries.Score);
            if (_area.Contains(position, out double distance))
            {
                found.Add(new GeoPoint(entries.Member, entries.Score, position, distance));
                if (!_isAny && found.Count >= MostUnsorted && found.Count / 2 >= Limit)
                {
                    found.Sort(Order, Limit);
                }
            }
        }
    }

    /// <summary>Takes an option that is a single word.</summary>
    private bool TryTakeWord(CommandContext context, int i)
    {
        if (context.Is(i, "WITHDIST"u8))
        {
            WithDistance = true;
        }
        else if (context.Is(i, "WITHHASH"u8))
        {
            WithHash = true;
        }
        else if (context.Is(i, "WITHCOORD"u8))
        {
            WithPosition = true;
        }
        else if (context.Is(i, "ANY"u8))
        {
            _isAny = true;
        }
        else if (context.Is(i, "ASC"u8))
        {
            _order = 1;
        }
        else if (context.Is(i, "DESC"u8))
        {
            _order = -1;
        }
        else if (form == GeoSearchForm.SearchStore && context.Is(i, "STOREDIST"u8))
        {
            StoresDistance = true;
        }
        else
        {
            return false;
        }
        return true;
    }

    /// <summary>Takes an option with values; answers the error itself.</summary>
    private bool TryTakeOption(CommandContext context, Record record, ref int i)
    {
        int values = context.Count - i - 1;
        int at = i + 1;
        if (values >= 1 && context.Is(i, "COUNT"u8))
        {
            i++;
            return TryCount(context, at);
        }
        bool isStore = context.Is(i, "STORE"u8);
        if (values >= 1 && mayStore && !_isSearch && (isStore || context.Is(i, "STOREDIST"u8)))
        {
            Destination = at;
            StoresDistance = !isStore;
            i++;
            return true;
        }
        if (!_isSearch)
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        if (values >= 1 && !_hasPosition && context.Is(i, "FROMMEMBER"u8))
        {
            _hasMember = true;
            i++;
            return !record.Exists || TryMember(context, record, at);
        }
        if (values >= 2 && !_hasMember && context.Is(i, "FROMLONLAT"u8))
        {
            _hasPosition = true;
            i += 2;
            return GeoCommands.TryPosition(context, at, out _area.Center);
        }
        if (values >= 2 && !_hasBox && context.Is(i, "BYRADIUS"u8))
        {
            _hasRadius = true;
            i += 2;
            return TryRadius(context, at);
        }
        if (values >= 3 && !_hasRadius && context.Is(i, "BYBOX"u8))
        {
            _hasBox = true;
            i += 3;
            return TryBox(context, at);
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }

    private bool TryCount(CommandContext context, int index)
    {
        if (!context.TryInt64(index, out _count))
        {
            return false;
        }
        if (_count <= 0)
        {
            context.Reply.Error(ReplyError.GeoCount);
        }
        return _count > 0;
    }

    private bool TryMember(CommandContext context, Record record, int index)
    {
        if (!SortedSets.TryScore(record, context[index], out double score))
        {
            context.Reply.Error(ReplyError.MemberNotDecodable);
            return false;
        }
        _area.Center = GeoPosition.OfScore(score);
        return true;
    }

    private bool TryRadius(CommandContext context, int index)
    {
        if (!Doubles.TryParse(context[index], out _area.Radius))
        {
            context.Reply.Error(ReplyError.RadiusNotANumber);
            return false;
        }
        if (_area.Radius < 0)
        {
            context.Reply.Error(ReplyError.RadiusNegative);
            return false;
        }
        _area.IsBox = false;
        return GeoCommands.TryUnit(context, index + 1, out _area.Unit);
    }

    private bool TryBox(CommandContext context, int index)
    {
        if (!Doubles.TryParse(context[index], out _area.Width))
        {
            context.Reply.Error(ReplyError.WidthNotANumber);
            return false;
        }
        if (!Doubles.TryParse(context[index + 1], out _area.Height))
        {
            context.Reply.Error(ReplyError.HeightNotANumber);
            return false;
        }
        if (_area.Width < 0 || _area.Height < 0)
        {
            context.Reply.Error(ReplyError.BoxNegative);
            return false;
        }
        _area.IsBox = true;
        return GeoCommands.TryUnit(context, index + 2, out _area.Unit);
    }

    private bool IsConsistent(CommandContext context)
    {
        if (Destination > 0 && (WithDistance || WithHash || WithPosition))
        {
            string name = form == GeoSearchForm.SearchStore ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
            context.Reply.Error($"ERR {name} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        }
        else if (_isSearch && !_hasMember && !_hasPosition)
        {
            context.Reply.Error(
                $"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {NameAsSent(context)}");
        }
        else if (_isSearch && !_hasRadius && !_hasBox)
        {
            context.Reply.Error($"ERR exactly one of BYRADIUS and BYBOX can be specified for {NameAsSent(context)}");
        }
        else if (_isAny && _count == 0)
        {
            context.Reply.Error(ReplyError.GeoAnyWithoutCount);
        }
        else
        {
            return true;
        }
        return false;
    }

    private static string NameAsSent(CommandContext context) => Encoding.Latin1.GetString(context[0]);
}
