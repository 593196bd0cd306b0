// The request parser: redis's multibulk and inline commands, out of a buffer that may end at any byte.
//
// It promises
//  - resumable at every byte: what was parsed of an unfinished command is remembered as offsets from the command's
//    first byte, so the buffer may be moved or grown between two calls as long as those bytes stay in front of it;
//  - no byte is scanned twice, whatever the size of the pieces it arrives in;
//  - no copy: arguments are views. Only the quotes and escapes of an inline command are decoded, in place;
//  - redis 7.0's limits and its protocol errors, to the letter (networking.c: processInlineBuffer,
//    processMultibulkBuffer).

using System.Runtime.CompilerServices;

namespace Tidelog.Protocol;

/// <summary>What became of a call to <see cref="RequestParser.Parse"/>.</summary>
public enum ParseStatus
{
    /// <summary>The bytes end inside a command: call again with more.</summary>
    NeedMore,

    /// <summary>One command was added to the arguments.</summary>
    Command,

    /// <summary>
    /// An empty line or an empty multibulk: its bytes are consumed, and there is nothing to do or to answer.
    /// </summary>
    Empty,

    /// <summary>
    /// The bytes are no request; <see cref="RequestParser.ErrorText"/> is the answer, and the connection is lost.
    /// </summary>
    Error,
}

/// <summary>The limits that a request is held to while it is parsed.</summary>
/// <param name="MaxBulkLength"><c>proto-max-bulk-len</c>, bytes.</param>
/// <param name="Unauthenticated">
/// True while the client owes a password: 10 arguments of 16 KiB are enough for AUTH.
/// </param>
public readonly record struct RequestLimits(long MaxBulkLength, bool Unauthenticated);

/// <summary>Parses the requests of one connection, one command at a time.</summary>
/// <remarks>Redis 7.0 networking.c, processInlineBuffer and processMultibulkBuffer.</remarks>
public sealed unsafe class RequestParser
{
    /// <summary>The longest inline command, and the longest header line, without its line end.</summary>
    public const int MaxInlineLength = 64 * 1024;

    private const int MaxUnauthenticatedArguments = 10;
    private const int MaxUnauthenticatedBulk = 16384;

    // State of an unfinished command; offsets count from its first byte.
    private int _bulksLeft;
    private long _bulkLength = -1;
    private long _position;
    private long _scanned;
    private int _firstArgument;

    // The arguments of an unfinished command wait here, so that the caller's list is free for other connections.
    private ArgumentList? _unfinished;

    /// <summary>The text of the error reply, without the leading "-", after <see cref="ParseStatus.Error"/>.</summary>
    public string ErrorText { get; private set; } = "";

    /// <summary>Redis's short reason for its log, after <see cref="ParseStatus.Error"/>.</summary>
    public string ErrorReason { get; private set; } = "";

    /// <summary>
    /// How many bytes in all, counted from the command's first, must be there before the next call can get further; 0
    /// when unknown. A reader that makes room for exactly that many reads a large argument straight to its place.
    /// </summary>
    public long BytesWanted => _bulkLength >= 0 ? _position + _bulkLength + 2 : 0;

    /// <summary>True while some part of a command has been parsed and the rest is awaited.</summary>
    public bool IsMidCommand => _bulksLeft > 0;

    /// <summary>True when the last complete command came as an inline line: its bytes are not RESP.</summary>
    public bool WasInline { get; private set; }

    /// <summary>Forgets an unfinished command.</summary>
    public void Reset()
    {
        _bulksLeft = 0;
        _bulkLength = -1;
        _position = 0;
        _scanned = 0;
        _unfinished = null;
    }

    /// <summary>Parses one command, or goes on with the one that an earlier call left unfinished.</summary>
    /// <param name="data">The unfinished (or next) command's first byte.</param>
    /// <param name="length">How many bytes are there, those seen by earlier calls included.</param>
    /// <param name="arguments">
    /// Gets the command's arguments appended, with offsets from <paramref name="data"/>.
    /// </param>
    /// <param name="consumed">Length of the command when it is complete or empty, else 0.</param>
    public ParseStatus Parse(
        byte* data, long length, ArgumentList arguments, in RequestLimits limits, out long consumed)
    {
        consumed = 0;
        if (_bulksLeft == 0)
        {
            if (length == 0)
            {
                return ParseStatus.NeedMore;
            }
            _firstArgument = arguments.Count;
            if (*data != (byte)'*')
            {
                return ParseInline(data, length, arguments, out consumed);
            }
            ParseStatus header = ParseCount(data, length, limits);
            if (header != ParseStatus.Command)
            {
                if (header == ParseStatus.Empty)
                {
                    consumed = _position;
                    Reset();
                }
                return header;
            }
        }
        ParseStatus status = ParseBulks(data, length, _unfinished ?? arguments, limits);
        if (status == ParseStatus.Command)
        {
            consumed = _position;
            _position = 0;
            _scanned = 0;
            WasInline = false;
            if (_unfinished is not null)
            {
                arguments.Add(_unfinished);
                _unfinished = null;
            }
        }
        else if (_unfinished is null)
        {
            _unfinished = new ArgumentList();
            _unfinished.Add(arguments, _firstArgument);
            arguments.Truncate(_firstArgument);
        }
        return status;
    }

    private ParseStatus ParseCount(byte* data, long length, in RequestLimits limits)
    {
        long end = FindCarriageReturn(data, length, 1);
        if (end < 0)
        {
            return length > MaxInlineLength
                ? Fail("Protocol error: too big mbulk count string", "too big mbulk count string")
                : ParseStatus.NeedMore;
        }
        if (end + 2 > length)
        {
            return ParseStatus.NeedMore;
        }
        if (!TryParseInt64(data + 1, end - 1, out long count) || count > int.MaxValue)
        {
            return Fail("Protocol error: invalid multibulk length", "invalid mbulk count");
        }
        if (count > MaxUnauthenticatedArguments && limits.Unauthenticated)
        {
            return Fail("Protocol error: unauthenticated multibulk length", "unauth mbulk count");
        }
        _position = _scanned = end + 2;
        if (count <= 0)
        {
            return ParseStatus.Empty;
        }
        _bulksLeft = (int)count;
        return ParseStatus.Command;
    }

    private ParseStatus ParseBulks(byte* data, long length, ArgumentList arguments, in RequestLimits limits)
    {
        while (_bulksLeft > 0)
        {
            if (_bulkLength < 0)
            {
                ParseStatus header = ParseBulkHeader(data, length, limits);
                if (header != ParseStatus.Command)
                {
                    return header;
                }
            }
            if (length - _position < _bulkLength + 2)
            {
                return ParseStatus.NeedMore;
            }
            arguments.Add(new Slice(_position, (int)_bulkLength));
            _position += _bulkLength + 2;
            _scanned = _position;
            _bulkLength = -1;
            _bulksLeft--;
        }
        return ParseStatus.Command;
    }

    private ParseStatus ParseBulkHeader(byte* data, long length, in RequestLimits limits)
    {
        byte* p = data + _position;
        long left = length - _position;

        // "$16\r\n" and its like are nearly all there is: one or two digits, complete.
        if (left >= 5 && p[0] == '$')
        {
            int d0 = p[1] - '0';
            if ((uint)d0 <= 9 && p[2] == '\r')
            {
                _bulkLength = d0;
                _position += 4;
                return CheckBulk(limits);
            }
            int d1 = p[2] - '0';
            if ((uint)(d0 - 1) <= 8 && (uint)d1 <= 9 && p[3] == '\r')
            {
                _bulkLength = (d0 * 10) + d1;
                _position += 5;
                return CheckBulk(limits);
            }
        }

        long end = FindCarriageReturn(data, length, _position);
        if (end < 0)
        {
            return left > MaxInlineLength
                ? Fail("Protocol error: too big bulk count string", "too big bulk count string")
                : ParseStatus.NeedMore;
        }
        if (end + 2 > length)
        {
            return ParseStatus.NeedMore;
        }
        if (*p != (byte)'$')
        {
            return Fail($"Protocol error: expected '$', got '{(char)*p}'", "expected $ but got something else");
        }
        if (!TryParseInt64(p + 1, end - _position - 1, out long bulk) || bulk < 0 || bulk > limits.MaxBulkLength
            || bulk > int.MaxValue - 64)
        {
            return Fail("Protocol error: invalid bulk length", "invalid bulk length");
        }
        _bulkLength = bulk;
        _position = end + 2;
        return CheckBulk(limits);
    }

    private ParseStatus CheckBulk(in RequestLimits limits)
    {
        if (_bulkLength > MaxUnauthenticatedBulk && limits.Unauthenticated)
        {
            return Fail("Protocol error: unauthenticated bulk length", "unauth bulk length");
        }
        if (_bulkLength > limits.MaxBulkLength)
        {
            return Fail("Protocol error: invalid bulk length", "invalid bulk length");
        }
        return ParseStatus.Command;
    }

    private ParseStatus ParseInline(byte* data, long length, ArgumentList arguments, out long consumed)
    {
        consumed = 0;
        int newline = new ReadOnlySpan<byte>(data + _scanned, (int)Math.Min(length - _scanned, MaxInlineLength * 2))
            .IndexOf((byte)'\n');
        if (newline < 0)
        {
            if (length > MaxInlineLength)
            {
                return Fail("Protocol error: too big inline request", "too big inline request");
            }
            _scanned = length;
            return ParseStatus.NeedMore;
        }
        long end = _scanned + newline;
        _scanned = 0;
        int text = (int)end;
        if (text > 0 && data[text - 1] == '\r')
        {
            text--;
        }
        if (!InlineArguments.TrySplit(data, text, arguments))
        {
            arguments.Truncate(_firstArgument);
            return Fail("Protocol error: unbalanced quotes in request", "unbalanced quotes in inline request");
        }
        consumed = end + 1;
        WasInline = true;
        return arguments.Count == _firstArgument ? ParseStatus.Empty : ParseStatus.Command;
    }

    /// <summary>
    /// The next "\r" at or behind <paramref name="from"/>; remembers how far it looked. -1 if there is none.
    /// </summary>
    private long FindCarriageReturn(byte* data, long length, long from)
    {
        long start = Math.Max(from, _scanned);
        int window = (int)Math.Min(length - start, MaxInlineLength * 2);
        int found = window <= 0 ? -1 : new ReadOnlySpan<byte>(data + start, window).IndexOf((byte)'\r');
        if (found < 0)
        {
            _scanned = Math.Max(start, length);
            return -1;
        }

        // The byte behind it may be missing still; looking at "\r" again then costs one byte.
        _scanned = start + found;
        return _scanned;
    }

    private ParseStatus Fail(string text, string reason)
    {
        ErrorText = text;
        ErrorReason = reason;
        return ParseStatus.Error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseInt64(byte* text, long length, out long value)
    {
        value = 0;
        return length is > 0 and <= 20 && Numbers.TryParseInt64(new ReadOnlySpan<byte>(text, (int)length), out value);
    }
}
