using Xunit;

namespace Tidelog.Tests.Docs;

/// <summary>What the formatter does not see in the sources.</summary>
public sealed class TidyTests
{
    private const int Columns = 120;

    [Fact]
    public void Sources_have_short_lines_without_tabs_trailing_blanks_or_carriage_returns()
    {
        string root = RepositoryRoot();
        string[] files = [.. Sources(new DirectoryInfo(root)).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(files);
        string[] offences = [.. files.SelectMany(file => Offences(root, file))];
        Assert.True(offences.Length == 0, string.Join('\n', offences));
    }

    private static IEnumerable<string> Offences(string root, string file)
    {
        string name = Path.GetRelativePath(root, file);
        string[] lines = File.ReadAllText(file).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length > Columns)
            {
                yield return $"{name}:{i + 1}: {line.Length} columns, at most {Columns}";
            }
            if (line.Contains('\t'))
            {
                yield return $"{name}:{i + 1}: a tab";
            }
            if (line.EndsWith(' '))
            {
                yield return $"{name}:{i + 1}: a blank at the end";
            }
            if (lines[i].Contains('\r'))
            {
                yield return $"{name}:{i + 1}: a carriage return";
            }
        }
    }

    /// <summary>The C# files under a directory, but for what the build makes and what is hidden.</summary>
    private static IEnumerable<string> Sources(DirectoryInfo directory) =>
        directory.EnumerateDirectories()
            .Where(below => below.Name is not ("bin" or "obj" or "node_modules") && !below.Name.StartsWith('.'))
            .SelectMany(Sources)
            .Concat(directory.EnumerateFiles("*.cs").Select(file => file.FullName));

    internal static string RepositoryRoot()
    {
        string? root = Path.GetDirectoryName(typeof(TidyTests).Assembly.Location);
        while (root is not null && !File.Exists(Path.Combine(root, "Engine.sln")))
        {
            root = Path.GetDirectoryName(root);
        }
        return root ?? throw new InvalidOperationException("the tests do not run inside of the repository");
    }
}
