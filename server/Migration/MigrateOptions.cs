using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Server.Migration;

/// <summary>What MIGRATE was asked for; texts are named by their place among the arguments.</summary>
internal readonly record struct MigrateOptions
{
    public const int KeyIndex = 3;

    public const int FirstOption = 6;

    private const int DatabaseIndex = 4;
    private const int TimeoutIndex = 5;
    private const int DefaultTimeoutMs = 1000;

    /// <summary>The keys stay here too.</summary>
    public bool Copy { get; init; }

    /// <summary>What has the same name there goes.</summary>
    public bool Replace { get; init; }

    /// <summary>0 for none.</summary>
    public int UserIndex { get; init; }

    /// <summary>0 for none.</summary>
    public int PasswordIndex { get; init; }

    public int FirstKey { get; init; }

    public int KeyCount { get; init; }

    public long Database { get; init; }

    public TimeSpan Timeout { get; init; }

    /// <summary>Reads them; answers the error itself.</summary>
    public static bool TryRead(CommandContext context, out MigrateOptions options)
    {
        options = new MigrateOptions { FirstKey = KeyIndex, KeyCount = 1 };
        if (!TryReadOptional(context, ref options) || !context.TryInt64(TimeoutIndex, out long timeoutMs)
            || !context.TryInt64(DatabaseIndex, out long database))
        {
            return false;
        }
        options = options with
        {
            Database = database,
            Timeout = TimeSpan.FromMilliseconds(timeoutMs <= 0 ? DefaultTimeoutMs : Math.Min(timeoutMs, int.MaxValue)),
        };
        return true;
    }

    /// <summary>Adds the keys of a request, right or wrong, as COMMAND GETKEYS tells them.</summary>
    public static void FindKeys(CommandContext context, int first, List<KeyReference> keys)
    {
        const KeyFlags Flags = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
        for (int i = first + FirstOption; i < context.Count - 1; i++)
        {
            if (context.Is(i, "KEYS"u8))
            {
                bool isAllowed = context[first + KeyIndex].IsEmpty;
                for (int key = i + 1; isAllowed && key < context.Count; key++)
                {
                    keys.Add(new KeyReference(key - first, Flags));
                }
                return;
            }
            i += context.Is(i, "AUTH"u8) ? 1 : context.Is(i, "AUTH2"u8) ? 2 : 0;
        }
        keys.Add(new KeyReference(KeyIndex, Flags));
    }

    private static bool TryReadOptional(CommandContext context, ref MigrateOptions options)
    {
        for (int i = FirstOption; i < context.Count; i++)
        {
            int more = context.Count - 1 - i;
            if (context.Is(i, "COPY"u8))
            {
                options = options with { Copy = true };
            }
            else if (context.Is(i, "REPLACE"u8))
            {
                options = options with { Replace = true };
            }
            else if (context.Is(i, "AUTH"u8) && more >= 1)
            {
                options = options with { PasswordIndex = ++i };
            }
            else if (context.Is(i, "AUTH2"u8) && more >= 2)
            {
                options = options with { UserIndex = i + 1, PasswordIndex = i + 2 };
                i += 2;
            }
            else if (context.Is(i, "KEYS"u8))
            {
                options = options with { FirstKey = i + 1, KeyCount = more };
                if (!context[KeyIndex].IsEmpty)
                {
                    context.Reply.Error(ReplyError.MigrateKeyBesideKeys);
                    return false;
                }
                return true;
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }
}
