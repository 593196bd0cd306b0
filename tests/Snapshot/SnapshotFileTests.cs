using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Storage;
using Tidelog.Tests.Storage;
using Xunit;

namespace Tidelog.Tests.Snapshot;

public sealed class SnapshotFileTests
{
    private const string Temporary = "/data/temp-1.rdb";
    private const string Name = "/data/dump.rdb";

    [Fact]
    public void The_name_has_the_new_file_once_it_is_committed()
    {
        FaultyStorage storage = new();
        byte[] old = Bytes(100, 1);
        storage.Put(Name, old);
        byte[] content = Bytes((3 * SnapshotFile.BufferSize) + 17, 2);
        using (SnapshotFile file = new(storage, Temporary, Name, syncsOnTheWay: true))
        {
            WriteInPieces(file, content, 70_001);
            Assert.Equal(old, storage.Read(Name));
            file.Commit();
        }
        Assert.Equal(content, storage.Read(Name));
        Assert.False(storage.Exists(Temporary));
        Assert.Equal(content, storage.AfterCrash(new Random(1)).Read(Name));
    }

    [Fact]
    public void What_is_not_committed_leaves_nothing()
    {
        FaultyStorage storage = new();
        using (SnapshotFile file = new(storage, Temporary, Name, syncsOnTheWay: true))
        {
            WriteInPieces(file, Bytes(2 * SnapshotFile.BufferSize, 1), 1000);
        }
        Assert.Empty(storage.List("/data"));
    }

    [Theory]
    [InlineData("create", SnapshotFileStep.Create)]
    [InlineData("space", SnapshotFileStep.Write)]
    [InlineData("sync", SnapshotFileStep.Sync)]
    [InlineData("rename", SnapshotFileStep.Rename)]
    [InlineData("directory", SnapshotFileStep.SyncDirectory)]
    public void A_failure_says_where_and_leaves_the_last_good_file(string fault, SnapshotFileStep step)
    {
        FaultyStorage storage = new()
        {
            FailsToCreate = fault == "create",
            FailsToSync = fault == "sync",
            FailsToRename = fault == "rename",
            FailsToSyncDirectory = fault == "directory",
        };
        byte[] old = Bytes(100, 1);
        byte[] content = Bytes(5000, 2);
        storage.Put(Name, old);
        storage.Capacity = fault == "space" ? 3000 : long.MaxValue;
        SnapshotFileException failure = Assert.Throws<SnapshotFileException>(() => Save(storage, content));
        Assert.Equal(step, failure.Step);
        Assert.Equal(fault == "space" ? "No space left on device" : "Input/output error", failure.Message);
        Assert.False(storage.Exists(Temporary));

        // A rename that may not be durable has happened all the same.
        Assert.Equal(fault == "directory" ? content : old, storage.Read(Name));
    }

    [Fact]
    public void A_full_disk_is_known_before_the_end()
    {
        FaultyStorage storage = new() { Capacity = 10_000 };
        using SnapshotFile file = new(storage, Temporary, Name, syncsOnTheWay: true);
        SnapshotFileException failure = Assert.Throws<SnapshotFileException>(
            () => WriteInPieces(file, new byte[8 * SnapshotFile.BufferSize], 50_000));
        Assert.Equal(SnapshotFileStep.Write, failure.Step);
        Assert.True(file.Length < 5 * SnapshotFile.BufferSize);
    }

    /// <summary>No more than two buffers are taken from who writes while the disk stands still.</summary>
    [Fact]
    public void A_slow_disk_makes_the_writer_wait()
    {
        FaultyStorage storage = new();
        storage.Gate.Reset();
        using SnapshotFile file = new(storage, Temporary, Name, syncsOnTheWay: false);
        byte[] buffer = new byte[SnapshotFile.BufferSize];
        file.Write(buffer);
        file.Write(buffer);
        Thread writer = new(() => file.Write(buffer));
        writer.Start();
        Assert.False(writer.Join(50));
        storage.Gate.Set();
        Assert.True(writer.Join(10_000));
        file.Commit();
        Assert.Equal(3 * SnapshotFile.BufferSize, storage.Read(Name)!.Length);
    }

    /// <summary>
    /// Whenever the machine stops, whatever it remembers: the name has the old file or the new one, whole; the new one
    /// for certain once the save has ended.
    /// </summary>
    [Fact]
    public void A_crash_anywhere_leaves_the_old_file_or_the_new_one()
    {
        var cases =
            from length in Gen.OneOf(Gen.Choose(0, 3000), Gen.Choose(0, 6 << 20))
            from crashAt in Gen.Choose(0, 14)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            from hasOld in Gen.Elements(true, false)
            from syncs in Gen.Elements(true, false)
            select (length, crashAt, seed, hasOld, syncs);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            FaultyStorage storage = new() { CrashAt = c.crashAt };
            byte[]? old = c.hasOld ? Bytes(777, 1) : null;
            if (old is not null)
            {
                storage.Put(Name, old);
            }
            byte[] content = Bytes(c.length, 2);
            bool ended = true;
            try
            {
                Save(storage, content, c.syncs);
            }
            catch (SnapshotFileException)
            {
                ended = false;
            }
            byte[]? after = storage.AfterCrash(new Random(c.seed)).Read(Name);
            bool isNew = after is not null && after.AsSpan().SequenceEqual(content);
            bool isOld = after is null ? old is null : old is not null && after.AsSpan().SequenceEqual(old);
            Assert.True(isNew || (isOld && !ended), $"{c}: {after?.Length ?? -1} bytes");
        }).Check(Replay(Config.QuickThrowOnFailure.WithMaxTest(StepProperty.Long ? 5000 : 150)));
    }

    [Fact]
    public void It_is_a_file_of_the_disk()
    {
        string directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;
        string name = Path.Combine(directory, "dump.rdb");
        byte[] content = Bytes(9 << 20, 3);
        using (SnapshotFile file = new(DiskStorage.Instance, name + ".temporary", name, syncsOnTheWay: true))
        {
            WriteInPieces(file, content, 65_536);
            file.Commit();
        }
        Assert.Equal(content, File.ReadAllBytes(name));
        Assert.Equal(["dump.rdb"], DiskStorage.Instance.List(directory));
        using (StorageStream stream = new(DiskStorage.Instance.OpenToRead(name)))
        {
            byte[] read = new byte[content.Length];
            stream.ReadExactly(read);
            Assert.Equal(content, read);
            Assert.Equal(0, stream.Read(read));
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void The_disk_says_what_it_refuses_as_the_system_does()
    {
        string missing = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}", "dump.rdb");
        DiskStorage disk = DiskStorage.Instance;
        Assert.Equal("No such file or directory", Assert.Throws<FileNotFoundException>(
            () => disk.OpenToRead(missing)).Message);
        Assert.Equal("No such file or directory", Assert.ThrowsAny<IOException>(() => disk.Create(missing)).Message);
        Assert.Equal("No such file or directory", Assert.ThrowsAny<IOException>(
            () => disk.Rename(missing, missing + "2")).Message);
        Assert.Equal("No such file or directory", Assert.ThrowsAny<IOException>(
            () => disk.SyncDirectory(missing)).Message);
        disk.Delete(missing);
        string full = "/dev/full";
        if (File.Exists(full))
        {
            using IStorageFile file = disk.Create(full);
            Assert.Equal("No space left on device", Assert.Throws<IOException>(() => file.Append([1, 2, 3])).Message);
        }
    }

    private static Config Replay(Config config) =>
        Environment.GetEnvironmentVariable("TIDELOG_REPLAY")?.Split(',') is [string seed, string gamma, string size]
            ? config.WithReplay(ulong.Parse(seed, null), ulong.Parse(gamma, null), int.Parse(size, null))
            : config;

    private static void Save(IStorage storage, byte[] content, bool syncs = true)
    {
        using SnapshotFile file = new(storage, Temporary, Name, syncs);
        WriteInPieces(file, content, 10_000);
        file.Commit();
    }

    private static void WriteInPieces(SnapshotFile file, byte[] content, int size)
    {
        for (int at = 0; at < content.Length; at += size)
        {
            file.Write(content.AsSpan(at, Math.Min(size, content.Length - at)));
        }
    }

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
