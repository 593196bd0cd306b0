using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

public sealed class BlobWalkTests
{
    private static readonly Gen<string> Text = Gen.Frequency(
        (4, Gen.Choose(-5000, 5000).Select(i => $"{i}")),
        (4, Gen.Choose(0, 63).SelectMany(bits => Gen.Elements(0, 1, -1).SelectMany(more =>
            Gen.Elements(1, -1).Select(sign => $"{unchecked(((1L << bits) + more) * sign)}")))),
        (2, Gen.Elements("", "-", "-0", "007", "12a", " 1", "9223372036854775808", "\xff\x00\xfe")),
        (3, Gen.Choose(0, 300).Select(length => new string('x', length))),
        (1, Gen.Elements(4090, 4095, 4096, 16_379, 16_382, 16_383, 16_384, 70_000)
            .Select(length => new string('y', length))));

    [Fact]
    public void What_was_written_is_walked_through()
    {
        using GuardedMemory memory = new(1 << 22);
        StepProperty.Check(200, length: 40, Text, texts =>
        {
            string[] pairs = [.. texts[..(texts.Length / 2 * 2)]];
            Assert.Equal(texts, Walk(BlobWalk.OfListPack(memory.Hold(PackedBlobs.ListPack(texts)))));
            Assert.Equal(texts, Walk(BlobWalk.OfZipList(memory.Hold(PackedBlobs.ZipList(texts)))));
            Assert.Equal(texts, Walk(BlobWalk.OfZipList(memory.Hold(PackedBlobs.ZipList(texts, longPrevious: true)))));
            if (pairs.Length > 0)
            {
                Assert.Equal(pairs, Walk(BlobWalk.OfZipMap(memory.Hold(PackedBlobs.ZipMap(pairs)))));
                Assert.Equal(pairs, Walk(BlobWalk.OfZipMap(memory.Hold(PackedBlobs.ZipMap(pairs, unused: 3)))));
            }
            long[] members = [.. Integers(texts).Append(7).Distinct().Order()];
            Assert.Equal(
                members.Select(member => $"{member}"),
                Walk(BlobWalk.OfIntegerSet(memory.Hold(PackedBlobs.IntegerSet(members)))));
        });
    }

    [Fact]
    public void More_elements_than_the_header_can_count_are_walked_through()
    {
        string[] texts = [.. Enumerable.Range(0, 70_000).Select(i => $"{i}")];
        BlobWalk listPack = BlobWalk.OfListPack(PackedBlobs.ListPack(texts));
        BlobWalk zipList = BlobWalk.OfZipList(PackedBlobs.ZipList(texts));
        Assert.Equal(-1, listPack.Count);
        Assert.Equal(-1, zipList.Count);
        Assert.Equal(texts, Walk(listPack));
        Assert.Equal(texts, Walk(zipList));
        string[] pairs = texts[..600];
        BlobWalk zipMap = BlobWalk.OfZipMap(PackedBlobs.ZipMap(pairs));
        Assert.Equal(-1, zipMap.Count);
        Assert.Equal(pairs, Walk(zipMap));
    }

    [Fact]
    public void Empty_listpacks_and_ziplists_have_no_elements()
    {
        Assert.Empty(Walk(BlobWalk.OfListPack(PackedBlobs.ListPack([]))));
        Assert.Empty(Walk(BlobWalk.OfZipList(PackedBlobs.ZipList([]))));
    }

    [Fact]
    public void Damaged_bytes_end_in_a_fault_or_in_a_walk()
    {
        using GuardedMemory memory = new(1 << 21);
        StepProperty.Check(100, length: 20, Text, texts =>
        {
            Random random = new(texts.Length);
            foreach (byte[] blob in All(texts))
            {
                for (int i = 0; i < 60; i++)
                {
                    byte[] bad = blob[..random.Next(i % 3 == 0 ? 0 : blob.Length, blob.Length + 1)];
                    for (int flips = random.Next(3); flips > 0 && bad.Length > 0; flips--)
                    {
                        int at = random.Next(random.Next(2) == 0 ? Math.Min(40, bad.Length) : bad.Length);
                        bad[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : bad[at] ^ (1 << random.Next(8)));
                    }
                    ReadOnlySpan<byte> held = memory.Hold(bad);
                    AssertEnds(BlobWalk.OfListPack(held), bad.Length);
                    AssertEnds(BlobWalk.OfZipList(held), bad.Length);
                    AssertEnds(BlobWalk.OfZipMap(held), bad.Length);
                    AssertEnds(BlobWalk.OfIntegerSet(held), bad.Length);
                }
            }
        });
    }

    [Theory]
    [InlineData("ListPack", "", 0, "the header of a listpack", "0 bytes")]
    [InlineData("ListPack", "080000000000ff", 0, "the length of a listpack, 7", "8")]
    [InlineData("ListPack", "0700000000000f", 6, "the end byte of a listpack", "0x0f")]
    [InlineData("ListPack", "090000000200" + "0101" + "ff", 4, "a count of 1", "2")]
    [InlineData("ListPack", "090000000100" + "0102" + "ff", 7, "the length 1 once more", "02")]
    [InlineData("ListPack", "0a0000000100" + "836161" + "ff", 6, "an element of 5 bytes", "the end after 3")]
    [InlineData("ListPack", "090000000100" + "f401" + "ff", 6, "an element that begins with 9 bytes",
        "the end after 2")]
    [InlineData("ListPack", "090000000100" + "ff01" + "ff", 6, "the encoding of an element", "0xff")]
    [InlineData("ZipList", "0d0000000a0000000100" + "00ff" + "ff", 11, "the encoding of an element", "0xff")]
    [InlineData("ZipList", "0d0000000a0000000100" + "01f1" + "ff", 10, "the length of the element in front, 0", "1")]
    [InlineData("ZipList", "0d0000000b0000000100" + "00f1" + "ff", 4, "the last element's place, 10", "11")]
    [InlineData("ZipList", "0d0000000a0000000200" + "00f1" + "ff", 8, "a count of 1", "2")]
    [InlineData("ZipList", "0d0000000a0000000100" + "0002" + "ff", 11, "an element of 3 bytes", "the end after 1")]
    [InlineData("ZipList", "0d0000000a0000000100" + "fe00" + "ff", 10, "the length of the element in front", "fe00")]
    [InlineData("ZipMap", "00ff", 1, "a field", "the end")]
    [InlineData("ZipMap", "01" + "0161" + "ff", 0, "a count of 1", "2")]
    [InlineData("ZipMap", "fe" + "0161" + "ff", 3, "the value of the last field", "the end")]
    [InlineData("ZipMap", "01" + "0161" + "020061" + "ff", 3, "a text of 2 bytes and 0 unused ones", "the end after 1")]
    [InlineData("IntegerSet", "030000000100000000", 0, "a width of 2, 4 or 8 bytes", "3")]
    [InlineData("IntegerSet", "0200000001000000", 4, "a count above 0 of integers of 2 bytes in 0 bytes", "1")]
    [InlineData("IntegerSet", "020000000200000005000500", 10, "an integer above 5", "5")]
    public void A_fault_says_where_it_is_and_what_is_wrong(
        string form, string blob, int offset, string expected, string found)
    {
        byte[] bytes = Convert.FromHexString(blob);
        BlobWalk walk = form switch
        {
            "ListPack" => BlobWalk.OfListPack(bytes),
            "ZipList" => BlobWalk.OfZipList(bytes),
            "ZipMap" => BlobWalk.OfZipMap(bytes),
            _ => BlobWalk.OfIntegerSet(bytes),
        };
        while (walk.MoveNext())
        {
        }
        Assert.Equal((offset, expected, found), (walk.Offset, walk.Expected, walk.Found));
    }

    /// <summary>Redis reads what the test writes, and refuses what the walk refuses.</summary>
    [Fact]
    public void Redis_accepts_the_same_blobs()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--sanitize-dump-payload", "yes");
        using RespClient client = redis.Connect();
        int refused = 0;
        int accepted = 0;
        StepProperty.Check(12, length: 12, Text, texts =>
        {
            Random random = new(texts.Length);
            long[] members = [.. Integers(texts).Append(7)];
            for (int i = 0; i < 30; i++)
            {
                byte[] listPack = Damage(PackedBlobs.ListPack(texts), random, i);
                byte[] zipList = Damage(PackedBlobs.ZipList(texts), random, i);
                byte[] integers = Damage(PackedBlobs.IntegerSet(members), random, i);
                foreach ((bool isGood, byte[] payload) in (ReadOnlySpan<(bool, byte[])>)
                [
                    (IsGood(BlobWalk.OfListPack(listPack)), PackedBlobs.Payload(
                        RdbType.QuickList2, [1, 2], PackedBlobs.String(listPack))),
                    (IsGood(BlobWalk.OfZipList(zipList)), PackedBlobs.Payload(
                        RdbType.QuickList, [1], PackedBlobs.String(zipList))),
                    (IsGood(BlobWalk.OfIntegerSet(integers)), PackedBlobs.Payload(
                        RdbType.SetIntegers, PackedBlobs.String(integers))),
                ])
                {
                    Reply reply = Restore(client, payload);

                    // Of a listpack redis takes a length behind an element that is encoded too long, if the bytes in
                    // front of it happen to fit.
                    bool mayDiffer = !isGood && payload[0] == (byte)RdbType.QuickList2;
                    Assert.True(
                        mayDiffer || (reply.Text == "OK") == isGood,
                        $"{reply.Text}: {Convert.ToHexStringLower(payload)}");
                    _ = isGood ? accepted++ : refused++;
                }
            }
        });
        Assert.True(refused > 50 && accepted > 50);
    }

    [Fact]
    public void Redis_reads_what_the_old_encodings_hold_as_the_walk_does()
    {
        using ServerProcess redis = ServerProcess.StartRedis();
        using RespClient client = redis.Connect();
        string[] pairs = ["name", "x", "12", "-7", new string('f', 300), new string('v', 253), "", "\xff"];
        foreach (byte[] payload in (byte[][])
        [
            PackedBlobs.Payload(RdbType.HashZipMap, PackedBlobs.String(PackedBlobs.ZipMap(pairs, unused: 2))),
            PackedBlobs.Payload(RdbType.HashZipList, PackedBlobs.String(PackedBlobs.ZipList(pairs))),
        ])
        {
            Assert.Equal("OK", Restore(client, payload).Text);
            Assert.Equal(
                pairs.Chunk(2).Order(Comparer<string[]>.Create((a, b) => string.CompareOrdinal(a[0], b[0]))),
                client.Call("HGETALL", "k").Items.Select(item => item.Text).Chunk(2)
                    .Order(Comparer<string[]>.Create((a, b) => string.CompareOrdinal(a[0], b[0]))));
        }
    }

    [Fact]
    public void What_redis_dumps_is_walked_through()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--rdbcompression", "no");
        using RespClient client = redis.Connect();
        StepProperty.Check(40, length: 20, Text.Where(text => text.Length < 64), texts =>
        {
            string[] different = [.. texts.Distinct()];
            client.Call("DEL", "h", "s", "l");
            client.Call(["HSET", "h", .. different.SelectMany(text => (string[])[text, text + "!"])]);
            client.Call(["RPUSH", "l", .. texts]);
            long[] members = [.. Integers(texts).Append(7).Distinct().Order()];
            client.Call(["SADD", "s", .. members.Select(member => $"{member}")]);
            Assert.Equal(
                client.Call("HGETALL", "h").Items.Select(item => item.Text),
                Walk(BlobWalk.OfListPack(Dumped(client, "h", RdbType.HashListPack, 1))));
            Assert.Equal(texts, Walk(BlobWalk.OfListPack(Dumped(client, "l", RdbType.QuickList2, 3))));
            Assert.Equal(
                members.Select(member => $"{member}"),
                Walk(BlobWalk.OfIntegerSet(Dumped(client, "s", RdbType.SetIntegers, 1))));
        });
    }

    private static Reply Restore(RespClient client, byte[] payload) =>
        client.Call("RESTORE"u8.ToArray(), [(byte)'k'], [(byte)'0'], payload, "REPLACE"u8.ToArray());

    /// <summary>The one blob of a payload: between the length at the offset, and version and checksum.</summary>
    private static byte[] Dumped(RespClient client, string key, RdbType type, int offset)
    {
        byte[] payload = PackedBlobs.Bytes(client.Call("DUMP", key).Text);
        Assert.Equal((byte)type, payload[0]);
        int length = (payload[offset] >> 6) switch { 0 => 1, 1 => 2, _ => 5 };
        return payload[(offset + length)..^10];
    }

    private static byte[] Damage(byte[] blob, Random random, int round)
    {
        for (int flips = round % 3; flips > 0; flips--)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(30, blob.Length) : blob.Length);
            blob[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(blob[at] ^ (1 << random.Next(8)));
        }
        return blob;
    }

    private static IEnumerable<byte[]> All(string[] texts)
    {
        yield return PackedBlobs.ListPack(texts);
        yield return PackedBlobs.ZipList(texts);
        yield return PackedBlobs.ZipMap(texts[..(texts.Length / 2 * 2)]);
        yield return PackedBlobs.IntegerSet(Integers(texts));
    }

    private static IEnumerable<long> Integers(string[] texts) =>
        texts.Where(text => long.TryParse(text, out long integer) && $"{integer}" == text).Select(long.Parse);

    private static List<string> Walk(BlobWalk walk)
    {
        List<string> texts = [];
        long count = walk.Count;
        while (walk.MoveNext())
        {
            texts.Add(walk.IsInteger
                ? walk.Integer.ToString(CultureInfo.InvariantCulture)
                : Encoding.Latin1.GetString(walk.Text));
        }
        Assert.Null(walk.Expected);
        Assert.True(count == -1 || count == texts.Count);
        return texts;
    }

    private static bool IsGood(BlobWalk walk)
    {
        bool any = false;
        while (walk.MoveNext())
        {
            any = true;
        }
        return any && walk.Expected is null;
    }

    private static void AssertEnds(BlobWalk walk, int length)
    {
        int steps = 0;
        while (walk.MoveNext())
        {
            Assert.True(walk.IsInteger || walk.Text.Length < length);
            Assert.True(++steps < length);
        }
        Assert.Equal(walk.Expected is null, walk.Found is null);
        Assert.InRange(walk.Offset, 0, length);
        Assert.False(walk.MoveNext());
    }
}
