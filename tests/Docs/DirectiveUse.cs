using System.Reflection;
using System.Reflection.Emit;
using Tidelog.Engine;
using Tidelog.Server;
using Tidelog.Server.Config;

namespace Tidelog.Tests.Docs;

// A directive that no code reads has no effect. Which those are is taken from the code itself: a row's slot is a lambda
// that gives one field of the settings (or, under ConfigTable.Kept, a box), so the field is the last that the lambda's
// instructions load; and it is in use if a method outside of the configuration's own machinery loads it too.

/// <summary>Tells which directives the server reads.</summary>
/// <param name="settings">Those that the rows were made for.</param>
internal sealed class DirectiveUse(ServerSettings settings)
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    private static readonly Type[] Settings =
        [typeof(ServerSettings), typeof(PersistenceSettings), typeof(ReplicationSettings), typeof(EngineOptions)];

    private readonly HashSet<FieldInfo> _read =
    [
        .. typeof(TidelogServer).Assembly.GetTypes().Concat(typeof(StorageEngine).Assembly.GetTypes())
            .Where(type => !IsMachinery(type))
            .SelectMany(type => type.GetMembers(Everything | BindingFlags.DeclaredOnly).OfType<MethodBase>())
            .SelectMany(FieldsLoaded)
            .Where(field => Settings.Contains(field.DeclaringType)),
    ];

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <returns>False if the row only keeps its value; true too for a row that acts when it is set.</returns>
    public bool IsRead(Directive row)
    {
        FieldInfo[] fields = [.. FieldsBehind(row)];
        return fields.Length == 0 || fields.Any(_read.Contains);
    }

    /// <summary>Fields of the settings where a row's value is, or the box of a row that has none.</summary>
    private IEnumerable<FieldInfo> FieldsBehind(object owner)
    {
        for (Type? type = owner.GetType(); type is not null; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(Everything & ~BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                object? value = field.GetValue(owner);
                IEnumerable<FieldInfo> found = value switch
                {
                    Delegate slot when IsSlot(slot.GetType()) => [FieldsLoaded(slot.Method).Last()],
                    Delegate { Target: object closure } => FieldsBehind(closure),
                    Array array => typeof(ServerSettings).GetFields().Where(f => f.GetValue(settings) == array),
                    _ => [],
                };
                foreach (FieldInfo behind in found)
                {
                    yield return behind;
                }
            }
        }
    }

    private static bool IsSlot(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Slot<>);

    /// <summary>Reading and writing values is not using them.</summary>
    private static bool IsMachinery(Type type)
    {
        while (type.DeclaringType is not null)
        {
            type = type.DeclaringType;
        }
        return Settings.Contains(type) || type.IsSubclassOf(typeof(Directive))
            || type == typeof(ConfigTable) || type == typeof(ConfigFileReader);
    }

    private static IEnumerable<FieldInfo> FieldsLoaded(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int at = 0; at < code.Length;)
        {
            // Codes of two bytes begin with 0xFE.
            OpCode operation = OpCodesByValue[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation == OpCodes.Ldfld || operation == OpCodes.Ldflda)
            {
                yield return method.Module.ResolveField(
                    BitConverter.ToInt32(code, at),
                    method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
                    method.IsGenericMethod ? method.GetGenericArguments() : null)!;
            }
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
