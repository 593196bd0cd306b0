using Tidelog.Server.Config;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>The configuration against a real redis-server: same defaults, same replies, same refusals, same rewritten
/// files.</summary>
public sealed class ConfigReferenceTests
{
    // where and how the two servers run
    private static readonly string[] OwnToEach = ["dir", "port", "unixsocket"];

    // what redis does not have
    private const string TidelogsOwn = "rdb-version";

    private static readonly string[] HiddenNames =
    [
        "use-exit-on-panic", "lua-enable-deprecated-api", "rdb-key-save-delay", "key-load-delay", "watchdog-period",
        "loading-process-events-interval-bytes",
    ];

    [Fact]
    public void Names_and_defaults_are_those_of_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        using var redis = new ConfigReferenceServer();
        Dictionary<string, string> theirs = Pairs(redis.Ask(["CONFIG", "GET", "*", .. HiddenNames]));
        Dictionary<string, string> ours = Pairs(new Configuration().Get(["*", .. HiddenNames]));
        foreach (string name in OwnToEach)
        {
            Assert.True(theirs.Remove(name));
            Assert.True(ours.Remove(name));
        }
        Assert.True(ours.Remove(TidelogsOwn));
        Assert.Equal(Sorted(theirs), Sorted(ours));
    }

    [Fact]
    public void Sets_are_answered_as_by_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        using var redis = new ConfigReferenceServer("--enable-protected-configs", "yes");
        var config = Loaded("--enable-protected-configs", "yes", "--port", "0");
        foreach (string[] pairs in ConfigReferenceCases.Sets)
        {
            string theirs = redis.Ask(["CONFIG", "SET", .. pairs]);
            var wanted = pairs.Chunk(2).Select(p => (p[0], p[1])).ToList();
            string ours = config.TrySet(wanted, out string error) ? "OK" : error;
            string shown = string.Join(' ', pairs);
            Assert.Equal($"{shown}: {theirs}", $"{shown}: {ours}");
            foreach (string name in wanted.Select(p => p.Item1).Except(OwnToEach))
            {
                string value = string.Concat(
                    config.Get([name]).Select(p => p.Name + ConfigReferenceServer.Separator + p.Value));
                Assert.Equal($"{shown}: {redis.Ask("CONFIG", "GET", name)}", $"{shown}: {value}");
            }
        }
    }

    [Fact]
    public void Gets_are_answered_as_by_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        using var redis = new ConfigReferenceServer();
        var config = new Configuration();
        foreach (string[] patterns in ConfigReferenceCases.Gets)
        {
            Dictionary<string, string> theirs = Pairs(redis.Ask(["CONFIG", "GET", .. patterns]));
            Dictionary<string, string> ours = Pairs(config.Get(patterns));
            foreach (string name in OwnToEach) _ = (theirs.Remove(name), ours.Remove(name));
            ours.Remove(TidelogsOwn);
            Assert.Equal(Sorted(theirs), Sorted(ours));
        }
    }

    [Fact]
    public void Wrong_lines_are_refused_as_by_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        string directory = Directory.CreateTempSubdirectory("tidelog-config").FullName;
        string file = Path.Combine(directory, "redis.conf");
        foreach (string text in ConfigReferenceCases.WrongFiles)
        {
            File.WriteAllText(file, text);
            string theirs = ConfigReferenceServer.Refusal(directory, file, "--port", "0");
            var refused = Assert.Throws<ConfigFileException>(() => Loaded(file, "--port", "0"));
            Assert.Equal($"{text}: {theirs}", $"{text}: {refused.Message}");
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Wrong_command_lines_are_refused_as_by_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        foreach (string[] arguments in ConfigReferenceCases.WrongArguments)
        {
            string theirs = ConfigReferenceServer.Refusal(Path.GetTempPath(), arguments);
            var refused = Assert.Throws<ConfigFileException>(() => Loaded(arguments));
            Assert.Equal(theirs, refused.Message);
        }
    }

    [Fact]
    public void Good_files_mean_the_same_as_to_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        string directory = Directory.CreateTempSubdirectory("tidelog-config").FullName;
        string file = Path.Combine(directory, "redis.conf");
        File.WriteAllText(Path.Combine(directory, "base.conf"), "save 900 1\ntimeout 5\n");
        foreach ((string text, string[] options) in ConfigReferenceCases.GoodFiles)
        {
            File.WriteAllText(file, text.Replace("@", directory, StringComparison.Ordinal));
            using var redis = new ConfigReferenceServer([file, .. options]);
            Dictionary<string, string> theirs = Pairs(redis.Ask("CONFIG", "GET", "*"));
            Dictionary<string, string> ours = Pairs(Loaded([file, .. options]).Get(["*"]));
            foreach (string name in OwnToEach) _ = (theirs.Remove(name), ours.Remove(name));
            ours.Remove(TidelogsOwn);
            Assert.Equal(Sorted(theirs), Sorted(ours));
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Files_are_rewritten_as_by_redis()
    {
        if (!ConfigReferenceServer.IsInstalled) return;
        foreach ((string text, string[] set) in ConfigReferenceCases.Rewrites)
        {
            string directory = Directory.CreateTempSubdirectory("tidelog-config").FullName;
            string theirFile = Path.Combine(directory, "their.conf"), ourFile = Path.Combine(directory, "our.conf");
            File.WriteAllText(theirFile, text);
            File.WriteAllText(ourFile, text);
            using var redis = new ConfigReferenceServer(theirFile);
            var config = Loaded(ourFile);
            config.DescribeUsers = () => ["user default on nopass ~* &* +@all"];
            if (set.Length > 0)
            {
                Assert.Equal("OK", redis.Ask(["CONFIG", "SET", .. set]));
                Assert.True(config.TrySet([.. set.Chunk(2).Select(p => (p[0], p[1]))], out _));
            }
            Assert.Equal("OK", redis.Ask("CONFIG", "REWRITE"));
            Assert.Null(config.Rewrite());
            Assert.Equal(Comparable(theirFile), Comparable(ourFile));
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Configuration Loaded(params string[] arguments)
    {
        var config = new Configuration();
        config.Load(CommandLine.Parse(arguments, "/"), Stream.Null);
        return config;
    }

    // Redis appends in the order of a hash table with a random seed, and each server has its own place to run.
    private static string Comparable(string file)
    {
        string text = File.ReadAllText(file);
        const string signature = "# Generated by CONFIG REWRITE\n";
        int end = text.IndexOf(signature, StringComparison.Ordinal);
        Assert.True(end >= 0);
        IEnumerable<string> appended = text[(end + signature.Length)..].Split('\n').Where(line =>
            !OwnToEach.Any(name => line.StartsWith(name + " ", StringComparison.Ordinal)));
        return text[..end] + string.Join('\n', appended.Order(StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Pairs(string reply) => reply.Length == 0
        ? []
        : reply.Split(ConfigReferenceServer.Separator).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    private static Dictionary<string, string> Pairs(IReadOnlyList<(string Name, string Value)> pairs) =>
        pairs.ToDictionary(pair => pair.Name, pair => pair.Value);

    private static string Sorted(Dictionary<string, string> pairs) =>
        string.Join('\n', pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {p.Value}"));
}
