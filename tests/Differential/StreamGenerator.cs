using FsCheck;
using FsCheck.Fluent;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Differential;

/// <summary>Commands on streams. IDs are never left to the servers' clocks.</summary>
internal static class StreamGenerator
{
    private static readonly Gen<string> StreamKey = Gen.Frequency(
        (14, Gen.Elements("stream1", "stream1", "stream2")),
        (1, Key));

    // Most fit behind what is there.
    private static readonly Gen<string> NewId = Gen.Frequency(
        (12, Gen.Constant("1-*")),
        (2, Gen.Choose(0, 60).Select(n => $"1-{n}")),
        (1, Gen.Choose(2, 5).Select(n => $"{n}-*")),
        (1, Gen.Elements("0-0", "0-*", "x", "-", "1-2-3", "00005-1", "+5-1", " 7-1", "5--1", "5-", "-5", "5-\0x",
            "18446744073709551616-1", "99999999999999999999999-1")));

    private static readonly Gen<string> Id = Gen.Frequency(
        (12, Gen.Choose(0, 30).Select(n => $"1-{n}")),
        (4, Gen.Elements("0", "1", "2", "0-1", "2-0", "18446744073709551615-18446744073709551615")),
        (1, Gen.Elements("-", "+", "$", ">", "(1-5", "x", "")));

    private static readonly Gen<string> Bound = Gen.Frequency(
        (4, Gen.Elements("-", "+")),
        (5, Id),
        (2, Id.Select(id => $"({id}")));

    private static readonly Gen<string> Count = Gen.Frequency(
        (8, Gen.Elements("1", "2", "3", "10", "0", "-1")),
        (1, Integer));

    private static readonly Gen<string> Group = Gen.Elements("g", "g", "h", "g\0x");

    private static readonly Gen<string> Consumer = Gen.Elements("alice", "bob", "Alice");

    private static readonly Gen<string> Field = Gen.Elements("f", "g", "127", "");

    // Long ones, so that a few of them fill a chunk.
    private static readonly Gen<string> FieldValue = Gen.Frequency(
        (6, Value),
        (3, Gen.Elements(63, 64, 900, 1800, 4095, 4096).Select(length => new string('v', length))));

    private static readonly Gen<string[]> Trim = Join(
        Gen.OneOf(
            Row(Word("MAXLEN"), UpTo(1, Line(Gen.Elements("~", "="))), Gen.Elements("0", "1", "3", "10", "-1", "x")),
            Row(Word("MINID"), UpTo(1, Line(Gen.Elements("~", "="))), Id)),
        Gen.Frequency(
            (4, Gen.Constant(Array.Empty<string>())),
            (1, Line(Word("LIMIT"), Count))));

    private static readonly Gen<string[]> Fields = Gen.Frequency(
        (4, Line(Gen.Constant("f"), FieldValue, Gen.Constant("g"), FieldValue)),
        (3, Line(Field, FieldValue)),
        (2, UpTo(4, Line(Field, FieldValue))),
        (1, UpTo(3, Line(Field))));

    public static Gen<string[]> Commands() => Gen.Frequency(
        (9, Changes()),
        (4, Reads()),
        (9, GroupCommands()));

    private static Gen<string[]> Changes() => Gen.Frequency(
        (12, Join(Row(Word("XADD"), StreamKey, NewId), Fields)),
        (3, Join(Row(Word("XADD"), StreamKey), Join(Trim, Join(Row(NewId), Fields)))),
        (1, Join(Row(Word("XADD"), StreamKey, Word("NOMKSTREAM"), NewId), Fields)),
        (2, Join(Row(Word("XTRIM"), StreamKey), Trim)),
        (4, Row(Word("XDEL"), StreamKey, UpTo(4, Row(Id)))),
        (1, Row(Word("XSETID"), StreamKey, Id, UpTo(2, Gen.OneOf(
            Row(Word("ENTRIESADDED"), Count), Row(Word("MAXDELETEDID"), Id), Row(Word("junk")))))));

    private static Gen<string[]> Reads() => Gen.OneOf(
        Row(Word("XLEN"), StreamKey),
        Row(Word("XRANGE", "XREVRANGE"), StreamKey, Bound, UpTo(1, Row(Bound)), UpTo(1, Row(Word("COUNT"), Count))),
        Row(Word("XREAD"), UpTo(1, Row(Word("COUNT"), Count)), Row(Word("STREAMS"), StreamKey, Id)),
        Row(Word("XREAD"), Word("STREAMS"), Word("stream1"), Word("stream2"), Id, Id),
        Row(Word("XINFO"), Word("STREAM", "GROUPS", "CONSUMERS", "junk"), StreamKey, UpTo(1, Row(Group))),
        Row(Word("XINFO"), Word("STREAM"), StreamKey, Word("FULL", "x"), UpTo(1, Row(Word("COUNT"), Count))));

    private static Gen<string[]> GroupCommands() => Gen.Frequency(
        (3, Row(Word("XGROUP"), Word("CREATE"), StreamKey, Group, Gen.Elements("0", "$", "1-3", "x"),
            UpTo(2, Gen.OneOf(Row(Word("MKSTREAM")), Row(Word("ENTRIESREAD"), Count))))),
        (1, Row(Word("XGROUP"), Word("SETID"), StreamKey, Group, Id, UpTo(1, Row(Word("ENTRIESREAD"), Count)))),
        (1, Row(Word("XGROUP"), Word("DESTROY", "DELCONSUMER", "CREATECONSUMER"), StreamKey, Group,
            UpTo(1, Row(Consumer)))),
        (5, Row(Word("XREADGROUP"), Word("GROUP"), Group, Consumer, UpTo(1, Row(Word("COUNT"), Count)),
            UpTo(1, Row(Word("NOACK"))), Row(Word("STREAMS"), StreamKey, Gen.Constant(">")))),
        (2, Row(Word("XREADGROUP"), Word("GROUP"), Group, Consumer, Row(Word("STREAMS"), StreamKey, Id))),
        (3, Row(Word("XACK"), StreamKey, Group, UpTo(4, Row(Id)))),
        (2, Row(Word("XPENDING"), StreamKey, Group)),
        (2, Row(Word("XPENDING"), StreamKey, Group, Bound, Bound, Count, UpTo(1, Row(Consumer)))),
        (2, Row(Word("XCLAIM"), StreamKey, Group, Consumer, Word("0", "0", "999999", "-1", "x"),
            UpTo(3, Row(Id)), UpTo(2, ClaimOption()))),
        (2, Row(Word("XAUTOCLAIM"), StreamKey, Group, Consumer, Word("0", "0", "999999"), Bound,
            UpTo(1, Row(Word("COUNT"), Count)), UpTo(1, Row(Word("JUSTID"))))));

    private static Gen<string[]> ClaimOption() => Gen.OneOf(
        Row(Word("FORCE", "JUSTID", "junk")),
        Row(Word("IDLE", "TIME"), Word("1000", "-1")),
        Row(Word("RETRYCOUNT"), Count),
        Row(Word("LASTID"), Id));

    /// <summary>Words and parts in a row.</summary>
    private static Gen<string[]> Row(params Part[] parts) =>
        parts.Select(part => part.Words).Aggregate((left, right) => Join(left, right));

    /// <summary>A word, or several that belong together.</summary>
    private readonly record struct Part(Gen<string[]> Words)
    {
        public static implicit operator Part(Gen<string> word) => new(Line(word));

        public static implicit operator Part(Gen<string[]> words) => new(words);
    }
}
