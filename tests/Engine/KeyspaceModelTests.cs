using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyspaceModelTests
{
    [Fact]
    public void The_keyspace_holds_what_a_dictionary_would()
    {
        StepProperty.Check(60, length: 300, AnyStep(), KeyspaceModel.Run);
    }

    [Fact]
    public void It_grows_and_shrinks_by_thousands_of_keys()
    {
        Gen<Step> bulk = StepOf(Gen.Elements(
            StepKind.Fill, StepKind.Fill, StepKind.DeleteRange, StepKind.PassTime, StepKind.ExpireCycle, StepKind.Clean,
            StepKind.Swap, StepKind.ToggleCut));
        StepProperty.Check(8, length: 40, bulk, KeyspaceModel.Run);
    }

    [Fact]
    public void A_value_that_outgrows_the_log_leaves_it_even_where_alignment_left_room()
    {
        // 8,000 bytes, grown to 16,383 and then to 16,386: the limit is 16,384, and the record has 4 bytes more.
        KeyspaceModel.Run(
        [
            new Step(StepKind.SetString, 0, 1, Size: 12, Extra: 3),
            new Step(StepKind.Resize, 0, 1, Size: 51, Extra: 0),
            new Step(StepKind.Resize, 0, 1, Size: 103, Extra: 0),
            new Step(StepKind.Copy, 0, 1, Size: 0, Extra: 2),
            new Step(StepKind.SetExpiry, 0, 1, Size: 0, Extra: 2),
            new Step(StepKind.Move, 0, 1, Size: 1, Extra: 4),
            new Step(StepKind.Fill, 0, 1, Size: 0, Extra: 100),
        ]);
    }

    private static Gen<Step> AnyStep() => StepOf(Gen.Frequency(
        (12, Gen.Constant(StepKind.SetString)),
        (3, Gen.Constant(StepKind.SetInteger)),
        (6, Gen.Constant(StepKind.Resize)),
        (3, Gen.Constant(StepKind.ChangeByte)),
        (4, Gen.Constant(StepKind.Delete)),
        (6, Gen.Constant(StepKind.SetExpiry)),
        (2, Gen.Constant(StepKind.Persist)),
        (2, Gen.Constant(StepKind.Read)),
        (5, Gen.Constant(StepKind.Move)),
        (5, Gen.Constant(StepKind.Copy)),
        (1, Gen.Constant(StepKind.Swap)),
        (3, Gen.Constant(StepKind.ToggleCut)),
        (4, Gen.Constant(StepKind.PassTime)),
        (4, Gen.Constant(StepKind.ExpireCycle)),
        (3, Gen.Constant(StepKind.Clean)),
        (1, Gen.Elements(StepKind.Flush, StepKind.Fill, StepKind.DeleteRange, StepKind.DeleteRange))));

    private static Gen<Step> StepOf(Gen<StepKind> kinds) =>
        from kind in kinds
        from database in Gen.Choose(0, 2)
        from key in Gen.Choose(0, 1000)
        from size in Gen.Choose(0, 1000)
        from extra in Gen.Choose(0, 100_000)
        select new Step(kind, database, key, size, extra);
}
