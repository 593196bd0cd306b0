using System.Text;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

/// <summary>What a stream should hold, in plain collections.</summary>
internal sealed class StreamContent
{
    public SortedDictionary<(ulong Ms, ulong Seq), string[]> Entries { get; init; } = [];

    public SortedDictionary<string, GroupContent> Groups { get; init; } = new(StringComparer.Ordinal);

    public StreamContent Copy()
    {
        StreamContent copy = new() { Entries = new(Entries) };
        foreach ((string name, GroupContent group) in Groups)
        {
            copy.Groups.Add(name, group.Copy());
        }
        return copy;
    }
}

/// <summary>What a group should hold.</summary>
internal sealed class GroupContent
{
    public SortedSet<string> Consumers { get; init; } = new(StringComparer.Ordinal);

    public SortedDictionary<(ulong Ms, ulong Seq), (string Consumer, long Count)> Pending { get; init; } = [];

    public GroupContent Copy() =>
        new() { Consumers = new(Consumers, StringComparer.Ordinal), Pending = new(Pending) };
}

/// <summary>A stream beside what it should hold, and the same as they were at the last cut.</summary>
internal sealed unsafe class StreamModel
{
    private readonly ValueCut _cut = new();
    private readonly StreamContent _content = new();
    private readonly ValueHeap _heap;
    private readonly StreamLimits _limits;
    private StreamRoot* _root;
    private StreamRoot* _oldRoot;
    private StreamContent _oldContent = new();
    private ulong _clock = 1;

    public StreamModel(StreamLimits limits)
    {
        _limits = limits;
        _heap = new ValueHeap(_cut);
        _root = StreamRoot.New(_heap);
    }

    public static void Append(
        StreamRoot* root, ValueHeap heap, StreamId id, string[] fields, StreamLimits limits)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(string.Concat(fields));
        NativeText[] texts = new NativeText[fields.Length];
        fixed (byte* start = bytes)
        {
            byte* at = start;
            for (int i = 0; i < fields.Length; i++)
            {
                texts[i] = new NativeText(at, fields[i].Length);
                at += fields[i].Length;
            }
            Assert.True(StreamEntries.TryAppend(root, heap, id, texts, limits));
        }
    }

    public void Append(int step, string[] fields)
    {
        MakeWritable();
        _clock += (ulong)step;
        StreamId id = _root->LastId.Ms == _clock ? _root->LastId.Next() : new StreamId(_clock, (ulong)step % 3);
        Append(_root, _heap, id, fields, _limits);
        _content.Entries.Add((id.Ms, id.Seq), fields);
    }

    public void Delete(int index)
    {
        StreamId id = IdAt(index);
        bool isThere = _content.Entries.Remove((id.Ms, id.Seq));
        Assert.Equal(isThere, StreamEntries.Contains(_root, id));
        MakeWritable();
        Assert.Equal(isThere, StreamEntries.Delete(_root, _heap, id));
        StreamEntries.FindFirst(_root);
        Assert.False(StreamEntries.Contains(_root, id));
    }

    public void Trim(int length, bool byId)
    {
        MakeWritable();
        StreamTrim trim = byId ? new(-1, IdAt(length), false, 0) : new(length, default, false, 0);
        (ulong, ulong)[] gone = byId
            ? [.. _content.Entries.Keys.Where(id => new StreamId(id.Ms, id.Seq) < trim.MinId)]
            : [.. _content.Entries.Keys.Take(Math.Max(0, _content.Entries.Count - length))];
        Assert.Equal(gone.Length > 0, StreamEntries.MayTrim(_root, trim));
        Assert.Equal(gone.Length, StreamEntries.Trim(_root, _heap, trim));
        foreach ((ulong, ulong) id in gone)
        {
            _content.Entries.Remove(id);
        }
    }

    public void ChangeGroup(string name)
    {
        MakeWritable();
        WithText(name, text =>
        {
            if (_content.Groups.Remove(name))
            {
                Free(StreamGroups.Detach(_root, _heap, text));
                return;
            }
            Assert.True(StreamGroups.Detach(_root, _heap, text) == null);
            Assert.True(StreamGroups.TryCreate(_root, _heap, text, default, 0));
            Assert.False(StreamGroups.TryCreate(_root, _heap, text, default, 0));
            _content.Groups.Add(name, new GroupContent());
        });
    }

    /// <summary>Makes some IDs pending for a consumer.</summary>
    public void Deliver(string group, string consumer, int first, int count)
    {
        if (!_content.Groups.TryGetValue(group, out GroupContent? content))
        {
            return;
        }
        MakeWritable();
        StreamGroup* found = FindGroup(group);
        ConsumerNumber number = default;
        WithText(consumer, text =>
        {
            bool isThere = StreamGroups.TryFindConsumer(found, text, out number);
            Assert.Equal(content.Consumers.Contains(consumer), isThere);
            if (!isThere)
            {
                number = StreamGroups.CreateConsumer(found, _heap, &_root->Value, text, 0);
            }
        });
        content.Consumers.Add(consumer);
        for (int i = first; i < first + count; i++)
        {
            StreamId id = new((ulong)i / 4, (ulong)i % 4);
            StreamGroups.Assign(found, _heap, &_root->Value, id,
                new PendingEntry { Consumer = number, DeliveryCount = i + count });
            content.Pending[(id.Ms, id.Seq)] = (consumer, i + count);
        }
    }

    public void Acknowledge(string group, int first, int count)
    {
        if (!_content.Groups.TryGetValue(group, out GroupContent? content))
        {
            return;
        }
        MakeWritable();
        StreamGroup* found = FindGroup(group);
        for (int i = first; i < first + count; i++)
        {
            StreamId id = new((ulong)i / 4, (ulong)i % 4);
            Assert.Equal(
                content.Pending.Remove((id.Ms, id.Seq)),
                StreamGroups.Acknowledge(found, _heap, &_root->Value, id));
        }
    }

    public void RemoveConsumer(string group, string consumer)
    {
        if (!_content.Groups.TryGetValue(group, out GroupContent? content) || !content.Consumers.Remove(consumer))
        {
            return;
        }
        MakeWritable();
        StreamGroup* found = FindGroup(group);
        WithText(consumer, text =>
        {
            Assert.True(StreamGroups.TryFindConsumer(found, text, out ConsumerNumber number));
            StreamGroups.RemoveConsumer(found, _heap, &_root->Value, number);
        });
        foreach (var id in content.Pending.Where(p => p.Value.Consumer == consumer).Select(p => p.Key).ToArray())
        {
            content.Pending.Remove(id);
        }
    }

    public void CompareClone()
    {
        StreamRoot* clone = (StreamRoot*)HeapValues.Clone(&_root->Value, _heap);
        StreamContents.Compare(clone, _content);
        Assert.Equal(StreamContents.CountBytes(clone), clone->Value.Bytes);
        Assert.Equal(_root->RadixNodes, clone->RadixNodes);
        _heap.Disown(&clone->Value);
        HeapValues.FreeNodes(&clone->Value);
    }

    public void ChangeCut()
    {
        if (_oldRoot == null)
        {
            _cut.Begin();
            _oldRoot = _root;
            _oldContent = _content.Copy();
            return;
        }
        StreamContents.Compare(_oldRoot, _oldContent);
        _cut.End();
        _oldRoot = null;
    }

    public void End()
    {
        StreamContents.Compare(_root, _content);
        if (_oldRoot != null)
        {
            ChangeCut();
        }
        Assert.Equal(StreamContents.CountBytes(_root), _root->Value.Bytes);
        Assert.Equal(_heap.Bytes, _root->Value.Bytes);
        foreach (string group in _content.Groups.Keys.ToArray())
        {
            ChangeGroup(group);
        }
        Trim(0, byId: false);
        Assert.Equal(ValueHeap.CostOf(sizeof(StreamRoot)), _root->Value.Bytes);
        Assert.Equal(1, _root->RadixNodes);
        _heap.Disown(&_root->Value);
        Assert.Equal(0, _heap.Bytes);
        HeapValues.FreeNodes(&_root->Value);
    }

    private static void WithText(string text, Action<NativeText> action)
    {
        fixed (byte* start = Encoding.Latin1.GetBytes(text + "."))
        {
            action(new NativeText(start, text.Length));
        }
    }

    private void MakeWritable() => _root = (StreamRoot*)_heap.WritableRoot(&_root->Value);

    private StreamGroup* FindGroup(string name)
    {
        fixed (byte* start = Encoding.Latin1.GetBytes(name))
        {
            return StreamGroups.FindWritable(_root, _heap, new NativeText(start, name.Length));
        }
    }

    private StreamId IdAt(int index)
    {
        if (_content.Entries.Count == 0 || index >= _content.Entries.Count)
        {
            return new StreamId((ulong)index, 7);
        }
        (ulong ms, ulong seq) = _content.Entries.Keys.ElementAt(index);
        return new StreamId(ms, seq);
    }

    private void Free(StreamRoot* detached)
    {
        Assert.Equal(StreamContents.CountBytes(detached), detached->Value.Bytes);
        _heap.Disown(&detached->Value);
        if (_heap.Cut.Frozen != 0)
        {
            _heap.Cut.Retire(&detached->Value);
        }
        else
        {
            HeapValues.FreeNodes(&detached->Value);
        }
    }
}
