namespace Tidelog.Server.Config;

/// <summary>Bounds on the replies waiting for one client; 0 means no bound.</summary>
/// <param name="HardBytes">Disconnected at once.</param>
/// <param name="SoftBytes">Disconnected when above it for <paramref name="SoftSeconds"/> without a break.</param>
/// <param name="SoftSeconds">Seconds.</param>
internal readonly record struct OutputBufferLimit(long HardBytes, long SoftBytes, int SoftSeconds);
