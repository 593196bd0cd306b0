namespace Tidelog.Engine.Commands;

/// <summary>The area that GEOSEARCH looks in: a circle, or a box along the compass.</summary>
internal struct GeoArea
{
    private const double MercatorEnd = 20037726.37;

    public GeoPosition Center;
    public bool IsBox;

    /// <summary>In the unit, as are the others.</summary>
    public double Radius;
    public double Width;
    public double Height;

    /// <summary>Meters of the unit.</summary>
    public double Unit;

    /// <summary>Is a place within the area?</summary>
    /// <param name="distance">From the center, in meters.</param>
    public readonly bool Contains(GeoPosition position, out double distance)
    {
        distance = 0;
        if (!IsBox)
        {
            distance = GeoDistance.Between(Center, position);
            return !(distance > Radius * Unit);
        }
        if (GeoDistance.BetweenLatitudes(position.Latitude, Center.Latitude) > Height * Unit / 2)
        {
            return false;
        }
        GeoPosition sameLatitude = Center with { Latitude = position.Latitude };
        if (GeoDistance.Between(position, sameLatitude) > Width * Unit / 2)
        {
            return false;
        }
        distance = GeoDistance.Between(Center, position);
        return true;
    }

    /// <summary>Fills in the nine cells that cover the area; those not needed are none.</summary>
    public readonly void Cover(Span<GeoHash> cells)
    {
        (double west, double south, double east, double north) = Bounds();
        double reach = Unit * (IsBox ? Math.Sqrt((Width / 2 * (Width / 2)) + (Height / 2 * (Height / 2))) : Radius);
        int step = StepFor(reach);
        GeoHash hash = GeoHash.Of(Center, step);
        if (step > 1 && IsTooSmall(hash, west, south, east, north))
        {
            step--;
            hash = GeoHash.Of(Center, step);
        }
        (GeoRange longitude, GeoRange latitude) = hash.Area();
        bool mayLeaveOut = step >= 2;
        bool noSouth = mayLeaveOut && latitude.Minimum < south;
        bool noNorth = mayLeaveOut && latitude.Maximum > north;
        bool noWest = mayLeaveOut && longitude.Minimum < west;
        bool noEast = mayLeaveOut && longitude.Maximum > east;
        GeoHash Cell(int toEast, int toNorth, bool isNeedless) =>
            isNeedless ? default : hash.Neighbour(toEast, toNorth);

        cells[0] = hash;
        cells[1] = Cell(0, 1, noNorth);
        cells[2] = Cell(0, -1, noSouth);
        cells[3] = Cell(1, 0, noEast);
        cells[4] = Cell(-1, 0, noWest);
        cells[5] = Cell(1, 1, noNorth || noEast);
        cells[6] = Cell(-1, 1, noNorth || noWest);
        cells[7] = Cell(1, -1, noSouth || noEast);
        cells[8] = Cell(-1, -1, noSouth || noWest);
    }

    private readonly (double West, double South, double East, double North) Bounds()
    {
        double height = Unit * (IsBox ? Height / 2 : Radius);
        double width = Unit * (IsBox ? Width / 2 : Radius);
        double latitudes = GeoDistance.ToDegrees(height / GeoDistance.EarthRadius);

        // A degree of longitude is shortest at the side that is nearer to the pole.
        double edge = Center.Latitude < 0 ? Center.Latitude - latitudes : Center.Latitude + latitudes;
        double longitudes = GeoDistance.ToDegrees(
            width / GeoDistance.EarthRadius / Math.Cos(GeoDistance.ToRadians(edge)));
        return (Center.Longitude - longitudes, Center.Latitude - latitudes,
            Center.Longitude + longitudes, Center.Latitude + latitudes);
    }

    /// <summary>How finely to divide the globe so that a cell and its neighbours surely span the reach.</summary>
    private readonly int StepFor(double reach)
    {
        if (reach == 0)
        {
            return GeoHash.MaxStep;
        }
        int step = 1;
        for (; reach < MercatorEnd; reach *= 2)
        {
            step++;
        }
        step -= 2;

        // Towards the poles cells are narrower.
        double latitude = Math.Abs(Center.Latitude);
        step -= latitude > 80 ? 2 : latitude > 66 ? 1 : 0;
        return Math.Clamp(step, 1, GeoHash.MaxStep);
    }

    private static bool IsTooSmall(GeoHash hash, double west, double south, double east, double north) =>
        hash.Neighbour(0, 1).Area().Latitude.Maximum < north
        || hash.Neighbour(0, -1).Area().Latitude.Minimum > south
        || hash.Neighbour(1, 0).Area().Longitude.Maximum < east
        || hash.Neighbour(-1, 0).Area().Longitude.Minimum > west;
}
