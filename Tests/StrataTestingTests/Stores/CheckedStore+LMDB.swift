import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import StrataTesting
import SystemPackage

extension Place {
    func lmdb(_ algorithm: HashAlgorithm = .sha1) throws -> LMDBEnvironment {
        var options = LMDBOptions(hashAlgorithm: algorithm)
        options.creates = true
        return try LMDBEnvironment.open(gitDirectory().appending("lmdb"), options)
    }
}

extension CheckedStore {
    /// LMDB alone for both hash functions, and composed: with all that is in one environment, and with other stores.
    static let lmdb: [CheckedStore] = [
        CheckedStore("lmdb", isOnDisk: true) { LMDBRefStore(try $0.lmdb()) },
        CheckedStore("lmdb, sha256", isOnDisk: true) { LMDBRefStore(try $0.lmdb(.sha256)) }.sampled(oneIn: 4),
        CheckedStore("lmdb of a worktree alone", isOnDisk: true) {
            LMDBRefStore(try $0.lmdb(), worktree: Array("wt".utf8))
        }.sampled(oneIn: 3),
        CheckedStore("cached over lmdb of a worktree with a token", isOnDisk: true) {
            let directory = try $0.gitDirectory().appending("worktrees/wt")
            try Disk.makeDirectories(directory)
            return CachedRefStore(
                around: LMDBRefStore(try $0.lmdb(), worktree: Array("wt".utf8), worktreeDirectory: directory))
        }.sampled(oneIn: 3),
        CheckedStore(
            "cached over lmdb", isOnDisk: true,
            sharing: { place in
                let inner = LMDBRefStore(try place.lmdb())
                return SharedReferences([CachedRefStore(around: inner), inner])
            }
        ).sampled(oneIn: 2),
        CheckedStore("main worktree over lmdb", isOnDisk: true) {
            WorktreeRefStore(common: LMDBRefStore(try $0.lmdb())) { _ in nil }
        }.sampled(oneIn: 2),
        CheckedStore("lmdb worktree over lmdb", isOnDisk: true) {
            let environment = try $0.lmdb()
            return worktree(
                own: LMDBRefStore(environment, worktree: Array("wt".utf8)), over: LMDBRefStore(environment))
        },
        CheckedStore("lmdb worktree over cached lmdb", isOnDisk: true) {
            let environment = try $0.lmdb()
            return worktree(
                own: LMDBRefStore(environment, worktree: Array("wt".utf8)),
                over: CachedRefStore(around: LMDBRefStore(environment)))
        }.sampled(oneIn: 2),
        CheckedStore("loose worktree over lmdb", isOnDisk: true) {
            worktree(own: try $0.loose(), over: LMDBRefStore(try $0.lmdb()))
        }.sampled(oneIn: 2),
        CheckedStore(
            "loose worktree with intents over lmdb, by two", isOnDisk: true,
            sharing: { place in
                let (directory, environment) = (try place.gitDirectory(), try place.lmdb())
                return SharedReferences(
                    try (0..<2).map { _ in
                        worktree(
                            own: try filesStore(directory).loose, over: LMDBRefStore(environment, lockTimeout: 5000))
                    })
            }
        ).sampled(oneIn: 2),
        CheckedStore("routing of files and lmdb", isOnDisk: true) { place in
            try RoutingRefStore(
                default: try place.files(), rules: [.init("refs/tags/", to: LMDBRefStore(try place.lmdb()))])
        }.sampled(oneIn: 3),
        CheckedStore("routing of two lmdb and memory", isOnDisk: true) {
            try RoutingRefStore(
                default: LMDBRefStore(try $0.lmdb()),
                rules: [
                    .init("refs/heads/", to: LMDBRefStore(try $0.lmdb())), .init("refs/tags/", to: MemoryRefStore()),
                ])
        }.sampled(oneIn: 2),
        CheckedStore("namespace of lmdb", isOnDisk: true, keeps: isInNamespaces) {
            NamespacedRefStore(try RefNamespace("a"), of: LMDBRefStore(try $0.lmdb()))
        }.sampled(oneIn: 3),
        CheckedStore("overlay of lmdb over files", isOnDisk: true) {
            try OverlayRefStore(front: LMDBRefStore(try $0.lmdb()), over: try $0.files(), deletes: .hide)
        }.sampled(oneIn: 3),
    ]
}
