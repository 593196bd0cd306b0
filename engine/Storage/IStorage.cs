namespace Tidelog.Engine.Storage;

/// <summary>
/// The files of a server, so that a test can put in their place what forgets, tears and refuses as disks do. A failure
/// is an <see cref="IOException"/> whose message is the system's text for it, "No space left on device" for example.
/// </summary>
public interface IStorage
{
    /// <summary>Creates a file to write, or empties the one that there is.</summary>
    IStorageFile Create(string path);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    IStorageFile OpenToRead(string path);

    /// <summary>
    /// Gives a file another name; what had that name is gone. A crash may undo it until its directory is synced.
    /// </summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file if it is there.</summary>
    void Delete(string path);

    bool Exists(string path);

    /// <summary>Names of the files in a directory, in no order.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file. For one thread at a time.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Writes behind the end. After a failure an unknown part of the bytes may be there.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <returns>Bytes read; fewer than asked for at the end of the file alone.</returns>
    int ReadAt(long offset, Span<byte> destination);

    /// <summary>
    /// Sets the disk to work on what was appended since the last call, and waits for what that call set it to: so much
    /// and no more is left for <see cref="Sync"/>, which alone promises something.
    /// </summary>
    void StartSync();

    /// <summary>What was appended is durable when it returns. After a failure, nothing is known of it.</summary>
    void Sync();
}
