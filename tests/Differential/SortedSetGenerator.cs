using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Differential;

/// <summary>
/// Commands on sorted sets and places. Ranges of names are asked of keys of their own, all of whose scores are 0: the
/// answer is undefined for others.
/// </summary>
internal static class SortedSetGenerator
{
    private static readonly Gen<string> SetKey = Gen.Elements("z1", "z2", "z3", "z4");

    private static readonly Gen<string> NameKey = Gen.Elements("n1", "n2");

    private static readonly Gen<string> PlaceKey = Gen.Elements("p1", "p2");

    private static readonly Gen<string> AnyKey = Gen.Frequency(
        (20, SetKey), (2, NameKey), (2, PlaceKey), (1, Key), (2, Gen.Constant("plain")));

    private static readonly Gen<string> AddedKey = Gen.Frequency(
        (20, SetKey), (2, PlaceKey), (1, Key), (2, Gen.Constant("plain")));

    private static readonly Gen<string> Member = Gen.Frequency(
        (8, Gen.Choose(0, 30).Select(i => $"m{i}")),
        (4, Gen.Choose(-5, 40).Select(i => $"{i}")),
        (1, Gen.Elements("", "\0", "a\r\nb", "\xff\xfe", "007", new string('l', 64), new string('l', 65))),
        (1, Gen.Elements(new string('b', 239), new string('b', 240), new string('b', 5000))));

    private static readonly Gen<string> Score = Gen.Frequency(
        (8, Gen.Choose(-10, 10).Select(i => $"{i}")),
        (4, Gen.Choose(-1_000_000, 1_000_000).Select(i => (i / 1000.0).ToString("R", CultureInfo.InvariantCulture))),
        (3, Gen.Choose(0, int.MaxValue).Two().Select(RandomDouble)),
        (2, Gen.Elements("inf", "-inf", "+inf", "-0", "1e17", "1e18", "123456789012345678", "9007199254740993")),
        (2, Gen.Elements("1e300", "-1e-300", "5e-324", "0x10", "0x1.8p3", "1.5", "0.1", "3.0", "1e3", "Infinity")),
        (1, Gen.Elements("nan", "1e400", "1e-400", "", " 1", "1 ", "x", "1.", ".5", "+1.5", "1e", "0x", "1_0")));

    private static readonly Gen<string> ScoreBound = Gen.Frequency(
        (5, Score), (4, Score.Select(score => "(" + score)), (1, Gen.Elements("(", "", "(x", " 3", "3\0x")));

    private static readonly Gen<string> NameBound = Gen.Frequency(
        (4, Gen.Elements("-", "+")),
        (6, Member.Select(member => "[" + member)),
        (4, Member.Select(member => "(" + member)),
        (1, Gen.Elements("", "x", "-x", "+x", "-\0x", "[", "(")));

    private static readonly Gen<string> Rank = Gen.Frequency(
        (8, Gen.Choose(-12, 12).Select(i => $"{i}")), (2, Gen.Elements("0", "-1")), (1, Integer));

    private static readonly Gen<string[]> Limit = Line(Word("LIMIT"), Rank, Rank);

    private static readonly Gen<string> Longitude = Gen.Frequency(
        (9, Gen.Choose(-1800, 1800).Two().Select(p => Decimal((p.Item1 / 10.0) + (p.Item2 / 1e6)))),
        (5, Gen.Choose(130_000, 140_000).Select(i => Decimal(i / 10_000.0))),
        (2, Gen.Elements("0", "180", "-180", "179.999999", "90")),
        (1, Gen.Elements("180.1", "-181", "x", "inf", "nan")));

    private static readonly Gen<string> Latitude = Gen.Frequency(
        (9, Gen.Choose(-850, 850).Two().Select(p => Decimal((p.Item1 / 10.0) + (p.Item2 / 1e8)))),
        (5, Gen.Choose(380_000, 390_000).Select(i => Decimal(i / 10_000.0))),
        (2, Gen.Elements("0", "85.05112878", "-85.05112878", "66.5", "81")),
        (1, Gen.Elements("86", "-90", "x", "-inf")));

    private static readonly Gen<string> Unit = Gen.Frequency((12, Word("M", "KM", "FT", "MI")), (1, Word("YD", "")));

    private static readonly Gen<string> Extent = Gen.Frequency(
        (6, Gen.Choose(0, 2000).Select(i => $"{i}")),
        (3, Gen.Elements("0", "0.5", "5000", "20000", "100000", "1e7", "2e7", "inf")),
        (1, Gen.Elements("-1", "x", "")));

    public static Gen<string[]> Commands() => Gen.Frequency(
        (12, Changes()),
        (8, Ranges()),
        (5, Names()),
        (5, Pops()),
        (6, Algebra()),
        (6, Reads()),
        (5, Places()),
        (5, PlaceSearches()),
        (1, Settings()));

    private static Gen<string[]> Changes() => Gen.OneOf(
        Line(Word("ZADD"), SetKey, Many(Line(Score, Member))),
        Line(Word("ZADD"), AddedKey, UpTo(3, Line(Word("NX", "XX", "GT", "LT", "CH", "INCR"))),
            Many(Line(Score, Member))),
        Line(Word("ZADD"), AddedKey, Line(Word("INCR")), Line(Score, Member)),
        Line(Word("ZINCRBY"), AddedKey, Line(Score, Member)),
        Line(Word("ZREM"), AnyKey, Many(Line(Member))),
        Line(Word("ZREMRANGEBYRANK"), AnyKey, Line(Rank, Rank)),
        Line(Word("ZREMRANGEBYSCORE"), AnyKey, Line(ScoreBound, ScoreBound)),
        Line(Word("SADD"), Gen.Constant("plain"), Many(Line(Member))),
        Line(Word("COPY"), SetKey, SetKey, UpTo(1, Line(Word("REPLACE")))),
        Line(Word("DEL"), SetKey));

    private static Gen<string[]> Ranges() => Gen.OneOf(
        Line(Word("ZRANGE", "ZREVRANGE"), AnyKey, Line(Rank, Rank), UpTo(1, Line(Word("WITHSCORES")))),
        Line(Word("ZRANGE"), AnyKey, Line(Rank, Rank),
            UpTo(3, Gen.OneOf(Line(Word("WITHSCORES", "REV", "BYSCORE", "junk")), Limit))),
        Line(Word("ZRANGE"), AnyKey, Line(ScoreBound, ScoreBound),
            Line(Word("BYSCORE")), UpTo(3, Gen.OneOf(Line(Word("WITHSCORES", "REV")), Limit))),
        Line(Word("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), AnyKey, Line(ScoreBound, ScoreBound),
            UpTo(2, Gen.Frequency((3, Line(Word("WITHSCORES"))), (3, Limit), (1, Line(Word("REV", "junk")))))),
        Line(Word("ZRANGESTORE"), SetKey, AnyKey, Line(Rank, Rank), UpTo(1, Line(Word("REV", "junk")))),
        Line(Word("ZRANGESTORE"), SetKey, AnyKey, Line(ScoreBound, ScoreBound), Line(Word("BYSCORE")),
            UpTo(2, Gen.OneOf(Line(Word("REV", "WITHSCORES")), Limit))),
        Line(Word("ZCOUNT"), AnyKey, Line(ScoreBound, ScoreBound)));

    private static Gen<string[]> Names() => Gen.OneOf(
        Line(Word("ZADD"), NameKey, Many(Line(Gen.Constant("0"), Member))),
        Line(Word("ZRANGEBYLEX", "ZREVRANGEBYLEX"), NameKey, Line(NameBound, NameBound),
            UpTo(2, Gen.Frequency((6, Limit), (1, Line(Word("WITHSCORES", "REV")))))),
        Line(Word("ZRANGE"), NameKey, Line(NameBound, NameBound), Line(Word("BYLEX")),
            UpTo(2, Gen.OneOf(Line(Word("REV", "WITHSCORES")), Limit))),
        Line(Word("ZRANGESTORE"), SetKey, NameKey, Line(NameBound, NameBound), Line(Word("BYLEX")), UpTo(1, Limit)),
        Line(Word("ZLEXCOUNT"), NameKey, Line(NameBound, NameBound)),
        Line(Word("ZREMRANGEBYLEX"), NameKey, Line(NameBound, NameBound)));

    private static Gen<string[]> Pops() => Gen.OneOf(
        Line(Word("ZPOPMIN", "ZPOPMAX"), AnyKey, UpTo(2, Line(Rank))),
        Line(Word("ZMPOP"), Keys(3), Line(Word("MIN", "MAX", "MAX", "junk")), UpTo(2, Line(Word("COUNT"), Rank))),
        Line(Word("BZPOPMIN", "BZPOPMAX"), Line(SetKey), Many(Line(SetKey)), Line(Word("0.001", "0.001", "x", "-1"))),
        Line(Word("BZMPOP"), Line(Word("0.001", "-1")), Keys(2), Line(Word("MIN", "MAX")),
            UpTo(1, Line(Word("COUNT"), Rank))));

    private static Gen<string[]> Algebra() => Gen.OneOf(
        Line(Word("ZUNION", "ZINTER"), Keys(3), AlgebraOptions("WITHSCORES")),
        Line(Word("ZUNIONSTORE", "ZINTERSTORE"), Line(SetKey), Keys(3), AlgebraOptions("WITHSCORES")),
        Line(Word("ZDIFF"), Keys(3), UpTo(1, Line(Word("WITHSCORES", "WEIGHTS")))),
        Line(Word("ZDIFFSTORE"), Line(SetKey), Keys(3), UpTo(1, Gen.Frequency((1, Line(Word("WITHSCORES")))))),
        Line(Word("ZINTERCARD"), Keys(3), UpTo(1, Line(Word("LIMIT"), Rank))));

    private static Gen<string[]> AlgebraOptions(string other) => UpTo(2, Gen.Frequency(
        (3, Line(Word("AGGREGATE"), Word("SUM", "MIN", "MAX", "SUM", "MIN", "MAX", "junk"))),
        (3, Gen.Choose(1, 3).SelectMany(count => Line(Word("WEIGHTS"), Score.ArrayOf(count)))),
        (2, Line(Word(other)))));

    private static Gen<string[]> Reads() => Gen.OneOf(
        Line(Word("ZSCORE", "ZRANK", "ZREVRANK"), AnyKey, Line(Member)),
        Line(Word("ZMSCORE"), AnyKey, Many(Line(Member))),
        Line(Word("ZCARD"), Line(AnyKey)),
        Line(Word("ZSCAN"), AnyKey, Word("0", "0", "0", "0", "x"), UpTo(2, Gen.OneOf(
            Line(Word("MATCH"), Word("*", "m1*", "[0-9]", "")), Line(Word("COUNT"), Word("1", "100", "0", "x")),
            Line(Word("TYPE", "junk"))))),
        Line(Word("OBJECT"), Word("ENCODING"), Line(AnyKey)),
        Line(Word("ZRANDMEMBER"), AnyKey, Line(Word("0", "1000", "x", "-9223372036854775808")),
            UpTo(2, Line(Word("WITHSCORES", "WITHSCORES", "junk")))));

    private static Gen<string[]> Places() => Gen.OneOf(
        Line(Word("GEOADD"), PlaceKey, Many(Line(Longitude, Latitude, Member))),
        Line(Word("GEOADD"), PlaceKey, UpTo(2, Line(Word("NX", "XX", "CH", "INCR"))),
            Many(Line(Longitude, Latitude, Member))),
        Line(Word("GEODIST"), AnyPlaceKey(), Line(Member, Member), UpTo(2, Line(Unit))),
        Line(Word("GEOHASH", "GEOPOS"), AnyPlaceKey(), UpTo(4, Line(Member))));

    private static Gen<string[]> PlaceSearches() => Gen.OneOf(
        Line(Word("GEOSEARCH"), AnyPlaceKey(), From(), By(), UpTo(3, SearchOption())),
        Line(Word("GEOSEARCHSTORE"), Line(SetKey, AnyPlaceKey()), From(), By(),
            UpTo(2, Gen.Frequency((4, Line(Word("STOREDIST"))), (3, SearchOption())))),
        Line(Word("GEORADIUS", "GEORADIUS_RO"), AnyPlaceKey(), Line(Longitude, Latitude, Extent, Unit),
            UpTo(3, RadiusOption())),
        Line(Word("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), AnyPlaceKey(), Line(Member, Extent, Unit),
            UpTo(3, RadiusOption())));

    private static Gen<string> AnyPlaceKey() => Gen.Frequency((16, PlaceKey), (1, AnyKey));

    private static Gen<string[]> From() => Gen.Frequency(
        (4, Line(Word("FROMMEMBER"), Member)),
        (8, Line(Word("FROMLONLAT"), Longitude, Line(Latitude))),
        (1, UpTo(1, Line(Word("FROMLONLAT", "junk")))));

    private static Gen<string[]> By() => Gen.Frequency(
        (6, Line(Word("BYRADIUS"), Extent, Line(Unit))),
        (6, Line(Word("BYBOX"), Extent, Line(Extent, Unit))),
        (1, UpTo(1, Line(Word("BYBOX", "junk")))));

    private static Gen<string[]> SearchOption() => Gen.Frequency(
        (8, Line(Word("WITHDIST", "WITHHASH", "WITHCOORD", "ASC", "DESC"))),
        (3, Line(Word("COUNT"), Gen.Choose(-1, 6).Select(i => $"{i}"), UpTo(1, Line(Word("ANY"))))),
        (1, Line(Word("ANY", "STORE", "junk", "COUNT"))));

    private static Gen<string[]> RadiusOption() => Gen.Frequency(
        (6, SearchOption()), (2, Line(Word("STORE", "STOREDIST"), Line(SetKey))));

    // The smaller the thresholds, the more of the sets are big ones.
    private static Gen<string[]> Settings() => Gen.OneOf(
        Line(Word("CONFIG"), Word("SET"), Gen.Constant("zset-max-listpack-entries"), Line(Word("0", "3", "10", "128"))),
        Line(Word("CONFIG"), Word("SET"), Gen.Constant("zset-max-listpack-value"), Line(Word("0", "3", "64", "300"))));

    private static Gen<string[]> Keys(int most) => Gen.Frequency(
        (12, Gen.Choose(1, most).SelectMany(count => Line(Gen.Constant($"{count}"), AnyKey.ArrayOf(count)))),
        (1, Line(Word("0", "-1", "x", "4", "9223372036854775807"), UpTo(2, Line(AnyKey)))));

    private static Gen<string[]> Many(Gen<string[]> part) => Gen.Frequency(
        (8, Gen.Choose(1, 4)), (1, Gen.Choose(0, 0)), (1, Gen.Choose(10, 60)))
        .SelectMany(count => part.ListOf(count)).Select(parts => parts.SelectMany(p => p).ToArray());

    /// <summary>Words and sequences of words, one behind the other.</summary>
    private static Gen<string[]> Line(params object[] parts) => parts
        .Select(part => part is Gen<string> word ? word.Select(w => (string[])[w]) : (Gen<string[]>)part)
        .Aggregate(Join);

    private static string RandomDouble((int High, int Low) bits)
    {
        double value = BitConverter.Int64BitsToDouble(((long)bits.High << 33) ^ bits.Low);
        return double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "1";
    }

    private static string Decimal(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
