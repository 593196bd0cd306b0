using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>
/// A score as an element of a pack: a whole number as an integer, another as the 4 bytes of a float if that is exact,
/// else as the 8 of a double.
/// </summary>
internal static unsafe class SortedScore
{
    /// <summary>Room for <see cref="ToText"/>.</summary>
    public const int ScratchLength = sizeof(double);

    /// <summary>Whole numbers up to here are doubles exactly, and no two have the same.</summary>
    private const double MaxInteger = 1L << 53;

    public static double Read(Element element) => element.IsInteger ? element.Integer
        : element.Code == sizeof(float) ? *(float*)element.Payload
        : *(double*)element.Payload;

    /// <param name="scratch">Outlives the result.</param>
    public static PackedText ToText(double score, byte* scratch)
    {
        if (Math.Abs(score) <= MaxInteger && Math.Floor(score) == score && !Doubles.IsNegativeZero(score)
            && (Math.Abs(score) < int.MaxValue || (float)score != score))
        {
            return new PackedText((long)score);
        }
        float narrow = (float)score;
        if (narrow == score)
        {
            *(float*)scratch = narrow;
            return PackedText.Binary(new ReadOnlySpan<byte>(scratch, sizeof(float)));
        }
        *(double*)scratch = score;
        return PackedText.Binary(new ReadOnlySpan<byte>(scratch, sizeof(double)));
    }
}
