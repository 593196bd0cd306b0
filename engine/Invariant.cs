using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Tidelog.Engine;

/// <summary>Checks of what must hold whatever a client, a peer or a disk does. They stay on in Release.</summary>
public static class Invariant
{
    /// <exception cref="InvariantException">
    /// The condition does not hold: a bug of ours, never the client's mistake.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Require(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition)
        {
            Fail(text);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(string? text) => throw new InvariantException($"invariant broken: {text}");
}

public sealed class InvariantException(string message) : Exception(message);
