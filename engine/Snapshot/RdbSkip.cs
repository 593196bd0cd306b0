namespace Tidelog.Engine.Snapshot;

/// <summary>Passes over values: follows their lengths, and does not look into strings and packed encodings.</summary>
internal readonly struct RdbSkip(RdbInput input)
{
    private const int IdSize = 16;

    private readonly RdbStrings _strings = new(input);

    public void Value(RdbType type)
    {
        switch (type)
        {
            case RdbType.List or RdbType.Set or RdbType.QuickList:
                Strings(input.Count(1, "a number of elements"));
                break;
            case RdbType.Hash:
                Strings(2 * input.Count(2, "a number of fields"));
                break;
            case RdbType.SortedSet or RdbType.SortedSet2:
                SortedSet(type == RdbType.SortedSet);
                break;
            case RdbType.QuickList2:
                for (long nodes = input.Count(2, "a number of nodes"); nodes > 0; nodes--)
                {
                    _ = input.Length("how a node is stored");
                    _strings.Skip();
                }
                break;
            case RdbType.Stream or RdbType.Stream2 or RdbType.Stream3:
                Stream(type);
                break;
            default:
                _strings.Skip();
                break;
        }
    }

    private void Strings(long count)
    {
        for (; count > 0; count--)
        {
            _strings.Skip();
        }
    }

    private void SortedSet(bool textScores)
    {
        for (long count = input.Count(2, "a number of members"); count > 0; count--)
        {
            _strings.Skip();
            int score = textScores ? input.Byte("the length of a score") : sizeof(double);
            _ = input.Bytes(score >= 253 ? 0 : score, "a score");
        }
    }

    private void Stream(RdbType type)
    {
        Strings(2 * input.Count(2, "a number of listpacks"));
        Numbers(type == RdbType.Stream ? 3 : 8);
        for (long groups = input.Count(5, "a number of groups"); groups > 0; groups--)
        {
            _strings.Skip();
            Numbers(type == RdbType.Stream ? 2 : 3);
            for (long pending = input.Count(IdSize, "a number of pending entries"); pending > 0; pending--)
            {
                input.Skip(IdSize + sizeof(long));
                Numbers(1);
            }
            for (long consumers = input.Count(1, "a number of consumers"); consumers > 0; consumers--)
            {
                _strings.Skip();
                input.Skip((type == RdbType.Stream3 ? 2UL : 1UL) * sizeof(long));
                long pending = input.Count(IdSize, "a number of pending entries");
                input.Skip((ulong)pending * IdSize);
            }
        }
    }

    private void Numbers(int count)
    {
        for (; count > 0; count--)
        {
            _ = input.Length("a number of a stream");
        }
    }
}
