using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>A row of the command table as COMMAND INFO answers it.</summary>
internal static class CommandDescription
{
    // in redis's order
    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (CommandFlags.Write, "write"), (CommandFlags.ReadOnly, "readonly"), (CommandFlags.DenyOom, "denyoom"),
        (CommandFlags.Admin, "admin"), (CommandFlags.PubSub, "pubsub"), (CommandFlags.NoScript, "noscript"),
        (CommandFlags.Blocking, "blocking"), (CommandFlags.Loading, "loading"), (CommandFlags.Stale, "stale"),
        (CommandFlags.SkipMonitor, "skip_monitor"), (CommandFlags.SkipSlowlog, "skip_slowlog"),
        (CommandFlags.Asking, "asking"), (CommandFlags.Fast, "fast"), (CommandFlags.NoAuth, "no_auth"),
        (CommandFlags.NoMandatoryKeys, "no_mandatory_keys"), (CommandFlags.NoAsyncLoading, "no_async_loading"),
        (CommandFlags.NoMulti, "no_multi"), (CommandFlags.MovableKeys, "movablekeys"),
        (CommandFlags.AllowBusy, "allow_busy"),
    ];

    private static readonly (KeyFlags Flag, string Name)[] KeyFlagNames =
    [
        (KeyFlags.ReadOnly, "RO"), (KeyFlags.ReadWrite, "RW"), (KeyFlags.Overwrite, "OW"), (KeyFlags.Remove, "RM"),
        (KeyFlags.Access, "access"), (KeyFlags.Update, "update"), (KeyFlags.Insert, "insert"),
        (KeyFlags.Delete, "delete"),
        (KeyFlags.NotKey, "not_key"), (KeyFlags.Incomplete, "incomplete"), (KeyFlags.VariableFlags, "variable_flags"),
    ];

    private static readonly (AclCategories Flag, string Name)[] CategoryNames =
    [
        (AclCategories.Keyspace, "keyspace"), (AclCategories.Read, "read"), (AclCategories.Write, "write"),
        (AclCategories.Set, "set"), (AclCategories.SortedSet, "sortedset"), (AclCategories.List, "list"),
        (AclCategories.Hash, "hash"), (AclCategories.String, "string"), (AclCategories.Bitmap, "bitmap"),
        (AclCategories.HyperLogLog, "hyperloglog"), (AclCategories.Geo, "geo"), (AclCategories.Stream, "stream"),
        (AclCategories.PubSub, "pubsub"), (AclCategories.Admin, "admin"), (AclCategories.Fast, "fast"),
        (AclCategories.Slow, "slow"), (AclCategories.Blocking, "blocking"), (AclCategories.Dangerous, "dangerous"),
        (AclCategories.Connection, "connection"), (AclCategories.Transaction, "transaction"),
        (AclCategories.Scripting, "scripting"),
    ];

    /// <returns>None if there is no such category.</returns>
    public static AclCategories CategoryNamed(string name)
    {
        foreach ((AclCategories flag, string known) in CategoryNames)
        {
            if (string.Equals(name, known, StringComparison.OrdinalIgnoreCase))
            {
                return flag;
            }
        }
        return AclCategories.None;
    }

    public static void Write(ReplyWriter reply, Command command)
    {
        reply.Array(10);
        reply.Bulk(command.FullName);
        reply.Integer(command.Arity);
        WriteFlags(reply, FlagNames, (long)command.Flags, static flag => (long)flag, "");
        reply.Integer(command.FirstKey);
        reply.Integer(command.LastKey);
        reply.Integer(command.KeyStep);
        WriteFlags(reply, CategoryNames, (long)command.Categories, static flag => (long)flag, "@");
        reply.Set(command.Tips.Length);
        foreach (string tip in command.Tips)
        {
            reply.Bulk(tip);
        }
        reply.Set(command.Keys.Length);
        foreach (KeySpec spec in command.Keys)
        {
            WriteKeySpec(reply, spec);
        }
        if (command.Subcommands.Length == 0)
        {
            reply.Set(0);
            return;
        }
        reply.Array(command.Subcommands.Length);
        foreach (Command subcommand in command.Subcommands)
        {
            Write(reply, subcommand);
        }
    }

    public static void WriteKeyFlags(ReplyWriter reply, KeyFlags flags) =>
        WriteFlags(reply, KeyFlagNames, (long)flags, static flag => (long)flag, "");

    private static void WriteFlags<T>(
        ReplyWriter reply, (T Flag, string Name)[] names, long set, Func<T, long> bit, string prefix)
    {
        int count = 0;
        foreach ((T flag, _) in names)
        {
            count += (set & bit(flag)) != 0 ? 1 : 0;
        }
        reply.Set(count);
        foreach ((T flag, string name) in names)
        {
            if ((set & bit(flag)) != 0)
            {
                reply.SimpleString(System.Text.Encoding.ASCII.GetBytes(prefix + name));
            }
        }
    }

    private static void WriteKeySpec(ReplyWriter reply, KeySpec spec)
    {
        reply.Map(spec.Notes is null ? 3 : 4);
        if (spec.Notes is not null)
        {
            reply.Bulk("notes"u8);
            reply.Bulk(spec.Notes);
        }
        reply.Bulk("flags"u8);
        WriteKeyFlags(reply, spec.Flags);
        reply.Bulk("begin_search"u8);
        switch (spec.Begin)
        {
            case BeginSearch.Index:
                WriteSearch(reply, "index"u8, 1);
                WriteNumber(reply, "index"u8, spec.Start);
                break;
            case BeginSearch.Keyword:
                WriteSearch(reply, "keyword"u8, 2);
                reply.Bulk("keyword"u8);
                reply.Bulk(spec.Keyword);
                WriteNumber(reply, "startfrom"u8, spec.Start);
                break;
            default:
                WriteSearch(reply, "unknown"u8, 0);
                break;
        }
        reply.Bulk("find_keys"u8);
        switch (spec.Find)
        {
            case FindKeys.Range:
                WriteSearch(reply, "range"u8, 3);
                WriteNumber(reply, "lastkey"u8, spec.Last);
                WriteNumber(reply, "keystep"u8, spec.Step);
                WriteNumber(reply, "limit"u8, spec.Limit);
                break;
            case FindKeys.KeyCount:
                WriteSearch(reply, "keynum"u8, 3);
                WriteNumber(reply, "keynumidx"u8, spec.CountIndex);
                WriteNumber(reply, "firstkey"u8, spec.FirstKey);
                WriteNumber(reply, "keystep"u8, spec.Step);
                break;
            default:
                WriteSearch(reply, "unknown"u8, 0);
                break;
        }
    }

    /// <summary>The kind of a search, and the head of the map that specifies it.</summary>
    private static void WriteSearch(ReplyWriter reply, ReadOnlySpan<byte> type, int numbers)
    {
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk(type);
        reply.Bulk("spec"u8);
        reply.Map(numbers);
    }

    private static void WriteNumber(ReplyWriter reply, ReadOnlySpan<byte> name, int value)
    {
        reply.Bulk(name);
        reply.Integer(value);
    }
}
