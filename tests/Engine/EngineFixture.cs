using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>
/// An engine without sockets on a clock of its own. Texts stand for bytes, one character each (Latin-1). A reply is
/// shown as <c>OK</c>, <c>-ERR text</c>, <c>1</c> (integer), <c>"bulk"</c>, <c>nil</c>, <c>[array, items]</c>,
/// <c>{map: value}</c>, <c>~[set]</c>, <c>&gt;[push]</c>, <c>,1.5</c> (double), <c>true</c>; bytes that cannot be
/// printed as <c>\xNN</c>.
/// </summary>
internal sealed class EngineFixture
{
    private readonly Clock _clock = new();
    private readonly ReplyWriter _reply = new();
    private long _effectsRead;

    /// <param name="commands">Rows beside the engine's.</param>
    public EngineFixture(EngineOptions? options = null, IEnumerable<Command>? commands = null)
    {
        Options = options ?? new EngineOptions();
        Engine = new StorageEngine(Options, commands ?? [], NullLogger.Instance, _clock, new Random(1));
        Session = Engine.OpenSession();
    }

    public EngineOptions Options { get; }

    public StorageEngine Engine { get; }

    /// <summary>Who sends the commands; set its <c>Protocol</c> to 3 for RESP3.</summary>
    public Session Session { get; set; }

    /// <summary>Unix time in milliseconds; stands still unless set.</summary>
    public long NowMs
    {
        get => _clock.NowMs;
        set => _clock.NowMs = value;
    }

    /// <summary>Executes one command and shows its reply.</summary>
    public string Run(params string[] args)
    {
        byte[] reply = Execute(Request(args));
        int at = 0;
        string shown = Show(reply, ref at);
        Assert.Equal(reply.Length, at);
        return shown;
    }

    /// <summary>Executes a command that is written in one line: words separated by single spaces.</summary>
    public string Line(string command) => Run(command.Split(' '));

    /// <summary>Executes one command and gives the bytes of its reply.</summary>
    public byte[] Execute(byte[] request)
    {
        _reply.Clear();
        Engine.Dispatcher.Execute(Session, request, _reply);
        return _reply.Written.ToArray();
    }

    /// <summary>
    /// The effects appended since the last call, each as its words with a space between; an argument that is empty or
    /// has spaces or quotes is shown in quotes. The SELECT 0 that opens every log is left out.
    /// </summary>
    public string[] Effects()
    {
        byte[] bytes = new byte[Engine.CommandLog.EndOffset - _effectsRead];
        Assert.Equal(bytes.Length, Engine.CommandLog.Read(_effectsRead, bytes));
        bool atBegin = _effectsRead == 0;
        _effectsRead += bytes.Length;
        List<string> effects = [];
        for (int at = 0; at < bytes.Length;)
        {
            List<string> words = [];
            for (int count = Number(bytes, ref at); count > 0; count--)
            {
                int length = Number(bytes, ref at);
                words.Add(Word(bytes.AsSpan(at, length)));
                at += length + 2;
            }
            effects.Add(string.Join(' ', words));
        }
        if (atBegin && effects.Count > 0 && effects[0] == "SELECT 0")
        {
            effects.RemoveAt(0);
        }
        return [.. effects];
    }

    /// <summary>The RESP of a command.</summary>
    public static byte[] Request(params string[] args)
    {
        StringBuilder request = new();
        request.Append(CultureInfo.InvariantCulture, $"*{args.Length}\r\n");
        foreach (string arg in args)
        {
            request.Append(CultureInfo.InvariantCulture, $"${arg.Length}\r\n").Append(arg).Append("\r\n");
        }
        return Encoding.Latin1.GetBytes(request.ToString());
    }

    /// <summary>Shows the reply that begins at an index, and moves the index behind it.</summary>
    public static string Show(ReadOnlySpan<byte> reply, ref int at)
    {
        char kind = (char)reply[at];
        switch (kind)
        {
            case '+':
                return Text(reply, ref at);
            case '-':
                return "-" + Text(reply, ref at);
            case ':':
                return Text(reply, ref at);
            case ',':
            case '(':
                return kind + Text(reply, ref at);
            case '_':
                Text(reply, ref at);
                return "nil";
            case '#':
                return Text(reply, ref at) == "t" ? "true" : "false";
            case '$':
            case '=':
                return ShowBulk(reply, ref at);
            default:
                return ShowItems(reply, kind, ref at);
        }
    }

    private static string ShowBulk(ReadOnlySpan<byte> reply, ref int at)
    {
        int length = Number(reply, ref at);
        if (length < 0)
        {
            return "nil";
        }
        string shown = "\"" + Printable(reply.Slice(at, length)) + "\"";
        at += length + 2;
        return shown;
    }

    private static string ShowItems(ReadOnlySpan<byte> reply, char kind, ref int at)
    {
        Assert.Contains(kind, "*%~>");
        int count = Number(reply, ref at);
        if (count < 0)
        {
            return "nil";
        }
        string[] items = new string[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = Show(reply, ref at);
            if (kind == '%')
            {
                items[i] += ": " + Show(reply, ref at);
            }
        }
        string list = string.Join(", ", items);
        return kind switch
        {
            '%' => "{" + list + "}",
            '*' => "[" + list + "]",
            _ => kind + "[" + list + "]",
        };
    }

    private static string Word(ReadOnlySpan<byte> bytes)
    {
        string text = Printable(bytes);
        return text.Length == 0 || text.AsSpan().ContainsAny(' ', '"') ? "\"" + text + "\"" : text;
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte b in bytes)
        {
            if (b is >= 0x20 and < 0x7F)
            {
                text.Append((char)b);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            }
        }
        return text.ToString();
    }

    private static int Number(ReadOnlySpan<byte> bytes, ref int at) =>
        int.Parse(Text(bytes, ref at), CultureInfo.InvariantCulture);

    /// <summary>The rest of a line behind its first character.</summary>
    private static string Text(ReadOnlySpan<byte> bytes, ref int at)
    {
        int length = bytes[at..].IndexOf("\r\n"u8);
        string text = Encoding.Latin1.GetString(bytes.Slice(at + 1, length - 1));
        at += length + 2;
        return text;
    }

    private sealed class Clock : TimeProvider
    {
        public long NowMs { get; set; } = 1_700_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);
    }
}
