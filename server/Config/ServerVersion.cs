namespace Tidelog.Server.Config;

/// <summary>What the server is, and what it answers as.</summary>
internal static class ServerVersion
{
    public const string Tidelog = "0.1.0";

    /// <summary>The Redis whose behaviour this is; clients and tools see it as <c>redis_version</c>.</summary>
    public const string Redis = "7.0.15";

    /// <summary>The line that <c>--version</c> prints.</summary>
    public static string Line =>
        $"Tidelog server v={Tidelog} redis={Redis} runtime={Environment.Version} bits={IntPtr.Size * 8}";
}
