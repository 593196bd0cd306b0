namespace Tidelog.Engine.Values;

/// <summary>
/// A copy of a HyperLogLog whose registers are raised one by one; redis would have the same bytes after the same steps.
/// </summary>
internal sealed class HyperLogLogEditor
{
    /// <summary>A sparse opcode becomes three at most, two of them of two bytes.</summary>
    private const int LongestReplacement = 5;

    /// <summary>How many opcodes are looked at for neighbours to unite after a change.</summary>
    private const int MergeSteps = 5;

    /// <summary>A corrupt value can be long; its room is not kept.</summary>
    private const int KeptCapacity = 64 * 1024;

    // Its buffer serves one command after the other; each event loop, on a thread of its own, has one.
    [ThreadStatic]
    private static HyperLogLogEditor? _ofThread;

    private byte[] _buffer = new byte[DenseRegisters.ValueLength];
    private long _sparseMaxBytes;
    private int _length;

    // Registers are often raised in ascending order (PFMERGE), so the search goes on where it ended: at the opcode in
    // front of the one found last. Uniting neighbours begins there and leaves its begin where it is.
    private Place _last;

    /// <summary>The thread's own, with a value in it.</summary>
    public static HyperLogLogEditor Open(ReadOnlySpan<byte> value, long sparseMaxBytes)
    {
        HyperLogLogEditor editor = _ofThread ??= new HyperLogLogEditor();
        editor.Load(value, sparseMaxBytes);
        return editor;
    }

    public ReadOnlySpan<byte> Value => Bytes;

    private Span<byte> Bytes => _buffer.AsSpan(0, _length);

    private bool IsDense => HyperLogLog.IsDense(Value);

    /// <param name="value">A valid one, but for the runs of a sparse one.</param>
    /// <param name="sparseMaxBytes">A sparse value does not grow beyond so many bytes, header included.</param>
    public void Load(ReadOnlySpan<byte> value, long sparseMaxBytes)
    {
        if (_buffer.Length > KeptCapacity || value.Length > _buffer.Length)
        {
            _buffer = new byte[Math.Max(value.Length, DenseRegisters.ValueLength)];
        }
        value.CopyTo(_buffer);
        _length = value.Length;
        _sparseMaxBytes = sparseMaxBytes;
        _last = Place.Begin;
    }

    /// <summary>Gives a register a value if its own is lower.</summary>
    /// <returns>False if the value is corrupt; it may then be anything.</returns>
    public bool TryRaise(int register, int run, out bool raised)
    {
        if (IsDense)
        {
            raised = DenseRegisters.Raise(Bytes, register, run);
            return true;
        }
        return TryRaiseSparse(register, run, out raised);
    }

    public void MarkCountStale() => HyperLogLog.MarkCountStale(Bytes);

    /// <returns>False if the runs of a sparse value do not make up all registers.</returns>
    public bool TryMakeDense()
    {
        if (IsDense)
        {
            return true;
        }
        byte[] dense = new byte[DenseRegisters.ValueLength];
        if (!SparseRegisters.TryMakeDense(dense, Value))
        {
            return false;
        }
        _buffer = dense;
        _length = dense.Length;
        return true;
    }

    private bool TryRaiseSparse(int register, int run, out bool raised)
    {
        raised = false;
        if (run > SparseRegisters.MaxValue)
        {
            return TryRaiseDense(register, run, out raised);
        }
        if (!TryFind(register, out Place place, out RegisterRun old))
        {
            return false;
        }
        if (old.Value >= run)
        {
            return true;
        }
        Span<byte> replacement = stackalloc byte[LongestReplacement];
        int length = Split(replacement, old, register - place.First, run);
        int growth = length - old.Size;
        if (growth > 0 && _length + growth > _sparseMaxBytes)
        {
            return TryRaiseDense(register, run, out raised);
        }
        Replace(place.At, old.Size, replacement[..length]);
        MergeNeighbours(place.Previous >= 0 ? place.Previous : HyperLogLog.HeaderLength);
        HyperLogLog.MarkCountStale(Bytes);
        raised = true;
        return true;
    }

    private bool TryRaiseDense(int register, int run, out bool raised)
    {
        raised = false;
        if (!TryMakeDense())
        {
            return false;
        }
        raised = DenseRegisters.Raise(Bytes, register, run);
        return true;
    }

    /// <summary>Finds the opcode of a register.</summary>
    private bool TryFind(int register, out Place place, out RegisterRun run)
    {
        place = register >= _last.First ? _last : Place.Begin;
        Place before = Place.Begin;
        for (; place.At < _length; place = new Place(place.At + run.Size, place.First + run.Length, place.At))
        {
            run = SparseRegisters.ReadAt(Value, place.At);
            if (register < place.First + run.Length)
            {
                _last = before;
                return place.At + run.Size <= _length;
            }
            before = place;
        }
        run = default;
        return false;
    }

    /// <summary>Writes what a run becomes when one of its registers gets another value.</summary>
    /// <param name="index">Of the register in the run.</param>
    /// <returns>Bytes written.</returns>
    private static int Split(Span<byte> target, RegisterRun run, int index, int value)
    {
        int length = 0;
        if (index > 0)
        {
            length += WriteRun(target, run.Value, index);
        }
        length += SparseRegisters.WriteValue(target[length..], value, 1);
        int left = run.Length - 1 - index;
        if (left > 0)
        {
            length += WriteRun(target[length..], run.Value, left);
        }
        return length;
    }

    private static int WriteRun(Span<byte> target, int value, int length) => value == 0
        ? SparseRegisters.WriteZeros(target, length)
        : SparseRegisters.WriteValue(target, value, length);

    private void Replace(int at, int size, ReadOnlySpan<byte> replacement)
    {
        int length = _length - size + replacement.Length;
        if (length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(length, 2 * _buffer.Length));
        }
        _buffer.AsSpan((at + size).._length).CopyTo(_buffer.AsSpan(at + replacement.Length));
        replacement.CopyTo(_buffer.AsSpan(at));
        _length = length;
    }

    /// <summary>Unites runs of the same value that follow each other, as far as one opcode can hold them.</summary>
    private void MergeNeighbours(int at)
    {
        for (int steps = MergeSteps; at < _length && steps > 0; steps--)
        {
            RegisterRun run = SparseRegisters.ReadAt(Value, at);
            if (run.Value > 0 && at + 1 < _length && SparseRegisters.IsValue(_buffer[at + 1]))
            {
                RegisterRun next = SparseRegisters.ReadAt(Value, at + 1);
                int length = run.Length + next.Length;
                if (next.Value == run.Value && length <= SparseRegisters.MaxValueRun)
                {
                    // The united run may fit the next one too.
                    Replace(at, 1, []);
                    SparseRegisters.WriteValue(_buffer.AsSpan(at), run.Value, length);
                    continue;
                }
            }
            at += run.Size;
        }
    }

    /// <summary>An opcode among the others.</summary>
    /// <param name="At">Where it begins.</param>
    /// <param name="First">Its first register.</param>
    /// <param name="Previous">Where the opcode in front of it begins, -1 for none.</param>
    private readonly record struct Place(int At, int First, int Previous)
    {
        public static Place Begin => new(HyperLogLog.HeaderLength, 0, -1);
    }
}
