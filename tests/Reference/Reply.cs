using System.Globalization;
using System.Text;

namespace Tidelog.Tests.Reference;

// One reply as a tree, kept as it came over the wire: numbers stay text, so ":1" and ":01" differ, and so do the null
// bulk string of RESP2, its null array and the null of RESP3. That exactness is what the differential tests compare.

internal enum ReplyKind
{
    SimpleString,
    Error,
    Integer,
    BulkString,
    NullBulkString,
    Array,
    NullArray,
    Null,
    Double,
    Boolean,
    BigNumber,
    BulkError,
    Verbatim,
    Map,
    Set,
    Push,

    /// <summary>Its items are keys and values in turn, and last the reply that the attribute belongs to.</summary>
    Attribute,
}

/// <summary>An immutable reply of a server; equal to another when every byte that carries meaning is equal.</summary>
internal sealed class Reply : IEquatable<Reply>
{
    private readonly byte[] _bytes;

    private Reply(ReplyKind kind, byte[] bytes, Reply[] items)
    {
        Kind = kind;
        _bytes = bytes;
        Items = items;
    }

    public ReplyKind Kind { get; }

    /// <summary>The elements of an aggregate; of a map, keys and values in turn. Empty for everything else.</summary>
    public IReadOnlyList<Reply> Items { get; }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The payload, one character a byte (Latin-1), without type mark and line end.</summary>
    public string Text => Encoding.Latin1.GetString(_bytes);

    public bool IsError => Kind is ReplyKind.Error or ReplyKind.BulkError;

    public bool IsNull => Kind is ReplyKind.Null or ReplyKind.NullArray or ReplyKind.NullBulkString;

    /// <summary>The value of an integer reply, or of a string that holds one.</summary>
    public long Integer => long.Parse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public Reply this[int index] => Items[index];

    /// <summary>The value that a map, or a flat array of keys and values, has under a key.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public Reply this[string key]
    {
        get
        {
            for (int i = 0; i + 1 < Items.Count; i += 2)
            {
                if (Items[i].Text == key)
                {
                    return Items[i + 1];
                }
            }

            throw new KeyNotFoundException($"no '{key}' in {this}");
        }
    }

    public static Reply Scalar(ReplyKind kind, ReadOnlySpan<byte> payload) => new(kind, payload.ToArray(), []);

    public static Reply Aggregate(ReplyKind kind, params Reply[] items) => new(kind, [], items);

    /// <summary>Reads one reply from its wire form, one character a byte: <c>Parse("$3\r\nfoo\r\n")</c>.</summary>
    public static Reply Parse(string wire)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(wire));
        return new ReplyReader(stream).Read();
    }

    public bool Equals(Reply? other)
    {
        if (other is null || Kind != other.Kind
            || !Bytes.SequenceEqual(other.Bytes) || Items.Count != other.Items.Count)
        {
            return false;
        }

        for (int i = 0; i < Items.Count; i++)
        {
            if (!Items[i].Equals(other.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Reply);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Kind);
        hash.AddBytes(_bytes);
        foreach (Reply item in Items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>The whole tree on one line, each node with its RESP type mark and strings quoted and escaped.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Render(text);
        return text.ToString();
    }

    /// <summary>Quotes and escapes bytes as redis-cli does.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length + 2).Append('"');
        foreach (byte b in bytes)
        {
            text.Append(b switch
            {
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                (byte)'\n' => "\\n",
                (byte)'\r' => "\\r",
                (byte)'\t' => "\\t",
                < 32 or > 126 => $"\\x{b:x2}",
                _ => ((char)b).ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    private void Render(StringBuilder text)
    {
        switch (Kind)
        {
            case ReplyKind.SimpleString: text.Append('+').Append(Text); break;
            case ReplyKind.Error: text.Append('-').Append(Text); break;
            case ReplyKind.Integer: text.Append(':').Append(Text); break;
            case ReplyKind.Double: text.Append(',').Append(Text); break;
            case ReplyKind.Boolean: text.Append('#').Append(Text); break;
            case ReplyKind.BigNumber: text.Append('(').Append(Text); break;
            case ReplyKind.BulkString: text.Append('$').Append(Quote(_bytes)); break;
            case ReplyKind.BulkError: text.Append('!').Append(Quote(_bytes)); break;
            case ReplyKind.Verbatim: text.Append('=').Append(Quote(_bytes)); break;
            case ReplyKind.NullBulkString: text.Append("$-1"); break;
            case ReplyKind.NullArray: text.Append("*-1"); break;
            case ReplyKind.Null: text.Append('_'); break;
            case ReplyKind.Map: RenderPairs(text.Append('%')); break;
            case ReplyKind.Array: RenderItems(text.Append('*')); break;
            case ReplyKind.Set: RenderItems(text.Append('~')); break;
            case ReplyKind.Push: RenderItems(text.Append('>')); break;
            case ReplyKind.Attribute: RenderItems(text.Append('|')); break;
        }
    }

    private void RenderItems(StringBuilder text)
    {
        text.Append('[');
        for (int i = 0; i < Items.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Items[i].Render(text);
        }

        text.Append(']');
    }

    private void RenderPairs(StringBuilder text)
    {
        text.Append('{');
        for (int i = 0; i + 1 < Items.Count; i += 2)
        {
            text.Append(i == 0 ? "" : ", ");
            Items[i].Render(text);
            text.Append(" => ");
            Items[i + 1].Render(text);
        }

        text.Append('}');
    }
}
