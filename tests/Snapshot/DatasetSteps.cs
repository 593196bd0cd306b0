using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Tests.Engine;

namespace Tidelog.Tests.Snapshot;

/// <summary>A command on a random key, told by numbers so that it can be shrunk and replayed.</summary>
/// <param name="Kind">Which command.</param>
/// <param name="Key">Which of its type's keys.</param>
/// <param name="Seed">What its arguments are made of.</param>
internal sealed record DatasetStep(int Kind, int Key, int Seed);

/// <summary>Makes datasets of all types, encodings and sizes by commands.</summary>
internal static class DatasetSteps
{
    /// <summary>Expiries lie behind it: the year 2100.</summary>
    public const long FarMs = 4_102_444_800_000;
    public const int Kinds = 26;
    public const int KeysPerType = 4;

    /// <summary>
    /// Without -0: a small sorted set makes 0 of it, in redis too, so one that has shrunk comes back with another.
    /// </summary>
    private static readonly string[] Scores =
        ["0", "1", "-7", "0.1", "1e300", "-1e-300", "inf", "-inf", "3.5", "9007199254740993", "1e17", "16777217"];

    public static readonly Gen<DatasetStep> Step =
        Gen.Choose(0, Kinds - 1).SelectMany(kind =>
            Gen.Choose(0, KeysPerType - 1).SelectMany(key =>
                Gen.Choose(0, int.MaxValue - 1).Select(seed => new DatasetStep(kind, key, seed))));

    public static void Run(EngineFixture engine, IEnumerable<DatasetStep> steps)
    {
        foreach (DatasetStep step in steps)
        {
            engine.Run(Command(step, new Random(step.Seed)));
        }
    }

    /// <summary>A text: an integer of any width, or a string of any length, compressible or not.</summary>
    public static string Text(Random random) => random.Next(10) switch
    {
        0 => "",
        1 => Number(random.Next(-300, 300)),
        2 => Number(random.Next(-70_000, 70_000)),
        3 => Number(random.Next(int.MinValue, int.MaxValue)),
        4 => Number(random.NextInt64(long.MinValue, long.MaxValue)),
        5 => Number(Edges[random.Next(Edges.Length)]),
        6 => new string((char)random.Next(256), random.Next(80)),
        7 => string.Concat(Enumerable.Repeat(Bytes(random, random.Next(1, 9)), random.Next(1, 40))),
        8 => "0" + Number(random.Next(100)),
        _ => Bytes(random, random.Next(100) switch
        {
            < 70 => random.Next(70),
            < 90 => random.Next(240),
            < 99 => random.Next(5000),
            _ => random.Next(300_000),
        }),
    };

    private static readonly long[] Edges =
    [
        127, 128, -128, -129, 32767, 32768, -32768, -32769, int.MaxValue, int.MinValue, 1L + int.MaxValue,
        int.MinValue - 1L, 4095, 4096, -4096, -4097, 8388607, -8388608, long.MaxValue, long.MinValue,
    ];

    public static string[] Command(DatasetStep step, Random random)
    {
        string key = Number(step.Key);
        string Next() => Text(random);
        string Id() => $"{random.Next(1, 4)}-{random.Next(200)}";
        string Group() => "g" + Number(random.Next(3));
        return step.Kind switch
        {
            0 => ["SELECT", Number(random.Next(3))],
            1 => ["SET", Next(), Next()],
            2 => ["SET", "string" + key, Next()],
            3 => ["RPUSH", "list" + key, .. Many(random, Next)],
            4 => ["LPUSH", "list" + key, .. Many(random, Next)],
            5 => ["LTRIM", "list" + key, Number(random.Next(5)), "-3"],
            6 => ["SADD", "set" + key, .. Many(random, Next)],
            7 => ["SADD", "numbers" + key, .. Many(random, () => Number(random.Next(1 << random.Next(1, 31))))],
            8 => ["SREM", "numbers" + key, Number(random.Next(8))],
            9 => ["SPOP", "set" + key, "3"],
            10 => ["HSET", "hash" + key, .. Many(random, Next, Next)],
            11 => ["HSET", "small" + key, Number(random.Next(9)), Number(random.Next(1000)), "f" + key, "value"],
            12 => ["ZADD", "sorted" + key, .. Many(random, () => Score(random), Next)],
            13 => ["ZADD", "ranks" + key, Score(random), Number(random.Next(9)), "1.5", "m" + Number(random.Next(99))],
            14 => ["ZPOPMIN", "sorted" + key, "3"],
            15 => ["PEXPIREAT", random.Next(2) == 0 ? "hash" + key : "string" + key,
                Number(FarMs + random.NextInt64(1L << 40))],
            16 => ["XADD", "stream" + key, Number(random.NextInt64(1L << random.Next(1, 45))) + "-*",
                .. Many(random, Next, Next)],
            17 => ["XADD", "stream" + key, "*", "temperature", Next(), "humidity", Next()],
            18 => ["XADD", "stream" + key, "*", "temperature", Number(random.Next(40)), "humidity", "55"],
            19 => ["XDEL", "stream" + key, "1700000000000-" + Number(random.Next(6)), Id()],
            20 => ["XTRIM", "stream" + key, "MAXLEN", Number(random.Next(12))],
            21 => ["XGROUP", "CREATE", "stream" + key, Group(), random.Next(2) == 0 ? "0" : "$", "MKSTREAM"],
            22 => ["XREADGROUP", "GROUP", Group(), Next(), "COUNT", Number(random.Next(1, 6)), "STREAMS",
                "stream" + key, ">"],
            23 when random.Next(2) == 0 =>
                ["XSETID", "stream" + key, Number(random.NextInt64(1L << random.Next(1, 45))) + "-7"],
            23 => ["XSETID", "stream" + key, Number(1L << random.Next(44, 60)) + "-7", "ENTRIESADDED",
                Number(random.Next(500, 9000)), "MAXDELETEDID", Id()],
            24 => ["XGROUP", "SETID", "stream" + key, Group(), Id(), "ENTRIESREAD", Number(random.Next(20))],
            _ => ["XACK", "stream" + key, Group(), "1700000000000-" + Number(random.Next(6))],
        };
    }

    private static string[] Many(Random random, params Func<string>[] parts)
    {
        int count = random.Next(1, random.Next(8) switch { 0 => 700, 1 => 140, _ => 6 });
        return [.. Enumerable.Range(0, count).SelectMany(_ => parts.Select(part => part()))];
    }

    private static string Score(Random random) => random.Next(3) switch
    {
        0 => Scores[random.Next(Scores.Length)],
        1 => Number(random.Next(-100, 100)),
        _ => random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Bytes(Random random, int length) =>
        string.Create(length, random, (chars, source) =>
        {
            for (int i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)source.Next(256);
            }
        });

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
