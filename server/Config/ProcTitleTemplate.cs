using System.Text;

namespace Tidelog.Server.Config;

/// <summary>The process title with <c>{variables}</c> in it; <c>{{</c> stands for one brace.</summary>
internal static class ProcTitleTemplate
{
    /// <returns>Null if a brace is not closed, or if <c>variable</c> gives null for the name of one.</returns>
    public static string? Expand(string template, Func<string, string?> variable)
    {
        var title = new StringBuilder();
        int at = 0;
        while (template.IndexOf('{', at) is var open && open >= 0)
        {
            title.Append(template, at, open - at);
            if (open + 1 < template.Length && template[open + 1] == '{')
            {
                title.Append('{');
                at = open + 2;
                continue;
            }
            int close = template.IndexOf('}', open + 1);
            if (close < 0 || variable(template[(open + 1)..close]) is not { } value) return null;
            title.Append(value);
            at = close + 1;
        }
        return title.Append(template, at, template.Length - at).ToString().Trim(' ');
    }

    /// <returns>Redis's reason why a template cannot be used, or null.</returns>
    public static string? Check(string template, ServerSettings settings)
    {
        string? title = Expand(template, name => name switch
        {
            "title" or "server-mode" => "",
            "unixsocket" => settings.UnixSocket ?? "",
            "listen-addr" or "port" or "tls-port" or "config-file" => "-",
            _ => null,
        });
        return string.IsNullOrEmpty(title) ? "template format is invalid or contains unknown variables" : null;
    }
}
