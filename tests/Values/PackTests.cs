using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed unsafe class PackTests
{
    private const int Room = 6000;

    private static readonly Gen<string> Text = Gen.Frequency(
        (3, Gen.Choose(-130, 130).Select(i => i.ToString())),
        (3, Gen.Choose(0, 62).Select(bits => ((1L << bits) - 1).ToString())),
        (2, Gen.Choose(0, 63).Select(bits => (-(1L << bits)).ToString())),
        (2, Gen.Elements("", "-", "-0", "007", "12a", " 1", "9223372036854775808", "1.5")),
        (4, Gen.Choose(0, 239).Select(length => new string((char)('a' + (length % 26)), length))));

    [Fact]
    public void A_pack_holds_what_a_list_would()
    {
        Gen<(int Kind, int Index, string Text)> step = Gen.Choose(0, 5).SelectMany(kind =>
            Gen.Choose(0, 1 << 20).SelectMany(index => Text.Select(text => (kind, index, text))));
        StepProperty.Check(200, length: 120, step, Run);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-128, 1)]
    [InlineData(128, 2)]
    [InlineData(8_388_607, 3)]
    [InlineData(8_388_608, 4)]
    [InlineData(long.MinValue, 8)]
    public void An_integer_takes_as_few_bytes_as_it_needs(long integer, int bytes)
    {
        Assert.Equal(bytes, new PackedText(integer).PayloadLength);
    }

    private static void Run((int Kind, int Index, string Text)[] steps)
    {
        byte[] memory = new byte[Room];
        List<string> model = [];
        fixed (byte* start = memory)
        {
            Pack pack = new(start, start + Room, 0, 0);
            foreach ((int kind, int index, string text) in steps)
            {
                Apply(ref pack, model, kind, index, text);
                Assert.Equal(model.Count, pack.Count);
            }
            Compare(pack, model);
            byte[] other = new byte[pack.Needed];
            fixed (byte* second = other)
            {
                Pack copy = new(second, second + other.Length, 0, 0);
                int half = pack.Count / 2;
                copy.Append(pack, 0, half);
                copy.Append(pack, half, pack.Count - half);
                Compare(copy, model);
            }
        }
    }

    private static void Apply(ref Pack pack, List<string> model, int kind, int index, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        PackedText packed = new(bytes);
        int at = index % Math.Max(1, model.Count);
        bool fits = pack.Free >= Pack.SizeOf(packed);
        if (kind <= 1 && fits)
        {
            pack.Append(packed);
            model.Add(text);
        }
        else if (kind == 2 && fits)
        {
            at = index % (model.Count + 1);
            pack.Insert(at, packed);
            model.Insert(at, text);
        }
        else if (kind == 3 && fits && model.Count > 0)
        {
            pack.Replace(at, packed);
            model[at] = text;
        }
        else if (kind == 4 && model.Count > 0)
        {
            int count = 1 + (index % Math.Min(3, model.Count - at));
            pack.Remove(at, count);
            model.RemoveRange(at, count);
        }
        else if (kind == 5)
        {
            Assert.Equal(model.IndexOf(text), pack.Find(packed, 0, 1, out int offset));
            Assert.Equal(model.Contains(text) ? pack.OffsetOf(model.IndexOf(text)) : pack.Used, offset);
        }
    }

    private static void Compare(in Pack pack, List<string> model)
    {
        byte[] scratch = new byte[Element.ScratchLength];
        for (int i = 0; i < model.Count; i++)
        {
            Element element = pack.At(i);
            Assert.Equal(model[i], Encoding.Latin1.GetString(element.Text(scratch)));
            Assert.Equal(model[i].Length, element.Length);
            Assert.True(element.Is(new PackedText(Encoding.Latin1.GetBytes(model[i]))));
            Assert.True(PackedText.Of(element).Code == element.Code);
        }
    }
}
