using System.Buffers.Binary;
using System.Net;

namespace Tidelog.Server.Network;

/// <summary>Reads the system's form of a socket's address.</summary>
internal static class SocketAddress
{
    public const int MaxLength = 128;

    /// <returns>"1.2.3.4:5" or "[::1]:5" and whether it is a loopback address; empty for other families.</returns>
    public static (string Text, bool IsLoopback) Read(ReadOnlySpan<byte> address)
    {
        if (address.Length < 8)
        {
            return ("", false);
        }
        int family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        if (family == LinuxApi.FamilyInet)
        {
            IPAddress ip = new(address.Slice(4, 4));
            return ($"{ip}:{port}", IPAddress.IsLoopback(ip));
        }
        if (family == LinuxApi.FamilyInet6 && address.Length >= 24)
        {
            IPAddress ip = new(address.Slice(8, 16));
            return ($"[{ip}]:{port}", IPAddress.IsLoopback(ip));
        }
        return ("", false);
    }
}
