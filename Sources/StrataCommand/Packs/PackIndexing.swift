import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import SystemPackage

/// One run of `index-pack`.
struct PackIndexing {
    private let arguments: IndexPackArguments
    private let settings: PackSettings
    private let work: PackWork
    private let console: Console
    private let progress: PackProgress
    private let index: Bytes?

    /// - Parameter settings: read before the arguments, so that what is wrong first is told first.
    init(
        _ arguments: IndexPackArguments, _ settings: PackSettings, _ work: PackWork, _ console: Console
    ) throws(CommandExit) {
        self.arguments = arguments
        self.settings = settings
        self.work = work
        self.console = console
        if arguments.fromInput {
            guard work.repository != nil else { throw .fatal("--stdin requires a git repository") }
            if arguments.algorithm != nil {
                throw .fatal("options '--object-format' and '--stdin' cannot be used together")
            }
        }
        if let given = arguments.index {
            index = given
        } else if let pack = arguments.pack {
            index = try Self.derived(pack, "pack", "idx")
        } else {
            index = nil
        }
        var phases: Set<ReceivingPhase> =
            arguments.isVerbose ? [.receiving, .indexing, .resolvingDeltas, .checkingObjects] : []
        if arguments.showsResolving { phases.insert(.resolvingDeltas) }
        progress = PackProgress(arguments.progressTitle, phases, console.errors)
    }

    /// A name with another suffix. Git's function: `derive_filename`.
    private static func derived(_ name: Bytes, _ suffix: String, _ other: String) throws(CommandExit) -> Bytes {
        let tail = Bytes("." + suffix)
        guard name.count >= tail.count, name[(name.count - tail.count)...].elementsEqual(tail) else {
            throw .fatal(Bytes("packfile name '") + name + Bytes("' does not end with '.\(suffix)'"))
        }
        return name.dropLast(suffix.utf8.count) + Bytes(other)
    }

    func run() throws(CommandExit) -> ExitStatus {
        let indexer = try indexer()
        if indexer.writesReverseIndex, let index { _ = try Self.derived(index, "idx", "rev") }
        if arguments.verifies {
            guard let index else { throw .fatal("--verify with no packfile name given") }
            return try verify(indexer, index)
        }
        let result: PackIndexer.Result
        do throws(ObjectError) {
            if arguments.fromInput {
                result = try receive(indexer)
            } else {
                let pack = FilePath(bytes: arguments.pack ?? [])
                result = try indexer.index(pack, to: index.map { FilePath(bytes: $0) })
            }
        } catch {
            throw work.exit(error, progress)
        }
        progress.settle()
        let report = arguments.fromInput ? result.isKept ? "keep\t" : "pack\t" : ""
        console.output.append("\(report)\(result.checksum)\n")
        if arguments.fromInput { console.output.append(result.rest) }
        return tellModules(result.missingModules, foreign: result.foreignLinks)
    }

    private func receive(_ indexer: PackIndexer) throws(ObjectError) -> PackIndexer.Result {
        let name = arguments.pack.map { FilePath(bytes: $0) }
        if let name, try ObjectError.stat(name) != nil {
            throw ObjectError(.refused, file: name.string, "unable to create '\(name)': \(Errno.fileExists)")
        }
        guard let repository = work.repository else { throw ObjectError(.refused, "--stdin requires a git repository") }
        let progress = progress
        var source: any ByteSource = console.input.source
        if let header = arguments.header { source = PrefixedSource(header, before: source) }
        return try indexer.receive(
            ToldSource(source) { progress.received($0) }, into: repository.location.objectDirectory, as: name,
            index: index.map { FilePath(bytes: $0) })
    }

    private func verify(_ indexer: PackIndexer, _ index: Bytes) throws(CommandExit) -> ExitStatus {
        let pack = arguments.pack.map { FilePath(bytes: $0) } ?? FilePath()
        let beside = FilePath(bytes: (try? Self.derived(index, "idx", "pack")) ?? index + Bytes(".pack"))
        guard let stat = try? FileStat.stat(beside), stat.kind == .regular else {
            throw .fatal(Bytes("Cannot open existing pack file '") + index + Bytes("'"))
        }
        if arguments.fromInput { throw .fatal("unable to create '\(pack)': \(Errno.fileExists)") }
        do throws(ObjectError) {
            let report = try indexer.verify(pack, index: FilePath(bytes: index)) { report throws(ObjectError) in
                progress.settle()
                guard arguments.lists else { return }
                try PackListing.print(report, statisticsOnly: arguments.listsStatisticsOnly, console.output)
            }
            return tellModules(report.missingModules, foreign: report.foreignLinks)
        } catch {
            if error.code == .corrupt, let words = Self.indexFlaw(error, index) {
                console.errors.error(words)
                throw .fatal(Bytes("Cannot open existing pack idx file for '") + index + Bytes("'"))
            }
            throw work.exit(error, progress)
        }
    }

    /// What git says of an index that it does not open; nil when it is something else that is wrong.
    private static func indexFlaw(_ error: ObjectError, _ index: Bytes) -> Bytes? {
        guard error.file == String(decoding: index, as: UTF8.self) else { return nil }
        if error.cause == "pack index is too small" { return Bytes("index file ") + index + Bytes(" is too small") }
        if error.cause == "non-monotonic index" { return Bytes("non-monotonic index ") + index }
        if let rest = error.cause.split(separator: "pack index version ").first,
            error.cause.hasPrefix("pack index version ")
        {
            let version = rest.prefix { $0 != " " }
            return Bytes("index file ") + index
                + Bytes(
                    " is version \(version) and is not supported by this binary (try upgrading GIT to a newer version)")
        }
        guard error.cause == "wrong index file size" else { return nil }
        let isVersion2 = (try? readFile(FilePath(bytes: index), limit: 1 << 40))?.starts(with: [0xff, 0x74, 0x4f, 0x63])
        return Bytes("wrong index v\(isVersion2 ?? false ? 2 : 1) file size in ") + index
    }

    private func tellModules(_ missing: [ObjectID], foreign: Int) -> ExitStatus {
        for id in missing { console.output.append("\(id)\n") }
        return arguments.isSelfContained && foreign > 0 ? .failure : .success
    }

    // MARK: - Settings

    private func indexer() throws(CommandExit) -> PackIndexer {
        let algorithm = arguments.algorithm ?? work.algorithm
        var indexer = PackIndexer(algorithm: algorithm)
        if let repository = work.repository, repository.hashAlgorithm == algorithm {
            indexer.store = repository.objects.refreshing(.never)
        }
        indexer.limits = try work.limits()
        indexer.threads = arguments.threads ?? settings.threads
        indexer.indexVersion = max(arguments.indexVersion ?? settings.indexVersion, 1)
        indexer.largeOffsetsFrom = arguments.largeOffsetsFrom
        indexer.writesReverseIndex = arguments.writesReverse ?? settings.writesReverseIndex
        indexer.maxInputSize = arguments.maxInputSize
        indexer.completesThinPacks = arguments.completesThin
        indexer.keep = arguments.keep
        indexer.promisor = arguments.promisor
        if let settings = work.repository?.objectSettings {
            indexer.compressionLevel = settings.writing.compression
            indexer.sharing = settings.writing.sharing
            indexer.packDurability = settings.packs
            indexer.indexDurability = settings.packMetadata
        }
        indexer.refusesDuplicates = arguments.isStrict
        indexer.requiresLinks = arguments.isStrict
        indexer.objectRules = arguments.rules
        let followsLinks = arguments.isStrict || arguments.rules != nil || arguments.promisor != nil
        if followsLinks { indexer.shallow = try work.shallow() }
        let (work, progress) = (work, progress)
        indexer.problems = { work.tell($0, progress) }
        indexer.progress = { progress.tell($0, $1, $2) }
        if arguments.reportsEnd {
            let errors = console.errors
            indexer.whenRead = { errors.write([0]) }
        }
        return indexer
    }
}

extension ObjectError {
    /// What is at a path; nil = nothing.
    fileprivate static func stat(_ path: FilePath) throws(ObjectError) -> FileStat? {
        do throws(FileError) { return try FileStat.lstat(path) } catch {
            throw ObjectError(.unavailable, file: path.string, errno: error.errno.rawValue, "\(error)")
        }
    }
}
