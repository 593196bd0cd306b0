using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine;
using Tidelog.Tests.Differential;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>A list answers the same whether it is in its record or outside.</summary>
public sealed class ListFormTests
{
    // The commands that need other clients' time, and what tells of memory.
    private static readonly string[] LeftOut = ["BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP"];

    [Fact]
    public void Packed_and_heap_form_give_the_same_answers()
    {
        Gen<string[]> step = ListGenerator.Commands()
            .Where(command => !LeftOut.Contains(command[0].ToUpperInvariant()));
        StepProperty.Check(100, length: 60, step, Run);
    }

    private static void Run(string[][] commands)
    {
        EngineFixture usual = new();
        EngineFixture outside = new(new EngineOptions { ListMaxListpackSize = 1 });
        foreach (string[] command in commands)
        {
            Assert.Equal(usual.Run(command), outside.Run(command));
        }
        Assert.Equal(usual.Effects(), outside.Effects());
    }
}
