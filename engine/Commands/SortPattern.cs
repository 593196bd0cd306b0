using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>
/// A pattern of SORT's BY and GET: a key's name with "*" in the element's place, and perhaps "->" and a hash's field
/// behind it; or "#", the element itself. Redis 7.0 sort.c, lookupKeyByPattern.
/// </summary>
internal sealed class SortPattern
{
    private readonly byte[] _prefix;
    private readonly byte[] _suffix = [];
    private readonly byte[]? _field;
    private readonly bool _isElement;
    private readonly bool _isFixed;
    private byte[] _key = [];

    public SortPattern(ReadOnlySpan<byte> pattern)
    {
        // Looked for as in a C string; what is behind a zero byte belongs to the names nevertheless.
        int zero = pattern.IndexOf((byte)0);
        ReadOnlySpan<byte> text = zero < 0 ? pattern : pattern[..zero];
        int star = text.IndexOf((byte)'*');
        _isElement = text.SequenceEqual("#"u8);
        _isFixed = star < 0;
        _prefix = _isFixed ? [] : pattern[..star].ToArray();
        if (!_isFixed)
        {
            int arrow = text[(star + 1)..].IndexOf("->"u8);
            int behind = star + 1 + arrow + 2;
            bool hasField = arrow >= 0 && behind < text.Length;
            _field = hasField ? pattern[behind..].ToArray() : null;
            _suffix = pattern[(star + 1)..(hasField ? star + 1 + arrow : pattern.Length)].ToArray();
        }
    }

    /// <summary>A pattern that names the same for every element: nothing is sorted by it.</summary>
    public bool IsFixed => _isFixed;

    /// <summary>Finds what the pattern names for an element.</summary>
    /// <param name="scratch">Outlives the text.</param>
    /// <param name="text">Good until the next look-up; empty if there is nothing.</param>
    /// <returns>False if there is nothing, or nothing of the right type.</returns>
    public bool TryFind(
        Database database, ReadOnlySpan<byte> element, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        text = _isElement ? element : [];
        if (_isElement)
        {
            return true;
        }
        long length = (long)_prefix.Length + element.Length + _suffix.Length;
        if (_isFixed || length > Array.MaxLength)
        {
            return false;
        }
        if (_key.Length < length)
        {
            _key = new byte[Math.Min(2 * length, Array.MaxLength)];
        }
        Span<byte> key = _key.AsSpan(0, (int)length);
        _prefix.CopyTo(key);
        element.CopyTo(key[_prefix.Length..]);
        _suffix.CopyTo(key[(_prefix.Length + element.Length)..]);
        Record record = database.Find(key, Lookup.Read);
        if (!record.Exists)
        {
            return false;
        }
        if (_field is not null)
        {
            if (record.Type != ValueType.Hash
                || !Entries.TryFindValue(record, new PackedText(_field), out Element value))
            {
                return false;
            }
            text = value.Text(scratch);
            return true;
        }
        text = record.Type == ValueType.String ? StringCommands.TextOf(record, scratch) : [];
        return record.Type == ValueType.String;
    }
}
