using System.Text;
using Tidelog.Protocol;

namespace Tidelog.Server.Config;

/// <summary>Expands the wildcards of an <c>include</c> as the shell would.</summary>
internal static class FileGlob
{
    public static bool HasWildcard(string path) => path.AsSpan().IndexOfAny("*?[") >= 0;

    /// <param name="pattern">Relative to the working directory unless it begins with a slash.</param>
    /// <returns>The paths that exist, sorted, in the form of the pattern; none is no error.</returns>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        List<string> found = [pattern.StartsWith('/') ? "/" : ""];
        foreach (string part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            found = [.. found.SelectMany(directory => Step(directory, part))];
        }
        found.Sort(string.CompareOrdinal);
        return found;
    }

    private static IEnumerable<string> Step(string directory, string part)
    {
        string prefix = directory is "" or "/" ? directory : directory + "/";
        if (!HasWildcard(part))
        {
            string path = prefix + part;
            return File.Exists(path) || Directory.Exists(path) ? [path] : [];
        }
        byte[] pattern = Encoding.UTF8.GetBytes(part.Replace("[!", "[^", StringComparison.Ordinal));
        return EntriesOf(directory)
            .Where(name => part[0] == '.' || name[0] != '.')
            .Where(name => GlobPattern.Matches(pattern, Encoding.UTF8.GetBytes(name)))
            .Select(name => prefix + name);
    }

    private static IEnumerable<string> EntriesOf(string directory)
    {
        string path = directory.Length == 0 ? "." : directory;
        if (!Directory.Exists(path)) return [];
        try
        {
            return Directory.GetFileSystemEntries(path).Select(entry => Path.GetFileName(entry)!);
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }
}
