// Files in memory that behave as badly as disks may: what was not synced is lost, torn or kept, as a crash pleases; a
// rename or a new file is there after a crash only once its directory was synced, or by luck; the disk fills up at a
// given byte; a call fails. Every call counts as one operation, so that a test can stop the world at each.

using Tidelog.Engine.Storage;

namespace Tidelog.Tests.Storage;

internal sealed class FaultyStorage : IStorage
{
    private const string NoSpace = "No space left on device";
    private const string Broken = "Input/output error";
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Content> _files = [];

    // The names as the disk has them, and what happened to them since.
    private readonly Dictionary<string, Content> _durable = [];
    private readonly List<Action<Dictionary<string, Content>>> _pending = [];
    private int _appendsBegun;

    /// <summary>Operations so far.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation, counted from 0, in the middle of which the machine stops.</summary>
    public int CrashAt { get; set; } = int.MaxValue;

    /// <summary>Bytes that fit on the disk.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    public bool FailsToCreate { get; set; }

    public bool FailsToSync { get; set; }

    public bool FailsToRename { get; set; }

    public bool FailsToSyncDirectory { get; set; }

    /// <summary>Waits in every <see cref="IStorageFile.Append"/> while it is not set.</summary>
    public ManualResetEventSlim Gate { get; } = new(true);

    /// <summary>Calls of <see cref="IStorageFile.Append"/>, also those that wait.</summary>
    public int AppendsBegun => Volatile.Read(ref _appendsBegun);

    /// <summary>The same for every <see cref="IStorageFile.ReadAt"/>.</summary>
    public ManualResetEventSlim ReadGate { get; } = new(true);

    public IStorageFile Create(string path)
    {
        lock (_lock)
        {
            Begin(FailsToCreate);
            if (!_files.TryGetValue(path, out Content? content))
            {
                content = new Content();
                Change(names => names[path] = content);
            }
            content.Bytes = [];
            return new OpenFile(this, content);
        }
    }

    public IStorageFile OpenToRead(string path)
    {
        lock (_lock)
        {
            return _files.TryGetValue(path, out Content? content)
                ? new OpenFile(this, content)
                : throw new FileNotFoundException("No such file or directory");
        }
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Begin(FailsToRename);
            Change(names =>
            {
                names[to] = names[from];
                names.Remove(from);
            });
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            Begin(fails: false);
            Change(names => names.Remove(path));
        }
    }

    public bool Exists(string path)
    {
        lock (_lock)
        {
            return _files.ContainsKey(path);
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        lock (_lock)
        {
            return [.. _files.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(Path.GetFileName)!];
        }
    }

    public void SyncDirectory(string path)
    {
        lock (_lock)
        {
            Begin(FailsToSyncDirectory);
            foreach (Action<Dictionary<string, Content>> change in _pending)
            {
                change(_durable);
            }
            _pending.Clear();
        }
    }

    /// <summary>Puts a file there that is on the disk.</summary>
    public void Put(string path, byte[] bytes)
    {
        lock (_lock)
        {
            _files[path] = _durable[path] = new Content { Bytes = [.. bytes], Durable = bytes };
        }
    }

    /// <returns>Null if there is no such file.</returns>
    public byte[]? Read(string path)
    {
        lock (_lock)
        {
            return _files.TryGetValue(path, out Content? content) ? [.. content.Bytes] : null;
        }
    }

    /// <summary>What the disk has when the machine starts again.</summary>
    /// <param name="luck">Decides what of the things that were not synced is there.</param>
    public FaultyStorage AfterCrash(Random luck)
    {
        FaultyStorage after = new();
        lock (_lock)
        {
            Dictionary<string, Content> names = new(_durable);
            foreach (Action<Dictionary<string, Content>> change in _pending.Take(luck.Next(_pending.Count + 1)))
            {
                change(names);
            }
            foreach ((string path, Content content) in names)
            {
                after.Put(path, content.AfterCrash(luck));
            }
        }
        return after;
    }

    private void Begin(bool fails)
    {
        int operation = Operations++;
        if (operation >= CrashAt || fails)
        {
            throw new IOException(Broken);
        }
    }

    private void Change(Action<Dictionary<string, Content>> change)
    {
        change(_files);
        _pending.Add(change);
    }

    private void Append(Content content, ReadOnlySpan<byte> bytes)
    {
        Interlocked.Increment(ref _appendsBegun);
        Gate.Wait();
        lock (_lock)
        {
            bool crashes = Operations == CrashAt;
            long used = _files.Values.Sum(file => (long)file.Bytes.Count);
            long fits = crashes ? bytes.Length / 2 : Math.Min(bytes.Length, Capacity - used);
            if (Operations <= CrashAt)
            {
                content.Bytes.AddRange(bytes[..(int)Math.Max(0, fits)]);
            }
            Begin(fails: false);
            if (fits < bytes.Length)
            {
                throw new IOException(NoSpace);
            }
        }
    }

    private void Sync(Content content, bool isWhole)
    {
        lock (_lock)
        {
            Begin(FailsToSync);
            if (isWhole)
            {
                content.Durable = [.. content.Bytes];
            }
        }
    }

    private sealed class Content
    {
        public List<byte> Bytes { get; set; } = [];

        public byte[] Durable { get; set; } = [];

        public byte[] AfterCrash(Random luck)
        {
            // Each block is as it was synced, or as it was written; what was never written there is zero.
            const int Block = 512;
            int most = Math.Max(Durable.Length, Bytes.Count);
            int length = luck.Next(2) == 0 ? Durable.Length : luck.Next(Durable.Length, most + 1);
            byte[] bytes = new byte[length];
            Durable.AsSpan(0, Math.Min(length, Durable.Length)).CopyTo(bytes);
            for (int at = 0; at < length; at += Block)
            {
                int end = Math.Min(at + Block, Math.Min(length, Bytes.Count));
                for (int i = at; i < end && luck.Next(4) != 0; i++)
                {
                    bytes[i] = Bytes[i];
                }
            }
            return bytes;
        }
    }

    private sealed class OpenFile(FaultyStorage storage, Content content) : IStorageFile
    {
        public long Length
        {
            get
            {
                lock (storage._lock)
                {
                    return content.Bytes.Count;
                }
            }
        }

        public void Append(ReadOnlySpan<byte> bytes) => storage.Append(content, bytes);

        public int ReadAt(long offset, Span<byte> destination)
        {
            storage.ReadGate.Wait();
            lock (storage._lock)
            {
                int count = (int)Math.Clamp(content.Bytes.Count - offset, 0, destination.Length);
                content.Bytes.Slice((int)Math.Min(offset, content.Bytes.Count), count).CopyTo(destination);
                return count;
            }
        }

        public void StartSync() => storage.Sync(content, isWhole: false);

        public void Sync() => storage.Sync(content, isWhole: true);

        public void Dispose()
        {
        }
    }
}
