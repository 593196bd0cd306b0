using System.Text;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Protocol;

public sealed class GlobPatternTests
{
    // what redis-server 7.0.15 answers to SCAN with this MATCH for this key
    [Theory]
    [InlineData("hello", "hello", true)]
    [InlineData("hello", "hellO", false)]
    [InlineData("h?llo", "hallo", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*llo", "hllo", true)]
    [InlineData("h*llo", "heeeello", true)]
    [InlineData("h*llo", "heeeellow", false)]
    [InlineData("*", "x", true)]
    [InlineData("**", "", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*", "a", true)]
    [InlineData("a***", "a", true)]
    [InlineData("a*?", "a", false)]
    [InlineData("*a*b*c", "xaybzc", true)]
    [InlineData("*a*b*c", "xaybzcd", false)]
    [InlineData("*abc", "ababc", true)]
    [InlineData("h[ae]llo", "hello", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-c]llo", "hbllo", true)]
    [InlineData("h[c-a]llo", "hbllo", true)]
    [InlineData("h[a-c]llo", "hdllo", false)]
    [InlineData("h[^a-c]llo", "hdllo", true)]
    [InlineData("[", "[", false)]
    [InlineData("[a", "a", true)]
    [InlineData("[^", "a", true)]
    [InlineData("[]", "a", false)]
    [InlineData("[^]", "a", true)]
    [InlineData("[a-]", "-", false)]
    [InlineData("[a-", "-", true)]
    [InlineData(@"[\]]", "]", true)]
    [InlineData(@"[\\]", @"\", true)]
    [InlineData(@"\*", "*", true)]
    [InlineData(@"\*", "x", false)]
    [InlineData(@"\", @"\", true)]
    [InlineData(@"a\", "a", false)]
    [InlineData(@"h\ello", "hello", true)]
    public void A_pattern_matches_as_in_redis(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text)));
    }

    [Theory]
    [InlineData("MAX*", "maxmemory", true)]
    [InlineData("m[A-Z]x", "max", true)]
    [InlineData("m[AB]x", "max", true)]
    [InlineData(@"m[\A]x", "max", false)]
    [InlineData(@"m\Ax", "max", true)]
    public void Case_is_ignored_where_asked(string pattern, string text, bool expected)
    {
        Assert.Equal(expected,
            GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text), ignoreCase: true));
    }

    [Fact]
    public void Ranges_compare_signed_bytes()
    {
        Assert.True(GlobPattern.Matches([(byte)'[', (byte)'a', (byte)'-', 0xff, (byte)']'], "B"u8));
        Assert.False(GlobPattern.Matches([(byte)'[', (byte)'a', (byte)'-', 0xff, (byte)']'], "z"u8));
    }

    [Fact]
    public void An_abusive_pattern_ends_soon()
    {
        byte[] pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a*", 2_000)) + "b");
        byte[] text = Encoding.ASCII.GetBytes(new string('a', 10_000));
        Assert.False(GlobPattern.Matches(pattern, text));
    }

    [Fact]
    public void Garbage_never_throws()
    {
        var random = new Random(7);
        const string alphabet = @"ab-*?[]^\";
        for (int i = 0; i < 50_000; i++)
        {
            byte[] pattern = Draw(random, alphabet), text = Draw(random, alphabet);
            GlobPattern.Matches(pattern, text, i % 2 == 0);
        }
    }

    private static byte[] Draw(Random random, string alphabet)
    {
        byte[] bytes = new byte[random.Next(12)];
        foreach (ref byte b in bytes.AsSpan()) b = (byte)alphabet[random.Next(alphabet.Length)];
        return bytes;
    }
}
