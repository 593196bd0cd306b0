namespace Tidelog.Engine.Snapshot;

/// <summary>What modules put into RDB files: values that are not read, and notes that can be passed over.</summary>
internal readonly struct RdbModules(RdbInput input)
{
    private enum Part : ulong
    {
        End = 0,
        SignedInteger = 1,
        UnsignedInteger = 2,
        Float = 3,
        Double = 4,
        String = 5,
    }

    /// <summary>The error for a value of a module, whose ID is next.</summary>
    public CorruptDataException Refuse(long offset) => input.Corrupt(
        offset, "a value of a type that redis has itself",
        $"one of module type \"{Name(input.Length("the ID of a module"))}\": values of modules are not supported");

    /// <summary>Passes over what a module keeps beside the keys.</summary>
    public void SkipNote()
    {
        _ = input.Length("the ID of a module");
        long offset = input.Offset;
        Part when = (Part)input.Length("an integer of a module");
        if (when != Part.UnsignedInteger)
        {
            throw input.Corrupt(offset, "2, for an integer of a module", $"{(ulong)when}");
        }
        _ = input.Length("when a module wrote a note");
        while (SkipPart())
        {
        }
    }

    /// <returns>False at the end.</returns>
    private bool SkipPart()
    {
        long offset = input.Offset;
        Part part = (Part)input.Length("a part of a module's data");
        switch (part)
        {
            case Part.End:
                return false;
            case Part.SignedInteger or Part.UnsignedInteger:
                _ = input.Length("an integer of a module");
                return true;
            case Part.Float:
                _ = input.Bytes(sizeof(float), "a number of a module");
                return true;
            case Part.Double:
                _ = input.Bytes(sizeof(double), "a number of a module");
                return true;
            case Part.String:
                new RdbStrings(input).Skip();
                return true;
            default:
                throw input.Corrupt(offset, "a part of a module's data (0 to 5)", $"{(ulong)part}");
        }
    }

    /// <summary>Nine characters of six bits each, in front of ten bits of the encoding's version.</summary>
    private static string Name(ulong id) => string.Create(9, id, static (name, id) =>
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        id >>= 10;
        for (int i = name.Length - 1; i >= 0; i--)
        {
            name[i] = Letters[(int)(id & 63)];
            id >>= 6;
        }
    });
}
