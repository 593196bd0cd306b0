namespace Tidelog.Server.Config;

/// <summary>A snapshot is due once so many changes happened and the last one is so many seconds ago.</summary>
internal readonly record struct SavePoint(long Seconds, int Changes);
