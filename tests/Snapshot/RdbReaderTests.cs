using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Files made byte by byte: what each version and encoding has.</summary>
public sealed class RdbReaderTests
{
    [Fact]
    public void A_file_of_the_first_version_has_no_checksum() =>
        Assert.Equal(
            ["version 1", "database 0", "k expiry 1000000000000 string(v)", "n string(1)"],
            RecordedFile.Read(RdbBytes.File(1).Op(RdbOpcode.SelectDb).Length(0)
                .Op(RdbOpcode.ExpireSeconds).Int32(1_000_000_000).Key(RdbType.String, "k").String("v")
                .Key(RdbType.String, "n").Raw("\xC0\x01")
                .Op(RdbOpcode.End).ToArray()).Items);

    [Fact]
    public void Everything_that_stands_beside_keys_is_read_or_passed_over() =>
        Assert.Equal(
            [
                "version 12", "redis-ver=7.4.0", "redis-bits=64", "function #!lua name=x", "database 3",
                "9 keys, 2 expire", "k expiry 1700000000123 idle 77 string(v)", "l frequency 255 string(w)",
                "m expiry 0 string(past)",
            ],
            RecordedFile.Read(RdbBytes.File(12)
                .Op(RdbOpcode.Aux).String("redis-ver").String("7.4.0")
                .Op(RdbOpcode.Aux).String("redis-bits").Raw("\xC0\x40")
                .Op(RdbOpcode.ModuleAux).Length(1234567890123456789).Length(2).Length(1)
                .Length(1).Length(7).Length(2).Length(ulong.MaxValue).Length(3).Raw("abcd").Length(4).Double(1.5)
                .Length(5).Compressed("note"u8.ToArray()).Length(5).Raw("\xC1\x01\x02").Length(0)
                .Op(RdbOpcode.Function2).String("#!lua name=x")
                .Op(RdbOpcode.SelectDb).Length(3)
                .Op(RdbOpcode.ResizeDb).Length(9).Length(2)
                .Op(RdbOpcode.SlotInfo).Length(16383).Length(9).Length(2)
                .Op(RdbOpcode.ExpireMs).Int64(1_700_000_000_123).Op(RdbOpcode.Idle).Length(77)
                .Key(RdbType.String, "k").String("v")
                .Op(RdbOpcode.Frequency).Byte(255).Key(RdbType.String, "l").String("w")
                .Op(RdbOpcode.ExpireMs).Int64(-5).Key(RdbType.String, "m").String("past")
                .End()).Items);

    [Fact]
    public void Valkeys_magic_is_known() =>
        Assert.Equal(
            ["version 80", "k string(v)"],
            RecordedFile.Read(RdbBytes.Part().Raw("VALKEY080").Key(RdbType.String, "k").String("v").End()).Items);

    [Fact]
    public void Strings_have_six_encodings() =>
        Assert.Equal(
            [
                "version 9", "1 string(-128)", "2 string(-32768)", "3 string(-2147483648)",
                $"4 string({new string('x', 70)})", $"5 string({new string('y', 20_000)})", "6 string(aaaaaaaaaaaa)",
                " string()", "-7 string(key)", "zzzzzzzzz string(key)",
            ],
            RecordedFile.Read(RdbBytes.File(9)
                .Key(RdbType.String, "1").Raw("\xC0\x80")
                .Key(RdbType.String, "2").Raw("\xC1\x00\x80")
                .Key(RdbType.String, "3").Raw("\xC2\x00\x00\x00\x80")
                .Key(RdbType.String, "4").String(new string('x', 70))
                .Key(RdbType.String, "5").Raw("\x80\x00\x00\x4e\x20").Raw(new string('y', 20_000))
                .Key(RdbType.String, "6").Raw("\xC3\x05\x0C\x00" + "a\xE0\x02\x00")
                .Key(RdbType.String, "").Raw("\x81\0\0\0\0\0\0\0\0")
                .Byte(0).Raw("\xC0\xF9").String("key")
                .Byte(0).Raw("\xC3\x04\x09\x00" + "z\xC0\x00").String("key")
                .End()).Items);

    [Fact]
    public void Long_strings_do_not_depend_on_the_window()
    {
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},"));
        RdbBytes file = RdbBytes.File(9);
        for (int i = 0; i < 3; i++)
        {
            file.Key(RdbType.Hash, $"hash{i}").Length(3)
                .String(text).String(text[..70_000]).Compressed(Encoding.Latin1.GetBytes(text[..^1])).String("short")
                .String("field").Compressed(Encoding.Latin1.GetBytes(text));
            file.Key(RdbType.String, text[..(100_000 * (i + 1))]).String(text);
        }
        byte[] bytes = file.End();
        foreach (long length in (long[])[-1, bytes.Length])
        {
            RecordedFile read = RecordedFile.ReadOnce(new MemoryStream(bytes), length);
            Assert.Equal(6, read.Values.Count);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(
                    [text, text[..70_000], text[..^1], "short", "field", text], read.Values[(0, $"hash{i}")].Items);
                Assert.Equal([text], read.Values[(0, text[..(100_000 * (i + 1))])].Items);
            }
        }
    }

    [Fact]
    public void Lists_are_plain_or_ziplists_or_nodes() =>
        Assert.Equal(
            [
                "version 11", "plain list(a, 5, a)", "ziplist list(a, -1, 12, 127, 128, 70000, 9000000, 5000000000)",
                "quick list(a, b, c)", "quick2 list(a, 1, single, 300)", "none list()",
            ],
            RecordedFile.Read(RdbBytes.File(11)
                .Key(RdbType.List, "plain").Length(3).String("a").Raw("\xC0\x05").String("a")
                .Key(RdbType.ListZipList, "ziplist")
                .String(PackedBlobs.ZipList(["a", "-1", "12", "127", "128", "70000", "9000000", "5000000000"]))
                .Key(RdbType.QuickList, "quick").Length(3).String(PackedBlobs.ZipList(["a", "b"]))
                .String(PackedBlobs.ZipList([])).Compressed(PackedBlobs.ZipList(["c"]))
                .Key(RdbType.QuickList2, "quick2").Length(3).Length(2).String(PackedBlobs.ListPack(["a", "1"]))
                .Length(1).String("single").Length(2).Compressed(PackedBlobs.ListPack(["300"]))
                .Key(RdbType.List, "none").Length(0)
                .End()).Items);

    [Fact]
    public void Sets_are_plain_or_integers_or_a_listpack() =>
        Assert.Equal(
            [
                "version 11", "plain set(-3, a)", "two set(-2, 1, 32767)", "four set(-70000, 5)",
                $"eight set({long.MinValue}, {long.MaxValue})", "listpack set(7, b)", "none set()",
            ],
            RecordedFile.Read(RdbBytes.File(11)
                .Key(RdbType.Set, "plain").Length(2).String("a").Raw("\xC0\xFD")
                .Key(RdbType.SetIntegers, "two").String(PackedBlobs.IntegerSet([-2, 1, 32767]))
                .Key(RdbType.SetIntegers, "four").String(PackedBlobs.IntegerSet([-70_000, 5]))
                .Key(RdbType.SetIntegers, "eight").String(PackedBlobs.IntegerSet([long.MinValue, long.MaxValue]))
                .Key(RdbType.SetListPack, "listpack").String(PackedBlobs.ListPack(["b", "7"]))
                .Key(RdbType.Set, "none").Length(0)
                .End()).Items);

    [Fact]
    public void Hashes_are_plain_or_a_zipmap_or_a_ziplist_or_a_listpack()
    {
        string wide = new('w', 300);
        Assert.Equal(
            [
                "version 10", "plain hash(1=b, a=2)", $"zipmap hash(f=1, {wide}={wide})", "ziplist hash(3=c, f=)",
                "listpack hash(f=v, g=9)", "none hash()",
            ],
            RecordedFile.Read(RdbBytes.File(10)
                .Key(RdbType.Hash, "plain").Length(2).String("a").Raw("\xC0\x02").Raw("\xC0\x01").String("b")
                .Key(RdbType.HashZipMap, "zipmap").String(PackedBlobs.ZipMap(["f", "1", wide, wide], unused: 1))
                .Key(RdbType.HashZipList, "ziplist").String(PackedBlobs.ZipList(["3", "c", "f", ""]))
                .Key(RdbType.HashListPack, "listpack").Compressed(PackedBlobs.ListPack(["f", "v", "g", "9"]))
                .Key(RdbType.Hash, "none").Length(0)
                .End()).Items);
    }

    [Fact]
    public void Scores_are_text_or_eight_bytes_or_elements() =>
        Assert.Equal(
            [
                "version 10", "text zset(a=-inf, b=inf, c=1.5, d=-3)", "binary zset(a=0.10000000000000001, b=-inf)",
                "ziplist zset(a=1.5, b=7)", "listpack zset(5=inf, a=-1e+100)", "none zset()",
            ],
            RecordedFile.Read(RdbBytes.File(10)
                .Key(RdbType.SortedSet, "text").Length(4).String("a").Byte(255).String("b").Byte(254)
                .String("c").String("1.5").String("d").String("-3")
                .Key(RdbType.SortedSet2, "binary").Length(2).String("a").Double(0.1)
                .String("b").Double(double.NegativeInfinity)
                .Key(RdbType.SortedSetZipList, "ziplist").String(PackedBlobs.ZipList(["a", "1.5", "b", "7"]))
                .Key(RdbType.SortedSetListPack, "listpack").String(PackedBlobs.ListPack(["a", "-1e100", "5", "inf"]))
                .Key(RdbType.SortedSet, "none").Length(0)
                .End()).Items);

    [Theory]
    [InlineData(15)]
    [InlineData(19)]
    [InlineData(21)]
    public void Streams_have_three_forms(int type)
    {
        RdbBytes file = RdbBytes.File(11).Key((RdbType)type, "s").Length(1).Length(16).Id(1000, 5)
            .String(PackedBlobs.ListPack("2 1 1 f 0 2 0 0 v 4 3 1 0 gone 4 0 2 1 1 g w 6".Split(' ')))
            .Length(2).Length(1002).Length(6);
        if (type != 15)
        {
            file.Length(1000).Length(5).Length(1001).Length(5).Length(3);
        }
        file.Length(2).String("g").Length(1000).Length(5);
        if (type != 15)
        {
            file.Length(1);
        }
        file.Length(1).Id(1000, 5).Int64(1234).Length(7).Length(2)
            .String("alice").Int64(99).Raw(type == 21 ? "12345678" : "").Length(1).Id(1000, 5)
            .Raw("\xC0\x07").Int64(100).Raw(type == 21 ? "12345678" : "").Length(0);
        file.String("h").Length(0).Length(0).Raw(type == 15 ? "" : "\x81" + new string('\xFF', 8)).Length(0).Length(0);
        RecordedValue value = RecordedFile.Read(file.End()).Values[(0, "s")];
        Assert.Equal(["1000-5 f v", "1002-6 g w"], value.Entries.Select(entry => string.Join(' ', entry)));
        Assert.Equal(
            type == 15
                ? new StreamState(2, new(1002, 6), null, null, null)
                : new StreamState(2, new(1002, 6), new(1000, 5), new(1001, 5), 3),
            value.State);
        Assert.Equal(
            $"\ngroup g 1000-5 {(type == 15 ? -1 : 1)}\n pending 1000-5 1234 7\n consumer alice 99 1000-5"
                + "\n consumer 7 100\ngroup h 0-0 -1",
            value.Groups);
    }

    [Fact]
    public void Announced_counts_are_passed_on_where_they_can_be_trusted()
    {
        byte[] file = RdbBytes.File(11)
            .Key(RdbType.Hash, "a").Length(1).String("f").String("v")
            .Key(RdbType.HashListPack, "b").String(PackedBlobs.ListPack(["f", "v", "g", "w"]))
            .Key(RdbType.QuickList, "c").Length(1).String(PackedBlobs.ZipList(["a"]))
            .End();
        RecordedFile read = RecordedFile.Read(file);
        Assert.Equal([1, 2, -1], read.Values.Values.Select(value => value.Count));
    }

    [Theory]
    [InlineData("REDIX0009", 0, "\"REDIS\" or \"VALKEY\" and a version", "\"REDIX0009\"")]
    [InlineData("REDIS00x9", 0, "\"REDIS\" or \"VALKEY\" and a version", "\"REDIS00x9\"")]
    [InlineData("REDIS0013", 5, "a version from 1 to 12", "version 13, which is not supported")]
    [InlineData("REDIS0000", 5, "a version from 1 to 12", "version 0, which is not supported")]
    [InlineData("VALKEY081", 6, "version 80", "version 81, which is not supported")]
    [InlineData("REDIS", 0, "\"REDIS\" or \"VALKEY\" and a version", "5 bytes and the end of the file")]
    [InlineData("REDIS0009", 9, "the type of a value, or what stands in its place", "the end of the file")]
    [InlineData("REDIS0009\x16\x01k", 9, "the type of a value, or what stands in its place",
        "type 22: hash fields with an expiry are not supported")]
    [InlineData("VALKEY080\x16\x01k", 9, "the type of a value, or what stands in its place",
        "type 22: hash fields with an expiry are not supported")]
    [InlineData("REDIS0012\x18\x01k", 9, "the type of a value, or what stands in its place",
        "type 24: hash fields with an expiry are not supported")]
    [InlineData("VALKEY080\x18\x01k", 9, "the type of a value, or what stands in its place", "type 24")]
    [InlineData("REDIS0012\x08\x01k", 9, "the type of a value, or what stands in its place", "type 8")]
    [InlineData("REDIS0010\xF6", 9, "the type of a value, or what stands in its place",
        "code 246: functions of release candidates of redis 7.0 are not supported")]
    [InlineData("VALKEY080\xF3", 9, "the type of a value, or what stands in its place",
        "code 243: an unfinished import of slots is not supported")]
    [InlineData("REDIS0009\x07\x01k\x81\x45\xe2\x52\x38\xdf\x91\x2c\x03", 9, "a value of a type that redis has itself",
        "one of module type \"ReJSON-RL\": values of modules are not supported")]
    [InlineData("REDIS0009\x00\x05key", 11, "a string of 5 bytes", "3 bytes to the end of the file")]
    [InlineData("REDIS0009\x00\x82", 10, "a string", "the byte 82")]
    [InlineData("REDIS0009\x00\xC4", 10, "a string", "string encoding 4")]
    [InlineData("REDIS0009\x00\xC3\x01\x40\x59\x00", 12, "at most 88 bytes from 1 compressed ones", "89")]
    [InlineData("REDIS0009\x00\xC3\x02\x03\x00\x00", 13, "LZF that makes 3 bytes", "bytes that do not")]
    [InlineData("REDIS0009\x01\x01k\x04\x01\x61", 12, "a number of elements that fit in the 2 bytes left", "4")]
    [InlineData("REDIS0009\x04\x01k\xC0\x04", 12, "a number of fields", "string encoding 0")]
    [InlineData("REDIS0009\x02\x01k\x02\x01\x61\x01\x61", 16, "a member that is not there yet",
        "one that cannot be added")]
    [InlineData("REDIS0009\x05\x01k\x01\x01\x61\0\0\0\0\0\0\xF8\x7F", 15, "a score", "not a number")]
    [InlineData("REDIS0009\x03\x01k\x01\x01\x61\xFD", 15, "a score", "not a number")]
    [InlineData("REDIS0009\x03\x01k\x01\x01\x61\x03nan", 16, "a score", "\"nan\"")]
    [InlineData("REDIS0009\x12\x01k\x01\x03\x01\x61", 13, "1 for a single element or 2 for a listpack", "3")]
    [InlineData("REDIS0009\x10\x01k\x09\x09\0\0\0\x01\0\x05\x01\xFF", 21, "the value of a field",
        "the end of the listpack")]
    [InlineData("REDIS0009\xFF\x01\0\0\0\0\0\0\0", 10, "the checksum 74ad0ffbbc7aac9a", "0000000000000001")]
    [InlineData("REDIS0001\xFF\x01\0\0\0\0\0\0\0", 10, "the end of the file", "8 more bytes")]
    public void What_is_wrong_is_told_with_its_place(string file, long offset, string expected, string found)
    {
        byte[] bytes = RdbBytes.Part().Raw(file).ToArray();
        CorruptDataException error = Assert.Throws<CorruptDataException>(
            () => RecordedFile.ReadOnce(new MemoryStream(bytes), bytes.Length));
        Assert.Equal(("dump.rdb", offset, expected, found), (error.File, error.Offset, error.Expected, error.Found));
    }

    [Fact]
    public void A_fault_in_a_compressed_blob_is_told_with_its_place_in_it()
    {
        byte[] bytes = RdbBytes.File(10).Key(RdbType.HashListPack, "k")
            .Compressed(PackedBlobs.ListPack(["f", "1", "f", "2"])).ToArray();
        CorruptDataException error = Assert.Throws<CorruptDataException>(
            () => RecordedFile.ReadOnce(new MemoryStream(bytes), bytes.Length));
        Assert.Equal(
            (15, "a listpack with a field that is not there yet at its byte 11 (uncompressed)"),
            (error.Offset, error.Expected));
    }

    [Fact]
    public void A_checksum_of_zero_is_none_and_a_wrong_one_can_be_passed_over()
    {
        byte[] file = RdbBytes.File(9).Key(RdbType.String, "k").String("v").End();
        Array.Fill(file, (byte)0, file.Length - 8, 8);
        Assert.Equal(["version 9", "k string(v)"], RecordedFile.Read(file).Items);
        file[^1] = 1;
        Assert.Throws<CorruptDataException>(() => RecordedFile.Read(file));
        Assert.Equal(
            ["version 9", "k string(v)"],
            RecordedFile.ReadOnce(new MemoryStream(file), file.Length, verifyChecksum: false).Items);
    }

    [Fact]
    public void No_more_is_taken_from_the_stream_than_its_length()
    {
        byte[] file = RdbBytes.File(9).Key(RdbType.String, "k").String("v").End();
        MemoryStream stream = new([.. file, 1, 2, 3]);
        RecordedFile.ReadOnce(stream, file.Length);
        Assert.Equal(file.Length, stream.Position);
    }

    [Fact]
    public void A_payload_is_a_type_and_a_value_and_nothing_more()
    {
        byte[] payload = RdbBytes.Part().Byte((int)RdbType.Hash).Length(1).String("f").Compressed("value"u8.ToArray())
            .ToArray();
        Assert.Equal("hash(f=value)", Payload(payload).ToString());
        Assert.Equal(
            "the payload, offset 13: expected the end of the payload, found 1 more bytes", Fault([.. payload, 0]));
        Assert.Equal("the payload, offset 0: expected the type of a value, found the end of the payload", Fault([]));
        Assert.Equal("the payload, offset 0: expected the type of a value, found type 250", Fault([250]));
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.StartsWith("the payload, offset", Fault(payload[..length]), StringComparison.Ordinal);
        }

        static string Fault(byte[] bytes) => Assert.Throws<CorruptDataException>(() => Payload(bytes)).Message;
    }

    private static RecordedValue Payload(byte[] bytes)
    {
        RecordedValue value = new();
        RecordingVisitor visitor = new(value);
        RdbReader.ReadPayload(bytes, ref visitor);
        return value;
    }
}
