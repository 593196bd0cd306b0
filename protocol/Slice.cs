namespace Tidelog.Protocol;

/// <summary>A view of one argument: a range of the buffer that its command was parsed from.</summary>
/// <param name="Offset">First byte, counted from the command's base pointer.</param>
/// <param name="Length">Length in bytes, 0 to <c>proto-max-bulk-len</c>.</param>
public readonly record struct Slice(long Offset, int Length);
