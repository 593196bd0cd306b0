using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>A key among a command's arguments, and what the command does to it.</summary>
/// <param name="Index">Counted from the command's name, which is 0.</param>
public readonly record struct KeyReference(int Index, KeyFlags Flags);

/// <summary>Finds the keys that a request names, by its command's key specs.</summary>
/// <remarks>Redis 7.0 db.c, getKeysUsingKeySpecs.</remarks>
public static class KeyExtraction
{
    /// <summary>True if some argument of the command can be a key.</summary>
    public static bool HasKeys(Command command)
    {
        foreach (KeySpec spec in command.Keys)
        {
            if ((spec.Flags & KeyFlags.NotKey) == 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Adds the keys of a request whose argument count its command accepts.</summary>
    /// <param name="first">Index in the context of the request's name.</param>
    /// <returns>False if the arguments do not fit the specs; the list may have grown all the same.</returns>
    public static bool TryFind(Command command, CommandContext context, int first, List<KeyReference> keys)
    {
        if (command.KeyFinder is not null)
        {
            command.KeyFinder(context, first, keys);
            return true;
        }
        int count = context.Count - first;
        foreach (KeySpec spec in command.Keys)
        {
            if ((spec.Flags & KeyFlags.NotKey) != 0)
            {
                continue;
            }
            if (!TryBegin(spec, context, first, count, out int begin))
            {
                return false;
            }
            if (begin > 0 && !TryAddRange(spec, command, context, first, begin, keys))
            {
                return false;
            }
            if ((spec.Flags & KeyFlags.Incomplete) != 0)
            {
                return false;
            }
        }
        return true;
    }

    /// <param name="begin">Index of the first key, 0 if the keyword that stands before it is not given.</param>
    private static bool TryBegin(KeySpec spec, CommandContext context, int first, int count, out int begin)
    {
        begin = 0;
        switch (spec.Begin)
        {
            case BeginSearch.Index:
                begin = spec.Start;
                return true;
            case BeginSearch.Keyword:
                bool forward = spec.Start > 0;
                int from = forward ? spec.Start : count + spec.Start;
                int to = forward ? count - 1 : 1;
                for (int i = from; i != to && i >= 1 && i < count; i += from <= to ? 1 : -1)
                {
                    if (IsKeyword(context[first + i], spec.Keyword))
                    {
                        begin = i + 1;
                        break;
                    }
                }
                return true;
            default:
                return false;
        }
    }

    private static bool IsKeyword(ReadOnlySpan<byte> argument, string keyword) =>
        System.Text.Ascii.EqualsIgnoreCase(argument, keyword);

    private static bool TryAddRange(
        KeySpec spec, Command command, CommandContext context, int first, int begin, List<KeyReference> keys)
    {
        int count = context.Count - first;
        long last;
        switch (spec.Find)
        {
            case FindKeys.Range when spec.Last >= 0:
                last = begin + spec.Last;
                break;
            case FindKeys.Range:
                last = spec.Limit == 0 ? count + spec.Last : begin + ((count - begin) / spec.Limit) + spec.Last;
                break;
            case FindKeys.KeyCount:
                int at = begin + spec.CountIndex;
                if (at >= count || !Numbers.TryParseInt64(context[first + at], out long keyCount) || keyCount < 0)
                {
                    return false;
                }
                begin += spec.FirstKey;
                last = begin + Math.Min(keyCount, int.MaxValue) - 1;
                break;
            default:
                return false;
        }
        if (last >= count || last < begin || begin >= count)
        {
            return false;
        }
        for (int i = begin; i <= last; i += spec.Step)
        {
            keys.Add(new KeyReference(i, FlagsOf(spec, command, context, first)));
        }
        return true;
    }

    /// <summary>What the spec says, but for commands that read only when an option asks for it.</summary>
    private static KeyFlags FlagsOf(KeySpec spec, Command command, CommandContext context, int first)
    {
        if ((spec.Flags & KeyFlags.VariableFlags) == 0)
        {
            return spec.Flags;
        }
        return command.Name switch
        {
            "set" => HasOption(context, first + 3, "GET")
                ? KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update
                : KeyFlags.Overwrite | KeyFlags.Update,
            "bitfield" => BitfieldCommands.OnlyReads(context, first + 2)
                ? KeyFlags.ReadOnly | KeyFlags.Access
                : KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update,
            _ => spec.Flags & ~KeyFlags.VariableFlags,
        };
    }

    private static bool HasOption(CommandContext context, int from, string option)
    {
        for (int i = from; i < context.Count; i++)
        {
            if (IsKeyword(context[i], option))
            {
                return true;
            }
        }
        return false;
    }
}
