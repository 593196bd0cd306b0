using FsCheck;
using FsCheck.Fluent;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Differential;

/// <summary>Commands on bitmaps and HyperLogLogs, over the same few keys as the others.</summary>
internal static class BitmapGenerator
{
    private static readonly Gen<string> BitOffset = Gen.Frequency(
        (10, Gen.Choose(0, 200).Select(n => $"{n}")),
        (3, Gen.Elements("1000", "131071", "140000")),
        (1, Gen.Elements("-1", "4294967296", "9223372036854775807", "", "x", "#1", "1.5")));

    private static readonly Gen<string> Bit = Gen.Frequency(
        (12, Gen.Elements("0", "1")),
        (1, Gen.Elements("2", "-1", "x", "", "9223372036854775808")));

    private static readonly Gen<string> Bound = Gen.Frequency(
        (10, Gen.Choose(-40, 40).Select(n => $"{n}")),
        (2, Gen.Elements("0", "-1", "100", "1000", "-1000")),
        (1, Integer));

    private static readonly Gen<string> Unit = Word("BIT", "BYTE", "BIT", "BYTE", "BIT", "BYTE", "BITS");

    private static readonly Gen<string> FieldType = Gen.Frequency(
        (12, Gen.Choose(1, 63).SelectMany(n => Gen.Elements($"i{n}", $"u{n}"))),
        (4, Gen.Elements("i8", "u8", "i64", "u63", "i1", "u1")),
        (1, Gen.Elements("u64", "i65", "u0", "i", "", "x8", "U8", "i08", "u8\0x", "i-1")));

    private static readonly Gen<string> FieldOffset = Gen.Frequency(
        (10, Gen.Choose(0, 150).Select(n => $"{n}")),
        (5, Gen.Choose(0, 20).Select(n => $"#{n}")),
        (1, Gen.Elements("-1", "#-1", "#", "", "4294967295999", "#9223372036854775807", "x")));

    private static readonly Gen<string> FieldValue = Gen.Frequency(
        (6, Gen.Choose(-300, 300).Select(n => $"{n}")),
        (3, Gen.Choose(0, 62).SelectMany(n => Gen.Elements($"{1L << n}", $"{-(1L << n)}", $"{(1L << n) - 1}"))),
        (2, Integer));

    private static readonly Gen<string[]> FieldRead = Line(Word("GET"), FieldType, FieldOffset);

    private static readonly Gen<string[]> FieldOperation = Gen.Frequency(
        (4, FieldRead),
        (4, Line(Word("SET"), FieldType, FieldOffset, FieldValue)),
        (4, Line(Word("INCRBY"), FieldType, FieldOffset, FieldValue)),
        (4, Line(Word("OVERFLOW"), Word("WRAP", "SAT", "FAIL"))),
        (1, Line(Word("OVERFLOW", "GET", "SET", "INCRBY", "junk"), UpTo(2, Line(FieldType)))));

    private static readonly Gen<string> HyperLogLogKey = Gen.Elements("hll1", "hll2", "hll3");

    // What may be corrupt. It gets one element at a time: redis-server keeps those that it added before it noticed.
    private static readonly Gen<string> DoubtfulKey = Gen.Frequency((3, Gen.Constant("bad")), (1, Key));

    private static readonly Gen<string> AnyHyperLogLogKey = Gen.Frequency((6, HyperLogLogKey), (1, DoubtfulKey));

    private static readonly Gen<string> Element = Gen.Frequency(
        (9, Gen.Choose(0, 100_000).Select(n => $"element:{n}")),
        (3, Integer),
        (1, Value));

    // A header and runs of any kind: most are corrupt, and that is noticed at the same place.
    private static readonly Gen<string> Corrupt = Gen.Choose(0, 255).ArrayOf(8).Select(bytes =>
        "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80" + string.Concat(bytes.Select(b => (char)b)) + "\x7f\xff\x80");

    public static Gen<string[]> Commands() => Gen.OneOf(Bitmaps(), Bitfields(), HyperLogLogs());

    private static Gen<string[]> Bitmaps() => Gen.OneOf(
        Line(Word("SETBIT"), Key, BitOffset, Bit),
        Line(Word("GETBIT"), Key, BitOffset),
        Line(Word("BITCOUNT"), Key, UpTo(1, Line(Bound, Bound))),
        Line(Word("BITCOUNT"), Key, UpTo(1, Line(Bound, Bound, Unit))),
        Line(Word("BITPOS"), Key, Bit, UpTo(2, Line(Bound))),
        Join(Line(Word("BITPOS"), Key, Bit), Line(Bound, Bound, Unit)),
        Line(Word("BITOP"), Word("AND", "OR", "XOR", "AND", "OR", "XOR", "junk"), Key, UpTo(5, Line(Key))),
        Line(Word("BITOP"), Word("NOT"), Key, Line(Key)));

    private static Gen<string[]> Bitfields() => Gen.OneOf(
        Line(Word("BITFIELD"), Key, UpTo(6, FieldOperation)),
        Line(Word("BITFIELD"), Key, UpTo(3, FieldRead)),
        Line(Word("BITFIELD_RO"), Key, UpTo(3, FieldRead)),
        Line(Word("BITFIELD_RO"), Key, UpTo(2, FieldOperation)),
        Line(Word("COMMAND"), Word("GETKEYSANDFLAGS"), Word("BITFIELD"), Join(Line(Key), UpTo(2, FieldOperation))));

    private static Gen<string[]> HyperLogLogs() => Gen.Frequency(
        (6, Line(Word("PFADD"), HyperLogLogKey, UpTo(200, Line(Element)))),
        (1, Line(Word("PFADD"), HyperLogLogKey, Many())),
        (3, Line(Word("PFADD"), DoubtfulKey, Line(Element))),
        (3, Line(Word("PFCOUNT"), UpTo(3, Line(AnyHyperLogLogKey)))),
        (2, Line(Word("PFMERGE"), HyperLogLogKey, UpTo(3, Line(AnyHyperLogLogKey)))),
        (1, Line(Word("PFDEBUG"), Word("ENCODING", "DECODE", "TODENSE", "junk\0x"), AnyHyperLogLogKey)),
        (2, Line(Word("SETRANGE"), Gen.Constant("bad"), Gen.Elements("0", "4", "8", "15", "16", "20", "300"), Value)),
        (3, Line(Word("SET"), Gen.Constant("bad"), Corrupt)),
        (1, Line(Word("OBJECT"), Word("ENCODING"), AnyHyperLogLogKey)));

    // Enough to leave the sparse encoding, once or a few times.
    private static Gen<string[]> Many() => Gen.Choose(0, 1000).SelectMany(start => Gen.Choose(500, 3000).Select(count =>
        Enumerable.Range(start, count).Select(n => $"element:{n}").ToArray()));
}
