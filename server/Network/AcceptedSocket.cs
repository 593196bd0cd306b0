namespace Tidelog.Server.Network;

/// <summary>A connection just accepted.</summary>
/// <param name="Socket">The poller's handle.</param>
/// <param name="Address">"1.2.3.4:5" or "[::1]:5"; empty for a unix socket.</param>
/// <param name="LocalAddress">The server's end, in the same form.</param>
/// <param name="IsLoopback">It comes from this machine by way of TCP.</param>
internal readonly record struct AcceptedSocket(int Socket, string Address, string LocalAddress, bool IsLoopback);
