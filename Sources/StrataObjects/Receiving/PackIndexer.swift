public import StrataIO
public import StrataModel
public import SystemPackage

/// Indexes packs: those that come from outside, which it receives into an object directory, and those that are there. Answers to git's `index-pack`.
///
/// Each object is named, by way of its delta where it is one, and the pack's checksum compared. Nothing is seen of a pack before its `.idx` is in place; what fails
/// leaves nothing behind (but see ``promisor``). Memory is bounded by ``ReceivingLimits`` and 64 bytes an object, some 45 more while the index is written; large blobs pass in flat memory. Methods block, and may be called from
/// any thread.
public struct PackIndexer: Sendable {
    public var algorithm: HashAlgorithm
    /// Objects that are there already: an object of the same name must have the same contents, and a thin pack's bases come from here. Best one
    /// that does not look for new packs at each miss.
    public var store: (any ObjectStore)?
    public var limits = ReceivingLimits()
    /// The number of threads that resolve deltas, and that verify a pack; 0 for as many as git would use.
    public var threads = 0
    /// 1 or 2. Version 1 gives way to 2 where offsets need it.
    public var indexVersion = 2
    /// Offsets above this one go into the index's table of large ones, though they would fit; for tests of readers.
    public var largeOffsetsFrom: Int?
    /// Whether a `.rev` is written, by which readers find an offset's object without sorting.
    public var writesReverseIndex = true
    /// The number of bytes above which a pack is refused.
    public var maxInputSize: UInt64?
    /// Whether deltas may be against objects that the pack does not have: their bases are then added to it from ``store``.
    public var completesThinPacks = false
    /// Zlib's level for what is added, -1 to 9. Git's `core.looseCompression`.
    public var compressionLevel = 1
    /// What to write into a `.keep` beside the pack, which keeps it from being repacked; nil for none.
    public var keep: [UInt8]?
    /// What to write into a `.promisor`, which says that its objects' links may lead to objects that are elsewhere; nil for none.
    ///
    /// What a pack that is received so leads to of ``store``, a ``FilesObjectStore``, and no promised pack has, is packed as promised too, in a second pack beside it,
    /// with all that that leads to: else it would be taken for what nothing leads to. Where it is now it stays. Git does so since 2.48. When what comes after
    /// fails, the second pack is left: somebody may have pruned meanwhile what it has, too.
    public var promisor: [UInt8]?
    /// What must have reached the disk of the pack, and of the files beside it.
    public var packDurability = Durability.data
    public var indexDurability = Durability.data
    public var sharing = FileSharing.umask
    /// Whether a pack with an object twice is refused.
    public var refusesDuplicates = false
    /// How objects are checked, as `git fsck` checks each; nil = they are not. What a tree has as `.gitmodules` and `.gitattributes` is checked too, in the
    /// pack or in ``store``.
    public var objectRules: ObjectRules?
    /// Whether everything that the objects point to must be among them or in ``store``, and be of the right kind. The objects of ``store`` are taken to be whole.
    public var requiresLinks = false
    /// Commits whose parents may be missing: those of a shallow repository.
    public var shallow: Set<ObjectID> = []
    /// Is told what is wrong with objects, warnings included.
    public var problems: ReceivedProblems?
    public var progress: ReceivingProgress?
    /// Is called when the pack has been read and its checksum is right: nothing more is wanted from the source.
    public var whenRead: (@Sendable () -> Void)?

    public init(algorithm: HashAlgorithm, store: (any ObjectStore)? = nil) {
        self.algorithm = algorithm
        self.store = store
    }

    /// A pack that was indexed.
    public struct Result: Sendable {
        /// The pack's checksum, by which it is named.
        public let checksum: ObjectID
        /// The number of objects, those that were added included.
        public let count: Int
        /// The number of objects that were added to a thin pack.
        public let added: Int
        public let pack: FilePath
        public let index: FilePath
        /// Whether a `.keep` was written.
        public let isKept: Bool
        /// What was read from the source behind the pack.
        public let rest: [UInt8]
        /// The number of objects that are pointed to and are not in the pack, where ``PackIndexer/requiresLinks`` was set: 0 = the pack is self-contained.
        public let foreignLinks: Int
        /// The blobs that trees have as `.gitmodules`, and that are nowhere: where ``PackIndexer/objectRules`` are set they are to be looked at when they come.
        public let missingModules: [ObjectID]
    }

    // MARK: -

    /// Receives a pack. With ``promisor``, perhaps a second one before it, in `pack` of `objectDirectory`, which stays when this one fails then.
    ///
    /// - Parameters:
    ///   - source: the pack, and perhaps more; what of it was read is in the result.
    ///   - objectDirectory: `.git/objects`, or a quarantine.
    ///   - name: where the pack goes; nil for `pack/pack-<checksum>.pack`. There must be nothing of that name.
    ///   - index: where the index goes; nil for the pack's name with `.idx`. Where this or the name is given, it takes the place of what is there.
    /// - Throws: `corrupt`, `tooLarge`, `collision`, `refused` or `unavailable`, in git's words; then everything is as it was, but for that second pack.
    public func receive(
        _ source: any ByteSource, into objectDirectory: FilePath, as name: FilePath? = nil, index: FilePath? = nil
    ) throws(ObjectError) -> Result {
        let directory = name?.removingLastComponent() ?? objectDirectory.appending("pack")
        let installation = PackInstallation(in: directory, sharing: sharing)
        let (descriptor, temporary) = try installation.create("pack")
        defer { try? descriptor.close() }
        let sink = try ObjectError.onFiles { () throws(FileError) in
            FileSink(try descriptor.duplicate(at: temporary), at: temporary)
        }
        let input = PackInput(source, to: sink, algorithm: algorithm, limit: maxInputSize)
        // Links lead nowhere without a store.
        let isPromised = promisor != nil && store != nil
        let checks = checks(temporary, notesLinks: isPromised)
        let scan = try PackScan(input, algorithm, limits, checks: checks, progress: report(.receiving))
        if source.endsWithFile, try input.fill(1) { throw junk(input.name) }
        whenRead?()
        guard let file = try MappedBytes(BytePath(temporary)) else {
            throw ObjectError(.unavailable, file: temporary.string, "the pack that was written is not there any more")
        }
        let end = file.count - algorithm.byteCount
        let resolution = try resolve(scan, in: file, end: end, checks)
        var checksum = scan.checksum
        if resolution.unresolved > 0, completesThinPacks, let store {
            let completion = PackCompletion(
                descriptor: descriptor, path: temporary, algorithm: algorithm, level: Int32(compressionLevel))
            checksum = try completion.run(resolution, end: end, checksum: checksum, store: store)
            let added = scan.records.count - scan.entryCount
            progress?(.completing, added, added)
        }
        try requireAll(resolution)
        let foreign = try checks.finish(scan, in: file, end: end, report(.checkingObjects))
        if packDurability >= .data {
            try ObjectError.onFiles { () throws(FileError) in try Disk.sync(descriptor, at: temporary) }
        }
        let count = scan.records.count
        let pack = name ?? directory.appending("pack-\(checksum).pack")
        let indexName = index ?? pack.replacingSuffix("pack", with: "idx")
        // Before the pack is seen: what it leads to must not be pruned.
        if isPromised {
            let bases = (scan.entryCount..<scan.records.count).map { scan.records[$0].id }
            try promise(checks, bases: bases, into: objectDirectory)
        }
        let installed = try install(
            scan.records, checksum, from: temporary, as: pack, index: indexName,
            replacing: name != nil || index != nil, installation, checks)
        return Result(
            checksum: checksum, count: count, added: count - scan.entryCount, pack: pack, index: indexName,
            isKept: installed.isKept, rest: input.rest, foreignLinks: foreign, missingModules: installed.missingModules)
    }

    /// Indexes a pack that is there.
    ///
    /// - Parameter index: where the index goes; nil for the pack's name with `.idx`. The `.rev` goes beside it. They take the place of what is there.
    /// - Throws: as ``receive(_:into:as:index:)``.
    public func index(_ pack: FilePath, to index: FilePath? = nil) throws(ObjectError) -> Result {
        let checks = checks(pack)
        let (scan, _, foreign) = try examine(pack, checks)
        let indexName = index ?? pack.replacingSuffix("pack", with: "idx")
        let installation = PackInstallation(in: indexName.removingLastComponent(), sharing: sharing)
        let installed = try install(
            scan.records, scan.checksum, from: nil, as: pack, index: indexName, replacing: true, installation, checks)
        return Result(
            checksum: scan.checksum, count: scan.records.count, added: 0, pack: pack, index: indexName,
            isKept: installed.isKept, rest: [], foreignLinks: foreign, missingModules: installed.missingModules)
    }

    /// What is done with each object of `pack`.
    ///
    /// - Parameter index: its index, where there is one. The objects of a pack that the store has are not compared with themselves.
    func checks(_ pack: FilePath, index: FilePath? = nil, notesLinks: Bool = false) -> ReceivedChecks {
        let isOwn = index.map { (store as? FilesObjectStore)?.has(pack, indexedBy: $0) ?? false } ?? false
        let problems = self.problems.map { ProblemReport($0).inTurn }
        let links =
            objectRules != nil || requiresLinks || notesLinks
            ? ReceivedLinks(shallow: shallow, limit: limits.links, pack: pack.string, tell: problems) : nil
        return ReceivedChecks(
            store: store, hasPack: isOwn, limits: limits,
            syntax: objectRules.map { ReceivedSyntax(algorithm, rules: $0, tell: problems) }, links: links,
            requiresLinks: requiresLinks, notesLinks: notesLinks, tell: problems)
    }

    /// Reads a pack that is there and names its objects.
    ///
    /// - Parameter index: says where its entries stand, if there is one: then several threads read them.
    func examine(
        _ pack: FilePath, _ checks: ReceivedChecks, index: PackIndex? = nil
    ) throws(ObjectError) -> (scan: PackScan, file: MappedBytes, foreign: Int) {
        guard let file = try MappedBytes(BytePath(pack)) else {
            throw ObjectError(
                .unavailable, file: pack.string, errno: Errno.noSuchFileOrDirectory.rawValue,
                "could not open '\(pack)' for reading: \(Errno.noSuchFileOrDirectory)")
        }
        let progress = report(.indexing)
        let scan: PackScan
        if let known = byThreads(file, index, checks, progress) {
            scan = known
        } else {
            scan = try inOrder(file, checks, progress)
        }
        whenRead?()
        let end = file.count - algorithm.byteCount
        try requireAll(try resolve(scan, in: file, end: end, checks))
        return (scan, file, try checks.finish(scan, in: file, end: end, report(.checkingObjects)))
    }

    private func inOrder(
        _ file: MappedBytes, _ checks: ReceivedChecks, _ progress: ProgressReport?
    ) throws(ObjectError) -> PackScan {
        let input = PackInput(file, algorithm: algorithm, limit: maxInputSize)
        let scan = try PackScan(input, algorithm, limits, checks: checks, progress: progress)
        if try input.fill(1) { throw junk(input.name) }
        return scan
    }

    /// What is told of each object comes in the order of the pack: where there may be something to tell, one thread reads it.
    private func byThreads(
        _ file: MappedBytes, _ index: PackIndex?, _ checks: ReceivedChecks, _ progress: ProgressReport?
    ) -> PackScan? {
        // No entry takes less than nine bytes: before memory is taken for as many as an index says.
        guard let index, threadCount > 1, objectRules == nil, !requiresLinks, index.count / 2 >= threadCount,
            index.count <= file.count / 9, UInt64(file.count) <= maxInputSize ?? .max
        else { return nil }
        return PackScan(file, as: index, threads: threadCount, limits, checks: checks, progress: progress)
    }

    // MARK: - Steps

    private func report(_ phase: ReceivingPhase) -> ProgressReport? { ProgressReport(phase, progress) }

    private func junk(_ name: String) -> ObjectError { ObjectError(.corrupt, file: name, "pack has junk at the end") }

    private func resolve(
        _ scan: PackScan, in file: MappedBytes, end: Int, _ checks: ReceivedChecks
    ) throws(ObjectError) -> DeltaResolution {
        let resolution = DeltaResolution(
            scan, in: file, end: end, algorithm: algorithm, limits: limits, checks: checks,
            progress: report(.resolvingDeltas))
        try resolution.run(threads: threadCount)
        return resolution
    }

    var threadCount: Int { threads > 0 ? threads : Self.usualThreads }

    /// As many as git uses: more than twenty do not help, and of many processors half are taken for hyperthreads.
    private static var usualThreads: Int {
        let count = Threads.processorCount
        return count < 4 ? count : count < 6 ? 3 : min(count / 2, 20)
    }

    private func requireAll(_ resolution: DeltaResolution) throws(ObjectError) {
        let left = resolution.unresolved
        if left > 0 {
            throw ObjectError(
                .corrupt, file: resolution.name, "pack has \(left) unresolved delta\(left == 1 ? "" : "s")")
        }
    }

    /// Writes the index, looks at what is left to be checked, and gives all files their names; whether a `.keep` was made.
    private func install(
        _ records: PackRecords, _ checksum: ObjectID, from temporary: FilePath?, as pack: FilePath, index: FilePath,
        replacing replaces: Bool, _ installation: PackInstallation, _ checks: ReceivedChecks
    ) throws(ObjectError) -> (isKept: Bool, missingModules: [ObjectID]) {
        let writer = PackIndexWriter(records, checksum: checksum)
        if refusesDuplicates, let twice = writer.duplicate {
            throw ObjectError(
                .corrupt, object: twice, file: pack.string, "The same object \(twice) appears twice in the pack")
        }
        let newIndex = try write("idx", installation) { output throws(ObjectError) in
            try writer.writeIndex(&output, version: indexVersion, largeFrom: largeOffsetsFrom)
        }
        let newReverse =
            !writesReverseIndex
            ? nil
            : try write("rev", installation) { output throws(ObjectError) in try writer.writeReverseIndex(&output) }
        var missingModules: [ObjectID] = []
        if objectRules != nil, let file = try MappedBytes(BytePath(newIndex)) {
            let written = Pack(BytePath(temporary ?? pack), index: try PackIndex(file, algorithm: algorithm))
            missingModules = try checks.finish(written)
        }
        var isKept = false
        if let keep {
            isKept = try installation.mark(pack.replacingSuffix("pack", with: "keep"), keep, indexDurability)
        }
        if let promisor {
            _ = try installation.mark(pack.replacingSuffix("pack", with: "promisor"), promisor, indexDurability)
        }
        let isThere = try ObjectError.onFiles { () throws(FileError) in try FileStat.lstat(index) != nil }
        if let temporary { try installation.install(temporary, as: pack, replacing: !isThere) }
        if let newReverse {
            let name = index.replacingSuffix("idx", with: "rev")
            try installation.install(newReverse, as: name, replacing: replaces || !isThere)
        }
        if packDurability == .full || indexDurability == .full { try syncNames(pack, index) }
        try installation.install(newIndex, as: index, replacing: replaces)
        installation.keep()
        if indexDurability == .full { try syncNames(index, index) }
        return (isKept, missingModules)
    }

    private func syncNames(_ pack: FilePath, _ index: FilePath) throws(ObjectError) {
        try ObjectError.onFiles { () throws(FileError) in try Disk.syncDirectories(of: [pack, index]) }
    }

    private func write(
        _ kind: String, _ installation: PackInstallation,
        _ body: (inout ChecksummedOutput) throws(ObjectError) -> Void
    ) throws(ObjectError) -> FilePath {
        let (descriptor, path) = try installation.create(kind)
        let sink = FileSink(descriptor, at: path, bufferSize: 4096)
        var output = ChecksummedOutput(.file(sink), algorithm)
        try body(&output)
        try ObjectError.onFiles { () throws(FileError) in try sink.finish(indexDurability) }
        return path
    }
}

extension FilePath {
    /// The path with another suffix; with that one added where it has not the first.
    func replacingSuffix(_ suffix: String, with other: String) -> FilePath {
        let bytes = self.bytes
        let stem =
            bytes.count > suffix.utf8.count && bytes.hasSuffix(suffix)
            ? bytes.dropLast(suffix.utf8.count) : bytes + [0x2e]
        return FilePath(bytes: Array(stem) + Array(other.utf8))
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: String) -> Bool {
        suffix.utf8.count <= count && self[(count - suffix.utf8.count)...].elementsEqual(suffix.utf8)
    }
}
