using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Config;
using Tidelog.Server.Network;

namespace Tidelog.Server.Commands;

/// <summary>Which clients CLIENT KILL means.</summary>
internal sealed class ClientFilter
{
    private string? _address;
    private string? _localAddress;
    private ClientClass? _class;
    private long _id;

    /// <summary>The one who asks is spared.</summary>
    private bool _sparesSelf = true;

    private ClientFilter()
    {
    }

    /// <summary>The old form, CLIENT KILL address: it may mean the one who asks.</summary>
    public static ClientFilter ByAddress(ReadOnlySpan<byte> address) =>
        new() { _address = Encoding.Latin1.GetString(address), _sparesSelf = false };

    /// <summary>Reads the pairs from argument 2 on.</summary>
    /// <returns>Null if one is wrong, which is answered already.</returns>
    public static ClientFilter? TryParse(CommandContext context)
    {
        ClientFilter filter = new();
        for (int i = 2; i < context.Count; i += 2)
        {
            if (i + 1 == context.Count)
            {
                context.Reply.Error(ReplyError.Syntax);
                return null;
            }
            if (!filter.TryAdd(context, i))
            {
                return null;
            }
        }
        return filter;
    }

    /// <summary>Reads the name of a type of clients; answers the error if it is none.</summary>
    public static bool TryClass(CommandContext context, int index, out ClientClass? found)
    {
        found = null;
        if (context.Is(index, "NORMAL"u8))
        {
            found = ClientClass.Normal;
        }
        else if (context.Is(index, "SLAVE"u8) || context.Is(index, "REPLICA"u8))
        {
            found = ClientClass.Replica;
        }
        else if (context.Is(index, "PUBSUB"u8))
        {
            found = ClientClass.PubSub;
        }
        else if (!context.Is(index, "MASTER"u8))
        {
            context.Reply.Error($"ERR Unknown client type '{ReplyText.Of(context[index])}'");
            return false;
        }
        return true;
    }

    public bool Matches(Client client, Session asking)
    {
        bool matches = (_address is null || client.Address == _address)
            && (_localAddress is null || client.LocalAddress == _localAddress)
            && (_class is null || client.Class == _class)
            && (_id == 0 || client.Id == _id);
        return matches && !MeansNobody && !(_sparesSelf && client == asking);
    }

    /// <summary>TYPE master: the link to the master is no client yet.</summary>
    private bool MeansNobody { get; set; }

    private bool TryAdd(CommandContext context, int i)
    {
        if (context.Is(i, "ID"u8))
        {
            // Any text that is no positive number has the same answer.
            if (Numbers.TryParseInt64(context[i + 1], out _id) && _id > 0)
            {
                return true;
            }
            context.Reply.Error(ReplyError.ClientIdNotPositive);
            return false;
        }
        if (context.Is(i, "TYPE"u8))
        {
            bool known = TryClass(context, i + 1, out _class);
            MeansNobody = known && _class is null;
            return known;
        }
        if (context.Is(i, "ADDR"u8))
        {
            _address = Encoding.Latin1.GetString(context[i + 1]);
            return true;
        }
        if (context.Is(i, "LADDR"u8))
        {
            _localAddress = Encoding.Latin1.GetString(context[i + 1]);
            return true;
        }
        if (context.Is(i, "USER"u8))
        {
            string user = ReplyText.Of(context[i + 1]);
            if (user == ConnectionCommands.DefaultUser)
            {
                return true;
            }
            context.Reply.Error($"ERR No such user '{user}'");
            return false;
        }
        if (context.Is(i, "SKIPME"u8) && (context.Is(i + 1, "YES"u8) || context.Is(i + 1, "NO"u8)))
        {
            _sparesSelf = context.Is(i + 1, "YES"u8);
            return true;
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }
}
