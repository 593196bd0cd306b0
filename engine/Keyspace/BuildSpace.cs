using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// Memory in which a small value comes together before its size is known, used again for the next. A keyspace has one
/// writer, so one is enough.
/// </summary>
internal sealed unsafe class BuildSpace
{
    /// <summary>
    /// Bytes at <see cref="Elements"/>: four times what a record holds, since integers come in full width.
    /// </summary>
    public const int ElementsSize = 64 * 1024;

    /// <summary>Bytes at <see cref="Seen"/>.</summary>
    public const int SeenSize = 8 * 1024;

    // Pinned, and the collector's to free with the keyspace.
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(ElementsSize + SeenSize + 8, pinned: true);

    /// <summary>For the elements, whatever their form.</summary>
    public byte* Elements => (byte*)(((nint)Unsafe.AsPointer(ref _memory[0]) + 7) & ~7);

    /// <summary>For a filter of what was there before.</summary>
    public byte* Seen => Elements + ElementsSize;
}
