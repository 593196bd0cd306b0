// Gives back the space of dead records. FASTER's log is freed only at its begin, so the cleaner walks from there: what
// is superseded is dropped, what is live moves to the tail. It keeps pace with what is appended, a bounded piece at a
// time.

namespace Tidelog.Engine.Keyspace;

internal sealed class Cleaner
{
    /// <summary>Dead bytes that are left alone: cleaning little is not worth its look-ups.</summary>
    private const long DeadBytesIgnored = 4 << 20;

    /// <summary>It works while more than 1 byte in this many is dead.</summary>
    private const int DeadShare = 4;

    /// <summary>
    /// The same when memory is short. No less: what the cleaner moves comes before eviction's eyes out of its turn.
    /// </summary>
    private const int UrgentDeadShare = 16;

    /// <summary>In a log of a megabyte and less half of that is left, for little is dear there.</summary>
    private const long UrgentDeadBytesLess = 32 << 10;

    /// <summary>
    /// Budget for each appended byte. A walked byte costs 1, a moved one 4; with three quarters of a page live, a byte
    /// is won for 13 of budget.
    /// </summary>
    private const int BudgetPerByte = 16;

    /// <summary>When memory is short, with fifteen sixteenths live, a byte is won for 61.</summary>
    private const int UrgentBudgetPerByte = 64;

    private const long MinBudget = 16 << 10;

    /// <summary>At most about a third of a millisecond at a time.</summary>
    private const long MaxBudget = 2 << 20;

    /// <summary>The same for a server with nothing else to do; about a millisecond.</summary>
    private const long IdleBudget = 8 << 20;

    /// <summary>
    /// Freed pages wait on the runtime's heap for a full collection; it is asked for when so many have gathered.
    /// </summary>
    private const long UnreturnedLimit = 64 << 20;

    private long _tails;
    private long _mostPageBytes;

    /// <summary>Cleans in proportion to what was appended since the last call; at the end of a turn.</summary>
    /// <param name="urgent">Clean down to a small rest: memory is short.</param>
    /// <param name="idle">Nothing else is to be done: take a full budget.</param>
    public void Run(List<Store> stores, bool urgent, bool idle)
    {
        long tails = TailsOf(stores);
        long budget = idle
            ? IdleBudget
            : Math.Min(
                (Math.Max(0, tails - _tails) * (urgent ? UrgentBudgetPerByte : BudgetPerByte)) + MinBudget, MaxBudget);
        foreach (Store store in stores)
        {
            long limit = urgent
                ? Math.Max(
                    store.LogBytes / (2 * UrgentDeadShare), (store.LogBytes / UrgentDeadShare) - UrgentDeadBytesLess)
                : Math.Max(DeadBytesIgnored, store.LogBytes / DeadShare);
            if (store.ImmutableBelow == 0 && store.DeadBytes > limit && budget > 0)
            {
                budget = store.Oldest.Clean(budget);
            }
        }

        // What the cleaner itself appended is not load.
        _tails = TailsOf(stores);
    }

    /// <summary>
    /// Lets the runtime give freed pages back to the system. Without it they would wait for a full collection, which a
    /// server that allocates nothing may never need. It runs beside the writer; it has few objects to look at.
    /// </summary>
    /// <param name="pageBytes">Bytes of the pages in use.</param>
    public void ReturnMemory(long pageBytes)
    {
        _mostPageBytes = Math.Max(_mostPageBytes, pageBytes);
        if (_mostPageBytes - pageBytes > Math.Max(UnreturnedLimit, pageBytes / DeadShare))
        {
            _mostPageBytes = pageBytes;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }
    }

    private static long TailsOf(List<Store> stores)
    {
        long tails = 0;
        foreach (Store store in stores)
        {
            tails += store.TailAddress;
        }
        return tails;
    }
}
