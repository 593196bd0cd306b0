using System.Buffers.Binary;
using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;

namespace Tidelog.Tests.Snapshot;

/// <summary>
/// Writes the packed encodings and the payloads of DUMP. Texts are bytes, one character each (Latin-1).
/// </summary>
internal static unsafe class PackedBlobs
{
    private const int PayloadVersion = 10;

    public static byte[] ListPack(IReadOnlyCollection<string> texts)
    {
        byte[] elements = new byte[texts.Sum(text => ListPackElement.SizeOf(Bytes(text)))];
        fixed (byte* start = elements)
        {
            byte* at = start;
            foreach (string text in texts)
            {
                at = ListPackElement.Write(at, Bytes(text));
            }
        }
        byte[] count = Low((ulong)Math.Min(texts.Count, ushort.MaxValue), 2);
        return [.. Low((ulong)elements.Length + 7, 4), .. count, .. elements, 0xFF];
    }

    /// <param name="longPrevious">Lengths of the element in front take five bytes, even if one were enough.</param>
    public static byte[] ZipList(IReadOnlyCollection<string> texts, bool longPrevious = false)
    {
        List<byte> elements = [];
        int previous = 0;
        foreach (string text in texts)
        {
            int start = elements.Count;
            elements.AddRange(previous < 254 && !longPrevious ? [(byte)previous] : [254, .. Low((ulong)previous, 4)]);
            elements.AddRange(ZipListEntry(text));
            previous = elements.Count - start;
        }
        byte[] count = Low((ulong)Math.Min(texts.Count, ushort.MaxValue), 2);
        byte[] last = Low((ulong)(10 + elements.Count - previous), 4);
        return [.. Low((ulong)elements.Count + 11, 4), .. last, .. count, .. elements, 0xFF];
    }

    /// <param name="unused">Bytes behind each value that are not used.</param>
    public static byte[] ZipMap(IReadOnlyList<string> fieldsAndValues, int unused = 0)
    {
        List<byte> elements = [];
        for (int i = 0; i < fieldsAndValues.Count; i++)
        {
            byte[] text = Bytes(fieldsAndValues[i]);
            elements.AddRange(text.Length < 254 ? [(byte)text.Length] : [254, .. Low((ulong)text.Length, 4)]);
            elements.AddRange(i % 2 == 0 ? [] : [(byte)unused]);
            elements.AddRange(text);
            elements.AddRange(Enumerable.Repeat((byte)'-', i % 2 == 0 ? 0 : unused));
        }
        return [(byte)Math.Min(254, fieldsAndValues.Count / 2), .. elements, 0xFF];
    }

    public static byte[] IntegerSet(IEnumerable<long> members)
    {
        long[] sorted = [.. members.Distinct().Order()];
        int width = sorted.All(member => member == (short)member) ? 2
            : sorted.All(member => member == (int)member) ? 4 : 8;
        IEnumerable<byte> integers = sorted.SelectMany(member => Low((ulong)member, width));
        return [.. Low((ulong)width, 4), .. Low((ulong)sorted.Length, 4), .. integers];
    }

    /// <summary>A length in the form of RDB.</summary>
    public static byte[] Length(int length)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return length < 64 ? [(byte)length]
            : length < 1 << 14 ? [(byte)(0x40 | (length >> 8)), (byte)length]
            : [0x80, .. bytes];
    }

    public static byte[] String(byte[] bytes) => [.. Length(bytes.Length), .. bytes];

    /// <summary>Adds version and checksum.</summary>
    public static byte[] Payload(RdbType type, params byte[][] value)
    {
        byte[] payload = [(byte)type, .. value.SelectMany(part => part), PayloadVersion, 0];
        return [.. payload, .. Low(Crc64.Append(0, payload), 8)];
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] ZipListEntry(string text)
    {
        byte[] bytes = Bytes(text);
        if (bytes.Length <= 20 && long.TryParse(text, out long integer) && $"{integer}" == text)
        {
            return integer switch
            {
                >= 0 and <= 12 => [(byte)(0xF1 + integer)],
                >= sbyte.MinValue and <= sbyte.MaxValue => [0xFE, (byte)integer],
                >= short.MinValue and <= short.MaxValue => [0xC0, .. Low((ulong)integer, 2)],
                >= -(1 << 23) and < 1 << 23 => [0xF0, .. Low((ulong)integer, 3)],
                >= int.MinValue and <= int.MaxValue => [0xD0, .. Low((ulong)integer, 4)],
                _ => [0xE0, .. Low((ulong)integer, 8)],
            };
        }
        byte[] big = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(big, bytes.Length);
        return bytes.Length < 64 ? [(byte)bytes.Length, .. bytes]
            : bytes.Length < 1 << 14 ? [(byte)(0x40 | (bytes.Length >> 8)), (byte)bytes.Length, .. bytes]
            : [0x80, .. big, .. bytes];
    }

    private static byte[] Low(ulong value, int bytes)
    {
        byte[] all = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(all, value);
        return all[..bytes];
    }
}
