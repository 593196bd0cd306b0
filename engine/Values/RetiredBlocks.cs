using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// What writers replaced or removed while a cut sees it: blocks, and whole values. Disposing of it frees them, on any
/// thread.
/// </summary>
internal sealed unsafe class RetiredBlocks : IDisposable
{
    private readonly Chain _blocks = new();
    private readonly Chain _values = new();

    public bool IsEmpty => _blocks.IsEmpty && _values.IsEmpty;

    public void AddBlock(void* block) => _blocks.Add((nint)block);

    public void AddValue(HeapValue* root) => _values.Add((nint)root);

    public void Dispose()
    {
        foreach (nint block in _blocks.Items)
        {
            NativeMemory.Free((void*)block);
        }
        foreach (nint root in _values.Items)
        {
            HeapValues.FreeNodes((HeapValue*)root);
        }
    }

    /// <summary>A list that takes little time for each item, however long: it is never copied to grow.</summary>
    private sealed class Chain
    {
        private const int LinkLength = 4096;

        private readonly List<nint[]> _links = [];
        private int _used = LinkLength;

        public bool IsEmpty => _links.Count == 0;

        public IEnumerable<nint> Items =>
            _links.SelectMany((link, i) => i < _links.Count - 1 ? link : link.Take(_used));

        public void Add(nint item)
        {
            if (_used == LinkLength)
            {
                _links.Add(new nint[LinkLength]);
                _used = 0;
            }
            _links[^1][_used++] = item;
        }
    }
}
