using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Commands;

/// <summary>
/// Every command by name. Filled once at the start from the families' rows; a look-up ignores case and does
/// not allocate.
/// </summary>
public sealed class CommandTable
{
    private readonly List<Command> _commands = [];
    private Slot[] _slots = new Slot[64];

    public CommandTable(IEnumerable<Command> commands)
    {
        foreach (Command command in commands)
        {
            Add(command, command.Name);
        }
    }

    public IReadOnlyList<Command> All => _commands;

    /// <summary>
    /// Applies a <c>rename-command</c> directive; an empty new name removes the command. Names are bytes, one per char.
    /// </summary>
    /// <returns>False if there is no such command, or the new name is taken.</returns>
    public bool TryRename(string name, string newName)
    {
        Command? command = Find(System.Text.Encoding.Latin1.GetBytes(name));
        Command? taken = Find(System.Text.Encoding.Latin1.GetBytes(newName));
        if (command is null || (taken is not null && taken != command))
        {
            return false;
        }
        List<(string Name, Command Command)> kept = [];
        foreach (Slot slot in _slots)
        {
            if (slot.Command is not null && slot.Command != command)
            {
                kept.Add((slot.Name, slot.Command));
            }
        }
        _slots = new Slot[64];
        _commands.Clear();
        foreach ((string keptName, Command keptCommand) in kept)
        {
            Add(keptCommand, keptName);
        }
        if (newName.Length > 0)
        {
            Add(command, newName);
        }
        return true;
    }

    /// <returns>Null if there is no such command.</returns>
    public Command? Find(ReadOnlySpan<byte> name)
    {
        ulong fold = Fold(name);
        Slot[] slots = _slots;
        for (int i = SlotOf(fold, slots.Length); slots[i].Command is not null; i = (i + 1) & (slots.Length - 1))
        {
            if (slots[i].Fold == fold && EqualsIgnoreCase(name, slots[i].Name))
            {
                return slots[i].Command;
            }
        }
        return null;
    }

    /// <returns>Null if the container has no such subcommand.</returns>
    public static Command? FindSubcommand(Command container, ReadOnlySpan<byte> name)
    {
        foreach (Command subcommand in container.Subcommands)
        {
            if (EqualsIgnoreCase(name, subcommand.Name))
            {
                return subcommand;
            }
        }
        return null;
    }

    private void Add(Command command, string name)
    {
        Invariant.Require(Find(System.Text.Encoding.Latin1.GetBytes(name)) is null);
        _commands.Add(command);
        if (_commands.Count * 4 > _slots.Length)
        {
            Slot[] old = _slots;
            _slots = new Slot[old.Length * 4];
            foreach (Slot slot in old)
            {
                if (slot.Command is not null)
                {
                    Insert(slot);
                }
            }
        }
        Insert(new Slot(Fold(System.Text.Encoding.Latin1.GetBytes(name)), name, command));
    }

    private void Insert(Slot slot)
    {
        int i = SlotOf(slot.Fold, _slots.Length);
        while (_slots[i].Command is not null)
        {
            i = (i + 1) & (_slots.Length - 1);
        }
        _slots[i] = slot;
    }

    private static int SlotOf(ulong fold, int size) => (int)((fold * 0x9E37_79B9_7F4A_7C15UL) >> 40) & (size - 1);

    /// <summary>The first and last eight bytes without the bit that tells upper from lower case.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ReadOnlySpan<byte> name)
    {
        ref byte start = ref MemoryMarshal.GetReference(name);
        ulong head;
        ulong tail = 0;
        if (name.Length >= 8)
        {
            head = Unsafe.ReadUnaligned<ulong>(ref start);
            tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, name.Length - 8));
        }
        else if (name.Length >= 4)
        {
            head = Unsafe.ReadUnaligned<uint>(ref start);
            tail = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, name.Length - 4));
        }
        else
        {
            head = 0;
            for (int i = 0; i < name.Length; i++)
            {
                head = (head << 8) | Unsafe.Add(ref start, i);
            }
        }
        const ulong CaseBits = 0x2020_2020_2020_2020UL;
        return (head | CaseBits) + ((tail | CaseBits) * 31) + (ulong)name.Length;
    }

    private static bool EqualsIgnoreCase(ReadOnlySpan<byte> name, string known)
    {
        if (name.Length != known.Length)
        {
            return false;
        }
        for (int i = 0; i < known.Length; i++)
        {
            int a = name[i];
            int b = known[i];
            if (a != b)
            {
                if ((uint)(a - 'A') <= 'Z' - 'A')
                {
                    a |= 0x20;
                }
                if ((uint)(b - 'A') <= 'Z' - 'A')
                {
                    b |= 0x20;
                }
                if (a != b)
                {
                    return false;
                }
            }
        }
        return true;
    }

    private readonly record struct Slot(ulong Fold, string Name, Command? Command);
}
