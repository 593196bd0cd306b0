using System.Text;

namespace Tidelog.Server.Commands;

/// <summary>Texts that several families answer with.</summary>
internal static class ReplyText
{
    /// <summary>An argument as C prints it into a message: up to the first zero byte.</summary>
    public static string Of(ReadOnlySpan<byte> argument)
    {
        int zero = argument.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? argument : argument[..zero]);
    }
}
