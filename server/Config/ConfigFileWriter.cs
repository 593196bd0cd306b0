using System.Text;
using Tidelog.Engine.Storage;

namespace Tidelog.Server.Config;

/// <summary>Replaces a configuration file so that a crash leaves either the old one or the new one.</summary>
internal static class ConfigFileWriter
{
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <exception cref="IOException">The old file is still there, unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Replace(string file, string text)
    {
        string temporary = $"{file}.{Path.GetRandomFileName()}";
        try
        {
            using (FileStream stream = new(temporary, Options()))
            {
                stream.Write(Encoding.Latin1.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        DiskStorage.Instance.SyncDirectory(Path.GetDirectoryName(file)!);
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Mode;
        return options;
    }
}
