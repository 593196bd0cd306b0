using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Commands;

namespace Tidelog.Server.Commands;

/// <summary>
/// Checks <c>rename-command</c> lines while they are read, so that a wrong one is reported with its place in the
/// file. The server itself does not exist yet then, so the renames are tried on a table of its own.
/// </summary>
internal sealed class CommandRenames
{
    private readonly CommandTable _trial = new(StorageEngine.CommandRows.Concat(ServerCommands.Rows));

    /// <returns>Redis's reason why not, or null.</returns>
    public string? Check(string name, string newName)
    {
        if (_trial.Find(Encoding.Latin1.GetBytes(name)) is null)
        {
            return "No such command in rename-command";
        }
        return _trial.TryRename(name, newName) ? null : "Target command name already exists";
    }
}
