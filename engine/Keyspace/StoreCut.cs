// What a cut means to the records of one log.
//
//  - Below ImmutableBelow, the tail at the time of the cut, no record is changed while the cut lasts. One that is
//    replaced or deleted is superseded with the cut's generation: it is dead, but the cut sees it. One that was dead
//    before has another generation: 0 if no cut was there, else that of an older one.
//  - A generation is one byte, so it is given again after 254 other cuts. What an older cut of this number left in the
//    log would then come to life again. So whoever walks a cut clears the generations of the dead that he passes, and a
//    generation is given again only after such a walk; if none is left, everything is cleared at once, which takes
//    as long as reading the log. That needs 254 cuts that nobody walked to their end.

using System.Collections;

namespace Tidelog.Engine.Keyspace;

/// <summary>The cut that a snapshot sees the records of a store at.</summary>
internal sealed class StoreCut(RecordLog log)
{
    private const int Generations = byte.MaxValue + 1;

    /// <summary>Generations that superseded records may have.</summary>
    private readonly BitArray _given = new(Generations);

    /// <summary>Records below this address belong to the cut; 0 while there is none.</summary>
    public long ImmutableBelow { get; private set; }

    /// <summary>Number of the newest cut: what a record of it that is superseded now is marked with.</summary>
    public byte Generation { get; private set; }

    /// <summary>Bytes of records that only the cut still needs.</summary>
    public long SupersededBytes { get; private set; }

    public void Begin()
    {
        Invariant.Require(ImmutableBelow == 0);
        int next = Next();
        if (next == 0)
        {
            ClearAll();
            next = Next();
        }
        Generation = (byte)next;
        _given[next] = true;
        ImmutableBelow = log.TailAddress;
        log.IsHeld = true;
    }

    /// <param name="isWalked">The cut was walked to its end: no other generation than its own is left.</param>
    public void End(bool isWalked)
    {
        ImmutableBelow = 0;
        log.IsHeld = false;
        SupersededBytes = 0;
        if (isWalked)
        {
            _given.SetAll(false);
            _given[Generation] = true;
        }
    }

    public void Supersede(Record record)
    {
        if (record.Address < ImmutableBelow)
        {
            SupersededBytes += record.Size;
            record.Supersede(Generation);
        }
        else
        {
            record.Supersede(0);
        }
    }

    private int Next()
    {
        for (int i = 1; i < Generations; i++)
        {
            // 0 is no cut's.
            int next = (Generation + i) % Generations;
            if (next != 0 && !_given[next])
            {
                return next;
            }
        }
        return 0;
    }

    private void ClearAll()
    {
        long address = log.BeginAddress;
        while (log.TryReadAt(ref address, log.TailAddress, out Record record))
        {
            record.SupersededGeneration = 0;
            address += record.Size;
        }
        _given.SetAll(false);
    }
}
