using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>A row of the command table as COMMAND DOCS answers it.</summary>
internal static class CommandDocumentation
{
    public static void Write(ReplyWriter reply, Command command)
    {
        CommandDocs? docs = command.Docs;
        IReadOnlyList<SyntaxArgument> arguments =
            docs is null ? [] : CommandSyntax.Parse(docs.Syntax, command.Keys.Length);
        int lists = (arguments.Count > 0 ? 1 : 0) + (command.Subcommands.Length > 0 ? 1 : 0);
        reply.Map(1 + (docs is null ? 0 : 3) + lists);
        if (docs is not null)
        {
            WriteText(reply, "summary"u8, docs.Summary);
            WriteText(reply, "since"u8, docs.Since);
        }
        WriteText(reply, "group"u8, docs?.Group ?? "generic");
        if (docs is not null)
        {
            WriteText(reply, "complexity"u8, docs.Complexity);
        }
        if (arguments.Count > 0)
        {
            reply.Bulk("arguments"u8);
            WriteArguments(reply, arguments);
        }
        if (command.Subcommands.Length > 0)
        {
            reply.Bulk("subcommands"u8);
            reply.Map(command.Subcommands.Length);
            foreach (Command subcommand in command.Subcommands)
            {
                reply.Bulk(subcommand.FullName);
                Write(reply, subcommand);
            }
        }
    }

    private static void WriteArguments(ReplyWriter reply, IReadOnlyList<SyntaxArgument> arguments)
    {
        reply.Array(arguments.Count);
        foreach (SyntaxArgument argument in arguments)
        {
            int flags = (argument.IsOptional ? 1 : 0) + (argument.IsMultiple ? 1 : 0) + (argument.RepeatsToken ? 1 : 0);
            reply.Map(2 + (argument.KeySpec >= 0 ? 1 : 0) + (argument.Token is null ? 0 : 1) + (flags > 0 ? 1 : 0)
                + (argument.Parts.Count > 0 ? 1 : 0));
            WriteText(reply, "name"u8, argument.Name);
            WriteText(reply, "type"u8, argument.Type);
            if (argument.KeySpec >= 0)
            {
                reply.Bulk("key_spec_index"u8);
                reply.Integer(argument.KeySpec);
            }
            if (argument.Token is not null)
            {
                WriteText(reply, "token"u8, argument.Token);
            }
            if (flags > 0)
            {
                reply.Bulk("flags"u8);
                reply.Set(flags);
                WriteIf(reply, argument.IsOptional, "optional"u8);
                WriteIf(reply, argument.IsMultiple, "multiple"u8);
                WriteIf(reply, argument.RepeatsToken, "multiple_token"u8);
            }
            if (argument.Parts.Count > 0)
            {
                reply.Bulk("arguments"u8);
                WriteArguments(reply, argument.Parts);
            }
        }
    }

    private static void WriteIf(ReplyWriter reply, bool condition, ReadOnlySpan<byte> flag)
    {
        if (condition)
        {
            reply.SimpleString(flag);
        }
    }

    private static void WriteText(ReplyWriter reply, ReadOnlySpan<byte> name, string text)
    {
        reply.Bulk(name);
        reply.Bulk(text);
    }
}
