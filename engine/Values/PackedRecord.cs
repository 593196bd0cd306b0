// The payload of a record that holds a small collection: two 2-byte numbers (elements, bytes of their payloads), then a
// pack over all the rest of the record.

using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>Small collections inside their record.</summary>
internal static unsafe class PackedRecord
{
    /// <summary>Most bytes of a packed collection; a bigger one is a heap value whatever the thresholds say.</summary>
    public const int MaxRoom = Store.MaxInlineValue;

    private const int HeaderSize = 4;

    /// <summary>Room that a record needs for elements.</summary>
    /// <param name="packed">Their payloads and codes: <see cref="Pack.Needed"/>.</param>
    public static int RoomFor(int packed) => HeaderSize + packed;

    /// <summary>The same with some more to grow, for a collection that has shown that it does.</summary>
    public static int RoomToGrow(int packed) => Math.Min(RoomFor(packed + (packed / 4) + 8), MaxRoom);

    public static Pack PackOf(Record record)
    {
        byte* payload = record.Payload;
        return new Pack(
            payload + HeaderSize, payload + record.PayloadLength, *(ushort*)payload, *(ushort*)(payload + 2));
    }

    /// <summary>Stores what a change of the pack made of its count and size.</summary>
    public static void Save(Record record, in Pack pack)
    {
        byte* payload = record.Payload;
        *(ushort*)payload = checked((ushort)pack.Count);
        *(ushort*)(payload + 2) = checked((ushort)pack.Used);
    }

    /// <summary>Makes a new record's pack empty.</summary>
    public static Pack Clear(Record record)
    {
        *(uint*)record.Payload = 0;
        return PackOf(record);
    }

    /// <summary>
    /// The record, or a copy of it with more room, whose pack may be changed and has some bytes free. They fit:
    /// <see cref="RoomFor"/> them is at most <see cref="MaxRoom"/>. The caller saves the pack.
    /// </summary>
    public static Record MakeRoom(Database database, Record record, int more, out Pack pack)
    {
        pack = PackOf(record);
        if (pack.Free >= more)
        {
            record = database.MakeMutable(record);
            pack = PackOf(record);
            return record;
        }
        return WithRoom(database, record, RoomToGrow(pack.Needed + more), ref pack);
    }

    /// <summary>Removes elements and gives the room back when it has become much.</summary>
    public static Record Remove(Database database, Record record, int index, int count)
    {
        record = database.MakeMutable(record);
        Pack pack = PackOf(record);
        pack.Remove(index, count);
        if (IsWasteful(record, RoomFor(pack.Needed)))
        {
            record = WithRoom(database, record, RoomToGrow(pack.Needed), ref pack);
        }
        Save(record, pack);
        return record;
    }

    /// <summary>True if a payload is so much longer than it needs that the record should be written again.</summary>
    public static bool IsWasteful(Record record, int needed) => record.PayloadLength > (2 * needed) + 64;

    private static Record WithRoom(Database database, Record record, int room, ref Pack pack)
    {
        Record changed = database.ChangeRoom(record, room);
        Pack copy = Clear(changed);
        copy.Append(pack, 0, pack.Count);
        pack = copy;
        return changed;
    }
}
