using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>Elements of any length in the packs of heap values: long ones are blocks of their own.</summary>
internal static unsafe class HeapPack
{
    /// <summary>Inserts a text that fits (<see cref="Pack.SizeOf"/>).</summary>
    public static void Insert(ref Pack pack, int index, in PackedText text, ValueHeap heap, HeapValue* owner)
    {
        if (!text.IsBlock)
        {
            pack.Insert(index, text);
            return;
        }
        byte* payload = stackalloc byte[Element.BlockPayloadSize];
        pack.Insert(index, NewBlock(text.Bytes, payload, heap, owner));
    }

    /// <summary>Inserts a text that fits behind the last element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(ref Pack pack, in PackedText text, ValueHeap heap, HeapValue* owner)
    {
        if (text.IsBlock)
        {
            Insert(ref pack, pack.Count, text, heap, owner);
        }
        else
        {
            pack.Append(text);
        }
    }

    /// <summary>Puts a text that fits in an element's place, and frees what was there.</summary>
    public static void Replace(ref Pack pack, int index, in PackedText text, ValueHeap heap, HeapValue* owner)
    {
        Element old = pack.At(index);
        HeapNode* freed = old.IsBlock ? old.Block : null;
        if (text.IsBlock)
        {
            byte* payload = stackalloc byte[Element.BlockPayloadSize];
            pack.Replace(index, NewBlock(text.Bytes, payload, heap, owner));
        }
        else
        {
            pack.Replace(index, text);
        }
        if (freed != null)
        {
            heap.Free(owner, freed);
        }
    }

    /// <summary>Removes elements and frees their blocks.</summary>
    public static void Remove(ref Pack pack, int index, int count, ValueHeap heap, HeapValue* owner)
    {
        for (int i = index; i < index + count; i++)
        {
            if (pack.CodeAt(i) == Element.BlockCode)
            {
                heap.Free(owner, pack.At(i).Block);
            }
        }
        pack.Remove(index, count);
    }

    /// <summary>Frees all blocks of a pack that goes as a whole.</summary>
    public static void Release(in Pack pack, ValueHeap heap, HeapValue* owner)
    {
        for (int i = 0; i < pack.Count; i++)
        {
            if (pack.CodeAt(i) == Element.BlockCode)
            {
                heap.Free(owner, pack.At(i).Block);
            }
        }
    }

    /// <summary>Frees all blocks of a pack that goes as a whole, on any thread; nothing is counted.</summary>
    public static void FreeBlocks(in Pack pack)
    {
        for (int i = 0; i < pack.Count; i++)
        {
            if (pack.CodeAt(i) == Element.BlockCode)
            {
                NativeMemory.Free(pack.At(i).Block);
            }
        }
    }

    /// <summary>Gives a pack that was copied byte by byte blocks of its own.</summary>
    public static void CloneBlocks(in Pack pack, ValueHeap heap, HeapValue* owner)
    {
        byte* payload = stackalloc byte[Element.BlockPayloadSize];
        for (int i = 0; i < pack.Count; i++)
        {
            if (pack.CodeAt(i) == Element.BlockCode)
            {
                Element element = pack.At(i);
                _ = NewBlock(element.Bytes, payload, heap, owner);
                *(long*)element.Payload = *(long*)payload;
            }
        }
    }

    private static Element NewBlock(ReadOnlySpan<byte> bytes, byte* payload, ValueHeap heap, HeapValue* owner)
    {
        HeapNode* block = heap.New(owner, HeapNode.HeaderSize + bytes.Length);
        bytes.CopyTo(new Span<byte>((byte*)block + HeapNode.HeaderSize, bytes.Length));
        *(HeapNode**)payload = block;
        *(int*)(payload + 8) = bytes.Length;
        return new Element(payload, Element.BlockCode);
    }
}
