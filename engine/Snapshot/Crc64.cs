// A checksum is a remainder: the message, a polynomial over GF(2), times x^64, modulo P. Where the processor multiplies
// such polynomials, most of the message is not divided at all. A block that lies D bits in front of another is replaced
// by something congruent that lies over the other: its upper half times x^(D+64) mod P, its lower half times x^D mod P,
// each 64 by 64 bits. So 64 or 256 bytes are kept at a time, and at the end 16, which one division reduces to the
// checksum (Barrett's: two multiplications by constants).
//
// All is reflected: the lowest bit is the highest power. A product of two reflected numbers of 64 bits has 127 bits and
// so lies one bit too low, as if multiplied by x: the constants have one x less.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// The checksum of RDB files and DUMP payloads: CRC-64 with Jones's polynomial, reflected, beginning with 0.
/// </summary>
public static class Crc64
{
    /// <summary>P without its x^64, reflected.</summary>
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;

    // Below this, what the wide registers spare does not pay for gathering them.
    private const int WideFrom = 512;

    /// <summary>The checksum of what <paramref name="crc"/> is the checksum of, followed by the bytes.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes)
    {
        if (!Pclmulqdq.IsSupported)
        {
            return AppendByTable(crc, bytes);
        }
        return Pclmulqdq.V512.IsSupported && bytes.Length >= WideFrom
            ? AppendWide(crc, bytes)
            : AppendByMultiplication(crc, bytes);
    }

    /// <summary>For processors without carry-less multiplication: eight bytes a step.</summary>
    internal static ulong AppendByTable(ulong crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> table = Table.Remainders;
        while (bytes.Length >= sizeof(ulong))
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            crc = table[(7 * 256) + (byte)crc]
                ^ table[(6 * 256) + (byte)(crc >> 8)]
                ^ table[(5 * 256) + (byte)(crc >> 16)]
                ^ table[(4 * 256) + (byte)(crc >> 24)]
                ^ table[(3 * 256) + (byte)(crc >> 32)]
                ^ table[(2 * 256) + (byte)(crc >> 40)]
                ^ table[256 + (byte)(crc >> 48)]
                ^ table[(int)(crc >> 56)];
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte next in bytes)
        {
            crc = table[(byte)(crc ^ next)] ^ (crc >> 8);
        }
        return crc;
    }

    /// <summary>Needs <see cref="Pclmulqdq"/>.</summary>
    internal static ulong AppendByMultiplication(ulong crc, ReadOnlySpan<byte> bytes)
    {
        const int Step = 4 * 16;
        if (bytes.Length < 16)
        {
            return AppendFew(crc, bytes);
        }
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        Vector128<ulong> kept = Load128(ref at, 0) ^ Vector128.CreateScalar(crc);
        if (left >= 2 * Step)
        {
            Vector128<ulong> kept1 = Load128(ref at, 16);
            Vector128<ulong> kept2 = Load128(ref at, 32);
            Vector128<ulong> kept3 = Load128(ref at, 48);
            Vector128<ulong> over = Powers.Over512;
            for (left -= Step; left >= Step; left -= Step)
            {
                at = ref Unsafe.Add(ref at, Step);
                kept = Fold(kept, over) ^ Load128(ref at, 0);
                kept1 = Fold(kept1, over) ^ Load128(ref at, 16);
                kept2 = Fold(kept2, over) ^ Load128(ref at, 32);
                kept3 = Fold(kept3, over) ^ Load128(ref at, 48);
            }
            kept = Fold(kept, Powers.Over128) ^ kept1;
            kept = Fold(kept, Powers.Over128) ^ kept2;
            kept = Fold(kept, Powers.Over128) ^ kept3;
            at = ref Unsafe.Add(ref at, Step);
        }
        else
        {
            left -= 16;
            at = ref Unsafe.Add(ref at, 16);
        }
        return AppendRest(kept, ref at, left);
    }

    /// <summary>Needs <see cref="Pclmulqdq.V512"/>, and 512 bytes.</summary>
    internal static ulong AppendWide(ulong crc, ReadOnlySpan<byte> bytes)
    {
        const int Step = 4 * 64;
        Invariant.Require(bytes.Length >= 2 * Step);
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        Vector512<ulong> kept0 = Load512(ref at, 0) ^ Vector512.CreateScalar(crc);
        Vector512<ulong> kept1 = Load512(ref at, 64);
        Vector512<ulong> kept2 = Load512(ref at, 128);
        Vector512<ulong> kept3 = Load512(ref at, 192);
        Vector512<ulong> over = Powers.Over2048;
        for (left -= Step; left >= Step; left -= Step)
        {
            at = ref Unsafe.Add(ref at, Step);
            kept0 = Fold(kept0, over) ^ Load512(ref at, 0);
            kept1 = Fold(kept1, over) ^ Load512(ref at, 64);
            kept2 = Fold(kept2, over) ^ Load512(ref at, 128);
            kept3 = Fold(kept3, over) ^ Load512(ref at, 192);
        }
        at = ref Unsafe.Add(ref at, Step);
        over = Powers.Over512Wide;
        kept1 ^= Fold(kept0, over);
        kept2 ^= Fold(kept1, over);
        kept3 ^= Fold(kept2, over);
        Vector256<ulong> first = kept3.GetLower();
        Vector256<ulong> second = kept3.GetUpper();
        Vector128<ulong> kept = Fold(first.GetLower(), Powers.Over128) ^ first.GetUpper();
        kept = Fold(kept, Powers.Over128) ^ second.GetLower();
        kept = Fold(kept, Powers.Over128) ^ second.GetUpper();
        return AppendRest(kept, ref at, left);
    }

    /// <param name="kept">Congruent to all that was in front.</param>
    private static ulong AppendRest(Vector128<ulong> kept, ref byte at, int left)
    {
        for (; left >= 16; left -= 16)
        {
            kept = Fold(kept, Powers.Over128) ^ Load128(ref at, 0);
            at = ref Unsafe.Add(ref at, 16);
        }

        // The upper half over the lower one, which moves up; then the division.
        Vector128<ulong> both = Pclmulqdq.CarrylessMultiply(kept, Powers.Over64, 0x00)
            ^ Sse2.ShiftRightLogical128BitLane(kept, 8);
        ulong crc = Remainder(both.ToScalar()) ^ both.GetElement(1);
        return AppendFew(crc, MemoryMarshal.CreateReadOnlySpan(ref at, left));
    }

    /// <summary>Less than 16 bytes.</summary>
    private static ulong AppendFew(ulong crc, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= sizeof(ulong))
        {
            crc = Remainder(crc ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        if (bytes.Length > 0)
        {
            ulong last = 0;
            for (int i = bytes.Length - 1; i >= 0; i--)
            {
                last = (last << 8) | bytes[i];
            }
            int bits = 8 * bytes.Length;
            crc = Remainder((crc ^ last) << (64 - bits)) ^ (crc >> bits);
        }
        return crc;
    }

    /// <summary>A polynomial below x^64, times x^64, modulo P.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Remainder(ulong polynomial)
    {
        Vector128<ulong> quotient =
            Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(polynomial), Powers.Division, 0x00);

        // P has 65 bits; the lowest of its powers, the 65th bit here, multiplies by 1.
        Vector128<ulong> product = Pclmulqdq.CarrylessMultiply(quotient, Powers.Division, 0x10);
        return product.GetElement(1) ^ quotient.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> kept, Vector128<ulong> over) =>
        Pclmulqdq.CarrylessMultiply(kept, over, 0x00) ^ Pclmulqdq.CarrylessMultiply(kept, over, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Fold(Vector512<ulong> kept, Vector512<ulong> over) =>
        Pclmulqdq.V512.CarrylessMultiply(kept, over, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(kept, over, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load128(ref byte at, nuint offset) =>
        Vector128.LoadUnsafe(ref at, offset).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Load512(ref byte at, nuint offset) =>
        Vector512.LoadUnsafe(ref at, offset).AsUInt64();

    /// <summary>A remainder times x, modulo P.</summary>
    private static ulong TimesX(ulong remainder) => (remainder >> 1) ^ ((remainder & 1) == 0 ? 0 : Polynomial);

    /// <summary>What the multiplications need.</summary>
    private static class Powers
    {
        /// <summary>Moves a block over one that lies so many bits behind it.</summary>
        public static readonly Vector128<ulong> Over128 = Over(128);

        public static readonly Vector128<ulong> Over512 = Over(512);

        public static readonly Vector512<ulong> Over512Wide = Wide(Over(512));

        public static readonly Vector512<ulong> Over2048 = Wide(Over(2048));

        public static readonly Vector128<ulong> Over64 = Vector128.CreateScalar(PowerOfX(64 + 63));

        /// <summary>The quotient of x^128 and P, and P; of both the upper 64 bits of 65.</summary>
        public static readonly Vector128<ulong> Division = Vector128.Create(Quotient(), (Polynomial << 1) | 1);

        private static Vector128<ulong> Over(int bits) => Vector128.Create(PowerOfX(bits + 63), PowerOfX(bits - 1));

        private static Vector512<ulong> Wide(Vector128<ulong> over)
        {
            Vector256<ulong> half = Vector256.Create(over, over);
            return Vector512.Create(half, half);
        }

        private static ulong PowerOfX(int exponent)
        {
            ulong power = 1UL << 63;
            for (int i = 0; i < exponent; i++)
            {
                power = TimesX(power);
            }
            return power;
        }

        private static ulong Quotient()
        {
            ulong quotient = 1;
            ulong remainder = Polynomial;
            for (int bit = 1; bit < 64; bit++)
            {
                quotient |= (remainder & 1) << bit;
                remainder = TimesX(remainder);
            }
            return quotient;
        }
    }

    /// <summary>Apart, so that only who needs it builds it.</summary>
    private static class Table
    {
        /// <summary>Of each byte followed by 0, then by 1 ... 7 bytes of zero.</summary>
        public static readonly ulong[] Remainders = Build();

        private static ulong[] Build()
        {
            ulong[] table = new ulong[8 * 256];
            for (int i = 0; i < 256; i++)
            {
                ulong remainder = (ulong)i;
                for (int bit = 0; bit < 8; bit++)
                {
                    remainder = TimesX(remainder);
                }
                table[i] = remainder;
            }
            for (int i = 256; i < table.Length; i++)
            {
                table[i] = table[(byte)table[i - 256]] ^ (table[i - 256] >> 8);
            }
            return table;
        }
    }
}
