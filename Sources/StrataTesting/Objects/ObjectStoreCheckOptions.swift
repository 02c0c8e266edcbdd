/// How much ``checkObjectStore(_:make:)`` does.
public struct ObjectStoreCheckOptions: Sendable {
    /// Which laws are checked, by name: one that fails, say, or some of them on a slow store.
    public var includes: @Sendable (_ law: String) -> Bool = { _ in true }
    /// The size in bytes of what the laws call large; it must have some pieces.
    public var largeObject = 3 << 20
    /// How many objects the laws of many write; at least 50.
    public var manyObjects = 600
    /// Where the random histories begin; the same seed makes the same ones.
    public var seed: UInt64 = 1
    /// How many random histories are run by one thread against the model, and how many steps each has.
    public var histories = 60
    public var stepsPerHistory = 40
    /// How many histories are run by several threads at once, by how many, and how many steps each thread has.
    public var concurrentHistories = 8
    public var threads = 4
    public var stepsPerThread = 30

    public init() {}
}
