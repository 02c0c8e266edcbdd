import StrataFiles
public import StrataIO
import StrataModel
import StrataRefs
public import SystemPackage

/// The directory of one test: a repository of git's with two worktrees, a second repository, and how durable its changes are to be.
public struct CrashPlace: Sendable {
    public let root: FilePath
    public var durability: Durability
    /// From how many new values on a transaction goes into `packed-refs`; nil = never.
    public var packsFrom: Int?

    public init(_ root: FilePath, durability: Durability = .none, packsFrom: Int? = nil) {
        self.root = root
        self.durability = durability
        self.packsFrom = packsFrom
    }

    public var common: FilePath { root.appending(".git") }
    /// Another repository's git dir.
    public var other: FilePath { root.appending("other.git") }

    /// Where an LMDB environment is.
    public var database: FilePath { common.appending("lmdb") }

    func intents(_ directory: FilePath) -> RefIntents { RefIntents(commonDirectory: directory, sweepsFirst: true) }

    func loose(_ directory: FilePath, _ intents: RefIntents) -> LooseRefStore {
        LooseRefStore(
            directory: directory, hashAlgorithm: .sha1, locks: intents.locks, durability: durability, intents: intents)
    }

    func packed(_ directory: FilePath, _ intents: RefIntents) -> PackedRefStore {
        PackedRefStore(
            directory.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks, durability: durability)
    }

    func files(_ directory: FilePath, _ intents: RefIntents) -> FilesRefStore {
        FilesRefStore(
            loose: loose(directory, intents), packed: packed(directory, intents),
            packedTransactions: packsFrom.map { .from($0) } ?? .never)
    }
}
