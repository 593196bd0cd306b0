namespace Tidelog.Engine.Values;

/// <summary>An entry of a chunk that is being read; good until the chunk is changed.</summary>
internal unsafe struct StreamEntry
{
    public StreamId Id;
    public bool IsDeleted;

    /// <summary>Pairs of field and value that are left to read.</summary>
    public long FieldCount;

    /// <summary>Next field of the chunk's master fields, or null if the entry has fields of its own.</summary>
    public byte* MasterFields;

    /// <summary>What is left of the entry's own elements.</summary>
    public byte* Values;

    /// <summary>Reads the next pair.</summary>
    public void Read(out ListPackElement field, out ListPackElement value)
    {
        if (MasterFields != null)
        {
            field = new ListPackElement(MasterFields);
            MasterFields = field.Next;
        }
        else
        {
            field = new ListPackElement(Values);
            Values = field.Next;
        }
        value = new ListPackElement(Values);
        Values = value.Next;
        FieldCount--;
    }

    /// <summary>Passes over what is left of the entry.</summary>
    /// <returns>Where the next entry begins.</returns>
    public byte* SkipToEnd()
    {
        for (long left = MasterFields != null ? FieldCount : 2 * FieldCount; left >= 0; left--)
        {
            Values = new ListPackElement(Values).Next;
        }
        return Values;
    }
}
