using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Server.Rdb;

/// <summary><c>tidelog-server rdb check|stat|json FILE</c>: what is in an RDB file, without a server.</summary>
internal static class RdbVerb
{
    public const string Name = "rdb";

    private const string Usage =
        """
        Usage: tidelog-server rdb check FILE   reads the whole file: notes, keys, and OK or where it is corrupt
               tidelog-server rdb stat FILE    keys by database and type, expiry, memory, the biggest keys
               tidelog-server rdb json FILE    everything as one JSON document

        FILE is an RDB file of redis, Valkey or Tidelog. The exit code is 0 if it is whole, else 1.

        """;

    /// <param name="arguments">Behind the verb.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, Stream output, TextWriter errors)
    {
        if (arguments is not ["check" or "stat" or "json", string file])
        {
            errors.Write(Usage);
            return 1;
        }
        try
        {
            using StreamWriter text =
                new(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            return Run(arguments[0], file, output, text, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The file cannot be opened or read, or the output, which is written to at its end too, not be written.
            errors.WriteLine(e.Message);
            return 1;
        }
    }

    private static int Run(string form, string file, Stream output, StreamWriter text, TextWriter errors)
    {
        try
        {
            using RdbFileReader reader = new(file);
            Write(form, reader, output, text);
            return 0;
        }
        catch (Exception e) when (e is CorruptDataException or OutOfMemoryException)
        {
            try
            {
                text.Flush();
            }
            finally
            {
                errors.WriteLine(e.Message);
            }
            return 1;
        }
    }

    private static void Write(string form, RdbFileReader reader, Stream output, TextWriter text)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        switch (form)
        {
            case "check":
                new RdbCheck(reader, text).Write();
                break;
            case "stat":
                new RdbStat(reader, text, now).Write();
                break;
            default:
                new RdbJson(reader, output, now).Write();
                break;
        }
    }
}
