using System.Buffers.Binary;
using System.Globalization;
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

    /// <summary>Texts, and integers for what is not one.</summary>
    public static byte[] ListPack(params object[] elements)
    {
        List<byte> body = [];
        foreach (object element in elements)
        {
            byte[] encoded = element switch
            {
                int and >= 0 and < 128 => [(byte)(int)element],
                int or long => [0xF4, .. BitConverter.GetBytes(Convert.ToInt64(element, CultureInfo.InvariantCulture))],
                string { Length: < 64 } text => [(byte)(0x80 | text.Length), .. Encoding.Latin1.GetBytes(text)],
                string { Length: < 4096 } text =>
                    [(byte)(0xE0 | (text.Length >> 8)), (byte)text.Length, .. Encoding.Latin1.GetBytes(text)],
                _ => throw new ArgumentException(element.ToString()),
            };
            body.AddRange(encoded);
            body.AddRange(encoded.Length < 128
                ? [(byte)encoded.Length]
                : [(byte)(encoded.Length >> 7), (byte)(0x80 | (encoded.Length & 127))]);
        }
        return [.. BitConverter.GetBytes(body.Count + 7), .. BitConverter.GetBytes((ushort)elements.Length), .. body,
            0xFF];
    }

    /// <summary>Texts, and integers for what is not one.</summary>
    public static byte[] ZipList(params object[] elements)
    {
        List<byte> body = [];
        int last = 0;
        int previous = 0;
        foreach (object element in elements)
        {
            last = body.Count;
            body.AddRange(previous < 254 ? [(byte)previous] : [254, .. BitConverter.GetBytes(previous)]);
            body.AddRange(element switch
            {
                int and >= 0 and <= 12 => [(byte)(0xF1 + (int)element)],
                int and >= sbyte.MinValue and <= sbyte.MaxValue => [0xFE, (byte)(int)element],
                int and >= short.MinValue and <= short.MaxValue =>
                    [0xC0, .. BitConverter.GetBytes((short)(int)element)],
                int and >= -(1 << 23) and < 1 << 23 => [0xF0, .. BitConverter.GetBytes((int)element)[..3]],
                int integer => [0xD0, .. BitConverter.GetBytes(integer)],
                long integer => [0xE0, .. BitConverter.GetBytes(integer)],
                string { Length: < 64 } text => [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)],
                string { Length: < 1 << 14 } text =>
                    [(byte)(0x40 | (text.Length >> 8)), (byte)text.Length, .. Encoding.Latin1.GetBytes(text)],
                string text =>
                [
                    0x80, (byte)(text.Length >> 24), (byte)(text.Length >> 16), (byte)(text.Length >> 8),
                    (byte)text.Length, .. Encoding.Latin1.GetBytes(text),
                ],
                _ => throw new ArgumentException(element.ToString()),
            });
            previous = body.Count - last;
        }
        return [.. BitConverter.GetBytes(body.Count + 11), .. BitConverter.GetBytes(last + 10),
            .. BitConverter.GetBytes((ushort)elements.Length), .. body, 0xFF];
    }

    /// <summary>Fields and values in turn; one unused byte behind each value.</summary>
    public static byte[] ZipMap(params string[] texts)
    {
        List<byte> body = [(byte)(texts.Length / 2)];
        for (int i = 0; i < texts.Length; i++)
        {
            int length = texts[i].Length;
            body.AddRange(length < 254 ? [(byte)length] : [254, .. BitConverter.GetBytes(length)]);
            body.AddRange(i % 2 == 1 ? [1, .. Encoding.Latin1.GetBytes(texts[i]), 0xAA]
                : Encoding.Latin1.GetBytes(texts[i]));
        }
        return [.. body, 0xFF];
    }

    public static byte[] IntegerSet(int width, params long[] members) =>
    [
        .. BitConverter.GetBytes(width), .. BitConverter.GetBytes(members.Length),
        .. members.SelectMany(member => BitConverter.GetBytes(member)[..width]),
    ];
}
