using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>Answers many elements of a list as bulk strings, with one look at the reply's room for a run.</summary>
internal static unsafe class ListReply
{
    /// <summary>Bytes around a payload at most: header, line end, the digits of an integer.</summary>
    private const int MaxAround = 32;

    /// <summary>What a copy of a short payload may write behind it.</summary>
    private const int Slack = 32;

    private const ushort LineEnd = 0x0A0D;

    // For each length of an inline string "$length\r\n" in the low bytes, and how many these are in the highest.
    private static readonly ulong* Headers = MakeHeaders();

    /// <param name="first">The first to come: the last of them if <paramref name="backward"/>.</param>
    public static void Write(ReplyWriter reply, in ListRun run, int first, int count, bool backward)
    {
        if (run.HasBlocks)
        {
            WriteEach(reply, run, first, count, backward);
            return;
        }
        Pack pack = run.Pack;
        bool down = backward != run.IsReversed;
        int from = run.PackIndexOf(backward ? first - count + 1 : first, count);
        int bytes = pack.SumOfSizes(from, count);
        byte* position = reply.Open(bytes + ((long)count * (MaxAround + run.PrefixLength)) + Slack);
        byte* payload = pack.Start + pack.OffsetOf(from);
        byte* code = pack.End - 1 - from;
        position = down
            ? WriteDown(position, payload + bytes, code - (count - 1), count, run)
            : WriteUp(position, payload, code, count, run);
        reply.Close(position);
    }

    private static byte* WriteUp(byte* position, byte* payload, byte* codes, int count, in ListRun run)
    {
        byte* limit = run.Pack.End;
        byte* prefix = run.Prefix;
        int prefixLength = run.PrefixLength;
        for (byte* last = codes - count; codes != last; codes--)
        {
            byte code = *codes;
            position = WriteOne(position, payload, code, prefix, prefixLength, limit);
            payload += Element.SizeOf(code);
        }
        return position;
    }

    private static byte* WriteDown(byte* position, byte* payload, byte* codes, int count, in ListRun run)
    {
        byte* limit = run.Pack.End;
        byte* prefix = run.Prefix;
        int prefixLength = run.PrefixLength;
        for (byte* last = codes + count; codes != last; codes++)
        {
            byte code = *codes;
            payload -= Element.SizeOf(code);
            position = WriteOne(position, payload, code, prefix, prefixLength, limit);
        }
        return position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteOne(
        byte* position, byte* payload, byte code, byte* prefix, int prefixLength, byte* limit)
    {
        if (code > Element.MaxInlineLength)
        {
            return WriteInteger(position, new Element(payload, code).Integer);
        }
        ulong header = Headers[code + prefixLength];
        *(ulong*)position = header;
        position += header >> 56;
        if (prefixLength > 0)
        {
            Copy(prefix, position, prefixLength, limit);
            position += prefixLength;
        }
        Copy(payload, position, code, limit);
        position += code;
        *(ushort*)position = LineEnd;
        return position + 2;
    }

    /// <param name="limit">End of the memory that may be read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int length, byte* limit)
    {
        if (length <= Vector128<byte>.Count && from + Vector128<byte>.Count <= limit)
        {
            Vector128.Store(Vector128.Load(from), to);
        }
        else
        {
            Unsafe.CopyBlockUnaligned(to, from, (uint)length);
        }
    }

    private static byte* WriteInteger(byte* position, long integer)
    {
        *position++ = (byte)'$';
        position += Numbers.Format(Numbers.FormattedLength(integer), position);
        *(ushort*)position = LineEnd;
        position += 2;
        position += Numbers.Format(integer, position);
        *(ushort*)position = LineEnd;
        return position + 2;
    }

    private static void WriteEach(ReplyWriter reply, in ListRun run, int first, int count, bool backward)
    {
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        ListElements elements = run.Elements(first, count, backward);
        while (elements.MoveNext())
        {
            reply.Bulk(run.TextOf(elements.Current, scratch));
        }
    }

    private static ulong* MakeHeaders()
    {
        ulong* headers = (ulong*)NativeMemory.AllocZeroed((Element.MaxInlineLength + 1) * sizeof(ulong));
        for (int length = 0; length <= Element.MaxInlineLength; length++)
        {
            byte* text = (byte*)(headers + length);
            text[0] = (byte)'$';
            int digits = Numbers.Format(length, text + 1);
            *(ushort*)(text + 1 + digits) = LineEnd;
            text[7] = (byte)(digits + 3);
        }
        return headers;
    }
}
