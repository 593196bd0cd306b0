namespace Tidelog.Engine.Values;

/// <summary>A run of registers with the same value, one opcode of a sparse HyperLogLog.</summary>
/// <param name="Value">0 to 32.</param>
/// <param name="Length">In registers, at least 1.</param>
/// <param name="Size">Of the opcode in bytes, 1 or 2.</param>
internal readonly record struct RegisterRun(int Value, int Length, int Size);

/// <summary>
/// Registers of a sparse HyperLogLog: runs, one behind the other. Every span here is a whole value with its header.
/// </summary>
internal static class SparseRegisters
{
    /// <summary>A register with a higher value needs the dense encoding.</summary>
    public const int MaxValue = 32;

    public const int MaxValueRun = 4;
    private const int MaxShortZeroRun = 64;
    private const int KindMask = 0xC0;
    private const int LongZeroKind = 0x40;
    private const int ValueKind = 0x80;

    public static bool IsValue(byte opcode) => (opcode & ValueKind) != 0;

    /// <summary>The run whose opcode begins at an index; what is missing behind the end counts as zero.</summary>
    public static RegisterRun ReadAt(ReadOnlySpan<byte> value, int at)
    {
        int opcode = value[at];
        if (IsValue((byte)opcode))
        {
            return new RegisterRun(((opcode >> 2) & 0x1F) + 1, (opcode & 3) + 1, 1);
        }
        if ((opcode & KindMask) != LongZeroKind)
        {
            return new RegisterRun(0, opcode + 1, 1);
        }
        int low = at + 1 < value.Length ? value[at + 1] : 0;
        return new RegisterRun(0, (((opcode & ~KindMask) << 8) | low) + 1, 2);
    }

    /// <summary>Writes the opcode of a run of a value other than 0.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteValue(Span<byte> target, int value, int length)
    {
        target[0] = (byte)(ValueKind | ((value - 1) << 2) | (length - 1));
        return 1;
    }

    /// <summary>Writes the shortest opcode of a run of zeros.</summary>
    /// <inheritdoc cref="WriteValue"/>
    public static int WriteZeros(Span<byte> target, int length)
    {
        if (length <= MaxShortZeroRun)
        {
            target[0] = (byte)(length - 1);
            return 1;
        }
        target[0] = (byte)(LongZeroKind | ((length - 1) >> 8));
        target[1] = (byte)(length - 1);
        return 2;
    }

    /// <summary>Counts how many registers have each value.</summary>
    /// <param name="histogram">64 counters, to be added to.</param>
    /// <returns>False if the runs do not make up all registers.</returns>
    public static bool TryAddTo(Span<int> histogram, ReadOnlySpan<byte> value)
    {
        int register = 0;
        for (int at = HyperLogLog.HeaderLength; at < value.Length;)
        {
            RegisterRun run = ReadAt(value, at);
            at += run.Size;
            register += run.Length;
            if (at > value.Length || register > HyperLogLog.RegisterCount)
            {
                return false;
            }
            histogram[run.Value] += run.Length;
        }
        return register == HyperLogLog.RegisterCount;
    }

    /// <summary>Raises registers of a byte each to those of a sparse value.</summary>
    /// <returns>False if the runs do not make up all registers.</returns>
    public static bool TryMergeInto(Span<byte> registers, ReadOnlySpan<byte> value)
    {
        int register = 0;
        for (int at = HyperLogLog.HeaderLength; at < value.Length;)
        {
            RegisterRun run = ReadAt(value, at);
            at += run.Size;
            if (at > value.Length || register + run.Length > HyperLogLog.RegisterCount)
            {
                return false;
            }
            for (int i = 0; i < run.Length && run.Value > 0; i++)
            {
                registers[register + i] = Math.Max(registers[register + i], (byte)run.Value);
            }
            register += run.Length;
        }
        return register == HyperLogLog.RegisterCount;
    }

    /// <summary>Writes the same registers as a dense value, header included.</summary>
    /// <param name="dense">As long as a dense value, all zeros.</param>
    /// <returns>False if the runs do not make up all registers.</returns>
    public static bool TryMakeDense(Span<byte> dense, ReadOnlySpan<byte> value)
    {
        value[..HyperLogLog.HeaderLength].CopyTo(dense);
        HyperLogLog.SetDense(dense);
        int register = 0;
        for (int at = HyperLogLog.HeaderLength; at < value.Length;)
        {
            RegisterRun run = ReadAt(value, at);
            at += run.Size;
            if (at > value.Length || register + run.Length > HyperLogLog.RegisterCount)
            {
                return false;
            }
            for (int i = 0; i < run.Length && run.Value > 0; i++)
            {
                DenseRegisters.Set(dense, register + i, run.Value);
            }
            register += run.Length;
        }
        return register == HyperLogLog.RegisterCount;
    }
}
