using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringSetTests
{
    [Fact]
    public void Set_keeps_the_value_for_get()
    {
        EngineFixture engine = new();
        Assert.Equal("OK", engine.Run("SET", "key", "some value"));
        Assert.Equal("\"some value\"", engine.Run("GET", "key"));
        Assert.Equal("nil", engine.Run("GET", "missing"));
        Assert.Equal(["SET key \"some value\""], engine.Effects());
        Assert.Empty(engine.Effects());
    }
}
