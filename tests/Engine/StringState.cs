using System.Text;
using Tidelog.Engine.Keyspace;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Tests.Engine;

/// <summary>What a test of strings asks the keyspace itself.</summary>
internal static class StringState
{
    /// <summary>The name that OBJECT ENCODING gives.</summary>
    public static string EncodingOf(this EngineFixture engine, string key) =>
        engine.With(key, static record => record.Encoding.ToString().ToLowerInvariant());

    /// <summary>Unix time in milliseconds, or -1.</summary>
    public static long ExpiryOf(this EngineFixture engine, string key) =>
        engine.With(key, static record => record.Expiry);

    /// <summary>Puts something that is no string at a key.</summary>
    public static void PutList(this EngineFixture engine, string key)
    {
        engine.Engine.BeginTurn();
        Database database = engine.Session.Database;
        byte[] name = Encoding.Latin1.GetBytes(key);
        Record existing = database.Find(name, Lookup.NoTouch | Lookup.NoStats);
        database.Put(name, existing, ValueType.List, ValueEncoding.Raw, 3).MutableBytes.Clear();
        engine.Engine.EndTurn();
    }

    private static T With<T>(this EngineFixture engine, string key, Func<Record, T> ask)
    {
        engine.Engine.BeginTurn();
        Record record = engine.Session.Database.Find(Encoding.Latin1.GetBytes(key), Lookup.NoTouch | Lookup.NoStats);
        Assert.True(record.Exists);
        T answer = ask(record);
        engine.Engine.EndTurn();
        return answer;
    }
}
