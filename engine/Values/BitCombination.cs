using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

internal enum BitOperation
{
    And,
    Or,
    Xor,
    Not,
}

/// <summary>One string that BITOP reads: the place of its bytes, and room for an integer's digits.</summary>
internal unsafe struct BitSource
{
    public const int DigitRoom = 24;

    public byte* Start;
    public int Length;
    public fixed byte Digits[DigitRoom];
}

/// <summary>Combines strings bit by bit; one that ends early counts as zeros from there on.</summary>
internal static unsafe class BitCombination
{
    // So small that the block stays in the first cache while one source after the other is worked into it.
    private const int BlockLength = 8 * 1024;

    /// <param name="count">At least 1; exactly 1 for <see cref="BitOperation.Not"/>.</param>
    /// <param name="result">As long as the longest source. May be one of the sources.</param>
    public static void Combine(BitOperation operation, BitSource* sources, int count, Span<byte> result)
    {
        Span<byte> room = stackalloc byte[Math.Min(BlockLength, result.Length)];
        for (int offset = 0; offset < result.Length; offset += BlockLength)
        {
            Span<byte> block = room[..Math.Min(BlockLength, result.Length - offset)];
            ReadOnlySpan<byte> first = Part(sources[0], offset, block.Length);
            first.CopyTo(block);
            block[first.Length..].Clear();
            if (operation == BitOperation.Not)
            {
                Apply<Inversion>(block, block);
            }
            for (int i = 1; i < count; i++)
            {
                Add(operation, block, Part(sources[i], offset, block.Length));
            }
            block.CopyTo(result[offset..]);
        }
    }

    private static ReadOnlySpan<byte> Part(in BitSource source, int offset, int length) =>
        offset >= source.Length ? [] : new(source.Start + offset, Math.Min(length, source.Length - offset));

    private static void Add(BitOperation operation, Span<byte> block, ReadOnlySpan<byte> source)
    {
        switch (operation)
        {
            case BitOperation.And:
                Apply<Conjunction>(block, source);
                block[source.Length..].Clear();
                break;
            case BitOperation.Or:
                Apply<Disjunction>(block, source);
                break;
            default:
                Apply<Difference>(block, source);
                break;
        }
    }

    // Not to run unoptimized for the first tenth of a second, which is all that one BITOP takes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TOperator>(Span<byte> target, ReadOnlySpan<byte> source)
        where TOperator : struct, IOperator
    {
        ref byte to = ref MemoryMarshal.GetReference(target);
        ref byte from = ref MemoryMarshal.GetReference(source);
        nuint length = (nuint)source.Length;
        nuint step = (nuint)Vector<byte>.Count;
        nuint i = 0;
        for (; i + step <= length; i += step)
        {
            Vector<byte> left = Vector.LoadUnsafe(ref to, i);
            Vector.StoreUnsafe(TOperator.Of(left, Vector.LoadUnsafe(ref from, i)), ref to, i);
        }
        for (; i < length; i++)
        {
            ref byte left = ref Unsafe.Add(ref to, i);
            left = TOperator.Of(left, Unsafe.Add(ref from, i));
        }
    }

    private interface IOperator
    {
        static abstract Vector<byte> Of(Vector<byte> left, Vector<byte> right);

        static abstract byte Of(byte left, byte right);
    }

    private readonly struct Conjunction : IOperator
    {
        public static Vector<byte> Of(Vector<byte> left, Vector<byte> right) => left & right;

        public static byte Of(byte left, byte right) => (byte)(left & right);
    }

    private readonly struct Disjunction : IOperator
    {
        public static Vector<byte> Of(Vector<byte> left, Vector<byte> right) => left | right;

        public static byte Of(byte left, byte right) => (byte)(left | right);
    }

    private readonly struct Difference : IOperator
    {
        public static Vector<byte> Of(Vector<byte> left, Vector<byte> right) => left ^ right;

        public static byte Of(byte left, byte right) => (byte)(left ^ right);
    }

    private readonly struct Inversion : IOperator
    {
        public static Vector<byte> Of(Vector<byte> left, Vector<byte> right) => ~left;

        public static byte Of(byte left, byte right) => (byte)~left;
    }
}
