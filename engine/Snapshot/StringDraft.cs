using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>A string without a key: see <see cref="ValueBuilder"/>.</summary>
internal unsafe ref struct StringDraft
{
    private long _integer;
    private bool _isInteger;
    private byte* _text;
    private int _length;
    private HeapBytes* _block;

    public void Set(long integer)
    {
        _integer = integer;
        _isInteger = true;
    }

    public void Set(ReadOnlySpan<byte> text, BuildSpace space)
    {
        if (text.Length > Keyspace.Store.MaxInlineValue)
        {
            _block = HeapBytes.Allocate(text.Length, text.Length, generation: 0);
            text.CopyTo(_block->Span);
            return;
        }
        _text = space.Elements;
        _length = text.Length;
        text.CopyTo(new Span<byte>(_text, _length));
    }

    public Record Store(Database database, ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (_isInteger)
        {
            return database.PutInteger(key, existing, _integer, expiry);
        }
        if (_block == null)
        {
            return database.PutString(key, existing, new ReadOnlySpan<byte>(_text, _length), expiry);
        }
        Record record = database.PutBlock(key, existing, _block, expiry);
        _block = null;
        return record;
    }

    public void Discard()
    {
        HeapBytes.Free(_block);
        _block = null;
    }
}
