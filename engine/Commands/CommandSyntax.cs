// The argument lists of COMMAND DOCS, read from the one line of syntax that each row has. Its notation is that of
// redis's reference:
//
//   key                 a value; what kind is known by its name
//   EX seconds          a word that stands for itself, and the value that belongs to it
//   [ ... ]             may be left out
//   < a | b >  [a | b]  one of several
//   key [key ...]       once or more often, also for several arguments together: key value [key value ...]

namespace Tidelog.Engine.Commands;

/// <summary>One argument as COMMAND DOCS tells it.</summary>
/// <param name="Type">Redis's name of the kind: "string", "key", "oneof" ...</param>
/// <param name="KeySpec">Index of the key spec that names this key, -1 for an argument that is none.</param>
/// <param name="Parts">The alternatives of a "oneof", the members of a "block".</param>
internal sealed record SyntaxArgument(
    string Name, string Type, int KeySpec, string? Token, IReadOnlyList<SyntaxArgument> Parts)
{
    public bool IsOptional { get; init; }

    public bool IsMultiple { get; init; }

    /// <summary>The token stands before each repetition.</summary>
    public bool RepeatsToken { get; init; }
}

internal sealed class CommandSyntax
{
    private const string Repeats = "...";
    private const string EmptyText = "\"\"";
    private static readonly HashSet<string> KeyNames =
        ["key", "newkey", "source", "destination", "destkey", "key1", "key2", "sourcekey"];
    private static readonly HashSet<string> IntegerNames =
    [
        "seconds", "milliseconds", "count", "db", "destination-db", "index", "index1", "index2", "offset", "start",
        "end", "stop", "increment", "decrement", "version", "cursor", "len", "min-match-len", "numkeys", "columns",
        "rank", "num-matches", "rows", "protover", "timeout", "weight", "limit", "ms", "entries_added", "entries_read",
        "ttl", "frequency",
    ];
    private static readonly HashSet<string> DoubleNames =
        ["score", "longitude", "latitude", "radius", "width", "height"];

    private readonly string[] _words;
    private readonly int _keySpecs;
    private int _next;
    private int _keys;

    private CommandSyntax(string syntax, int keySpecs)
    {
        string spaced = syntax
            .Replace("[", " [ ", StringComparison.Ordinal).Replace("]", " ] ", StringComparison.Ordinal)
            .Replace("<", " < ", StringComparison.Ordinal).Replace(">", " > ", StringComparison.Ordinal)
            .Replace("|", " | ", StringComparison.Ordinal);
        _words = spaced.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _keySpecs = keySpecs;
    }

    /// <param name="keySpecs">How many key specs the command has.</param>
    public static IReadOnlyList<SyntaxArgument> Parse(string syntax, int keySpecs) =>
        new CommandSyntax(syntax, keySpecs).Sequence();

    /// <summary>Reads up to the end, or up to what closes or divides the group that this sequence is in.</summary>
    private List<SyntaxArgument> Sequence()
    {
        List<SyntaxArgument> arguments = [];
        List<string> texts = [];
        while (_next < _words.Length && _words[_next] is not ("]" or ">" or "|" or Repeats))
        {
            int start = _next;
            if (_words[_next] == "[" && RepeatedCount(texts) is int count and > 0)
            {
                Repeat(arguments, texts, count);
                continue;
            }
            arguments.Add(Argument());
            texts.Add(string.Join(' ', _words[start.._next]));
        }
        return arguments;
    }

    private SyntaxArgument Argument()
    {
        string word = _words[_next++];
        if (word is "[" or "<")
        {
            SyntaxArgument group = GroupBody();
            return word == "[" ? group with { IsOptional = true } : group;
        }
        if (!IsToken(word))
        {
            return Value(word, null);
        }
        if (_next < _words.Length && _words[_next] == "<")
        {
            _next++;
            return GroupBody() with { Token = word, Name = NameOf(word) };
        }
        int values = 0;
        while (_next + values < _words.Length && IsValue(_words[_next + values]))
        {
            values++;
        }
        if (values == 0)
        {
            return new SyntaxArgument(NameOf(word), "pure-token", -1, word, []);
        }

        // Within a group a token takes all the values that follow, as in [LIMIT offset count].
        bool isGrouped = _next + values < _words.Length && _words[_next + values] is "]" or ">" or "|";
        if (values == 1 || !isGrouped)
        {
            return Value(_words[_next++], word);
        }
        List<SyntaxArgument> parts = [];
        for (; values > 0; values--)
        {
            parts.Add(Value(_words[_next++], null));
        }
        return new SyntaxArgument(NameOf(word), "block", -1, word, parts);
    }

    /// <summary>Reads a group whose opening bracket has been read.</summary>
    private SyntaxArgument GroupBody()
    {
        List<SyntaxArgument> alternatives = [];
        bool repeats;
        do
        {
            List<SyntaxArgument> sequence = Sequence();
            alternatives.Add(sequence.Count == 1 ? sequence[0] : Together(sequence, "block"));
            repeats = _words[_next] == Repeats;
            _next += repeats ? 1 : 0;
        }
        while (_words[_next++] == "|");
        SyntaxArgument group = alternatives.Count == 1 ? alternatives[0] : Together(alternatives, "oneof");
        return repeats ? group with { IsMultiple = true } : group;
    }

    private static SyntaxArgument Together(List<SyntaxArgument> parts, string type) =>
        new(string.Join('_', parts.Select(part => part.Name)), type, -1, null, parts);

    /// <summary>How many of the arguments just read stand again in the group that begins here.</summary>
    private int RepeatedCount(List<string> texts)
    {
        int end = Array.IndexOf(_words, "]", _next);
        if (end < 0 || _words[end - 1] != Repeats)
        {
            return 0;
        }
        string repeated = string.Join(' ', _words[(_next + 1)..(end - 1)]);
        for (int count = 1; count <= texts.Count; count++)
        {
            if (string.Join(' ', texts.TakeLast(count)) == repeated)
            {
                return count;
            }
        }
        return 0;
    }

    private void Repeat(List<SyntaxArgument> arguments, List<string> texts, int count)
    {
        _next = Array.IndexOf(_words, "]", _next) + 1;
        List<SyntaxArgument> again = arguments.GetRange(arguments.Count - count, count);
        arguments.RemoveRange(arguments.Count - count, count);
        texts.RemoveRange(texts.Count - count, count);
        SyntaxArgument repeated = count == 1 ? again[0] : Together(again, "block");
        arguments.Add(repeated with { IsMultiple = true, RepeatsToken = repeated.Token is not null });
        texts.Add("");
    }

    private SyntaxArgument Value(string name, string? token)
    {
        bool isKey = _keys < _keySpecs && KeyNames.Contains(name);
        string type =
            isKey ? "key"
            : name == "pattern" ? "pattern"
            : name.StartsWith("unix-time", StringComparison.Ordinal) ? "unix-time"
            : IntegerNames.Contains(name) ? "integer"
            : DoubleNames.Contains(name) ? "double"
            : "string";
        return new SyntaxArgument(name, type, isKey ? _keys++ : -1, token, []);
    }

    private static string NameOf(string token) => token switch
    {
        "=" => "equal",
        "~" => "approximately",
        "*" => "auto_id",
        "$" => "new_id",
        EmptyText => "empty_string",
        _ => token.ToLowerInvariant(),
    };

    private static bool IsToken(string word) =>
        char.IsAsciiLetterUpper(word[0]) || word is "=" or "~" or "*" or "$" or EmptyText;

    private static bool IsValue(string word) => char.IsAsciiLetterLower(word[0]);
}
