using FsCheck;
using FsCheck.Fluent;
using Tidelog.Tests.Differential;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Snapshot;

/// <summary>A command, or something else that happens to an engine.</summary>
internal sealed record CutStep(params string[] Command)
{
    /// <summary>So many milliseconds go by.</summary>
    public const string Pass = "(pass)";

    /// <summary>Periodic work is done.</summary>
    public const string Cron = "(cron)";

    public override string ToString() => "\n    " + CommandSequence.Show(Command);
}

/// <summary>
/// Commands of all types over few keys. Beside those of the other tests: values of many blocks, strings and keys
/// outside the log, near expiries, and keys that change their name and database.
/// </summary>
internal static class CutCommands
{
    private const int Types = 6;
    private const int StreamType = 4;

    private static readonly string LongKey = new('K', 20_000);

    private static readonly Gen<string> BigString = Gen.Elements("big0", "big1", "big2", LongKey);

    private static readonly Gen<string> BigKey = Gen.Frequency(
        (4, BigString),
        (6, Gen.Choose(0, (2 * Types) - 1).Select(n => $"many{n}")),
        (4, Key));

    public static Gen<CutStep> Step { get; } = Gen.Frequency(
        (14, OneCommand()),
        (10, Strings()),
        (18, Collections()),
        (8, Whole()),
        (4, Times()),
        (1, Databases())).Select(command => new CutStep(command));

    /// <summary>Streams with groups that have much pending, which single commands would hardly come to.</summary>
    public static IEnumerable<CutStep> Beginning { get; } =
    [
        .. Enumerable.Range(0, 600).Select(i => new CutStep("XADD", $"many{StreamType}", $"1-{i + 1}", "n", $"{i}")),
        .. Enumerable.Range(0, 3).SelectMany(i => (CutStep[])
        [
            new("XGROUP", "CREATE", $"many{StreamType}", $"g{i}", "0"),
            new("XREADGROUP", "GROUP", $"g{i}", "c0", "COUNT", "400", "STREAMS", $"many{StreamType}", ">"),
            new("XREADGROUP", "GROUP", $"g{i}", "c1", "COUNT", "200", "STREAMS", $"many{StreamType}", ">"),
        ]),
    ];

    private static Gen<string[]> Strings() => Gen.OneOf(
        Line(Gen.Constant("SET"), BigString, Gen.Elements(100, 16_384, 16_385, 20_000, 70_000, 400_000)
            .SelectMany(length => Gen.Choose('a', 'z').Select(c => new string((char)c, length)))),
        Line(Gen.Constant("SETRANGE"), BigString, Gen.Choose(0, 30_000).Select(n => $"{n}"),
            Gen.Elements(1, 100, 20_000).Select(length => new string('r', length)).Select(text => (string[])[text])),
        Line(Gen.Constant("APPEND"), BigString, Gen.Elements(1, 50, 17_000).Select(length => new string('+', length))),
        Line(Gen.Constant("SETBIT"), BigString, Gen.Choose(0, 300_000).Select(n => $"{n}"),
            Gen.Elements("0", "1").Select(bit => (string[])[bit])),
        Line(Gen.Constant("BITFIELD"), BigString, Gen.Choose(0, 1000).Select(n =>
            (string[])["INCRBY", "u16", $"#{n}", "77", "SET", "u8", $"{n}", "3"])),
        Line(Gen.Constant("BITOP"), Gen.Constant("NOT"), BigString, BigString.Select(key => (string[])[key])),
        Line(Gen.Constant("GETDEL"), BigString),
        Line(Gen.Constant("PFADD"), Gen.Constant("hll"), Gen.Choose(0, 10_000).Select(n => (string[])[$"{n}"])),
        Line(Gen.Constant("PFCOUNT"), Gen.Constant("hll")));

    /// <summary>Key "many0" is a list, "many1" a set and so on; there are two of each type.</summary>
    private static Gen<string[]> Collections() =>
        from type in Gen.Choose(0, Types - 1)
        from second in Gen.Choose(0, 1)
        from first in Gen.Choose(0, 3000)
        from count in Gen.Elements(1, 1, 1, 10, 300, 1500)
        from kind in Gen.Choose(0, 11)
        select type == StreamType
            ? Stream($"many{type + (Types * second)}", first, count, kind)
            : Collection(type, $"many{type + (Types * second)}", first, count, kind % 6);

    private static string[] Collection(int type, string key, int first, int count, int kind) => type switch
    {
        0 => kind switch
        {
            0 => ["LTRIM", key, $"{first % 50}", $"-{first % 70}"],
            1 => ["LSET", key, $"{first}", new string('s', first % 400)],
            2 => ["LREM", key, "3", $"element {first}"],
            3 => ["LINSERT", key, "BEFORE", $"element {first}", "inserted"],
            _ => [kind == 4 ? "RPUSH" : "LPUSH", key, .. Many(first, count, n => [$"element {n}"])],
        },
        1 => kind switch
        {
            0 => ["SREM", key, .. Many(first, count, n => [$"{n}"])],
            1 => ["SPOP", key, $"{count}"],
            2 => ["SADD", key, .. Many(first, count, n => [$"member {n}"])],
            _ => ["SADD", key, .. Many(first, count, n => [$"{n}"])],
        },
        2 => kind switch
        {
            0 => ["HDEL", key, .. Many(first, count, n => [$"field {n}"])],
            1 => ["HINCRBY", key, $"field {first}", "5"],
            2 => ["HSET", key, $"field {first}", new string('v', first)],
            _ => ["HSET", key, .. Many(first, count, n => [$"field {n}", $"{n}"])],
        },
        3 => kind switch
        {
            0 => ["ZREMRANGEBYRANK", key, $"{first}", $"{first + count}"],
            1 => ["ZINCRBY", key, "0.5", $"member {first}"],
            2 => ["ZUNIONSTORE", key, "2", key, "many9"],
            _ => ["ZADD", key, .. Many(first, count, n => [$"{n % 97}.5", $"member {n}"])],
        },
        _ => kind switch
        {
            0 => ["SORT", "many0", "ALPHA", "STORE", key],
            1 => ["SUNIONSTORE", key, "many1", "many7"],
            2 => ["SDIFFSTORE", key, "many1", "many7"],
            3 => ["LMOVE", "many0", "many6", "LEFT", "RIGHT"],
            4 => ["SMOVE", "many1", "many7", $"{first}"],
            _ => ["GEOADD", key, $"{first % 180}", "12", $"place {first}"],
        },
    };

    private static string[] Stream(string key, int first, int count, int kind) => kind switch
    {
        0 => ["XTRIM", key, "MAXLEN", $"{first}"],
        1 => ["XGROUP", "CREATE", key, $"g{first % 3}", "0", "MKSTREAM"],
        2 or 3 => ["XREADGROUP", "GROUP", $"g{first % 3}", $"c{first % 2}", "COUNT", $"{count}", "STREAMS", key, ">"],
        4 => ["XACK", key, $"g{first % 3}", .. Many(first, count, n => [$"1-{n}"])],
        5 => ["XDEL", key, .. Many(first, count, n => [$"1-{n}"])],
        6 => ["XGROUP", "DESTROY", key, $"g{first % 3}"],
        7 => ["XGROUP", "DELCONSUMER", key, $"g{first % 3}", $"c{first % 2}"],
        8 => ["XCLAIM", key, $"g{first % 3}", $"c{first % 2}", "0", .. Many(first, count, n => [$"1-{n}"])],
        9 => ["XAUTOCLAIM", key, $"g{first % 3}", $"c{first % 2}", "0", $"1-{first}", "COUNT", $"{count}"],
        _ => ["XADD", key, "1-*", "text", new string('x', first), "number", $"{count}"],
    };

    private static Gen<string[]> Whole() => Gen.OneOf(
        Line(Word("RENAME", "RENAMENX"), BigKey, BigKey),
        Line(Word("COPY"), BigKey, BigKey.Select(key => (string[])[key, "REPLACE"])),
        Line(Word("COPY"), BigKey, BigKey.SelectMany(key =>
            Gen.Elements("0", "1", "2").Select(database => (string[])[key, "DB", database, "REPLACE"]))),
        Line(Word("MOVE"), BigKey, Gen.Elements("0", "1", "2")),
        Line(Word("DEL", "UNLINK"), BigKey));

    private static Gen<string[]> Times() => Gen.OneOf(
        Line(Gen.Constant("PEXPIRE"), BigKey, Gen.Elements("1", "20", "500", "100000")),
        Line(Gen.Constant("PERSIST"), BigKey),
        Line(Gen.Constant(CutStep.Pass), Gen.Elements("1", "15", "300")),
        Line(Gen.Constant(CutStep.Cron)));

    private static Gen<string[]> Databases() => Gen.OneOf(
        Line(Gen.Constant("SELECT"), Gen.Elements("0", "1", "2")),
        Line(Gen.Constant("SWAPDB"), Gen.Elements("0", "1", "2"), Gen.Elements("0", "1", "2")),
        Line(Gen.Elements("FLUSHDB", "FLUSHDB", "FLUSHALL"), Gen.Elements("SYNC", "ASYNC")));

    private static IEnumerable<string> Many(int first, int count, Func<int, string[]> words) =>
        Enumerable.Range(first, count).SelectMany(words);
}
