// The hash of keys: 64 bits, seeded at random when the process starts, so that a client cannot choose keys
// that collide.
//
// Each step multiplies two 64-bit words, both mixed with a secret, to 128 bits and folds the halves together (the
// folded multiply of the wyhash and xxh3 family): one multiplication for 16 bytes, three for a key of up to 32.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Tidelog.Engine.Keyspace;

internal static unsafe class KeyHash
{
    private static readonly ulong Seed0 = RandomOddWord();
    private static readonly ulong Seed1 = RandomOddWord();
    private static readonly ulong Seed2 = RandomOddWord();
    private static readonly ulong Seed3 = RandomOddWord();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ReadOnlySpan<byte> key)
    {
        fixed (byte* start = key)
        {
            return Of(start, key.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(byte* key, int length)
    {
        ulong a;
        ulong b;
        if (length >= 8)
        {
            if (length > 16)
            {
                return OfLong(key, length);
            }
            a = *(ulong*)key;
            b = *(ulong*)(key + length - 8);
        }
        else if (length >= 4)
        {
            a = *(uint*)key;
            b = *(uint*)(key + length - 4);
        }
        else
        {
            b = 0;
            a = length == 0 ? 0 : ((ulong)key[0] << 16) | ((ulong)key[length >> 1] << 8) | key[length - 1];
        }
        return Finish(Fold(a ^ Seed0, b ^ Seed1), length);
    }

    private static ulong OfLong(byte* key, int length)
    {
        ulong h0 = Seed2;
        ulong h1 = Seed3;
        byte* p = key;
        byte* last = key + length - 16;
        while (p + 32 <= key + length)
        {
            h0 = Fold(*(ulong*)p ^ Seed0, *(ulong*)(p + 8) ^ h0);
            h1 = Fold(*(ulong*)(p + 16) ^ Seed1, *(ulong*)(p + 24) ^ h1);
            p += 32;
        }
        if (p < last)
        {
            h0 = Fold(*(ulong*)p ^ Seed1, *(ulong*)(p + 8) ^ h0);
        }
        return Finish(h0 ^ Fold(*(ulong*)last ^ Seed0, *(ulong*)(last + 8) ^ h1), length);
    }

    private static ulong Finish(ulong hash, int length) => Fold(hash ^ Seed2, (ulong)length ^ Seed3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    /// <summary>A word with about half of its bits set: a word near zero would multiply information away.</summary>
    private static ulong RandomOddWord()
    {
        Span<byte> bytes = stackalloc byte[8];
        ulong word;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            word = BitConverter.ToUInt64(bytes) | 1;
        }
        while (BitOperations.PopCount(word) is < 24 or > 40);
        return word;
    }
}
