using Tidelog.Engine.Snapshot;

namespace Tidelog.Server.Rdb;

/// <summary>
/// <c>rdb json</c>: the whole file as one JSON document, a key a line. docs/formats/rdb.md says its form. Notes are
/// kept until the end, since files of redis 5 and 6 have some behind the keys. The keys of a database come in as many
/// parts as the file has: who joined a running snapshot got some of a database after the others.
/// </summary>
internal sealed class RdbJson(RdbFileReader reader, Stream target, DateTimeOffset now)
{
    private readonly JsonText _json = new(target);
    private readonly List<(byte[] Name, byte[] Text)> _notes = [];
    private readonly List<byte[]> _functions = [];
    private int _database = -1;

    public void Write()
    {
        JsonValue value = new(_json);
        _json.BeginObject();
        _json.Name("version"u8);
        _json.Number(reader.Version);
        _json.Name("databases"u8);
        _json.BeginArray();
        RdbItem item;
        while ((item = reader.Read()) != RdbItem.End)
        {
            switch (item)
            {
                case RdbItem.Aux:
                    _notes.Add((reader.Name.ToArray(), reader.Text.ToArray()));
                    break;
                case RdbItem.Function:
                    _functions.Add(reader.Text.ToArray());
                    break;
                case RdbItem.Key:
                    WriteKey(value);
                    break;
            }
        }
        EndPart();
        _json.EndArray();
        WriteNotes();
        _json.EndObject();
        _json.EndDocument();
    }

    private void WriteKey(JsonValue value)
    {
        if (reader.Database != _database)
        {
            EndPart();
            _database = reader.Database;
            _json.Line();
            _json.BeginObject();
            _json.Name("database"u8);
            _json.Number((long)_database);
            _json.Name("keys"u8);
            _json.BeginObject();
        }
        _json.Line();
        _json.Name(reader.Key);
        _json.BeginObject();
        _json.Name("type"u8);
        _json.String(RdbText.Ascii(RdbText.NameOf(reader.Type)));
        if (reader.Expiry >= 0)
        {
            _json.Name("expiry"u8);
            _json.Number(reader.Expiry);
            _json.Name("ttl"u8);
            _json.Number(Math.Max(0, reader.Expiry - now.ToUnixTimeMilliseconds()));
        }
        if (reader.IdleSeconds >= 0)
        {
            _json.Name("idle"u8);
            _json.Number(reader.IdleSeconds);
        }
        if (reader.Frequency >= 0)
        {
            _json.Name("freq"u8);
            _json.Number((long)reader.Frequency);
        }
        _json.Name("value"u8);
        reader.ReadValue(value);
        _json.EndObject();
    }

    private void EndPart()
    {
        if (_database >= 0)
        {
            _json.EndObject();
            _json.EndObject();
        }
    }

    private void WriteNotes()
    {
        // Redis 5 and 6 have a note called "lua" for each script.
        _json.Line();
        _json.Name("aux"u8);
        _json.BeginObject();
        foreach ((byte[] name, byte[] text) in _notes.Where(note => !IsScript(note.Name)))
        {
            _json.Name(name);
            _json.String(text);
        }
        _json.EndObject();
        WriteAll("functions"u8, _functions);
        WriteAll("scripts"u8, _notes.Where(note => IsScript(note.Name)).Select(note => note.Text));
    }

    private void WriteAll(ReadOnlySpan<byte> name, IEnumerable<byte[]> texts)
    {
        _json.Name(name);
        _json.BeginArray();
        foreach (byte[] text in texts)
        {
            _json.String(text);
        }
        _json.EndArray();
    }

    private static bool IsScript(byte[] name) => name.AsSpan().SequenceEqual("lua"u8);
}
