using FsCheck;
using FsCheck.Fluent;

namespace Tidelog.Tests.Differential;

// Random commands over few keys, so that they meet each other's values. Times are either far away or long past, never
// near, so that what two servers answer does not depend on when each of them was asked.

internal static class CommandGenerator
{
    private static readonly string LongKey = new('k', 300);

    internal static readonly Gen<string> Key = Gen.Frequency(
        (20, Gen.Elements("a", "b", "c", "d", "e", "f")),
        (1, Gen.Elements("", "k\r\n\0\xff", LongKey, "a*", "[x]")));

    internal static readonly Gen<string> Integer = Gen.Frequency(
        (6, Gen.Elements("0", "1", "-1", "5", "100", "-100", "9999", "10000", "4294967296")),
        (2, Gen.Elements("9223372036854775807", "-9223372036854775808", "9223372036854775806")),
        (1, Gen.Elements("9223372036854775808", "-9223372036854775809", "", " 1", "1 ", "01", "+1", "-0", "1.0", "x")));

    internal static readonly Gen<string> Float = Gen.Frequency(
        (6, Gen.Elements("0", "1", "-1", "0.1", "-0.1", "0.2", "1.5", "3.0", "2.25", "-3.75", "1e3", "5.0e-3", "0.7")),
        (3, Gen.Elements("1e10", "1e15", "1e17", "1e20", "1e-5", "1e-17", "1e-18", "123456789.123456789", "1e308")),
        (3, Gen.Choose(-1_000_000, 1_000_000).Select(n => $"{n / 1000.0:R}")),
        (1, Gen.Elements("inf", "-inf", "+inf", "infinity", "nan", "1e5000", "", " 1", "1 ", "x", "1.", ".5", "+1.5")));

    internal static readonly Gen<string> Value = Gen.Frequency(
        (6, Gen.Elements("", "foo", "bar", "hello world", "GATTACA", "TAGACATA", "\0\x01\xfe\xff", "a\r\nb")),
        (5, Integer),
        (3, Float),
        (3, Gen.Elements(43, 44, 45, 64, 255, 256, 1000).Select(length => new string('v', length))),
        (2, Gen.Choose(0, 300).SelectMany(length => Gen.Elements('A', 'C', 'G', 'T').ArrayOf(length)).Select(ToText)),
        (1, Gen.Elements(20_000, 70_000, 150_000).Select(length => new string('w', length))));

    private static readonly Gen<string> Database = Gen.Frequency(
        (12, Gen.Elements("0", "1", "2", "15")),
        (1, Gen.Elements("16", "-1", "x", "", "99999999999999999999")));

    private static readonly Gen<string> Pattern = Gen.Elements(
        "*", "a", "?", "[a-c]", "[^a]", "\\a", "k*", "a\\*", "*\xff", "[", "[x]", "", "[c-a]", "**", "[a");

    private static readonly Gen<string> RelativeSeconds = Gen.Frequency(
        (8, FarAhead("000")),
        (2, Gen.Elements("0", "-1", "-1000")),
        (1, BadTime()));

    private static readonly Gen<string> RelativeMilliseconds = Gen.Frequency(
        (8, FarAhead("000000")),
        (2, Gen.Elements("0", "-1", "-1000")),
        (1, BadTime()));

    private static readonly Gen<string> AbsoluteSeconds = Gen.Frequency(
        (8, Gen.Elements("33177117420", "33177117421", "43177117420")),
        (2, Gen.Elements("1", "1000000000", "0", "-1")),
        (1, BadTime()));

    private static readonly Gen<string> AbsoluteMilliseconds = Gen.Frequency(
        (8, Gen.Elements("33177117420000", "33177117420001", "43177117420500", "9223372036854770000")),
        (2, Gen.Elements("1", "1000000000000", "0", "-1")),
        (1, BadTime()));

    private static readonly Gen<string[]> ExpireOption = Gen.OneOf(
        Line(Word("EX"), RelativeSeconds),
        Line(Word("PX"), RelativeMilliseconds),
        Line(Word("EXAT"), AbsoluteSeconds),
        Line(Word("PXAT"), AbsoluteMilliseconds));

    private static readonly Gen<string[]> SetOption = Gen.Frequency(
        (6, ExpireOption),
        (9, Line(Word("NX", "XX", "GET", "KEEPTTL"))),
        (1, Line(Word("PERSIST", "EX", "PXAT", "junk"))));

    private static readonly Gen<string[]> GetExOption = Gen.Frequency(
        (8, ExpireOption),
        (3, Line(Word("PERSIST"))),
        (1, Line(Word("KEEPTTL", "junk"))));

    private static readonly Gen<string[]> ExpireCondition = Gen.Frequency(
        (12, Line(Word("NX", "XX", "GT", "LT"))),
        (1, Line(Word("junk", "N"))));

    private static readonly Gen<string[]> LcsOption = Gen.OneOf(
        Line(Word("LEN", "IDX", "WITHMATCHLEN")),
        Line(Word("MINMATCHLEN"), Gen.Elements("0", "1", "2", "4", "-1", "x")));

    private static readonly Gen<string[]> ScanOption = Gen.OneOf(
        Line(Word("MATCH"), Pattern),
        Line(Word("COUNT"), Gen.Elements("1", "3", "10", "1000", "1000", "0", "-1", "x")),
        Line(Word("TYPE"), Gen.Elements("string", "STRING", "list", "hash", "nothing")));

    /// <summary>Sequences of 1 to 60 commands that shrink to the few that matter.</summary>
    public static Arbitrary<CommandSequence> Sequences { get; } = Arb.From(
        Gen.Choose(1, 60)
            .SelectMany(length => OneCommand().ListOf(length))
            .Select(commands => new CommandSequence([.. commands])),
        CommandSequence.Shrink);

    /// <summary>Any command of any type.</summary>
    public static Gen<string[]> OneCommand() => Gen.Frequency(
        (10, Writes()),
        (6, Reads()),
        (7, Counters()),
        (5, Expiry()),
        (6, Keys()),
        (8, BitmapGenerator.Commands()),
        (8, StreamGenerator.Commands()),
        (14, HashSetGenerator.Commands()),
        (14, ListGenerator.Commands()),
        (14, SortedSetGenerator.Commands()),
        (2, Databases()),
        (5, Transactions()),
        (1, Session()),
        (2, Mistakes()));

    private static Gen<string[]> Writes() => Gen.OneOf(
        Line(Word("SET"), Key, Value),
        Line(Word("SET"), Key, Value, UpTo(3, SetOption)),
        Line(Word("SETNX", "GETSET", "APPEND"), Key, Value),
        Line(Word("SETEX"), Key, RelativeSeconds, Value),
        Line(Word("PSETEX"), Key, RelativeMilliseconds, Value),
        Line(Word("MSET", "MSETNX"), UpTo(3, Line(Key, Value))),
        Line(Word("SETRANGE"), Key, Offset(), Value));

    private static Gen<string[]> Reads() => Gen.OneOf(
        Line(Word("GET", "STRLEN", "GETDEL", "TYPE"), Key),
        Line(Word("GETEX"), Key, UpTo(2, GetExOption)),
        Line(Word("MGET", "EXISTS", "TOUCH"), UpTo(4, Line(Key))),
        Line(Word("GETRANGE", "SUBSTR"), Key, Bound(), Bound()),
        Line(Word("LCS"), Key, Key, UpTo(3, LcsOption)),
        Line(Word("OBJECT"), Word("ENCODING", "REFCOUNT", "IDLETIME", "FREQ", "junk"), Key),
        Line(Word("MEMORY"), Word("USAGE"), Key, UpTo(1, Line(Word("SAMPLES"), Integer))));

    private static Gen<string[]> Counters() => Gen.OneOf(
        Line(Word("INCR", "DECR"), Key),
        Line(Word("INCRBY", "DECRBY"), Key, Integer),
        Line(Word("INCRBYFLOAT"), Key, Float),
        Line(Word("SET"), Key, Float),
        Line(Word("SET"), Key, Integer));

    private static Gen<string[]> Expiry() => Gen.OneOf(
        Line(Word("EXPIRE"), Key, RelativeSeconds, UpTo(2, ExpireCondition)),
        Line(Word("PEXPIRE"), Key, RelativeMilliseconds, UpTo(2, ExpireCondition)),
        Line(Word("EXPIREAT"), Key, AbsoluteSeconds, UpTo(2, ExpireCondition)),
        Line(Word("PEXPIREAT"), Key, AbsoluteMilliseconds, UpTo(2, ExpireCondition)),
        Line(Word("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"), Key));

    private static Gen<string[]> Keys() => Gen.OneOf(
        Line(Word("DEL", "UNLINK"), UpTo(3, Line(Key))),
        Line(Word("RENAME", "RENAMENX"), Key, Key),
        Line(Word("COPY"), Key, Key, UpTo(2, Gen.OneOf(Line(Word("DB"), Database), Line(Word("REPLACE", "junk"))))),
        Line(Word("MOVE"), Key, Database),
        Line(Word("KEYS"), Pattern),
        Line(Word("SCAN"), Gen.Frequency((12, Gen.Constant("0")), (1, Word("x", " 0", ""))), UpTo(3, ScanOption)),
        Line(Word("RANDOMKEY", "DBSIZE")));

    private static Gen<string[]> Databases() => Gen.OneOf(
        Line(Word("SELECT"), Database),
        Line(Word("SWAPDB"), Database, Database),
        Line(Word("FLUSHDB", "FLUSHALL"), UpTo(1, Line(Word("SYNC", "ASYNC", "junk")))));

    private static Gen<string[]> Transactions() => Gen.Frequency(
        (3, Line(Word("MULTI"))),
        (3, Line(Word("EXEC"))),
        (1, Line(Word("DISCARD", "UNWATCH"))),
        (2, Line(Word("WATCH"), UpTo(3, Line(Key)))),
        (1, Line(Word("MULTI", "EXEC", "DISCARD", "UNWATCH"), Key)));

    private static Gen<string[]> Session() => Gen.OneOf(
        Line(Word("PING", "ECHO"), Value),
        Line(Word("PING", "RESET", "QUIET", "TIME")),
        Line(Word("HELLO"), Word("2", "3", "1", "4", "x"), UpTo(1, Line(Word("SETNAME"), Word("n1", "n 2")))),
        Line(Word("CLIENT"), Word("SETNAME"), Word("name", "two words", "line\nbreak", "")),
        Line(Word("CLIENT"), Word("GETNAME", "ID", "junk")),
        Line(Word("CLIENT"), Word("NO-EVICT"), Word("ON", "OFF", "junk")),
        Line(Word("AUTH"), Key, UpTo(1, Line(Key))),
        Line(Word("WAIT"), Word("0"), Word("0", "-1", "x")),
        Line(Word("CONFIG"), Word("GET"), Word("maxmemory", "save", "appendonly", "proto-max-bulk-len", "nothing")),
        Line(Word("COMMAND"), Word("GETKEYS"), Word("MSET", "GET", "LCS", "junk"), UpTo(3, Line(Key))),
        Line(Word("DEBUG"), Word("STRINGMATCH-LEN"), Integer));

    // Too few arguments, too many, and names that do not exist.
    private static Gen<string[]> Mistakes() => Gen.OneOf(
        OnKeys().Select(command => command[..^1]).Where(NotEmpty),
        Join(OnKeys(), Line(Value)),
        Line(Word("NOSUCH", "GETT", "", "SE\r\nT", new string('Z', 200)), UpTo(4, Line(Value))),
        Line(Word("OBJECT", "CLIENT", "CONFIG", "COMMAND", "MEMORY"), Word("junk", ""), UpTo(2, Line(Value))));

    private static Gen<string[]> OnKeys() => Gen.OneOf(Writes(), Reads(), Counters(), Expiry(), Keys());

    private static Gen<string> Offset() => Gen.Frequency(
        (8, Gen.Elements("0", "1", "5", "50", "300")),
        (1, Gen.Elements("-1", "536870911", "536870912", "9223372036854775807", "x", "")));

    private static Gen<string> Bound() => Gen.Frequency(
        (8, Gen.Elements("0", "1", "3", "-1", "-2", "-100", "10", "1000")),
        (1, Integer));

    private static Gen<string> BadTime() => Gen.Elements(
        "9223372036854775807", "9223372036854776", "10000000000000000", "-9999999999999999", "-9223372036854775808",
        "9223372036854775808", "", "1.5", "abc");

    // Hardly ever twice the same: which of two equal times from now on is greater depends on the moment.
    private static Gen<string> FarAhead(string zeros) => Gen.Choose(1, 2_000_000).Select(n => $"{n}{zeros}");

    // One of these words, mostly as it stands, sometimes in other letters.
    internal static Gen<string> Word(params string[] words) => Gen.Elements(words).SelectMany(word => Gen.Frequency(
        (8, Gen.Constant(word)), (1, Gen.Constant(word.ToLowerInvariant())), (1, Gen.Constant(MixedCase(word)))));

    private static string MixedCase(string word) =>
        string.Concat(word.Select((c, i) => i % 2 == 0 ? char.ToLowerInvariant(c) : c));

    private static string ToText(char[] characters) => new(characters);

    private static bool NotEmpty(string[] command) => command.Length > 0;

    internal static Gen<string[]> UpTo(int count, Gen<string[]> part) => Gen.Choose(0, count)
        .SelectMany(n => part.ListOf(n))
        .Select(parts => parts.SelectMany(p => p).ToArray());

    internal static Gen<string[]> Line(params Gen<string>[] words) => Gen.CollectToArray(words);

    internal static Gen<string[]> Line(Gen<string> first, Gen<string[]> rest) => Join(Line(first), rest);

    internal static Gen<string[]> Line(Gen<string> first, Gen<string> second, Gen<string[]> rest) =>
        Join(Line(first, second), rest);

    internal static Gen<string[]> Line(Gen<string> first, Gen<string> second, Gen<string> third, Gen<string[]> rest) =>
        Join(Line(first, second, third), rest);

    internal static Gen<string[]> Join(Gen<string[]> left, Gen<string[]> right) =>
        left.Zip(right, (l, r) => (string[])[.. l, .. r]);
}
