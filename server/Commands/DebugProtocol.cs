using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Server.Commands;

/// <summary>DEBUG PROTOCOL: one example of each kind of reply, for the tests of clients.</summary>
internal static class DebugProtocol
{
    public static void Reply(CommandContext context)
    {
        ReplyWriter reply = context.Reply;
        bool resp3 = reply.Protocol == 3;
        switch (ReplyText.Of(context[2]).ToLowerInvariant())
        {
            case "string":
                reply.Bulk("Hello World"u8);
                break;
            case "integer":
                reply.Integer(12345);
                break;
            case "double":
                reply.Raw(resp3 ? ",3.141\r\n"u8 : "$5\r\n3.141\r\n"u8);
                break;
            case "bignum":
                reply.Raw(resp3 ? "("u8 : "$37\r\n"u8);
                reply.Raw("1234567999999999999999999999999999999\r\n"u8);
                break;
            case "null":
                reply.Null();
                break;
            case "array":
                reply.Array(3);
                Numbers(reply);
                break;
            case "set":
                reply.Set(3);
                Numbers(reply);
                break;
            case "map":
                Map(reply);
                break;
            case "attrib":
                Attribute(reply, resp3);
                break;
            case "push":
                Push(reply, resp3);
                break;
            case "verbatim":
                reply.Verbatim("txt"u8, "This is a verbatim\nstring"u8);
                break;
            case "true":
                reply.Boolean(true);
                break;
            case "false":
                reply.Boolean(false);
                break;
            default:
                reply.Error("ERR Wrong protocol type name. Please use one of the following: "u8
                    + "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8);
                break;
        }
    }

    private static void Numbers(ReplyWriter reply)
    {
        for (int i = 0; i < 3; i++)
        {
            reply.Integer(i);
        }
    }

    private static void Map(ReplyWriter reply)
    {
        reply.Map(3);
        for (int i = 0; i < 3; i++)
        {
            reply.Integer(i);
            reply.Boolean(i == 1);
        }
    }

    private static void Attribute(ReplyWriter reply, bool resp3)
    {
        if (resp3)
        {
            reply.Raw("|1\r\n"u8);
            reply.Bulk("key-popularity"u8);
            reply.Array(2);
            reply.Bulk("key:123"u8);
            reply.Integer(90);
        }
        reply.Bulk("Some real reply following the attribute"u8);
    }

    private static void Push(ReplyWriter reply, bool resp3)
    {
        if (!resp3)
        {
            reply.Error("ERR RESP2 is not supported by this command"u8);
            return;
        }
        reply.Push(2);
        reply.Bulk("server-cpu-usage"u8);
        reply.Integer(42);
        reply.Bulk("Some real reply following the push reply"u8);
    }
}
