using System.Text;

namespace Tidelog.Server.Config;

// File, standard input and command line are one text, read line by line with one count of lines; an included file is
// a text of its own. Later lines win. Nothing is applied here: rows store values, and the server looks at them when
// all is read.

/// <summary>Reads redis.conf into a <see cref="ConfigTable"/>.</summary>
internal sealed class ConfigFileReader(
    ConfigTable table, ServerSettings settings, Func<string, string, string?>? renameCommand)
{
    // Redis recurses until its stack ends.
    private const int MaxNesting = 64;

    private static readonly string[] Ignored =
        ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

    private int _nesting;

    /// <param name="file">A path, with or without wildcards; null for none.</param>
    /// <param name="standardInput">Text between the file and the options; null for none.</param>
    /// <param name="options">Lines from the command line; null for none.</param>
    /// <exception cref="ConfigFileException">A line is wrong.</exception>
    /// <exception cref="ConfigFileUnreadableException">The file, or one that it includes, cannot be opened.</exception>
    public void Read(string? file, Stream? standardInput, string? options)
    {
        var text = new StringBuilder();
        if (file is not null) AppendFiles(text, file);
        if (standardInput is not null)
        {
            using var reader = new StreamReader(standardInput, Encoding.Latin1);
            text.Append(reader.ReadToEnd());
        }
        if (options is not null) text.Append('\n').Append(options);
        ReadText(file, text.ToString());
    }

    private static void AppendFiles(StringBuilder text, string file)
    {
        foreach (string path in FileGlob.HasWildcard(file) ? FileGlob.Expand(file) : [file])
        {
            // A directory opens and is empty for C's stdio, so for Redis too.
            if (Directory.Exists(path)) continue;
            try
            {
                text.Append(File.ReadAllText(path, Encoding.Latin1));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new ConfigFileUnreadableException(path, FileCalls.Describe(failure, path));
            }
        }
    }

    private void ReadText(string? file, string text)
    {
        string[] lines = text.Split('\n');
        table.Save.IsReadingFile = true;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim(' ', '\t', '\r', '\n');
            if (line.Length == 0 || line[0] == '#') continue;
            string error = ReadLine(line);
            if (error.Length > 0) throw new ConfigFileException(file, i + 1, line, error);
        }
        string conflict = CheckWhole();
        if (conflict.Length > 0) throw new ConfigFileException(file, 0, null, conflict);
        table.Save.IsReadingFile = false;
    }

    private string ReadLine(string line)
    {
        if (ConfigText.Split(line) is not { } words) return "Unbalanced quotes in configuration line";
        if (words.Count == 0) return "";
        string name = words[0].ToLowerInvariant();
        return table.Find(name) is { } known ? SetRow(known.Row, words) : ReadOther(name, words);
    }

    private static string SetRow(Directive row, List<string> words)
    {
        IReadOnlyList<string> values = words[1..];
        if (!row.Is(DirectiveFlags.MultiArgument))
        {
            if (words.Count != 2) return "wrong number of arguments";
        }
        else if (words.Count == 2 && words[1].Length > 0)
        {
            // "--save '900 1'": several words that came as one
            values = ConfigText.Split(words[1]) ?? [];
        }
        row.Set(values, out string error);
        return error;
    }

    private string ReadOther(string name, List<string> words)
    {
        const string unknown = "Bad directive or wrong number of arguments";
        switch (name)
        {
            case "include" when words.Count == 2:
                return Include(ConfigText.ToPath(words[1]));
            case "rename-command" when words.Count == 3:
                settings.RenamedCommands.Add(new RenamedCommand(words[1], words[2]));
                return renameCommand?.Invoke(words[1], words[2]) ?? "";
            case "user" when words.Count >= 2:
                settings.Users.Add(words[1..]);
                return "";
            case "loadmodule" when words.Count >= 2:
                settings.Modules.Add(new ModuleToLoad(ConfigText.ToPath(words[1]), words[2..]));
                return "";
            case "sentinel":
                return words.Count == 1 ? "" : "sentinel directive while not in sentinel mode";
        }
        if (Ignored.Contains(name) && words.Count == 2) return "";
        if (!name.Contains('.')) return unknown;
        if (words.Count < 2) return "Module config specified without value";
        settings.ModuleValues[words[0]] = string.Join(' ', words[1..]);
        return "";
    }

    private string Include(string file)
    {
        if (_nesting == MaxNesting) return "Too many nested includes";
        _nesting++;
        Read(file, null, null);
        _nesting--;
        return "";
    }

    private string CheckWhole()
    {
        if (settings.LogFile.Length > 0)
        {
            // Now is the time to find out: once the server runs, a log that cannot be written cannot be told of.
            try
            {
                using FileStream log = new(settings.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return $"Can't open the log file: {FileCalls.Describe(failure, settings.LogFile)}";
            }
        }
        bool isClusteredReplica = settings.ClusterEnabled && settings.Replication.MasterHost is not null;
        return isClusteredReplica ? "replicaof directive not allowed in cluster mode" : "";
    }
}
