// Positions on the globe as numbers whose order keeps near places together mostly, and the distances between them. The
// arithmetic follows redis's operation by operation: scores, and what is printed of distances, must be the same to the
// last bit (Redis 7.0 geohash.c, geohash_helper.c).
//
// A hash of N steps is 2N bits: N of the longitude's place within its range in the odd places, from the top, and N of
// the latitude's in the even ones.

namespace Tidelog.Engine.Commands;

/// <summary>A range of degrees that hashes divide.</summary>
internal readonly record struct GeoRange(double Minimum, double Maximum)
{
    public static readonly GeoRange Longitude = new(-180, 180);

    /// <summary>The square projection of the web's maps ends here.</summary>
    public static readonly GeoRange Latitude = new(-85.05112878, 85.05112878);

    public double Length => Maximum - Minimum;

    public bool Contains(double degrees) => degrees >= Minimum && degrees <= Maximum;
}

/// <summary>A place in degrees.</summary>
internal readonly record struct GeoPosition(double Longitude, double Latitude)
{
    public bool IsPossible => GeoRange.Longitude.Contains(Longitude) && GeoRange.Latitude.Contains(Latitude);

    /// <summary>The middle of the cell that a score stands for.</summary>
    public static GeoPosition OfScore(double score)
    {
        (GeoRange longitude, GeoRange latitude) = new GeoHash(BitsOf(score), GeoHash.MaxStep).Area();
        return new GeoPosition(
            Math.Clamp((longitude.Minimum + longitude.Maximum) / 2,
                GeoRange.Longitude.Minimum, GeoRange.Longitude.Maximum),
            Math.Clamp((latitude.Minimum + latitude.Maximum) / 2,
                GeoRange.Latitude.Minimum, GeoRange.Latitude.Maximum));
    }

    /// <summary>
    /// What C on x86-64 makes of a score that is an integer from 0 on, and of the others too, which are no positions.
    /// </summary>
    private static ulong BitsOf(double score)
    {
        const double TwoTo63 = 9223372036854775808.0;
        return score < TwoTo63 ? ToInt64(score) : ToInt64(score - TwoTo63) ^ (1UL << 63);
    }

    private static ulong ToInt64(double value) =>
        value is >= -9223372036854775808.0 and < 9223372036854775808.0 ? (ulong)(long)value : 1UL << 63;
}

/// <summary>A cell of the globe.</summary>
/// <param name="Step">How often both ranges were halved; 0 for no cell.</param>
internal readonly record struct GeoHash(ulong Bits, int Step)
{
    /// <summary>52 bits, which a score keeps exactly.</summary>
    public const int MaxStep = 26;

    private const ulong LongitudeBits = 0xAAAA_AAAA_AAAA_AAAA;
    private const ulong LatitudeBits = 0x5555_5555_5555_5555;

    /// <summary>No cell, as against the first one of all, whose bits are 0 too.</summary>
    public bool IsNone => Bits == 0 && Step == 0;

    /// <summary>The cell's bits as the upper ones of a score.</summary>
    public ulong Score => Bits << (52 - (Step * 2));

    /// <summary>The score behind the cell's last.</summary>
    public ulong EndScore => (Bits + 1) << (52 - (Step * 2));

    public static GeoHash Of(GeoPosition position, int step) =>
        Of(position, step, GeoRange.Longitude, GeoRange.Latitude);

    public static GeoHash Of(GeoPosition position, int step, GeoRange longitude, GeoRange latitude)
    {
        double latitudeOffset = (position.Latitude - latitude.Minimum) / latitude.Length;
        double longitudeOffset = (position.Longitude - longitude.Minimum) / longitude.Length;
        latitudeOffset *= 1UL << step;
        longitudeOffset *= 1UL << step;
        return new GeoHash(Spread((uint)latitudeOffset) | (Spread((uint)longitudeOffset) << 1), step);
    }

    /// <summary>The ranges that the cell spans.</summary>
    public (GeoRange Longitude, GeoRange Latitude) Area() => (
        Part(Gather(Bits >> 1), GeoRange.Longitude),
        Part(Gather(Bits), GeoRange.Latitude));

    /// <summary>A cell beside this one.</summary>
    /// <param name="east">1 to the east, -1 to the west, 0 for neither.</param>
    /// <param name="north">1 to the north, -1 to the south, 0 for neither.</param>
    public GeoHash Neighbour(int east, int north)
    {
        int unused = 64 - (Step * 2);
        ulong longitude = Moved(Bits & LongitudeBits, east, LatitudeBits >> unused, LongitudeBits >> unused);
        ulong latitude = Moved(Bits & LatitudeBits, north, LongitudeBits >> unused, LatitudeBits >> unused);
        return new GeoHash(longitude | latitude, Step);
    }

    /// <summary>Counts in bits that lie apart: ones between them hand the carry on.</summary>
    private static ulong Moved(ulong bits, int direction, ulong between, ulong own) => direction switch
    {
        0 => bits,
        > 0 => (bits + between + 1) & own,
        _ => ((bits | between) - (between + 1)) & own,
    };

    private GeoRange Part(uint number, GeoRange range)
    {
        ulong parts = 1UL << Step;
        return new GeoRange(
            range.Minimum + (number * 1.0 / parts * range.Length),
            range.Minimum + ((number + 1) * 1.0 / parts * range.Length));
    }

    /// <summary>Puts the bits of a number in the even places.</summary>
    private static ulong Spread(uint number)
    {
        ulong bits = number;
        bits = (bits | (bits << 16)) & 0x0000_FFFF_0000_FFFF;
        bits = (bits | (bits << 8)) & 0x00FF_00FF_00FF_00FF;
        bits = (bits | (bits << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        bits = (bits | (bits << 2)) & 0x3333_3333_3333_3333;
        return (bits | (bits << 1)) & 0x5555_5555_5555_5555;
    }

    /// <summary>The number in the even places.</summary>
    private static uint Gather(ulong bits)
    {
        bits &= 0x5555_5555_5555_5555;
        bits = (bits | (bits >> 1)) & 0x3333_3333_3333_3333;
        bits = (bits | (bits >> 2)) & 0x0F0F_0F0F_0F0F_0F0F;
        bits = (bits | (bits >> 4)) & 0x00FF_00FF_00FF_00FF;
        bits = (bits | (bits >> 8)) & 0x0000_FFFF_0000_FFFF;
        return (uint)(bits | (bits >> 16));
    }
}

/// <summary>Distances on a globe, in meters.</summary>
internal static class GeoDistance
{
    public const double EarthRadius = 6372797.560856;
    private const double RadiansPerDegree = Math.PI / 180.0;

    public static double Between(GeoPosition a, GeoPosition b)
    {
        double longitudeA = ToRadians(a.Longitude);
        double longitudeB = ToRadians(b.Longitude);
        double v = Math.Sin((longitudeB - longitudeA) / 2);
        if (v == 0)
        {
            return BetweenLatitudes(a.Latitude, b.Latitude);
        }
        double latitudeA = ToRadians(a.Latitude);
        double latitudeB = ToRadians(b.Latitude);
        double u = Math.Sin((latitudeB - latitudeA) / 2);
        double h = (u * u) + (Math.Cos(latitudeA) * Math.Cos(latitudeB) * v * v);
        return 2.0 * EarthRadius * Math.Asin(Math.Sqrt(h));
    }

    public static double BetweenLatitudes(double a, double b) => EarthRadius * Math.Abs(ToRadians(b) - ToRadians(a));

    public static double ToRadians(double degrees) => degrees * RadiansPerDegree;

    public static double ToDegrees(double radians) => radians / RadiansPerDegree;
}
