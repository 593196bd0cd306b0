using System.Buffers.Binary;
using System.Text;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Tests.Snapshot;

/// <summary>Writes RDB bytes one part after the other, right or wrong. Texts stand for bytes (Latin-1).</summary>
internal sealed class RdbBytes
{
    private readonly List<byte> _bytes = [];

    public int Count => _bytes.Count;

    public static RdbBytes File(int version) => new RdbBytes().Raw($"REDIS{version:D4}");

    /// <summary>The value of a DUMP payload, or a part of something.</summary>
    public static RdbBytes Part() => new();

    public RdbBytes Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public RdbBytes Raw(string text) => Raw(Encoding.Latin1.GetBytes(text));

    public RdbBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public RdbBytes Length(ulong length)
    {
        byte[] wide = new byte[9];
        if (length < 64)
        {
            return Byte((int)length);
        }
        if (length < 1 << 14)
        {
            return Byte(0x40 | (int)(length >> 8)).Byte((int)length);
        }
        if (length <= uint.MaxValue)
        {
            wide[0] = 0x80;
            BinaryPrimitives.WriteUInt32BigEndian(wide.AsSpan(1), (uint)length);
            return Raw(wide[..5]);
        }
        wide[0] = 0x81;
        BinaryPrimitives.WriteUInt64BigEndian(wide.AsSpan(1), length);
        return Raw(wide);
    }

    public RdbBytes String(string text) => String(Encoding.Latin1.GetBytes(text));

    public RdbBytes String(byte[] text) => Length((ulong)text.Length).Raw(text);

    /// <summary>A string that is compressed, in the simplest way: nothing in it is repeated.</summary>
    public RdbBytes Compressed(byte[] text)
    {
        byte[] packed = [.. text.Chunk(32).SelectMany(run => (byte[])[(byte)(run.Length - 1), .. run])];
        return Byte(0xC3).Length((ulong)packed.Length).Length((ulong)text.Length).Raw(packed);
    }

    public RdbBytes Int64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public RdbBytes Int32(int value) => Raw(BitConverter.GetBytes(value));

    public RdbBytes Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>An ID as in a radix tree: 16 bytes, big-endian.</summary>
    public RdbBytes Id(ulong ms, ulong seq)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ms);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), seq);
        return Raw(bytes);
    }

    public RdbBytes Op(RdbOpcode opcode) => Byte((int)opcode);

    /// <summary>A type and a key; the value follows.</summary>
    public RdbBytes Key(RdbType type, string key) => Byte((int)type).String(key);

    /// <summary>The end, with a checksum.</summary>
    public byte[] End()
    {
        Op(RdbOpcode.End);
        return Int64((long)Crc64.Append(0, ToArray())).ToArray();
    }

    public byte[] ToArray() => [.. _bytes];
}
