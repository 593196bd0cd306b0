using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>How a time is written in a command.</summary>
internal enum ExpiryForm
{
    None,

    /// <summary>EX: seconds from now.</summary>
    Seconds,

    /// <summary>PX: milliseconds from now.</summary>
    Milliseconds,

    /// <summary>EXAT: Unix time in seconds.</summary>
    AtSeconds,

    /// <summary>PXAT: Unix time in milliseconds.</summary>
    AtMilliseconds,
}

/// <summary>Which words <see cref="StringOptions"/> knows.</summary>
internal enum StringCommandKind
{
    /// <summary>GETEX.</summary>
    Get,

    /// <summary>SET.</summary>
    Set,
}

/// <summary>The options of SET and GETEX (Redis 7.0 t_string.c, parseExtendedStringArgumentsOrReply).</summary>
internal struct StringOptions
{
    private int _expiryIndex;

    public bool OnlyIfMissing { get; private set; }

    public bool OnlyIfExists { get; private set; }

    public bool ReplyOldValue { get; private set; }

    public bool KeepExpiry { get; private set; }

    public bool Persist { get; private set; }

    public ExpiryForm Expiry { get; private set; }

    /// <summary>
    /// Reads the options from an argument on; answers the error itself. An option may be repeated, and then the last
    /// time counts; what contradicts an option in front of it is a syntax error.
    /// </summary>
    public static bool TryParse(CommandContext context, int first, StringCommandKind kind, out StringOptions options)
    {
        options = default;
        for (int i = first; i < context.Count; i++)
        {
            ExpiryForm form = FormOf(context, i);
            bool known = form == ExpiryForm.None
                ? options.TryTakeWord(context, i, kind)
                : options.TryTakeExpiry(form, ++i, context.Count);
            if (!known)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>Reads the time that the options name; answers the error itself.</summary>
    /// <param name="expiry">Unix time in milliseconds, or -1 where no time is named.</param>
    public readonly bool TryReadExpiry(CommandContext context, out long expiry)
    {
        expiry = -1;
        return Expiry == ExpiryForm.None || TryReadExpiry(context, _expiryIndex, Expiry, out expiry);
    }

    /// <summary>Reads a time from an argument; answers the error itself. A time in the past is none.</summary>
    /// <param name="expiry">Unix time in milliseconds.</param>
    public static bool TryReadExpiry(CommandContext context, int index, ExpiryForm form, out long expiry)
    {
        if (!context.TryInt64(index, out expiry))
        {
            return false;
        }
        bool inSeconds = form is ExpiryForm.Seconds or ExpiryForm.AtSeconds;
        bool fits = expiry > 0 && (!inSeconds || expiry <= long.MaxValue / 1000);
        if (fits)
        {
            expiry *= inSeconds ? 1000 : 1;
            expiry = unchecked(expiry + (form is ExpiryForm.Seconds or ExpiryForm.Milliseconds ? context.NowMs : 0));
            fits = expiry > 0;
        }
        if (!fits)
        {
            context.Reply.Error(ReplyError.InvalidExpireTime(context.Command.FullName));
        }
        return fits;
    }

    private static ExpiryForm FormOf(CommandContext context, int index)
    {
        if (context.Is(index, "EX"u8))
        {
            return ExpiryForm.Seconds;
        }
        if (context.Is(index, "PX"u8))
        {
            return ExpiryForm.Milliseconds;
        }
        if (context.Is(index, "EXAT"u8))
        {
            return ExpiryForm.AtSeconds;
        }
        return context.Is(index, "PXAT"u8) ? ExpiryForm.AtMilliseconds : ExpiryForm.None;
    }

    private bool TryTakeExpiry(ExpiryForm form, int index, int count)
    {
        if (KeepExpiry || Persist || (Expiry != ExpiryForm.None && Expiry != form) || index >= count)
        {
            return false;
        }
        Expiry = form;
        _expiryIndex = index;
        return true;
    }

    private bool TryTakeWord(CommandContext context, int index, StringCommandKind kind)
    {
        if (kind == StringCommandKind.Get)
        {
            Persist = context.Is(index, "PERSIST"u8) && Expiry == ExpiryForm.None;
            return Persist;
        }
        if (context.Is(index, "NX"u8))
        {
            OnlyIfMissing = true;
        }
        else if (context.Is(index, "XX"u8))
        {
            OnlyIfExists = true;
        }
        else if (context.Is(index, "GET"u8))
        {
            ReplyOldValue = true;
        }
        else if (context.Is(index, "KEEPTTL"u8) && Expiry == ExpiryForm.None)
        {
            KeepExpiry = true;
        }
        else
        {
            return false;
        }
        return !(OnlyIfMissing && OnlyIfExists);
    }
}
