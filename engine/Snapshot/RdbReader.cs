using System.Buffers.Binary;
using System.Globalization;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Reads RDB files of redis (1 to 12) and of Valkey (80), item by item, with memory for one element at a time. Every
/// length is checked; what does not fit the format is a <see cref="CorruptDataException"/> with its place.
/// </summary>
/// <remarks>docs/formats/rdb.md, "What is read"; Redis 7.0 rdb.c, rdbLoadRioWithLoadingCtx.</remarks>
internal sealed class RdbReader : IDisposable
{
    private const int MagicLength = 9;
    private const int MaxRedisVersion = 12;
    private const int ValkeyVersion = 80;

    // Files did not end with a checksum before.
    private const int FirstChecksumVersion = 5;

    private readonly RdbInput _input;
    private readonly RdbStrings _strings;
    private readonly SpillBuffer _key = new();
    private readonly bool _isValkey;
    private readonly bool _verifyChecksum;
    private int _keyLength;
    private int _textLength;
    private readonly SpillBuffer _text = new();
    private readonly NoteOfNextStream _note = new();
    private RdbItem? _item;
    private bool _valueIsNext;

    /// <param name="stream">Read from where it stands, in big pieces; stays open.</param>
    /// <param name="name">Path of the file, or what it is, for errors.</param>
    /// <param name="length">Bytes that there are: no more are taken. -1 if that is not known.</param>
    /// <param name="verifyChecksum">False passes over the checksum: <c>rdbchecksum no</c>.</param>
    /// <exception cref="CorruptDataException">It is no RDB file, or of a version that is not read.</exception>
    public RdbReader(Stream stream, string name, long length, bool verifyChecksum = true)
    {
        _input = new RdbInput(stream, name, length);
        _strings = new RdbStrings(_input);
        try
        {
            (Version, _isValkey) = ReadMagic();
        }
        catch
        {
            Dispose();
            throw;
        }
        _verifyChecksum = verifyChecksum && Version >= FirstChecksumVersion;
        if (!_verifyChecksum)
        {
            _input.LeaveChecksum();
        }
    }

    /// <summary>1 to 12, or 80.</summary>
    public int Version { get; }

    /// <summary>Bytes read so far.</summary>
    public long Offset => _input.Offset;

    /// <summary>Bytes of memory that the reader has.</summary>
    public long Memory => _input.Memory + _key.Capacity + _text.Capacity + _note.Text.Capacity;

    /// <summary>Where the present item begins; a key's begins with its type, behind its expiry.</summary>
    public long ItemOffset { get; private set; }

    /// <summary>Good until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Name => Key;

    /// <summary>Good until the next <see cref="Read"/>.</summary>
    public unsafe ReadOnlySpan<byte> Text => new(_text.Start, _textLength);

    public int Database { get; private set; }

    /// <summary>A hint: at most what fits in the rest of the file; any number if its length is not known.</summary>
    public long Keys { get; private set; }

    public long ExpiringKeys { get; private set; }

    /// <summary>Good until the next <see cref="Read"/>.</summary>
    public unsafe ReadOnlySpan<byte> Key => new(_key.Start, _keyLength);

    public RdbType RdbType { get; private set; }

    public Keyspace.ValueType Type { get; private set; }

    /// <summary>Unix time in milliseconds, or -1. A time before 1970, which is over too, is 0.</summary>
    public long Expiry { get; private set; } = -1;

    /// <summary>Seconds without use, or -1.</summary>
    public long IdleSeconds { get; private set; } = -1;

    /// <summary>LFU counter, or -1.</summary>
    public int Frequency { get; private set; } = -1;

    /// <summary>Goes to the next item.</summary>
    /// <exception cref="CorruptDataException">The file is not what its format says, or ends too early.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public RdbItem Read()
    {
        Invariant.Require(!_valueIsNext && _item != RdbItem.End);
        _input.Trim(_key);
        if (_item == RdbItem.Key)
        {
            Expiry = -1;
            IdleSeconds = -1;
            Frequency = -1;
        }
        while (true)
        {
            ItemOffset = _input.Offset;
            byte code = _input.Byte("the type of a value, or what stands in its place");
            if (ReadCode(code) is { } item)
            {
                _item = item;
                return item;
            }
        }
    }

    /// <summary>Reads the value of the present key.</summary>
    /// <inheritdoc cref="Read"/>
    public void ReadValue<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        Invariant.Require(_valueIsNext);
        _valueIsNext = false;
        new RdbValueReader(_input, _note).Read(RdbType, ref visitor);
        _note.Forget();
    }

    /// <summary>Passes over the value of the present key; only its lengths are looked at.</summary>
    /// <inheritdoc cref="Read"/>
    public void SkipValue()
    {
        Invariant.Require(_valueIsNext);
        _valueIsNext = false;
        new RdbSkip(_input).Value(RdbType);
        _note.Forget();
    }

    /// <summary>True for the versions of DUMP payloads that are read.</summary>
    public static bool IsReadable(int version) => version is <= MaxRedisVersion or ValkeyVersion;

    /// <summary>Reads the value of a DUMP payload, whose version and checksum have been checked.</summary>
    /// <param name="payload">The type's byte and the value.</param>
    /// <exception cref="CorruptDataException">It is not what its format says, or longer.</exception>
    public static unsafe void ReadPayload<TVisitor>(ReadOnlySpan<byte> payload, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        fixed (byte* start = payload)
        {
            using RdbInput input = new(start, payload.Length, "the payload");
            var type = (RdbType)input.Byte("the type of a value");
            if (RdbTypes.IsModule(type))
            {
                throw new RdbModules(input).Refuse(0);
            }
            if (!RdbTypes.TryGetValueType(type, out _))
            {
                throw input.Corrupt(0, "the type of a value", RdbTypes.Describe(type, isValkey: false));
            }
            new RdbValueReader(input).Read(type, ref visitor);
            if (input.Left != 0)
            {
                throw input.Corrupt(input.Offset, input.EndName, $"{input.Left} more bytes");
            }
        }
    }

    public void Dispose()
    {
        _input.Dispose();
        _key.Dispose();
        _text.Dispose();
        _note.Dispose();
    }

    private (int Version, bool IsValkey) ReadMagic()
    {
        ReadOnlySpan<byte> magic = _input.Bytes(MagicLength, "\"REDIS\" or \"VALKEY\" and a version");
        bool isValkey = magic.StartsWith("VALKEY"u8);
        ReadOnlySpan<byte> digits = magic[(isValkey ? 6 : 5)..];
        if ((!isValkey && !magic.StartsWith("REDIS"u8))
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int version))
        {
            throw _input.Corrupt(0, "\"REDIS\" or \"VALKEY\" and a version", Quoted.Text(magic));
        }
        if (isValkey ? version != ValkeyVersion : version is < 1 or > MaxRedisVersion)
        {
            throw _input.Corrupt(
                MagicLength - digits.Length,
                isValkey ? $"version {ValkeyVersion}" : $"a version from 1 to {MaxRedisVersion}",
                $"version {version}, which is not supported");
        }
        return (version, isValkey);
    }

    /// <returns>Null if what was read belongs to the next item, or to none.</returns>
    private RdbItem? ReadCode(byte code)
    {
        switch ((RdbOpcode)code)
        {
            case RdbOpcode.ExpireMs:
                long milliseconds = _input.Int64LittleEndian("a time of 8 bytes");
                Expiry = milliseconds < -1 ? 0 : milliseconds;
                return null;
            case RdbOpcode.ExpireSeconds:
                int seconds = BinaryPrimitives.ReadInt32LittleEndian(
                    _input.Bytes(sizeof(int), "a time of 4 bytes"));
                Expiry = Math.Max(seconds, 0) * 1000L;
                return null;
            case RdbOpcode.Idle:
                IdleSeconds = (long)Math.Min(_input.Length("the seconds without use"), long.MaxValue);
                return null;
            case RdbOpcode.Frequency:
                Frequency = _input.Byte("an LFU counter");
                return null;
            case RdbOpcode.SlotInfo:
                _ = _input.Length("a slot");
                _ = _input.Length("the keys of a slot");
                _ = _input.Length("the expiring keys of a slot");
                return null;
            case RdbOpcode.ModuleAux:
                new RdbModules(_input).SkipNote();
                return null;
            case RdbOpcode.Aux:
                return ReadAux();
            case RdbOpcode.Function2:
                _textLength = _strings.ReadTo(_text).Length;
                return RdbItem.Function;
            case RdbOpcode.SelectDb:
                ReadDatabase();
                return RdbItem.SelectDatabase;
            case RdbOpcode.ResizeDb:
                Keys = Clamped(_input.Length("a number of keys"));
                ExpiringKeys = Clamped(_input.Length("a number of expiring keys"));
                return RdbItem.Counts;
            case RdbOpcode.End:
                ReadEnd();
                return RdbItem.End;
            default:
                ReadKey((RdbType)code);
                return RdbItem.Key;
        }
    }

    /// <returns>Null for a note that is part of the next key.</returns>
    private RdbItem? ReadAux()
    {
        _keyLength = _strings.ReadTo(_key).Length;
        if (!Name.SequenceEqual(StreamNote.Name))
        {
            _textLength = _strings.ReadTo(_text).Length;
            return RdbItem.Aux;
        }
        long offset = _input.Offset;
        bool isSecond = _note.IsThere;
        ReadOnlySpan<byte> text = _strings.ReadTo(_note.Text);
        if (isSecond || !_note.TryTake(text.Length))
        {
            throw _input.Corrupt(
                offset, isSecond ? "a key behind the first note of a stream" : "the note of a stream",
                Quoted.Text(text));
        }
        return null;
    }

    /// <summary>A number of keys that is a hint; each has a type, a length and a value.</summary>
    private long Clamped(ulong count) => (long)Math.Min(count, (ulong)_input.Left / 3);

    private void ReadDatabase()
    {
        long offset = _input.Offset;
        ulong database = _input.Length("the index of a database");
        if (database > int.MaxValue)
        {
            throw _input.Corrupt(offset, "the index of a database", $"{database}");
        }
        Database = (int)database;
    }

    private void ReadKey(RdbType type)
    {
        if (RdbTypes.IsModule(type))
        {
            _strings.Skip();
            throw new RdbModules(_input).Refuse(ItemOffset);
        }
        if (!RdbTypes.TryGetValueType(type, out Keyspace.ValueType valueType))
        {
            throw _input.Corrupt(
                ItemOffset, "the type of a value, or what stands in its place", Describe((byte)type));
        }
        RdbType = type;
        Type = valueType;
        _keyLength = _strings.ReadTo(_key).Length;
        _valueIsNext = true;
    }

    private string Describe(byte code) => (RdbOpcode)code switch
    {
        RdbOpcode.FunctionPreGa => "code 246: functions of release candidates of redis 7.0 are not supported",
        RdbOpcode.SlotImport when _isValkey => "code 243: an unfinished import of slots is not supported",
        _ => RdbTypes.Describe((RdbType)code, _isValkey),
    };

    private void ReadEnd()
    {
        if (Version < FirstChecksumVersion)
        {
            // Else a file whose version is damaged would pass for one without a checksum.
            if (_input.KnowsLength && _input.Left != 0)
            {
                throw _input.Corrupt(_input.Offset, _input.EndName, $"{_input.Left} more bytes");
            }
            return;
        }
        ulong right = _input.Checksum();
        long offset = _input.Offset;
        ulong found = (ulong)_input.Int64LittleEndian("a checksum of 8 bytes");

        // 0 says that none was taken.
        if (_verifyChecksum && found != 0 && found != right)
        {
            throw _input.Corrupt(offset, $"the checksum {right:x16}", $"{found:x16}");
        }
    }
}
