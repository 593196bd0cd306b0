using FsCheck;
using FsCheck.Fluent;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Differential;

/// <summary>Commands on hashes and sets, over the same few keys as the others.</summary>
internal static class HashSetGenerator
{
    private static readonly Gen<string> Member = Gen.Frequency(
        (8, Gen.Choose(0, 30).Select(n => $"{n}")),
        (4, Gen.Choose(0, 15).Select(n => $"m{n}")),
        (2, Gen.Choose(-70_000, 70_000).Select(n => $"{n}")),
        (1, Integer),
        (1, Value));

    private static readonly Gen<string> Field = Gen.Frequency(
        (8, Gen.Choose(0, 12).Select(n => $"f{n}")),
        (3, Member),
        (1, Gen.Elements(63, 64, 65, 240).Select(length => new string('f', length))));

    private static readonly Gen<string[]> Pair = Line(Field, Gen.Frequency((4, Member), (1, Float), (1, Value)));

    private static readonly Gen<string[]> ScanOption = Gen.OneOf(
        Line(Word("MATCH"), Gen.Elements("*", "f*", "m?", "[0-9]", "1*", "x", "", "\\*")),
        Line(Word("COUNT"), Gen.Elements("1", "3", "10", "1000", "1000", "0", "-1", "x")),
        Line(Word("TYPE", "junk"), Word("set")));

    // A count for which chance leaves no choice: none, or all and more.
    private static readonly Gen<string> CertainCount = Gen.Elements(
        "0", "100000", "9223372036854775807", "-9223372036854775808", "x", "");

    public static Gen<string[]> Commands() => Gen.Frequency((8, Hashes()), (8, Sets()), (5, Algebra()), (3, Big()));

    private static Gen<string[]> Hashes() => Gen.OneOf(
        Line(Word("HSET", "HMSET"), Key, UpTo(4, Pair)),
        Line(Word("HSET"), Key, Line(Field, Member)),
        Line(Word("HSETNX"), Key, Field, Line(Member)),
        Line(Word("HGET", "HEXISTS", "HSTRLEN"), Key, Field),
        Line(Word("HMGET", "HDEL"), Key, UpTo(4, Line(Field))),
        Line(Word("HLEN", "HGETALL", "HKEYS", "HVALS"), Key),
        Line(Word("HINCRBY"), Key, Field, Line(Integer)),
        Line(Word("HINCRBYFLOAT"), Key, Field, Line(Float)),
        Line(Word("HRANDFIELD"), Key, CertainCount, UpTo(1, Line(Word("WITHVALUES", "junk")))),
        Line(Word("HSCAN"), Key, Cursor(), UpTo(2, ScanOption)));

    private static Gen<string[]> Sets() => Gen.OneOf(
        Line(Word("SADD"), Key, UpTo(6, Line(Member))),
        Line(Word("SADD"), Key, UpTo(6, Line(Gen.Choose(0, 30).Select(n => $"{n}")))),
        Line(Word("SREM"), Key, UpTo(6, Line(Member))),
        Line(Word("SISMEMBER"), Key, Member),
        Line(Word("SMISMEMBER"), Key, UpTo(4, Line(Member))),
        Line(Word("SCARD", "SMEMBERS"), Key),
        Line(Word("SMOVE"), Key, Key, Line(Member)),
        Line(Word("SPOP", "SRANDMEMBER"), Key, CertainCount, UpTo(1, Line(Word("1", "x")))),
        Line(Word("SSCAN"), Key, Cursor(), UpTo(2, ScanOption)));

    private static Gen<string[]> Algebra() => Gen.OneOf(
        Line(Word("SINTER", "SUNION", "SDIFF"), UpTo(4, Line(Key))),
        Line(Word("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), Key, UpTo(4, Line(Key))),
        Line(Word("SINTERCARD"), Gen.Elements("1", "2", "3", "0", "-1", "x", "99"), UpTo(4, Line(Key))),
        Line(Word("SINTERCARD"), Gen.Constant("2"), Key,
            Join(Line(Key), UpTo(2, Line(Word("LIMIT", "LIMIT", "junk"), Gen.Elements("0", "1", "2", "-1", "x"))))));

    // Over the thresholds, in both directions.
    private static Gen<string[]> Big() => Gen.Choose(0, 1000).SelectMany(first => Gen.OneOf(
        Line(Word("SADD"), Key, Many(first, 600, n => [$"{n}"])),
        Line(Word("SADD"), Key, Many(first, 100, n => [$"element:{n}"])),
        Line(Word("SREM"), Key, Many(first, 600, n => [$"{n}"])),
        Line(Word("SREM"), Key, Many(0, 1500, n => [$"element:{n}"])),
        Line(Word("HSET"), Key, Many(first, 600, n => [$"f{n}", $"{n}"])),
        Line(Word("HDEL"), Key, Many(first, 600, n => [$"f{n}"])),
        Line(Word("HDEL"), Key, Many(0, 1600, n => [$"f{n}"]))));

    private static Gen<string[]> Many(int first, int most, Func<int, string[]> words) => Gen.Choose(1, most)
        .Select(count => Enumerable.Range(first, count).SelectMany(words).ToArray());

    private static Gen<string> Cursor() => Gen.Frequency((12, Gen.Constant("0")), (1, Word("x", " 0", "")));
}
