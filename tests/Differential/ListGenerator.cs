using FsCheck;
using FsCheck.Fluent;
using static Tidelog.Tests.Differential.CommandGenerator;

namespace Tidelog.Tests.Differential;

/// <summary>Commands on lists, and SORT, over the same few keys as the others.</summary>
internal static class ListGenerator
{
    // Few, so that LREM and LPOS find some.
    private static readonly Gen<string> Element = Gen.Frequency(
        (6, Gen.Choose(0, 9).Select(n => $"element:{n}")),
        (5, Gen.Choose(-3, 12).Select(n => $"{n}")),
        (2, Gen.Elements("a", "b", "c", "", "elem", "1.5", "1e3", "0x10", " 7", "1\0x")),
        (1, Gen.Elements(238, 239, 240, 241, 3000).Select(length => new string('e', length))),
        (1, Value));

    private static readonly Gen<string> Index = Gen.Frequency(
        (12, Gen.Choose(-12, 12).Select(n => $"{n}")),
        (4, Gen.Choose(-3000, 3000).Select(n => $"{n}")),
        (1, Integer));

    private static readonly Gen<string> Count = Gen.Frequency(
        (12, Gen.Choose(0, 6).Select(n => $"{n}")),
        (3, Gen.Elements("100", "1000", "2500", "1000000")),
        (1, Gen.Elements("-1", "x", "", "9223372036854775808", "9223372036854775807")));

    private static readonly Gen<string> End = Word("LEFT", "RIGHT", "LEFT", "RIGHT", "LEFT", "RIGHT", "MIDDLE");

    // Short: nothing comes that would end the wait.
    private static readonly Gen<string> Timeout = Gen.Frequency(
        (12, Gen.Elements("0.001", "0.002")),
        (1, Gen.Elements("-1", "x", "", "1e-4", "9223372036854775808", "nan")));

    private static readonly Gen<string[]> PositionOption = Gen.Frequency(
        (4, Line(Word("RANK"), Gen.Choose(-4, 4).Select(n => $"{n}"))),
        (4, Line(Word("COUNT"), Count)),
        (4, Line(Word("MAXLEN"), Count)),
        (1, Line(Word("RANK", "COUNT", "MAXLEN", "junk"))));

    private static readonly Gen<string> ListKey = Gen.Elements("list1", "list2");

    // Some names of keys, so that patterns find what other commands have set.
    private static readonly Gen<string> Pattern = Gen.Elements("*", "#", "no_*", "a*", "constant", "*->1", "a*->b", "");

    private static readonly Gen<string[]> SortOption = Gen.Frequency(
        (4, Line(Word("ASC", "DESC", "DESC"))),
        (4, Line(Word("LIMIT"), Index, Index)),
        (4, Line(Word("GET"), Pattern)),
        (3, Line(Word("STORE"), Key)),
        (1, Line(Word("LIMIT", "GET", "BY", "STORE", "junk"))));

    public static Gen<string[]> Commands() => Gen.Frequency(
        (10, Pushes()),
        (12, Ends()),
        (12, Middle()),
        (6, Searches()),
        (5, Waits()),
        (5, Sorts()));

    private static Gen<string[]> Pushes() => Gen.Frequency(
        (6, Line(Word("LPUSH", "RPUSH", "LPUSHX", "RPUSHX"), Key, UpTo(12, Line(Element)))),
        (1, Line(Word("LPUSH", "RPUSH"), Key, Many())));

    private static Gen<string[]> Ends() => Gen.OneOf(
        Line(Word("LPOP", "RPOP"), Key, UpTo(1, Line(Count))),
        Line(Word("LPOP", "RPOP", "LLEN"), Key),
        Line(Word("LMOVE"), Key, Key, Line(End, End)),
        Line(Word("RPOPLPUSH"), Key, Key),
        Join(Line(Word("LMPOP"), Gen.Elements("1", "1", "1", "0", "2", "x"), Key, Line(End)),
            UpTo(1, Line(Word("COUNT", "COUNT", "COUNT", "junk"), Count))),
        Join(Line(Word("LMPOP"), Gen.Constant("2"), Key), Line(Key, End)));

    private static Gen<string[]> Middle() => Gen.OneOf(
        Line(Word("LRANGE"), Key, Index, Line(Index)),
        Line(Word("LRANGE"), Key, Line(Gen.Constant("0"), Gen.Constant("-1"))),
        Line(Word("LINDEX"), Key, Index),
        Line(Word("LSET"), Key, Index, Line(Element)),
        Line(Word("LTRIM"), Key, Index, Line(Index)),
        Join(Line(Word("LINSERT"), Key), Line(Word("BEFORE", "AFTER", "BEFORE", "AFTER", "junk"), Element, Element)),
        Line(Word("LREM"), Key, Index, Line(Element)));

    private static Gen<string[]> Searches() => Gen.OneOf(
        Line(Word("LPOS"), Key, Element, UpTo(3, PositionOption)),
        Line(Word("LPOS"), Key, Element, UpTo(1, PositionOption)));

    private static Gen<string[]> Waits() => Gen.OneOf(
        Join(Line(Word("BLPOP", "BRPOP"), Key), Line(Key, Timeout)),
        Line(Word("BRPOPLPUSH"), Key, Key, Line(Timeout)),
        Join(Line(Word("BLMOVE"), Key, Key), Line(End, End, Timeout)),
        Join(Line(Word("BLMPOP"), Timeout, Gen.Constant("2")), Join(Line(Key, Key), Line(End))));

    // Lists alone where elements may be equal, or are not sorted at all: other types have an order of their own. And
    // not ALPHA, BY and LIMIT together: which of equal ones is left out is nobody's promise.
    private static Gen<string[]> Sorts() => Gen.OneOf(
        Line(Word("SORT", "SORT_RO"), Key, UpTo(3, SortOption)),
        Line(Word("LPUSH", "RPUSH"), ListKey, UpTo(12, Line(Element))),
        Line(Word("SORT", "SORT_RO"), ListKey, Line(Word("ALPHA"), UpTo(3, SortOption))),
        Line(Word("SORT"), ListKey, Line(Word("BY"), Pattern, UpTo(3, SortOption))),
        Join(Line(Word("SORT"), ListKey, Word("ALPHA")), Line(Word("BY"), Pattern, UpTo(2, Line(Word("DESC"))))),
        Line(Word("COMMAND"), Word("GETKEYSANDFLAGS"), Word("SORT"), Join(Line(Key), UpTo(3, SortOption))));

    // Enough to be kept outside a record; consecutive ones, equal ones, or of any kind.
    private static Gen<string[]> Many() => Gen.Choose(100, 2500).SelectMany(count => Gen.OneOf(
        Gen.Choose(0, 5000).Select(start =>
            Enumerable.Range(start, count).Select(n => $"element:{n:0000000}").ToArray()),
        Element.Select(element => Enumerable.Repeat(element.Length > 20 ? "same" : element, count).ToArray()),
        Element.ArrayOf(100)));
}
