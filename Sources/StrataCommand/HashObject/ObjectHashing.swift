import Glibc
import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import SystemPackage

/// Hashes contents one after another, as `hash-object` is told to, and prints their ids. Git's functions: `hash_fd`, `index_fd`.
final class ObjectHashing {
    private let values: HashObject.Values
    private let console: Console
    private let repository: Repository?
    private let algorithm: HashAlgorithm
    private let filters: ContentFilters
    /// From how many bytes on a file is read piece by piece.
    private let bigFile: Int64
    /// Where paths are seen from, and the way from there to the caller.
    private let directory: FilePath
    private let prefix: Bytes
    /// Whether each id is to be handed on at once: somebody may wait for it.
    private let flushes: Bool

    init(_ call: VerbCall, _ values: HashObject.Values, _ repository: Repository?) throws(CommandExit) {
        self.values = values
        console = call.console
        self.repository = repository
        algorithm = repository?.hashAlgorithm ?? .sha1
        prefix = repository?.location.prefix ?? []
        do throws(RepositoryError) {
            let environment = try call.invocation.environment()
            let config: Config
            if let repository {
                config = repository.config
            } else {
                config = try Config.read(location: nil, environment: environment)
            }
            directory = FilePath(bytes: repository?.location.workingDirectory ?? environment.currentDirectory)
            filters = try ContentFilters(repository, config, environment, in: directory, writes: values.writes)
            bigFile = try config.bigFileThreshold()
        } catch {
            throw CommandExit(error)
        }
        var stat = Glibc.stat()
        flushes = unsafe fstat(1, &stat) != 0 || stat.st_mode & S_IFMT != S_IFREG
    }

    /// An operand as git sees it: behind the way to the caller, unless it is absolute.
    func placed(_ path: Bytes) -> Bytes { path.first == UInt8(ascii: "/") ? path : prefix + path }

    // MARK: - Reading

    /// Hashes what the input gives.
    ///
    /// - Parameter path: whose contents they are, for filters; nil = nobody's.
    func hashInput(as path: Bytes?) throws(CommandExit) {
        let kind = try kind()
        try hash(try console.input.readToEnd(), as: path, kind)
    }

    /// Hashes a file.
    func hash(_ file: Bytes, as path: Bytes?) throws(CommandExit) {
        // There is no file of no name.
        let place = file.isEmpty ? FilePath() : directory.pushing(FilePath(bytes: file))
        let descriptor: FileDescriptor
        do {
            // Waits for the writer of a FIFO.
            descriptor = try FileDescriptor.open(place, .readOnly, options: .closeOnExec)
        } catch {
            let reason = (error as? Errno ?? .ioError).description
            throw .fatal(Bytes("could not open '") + file + Bytes("' for reading: \(reason)"))
        }
        defer { try? descriptor.close() }
        let kind = try kind()
        if let size = largeSize(descriptor, place, kind), filters.names(for: path).isEmpty {
            if values.writes, let repository { try refuseUnknownSharing(repository, [], kind) }
            let stream = DescriptorObjectStream(descriptor, at: place, size: UInt64(size))
            return try print(path) { () throws(ObjectError) in
                guard values.writes, let repository else { return try stream.id(algorithm) }
                return try repository.objects.write(stream, durability: nil)
            }
        }
        try hash(try contents(descriptor, place, path), as: path, kind)
    }

    private func kind() throws(CommandExit) -> ObjectKind {
        guard let kind = ObjectKind(name: values.type) else {
            throw .fatal(Bytes("invalid object type \"") + values.type + Bytes("\""))
        }
        return kind
    }

    /// The size of a file that is not to be read whole.
    private func largeSize(_ descriptor: FileDescriptor, _ place: FilePath, _ kind: ObjectKind) -> Int64? {
        guard kind == .blob, let stat = try? FileStat.fstat(descriptor, at: place), stat.kind == .regular else {
            return nil
        }
        return stat.size > bigFile ? stat.size : nil
    }

    private func contents(
        _ descriptor: FileDescriptor, _ place: FilePath, _ path: Bytes?
    ) throws(CommandExit) -> Bytes {
        do throws(FileError) {
            let stat = try FileStat.fstat(descriptor, at: place)
            guard stat.kind == .regular else { return try readAll(descriptor, at: place) }
            var failure: FileError?
            let size = Int(stat.size)
            let bytes = unsafe Bytes(unsafeUninitializedCapacity: size) { buffer, count in
                let room = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size)
                do throws(FileError) {
                    count = try unsafe readBytes(descriptor, at: place, offset: 0, into: room)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if bytes.count == size { return bytes }
            console.errors.error(Bytes("short read while indexing ") + (path ?? Bytes("<unknown>")))
        } catch {
            if error.errno != .isDirectory {
                let shown = path ?? Bytes("<unknown>")
                console.errors.error(
                    Bytes("read error while indexing ") + shown + Bytes(": \(error.errno.description)"))
            }
        }
        throw failure(path)
    }

    // MARK: - Hashing

    private func hash(_ bytes: Bytes, as path: Bytes?, _ kind: ObjectKind) throws(CommandExit) {
        if kind == .blob { try filters.refuse(bytes, as: path) }
        if !values.isLiteral, kind != .blob { try check(bytes, kind) }
        if values.writes, let repository { try refuseUnknownSharing(repository, bytes, kind) }
        try print(path) { () throws(ObjectError) in
            guard values.writes, let repository else {
                return try ObjectHasher.id(of: kind, bytes.span, algorithm: algorithm)
            }
            return try repository.objects.write(kind, bytes.span, durability: nil)
        }
    }

    /// Refuses to write where it cannot be known who may use what is written. What is there already is not written.
    private func refuseUnknownSharing(_ repository: Repository, _ bytes: Bytes, _ kind: ObjectKind) throws(CommandExit)
    {
        do throws(RepositoryError) { try repository.settings.require(.sharedRepository) } catch {
            let id = try? ObjectHasher.id(of: kind, bytes.span, algorithm: algorithm)
            if let id, (try? repository.objects.freshen(id)) == true { return }
            throw CommandExit(error)
        }
    }

    /// Refuses what is no well-formed object of its kind.
    private func check(_ bytes: Bytes, _ kind: ObjectKind) throws(CommandExit) {
        var checker = ObjectChecker(algorithm, rules: ObjectRules(.everything))
        let findings = checker.check(kind, bytes.span, as: .zero(algorithm))
        tell(findings)
        if !findings.isEmpty { throw .fatal("refusing to create malformed object") }
        // What is wrong with files that the tree names is told, and does not keep it from being written.
        do throws(ObjectError) {
            tell(try checker.finish(in: repository?.objects, limit: 1 << 30).map(\.finding))
        } catch {
            throw .fatal("\(error)")
        }
    }

    private func tell(_ findings: [ObjectFinding]) {
        for finding in findings {
            if let cause = finding.cause { console.errors.error(Bytes(cause)) }
            console.errors.error(Bytes("object fails fsck: ") + finding.text)
        }
    }

    /// Prints an id.
    private func print(_ path: Bytes?, _ id: () throws(ObjectError) -> ObjectID) throws(CommandExit) {
        do throws(ObjectError) {
            let id = try id()
            console.output.append { id.appendHex(to: &$0) }
            console.output.append(0x0a)
            if flushes { console.output.flush() }
        } catch {
            if error.code == .collision { throw .fatal(error.cause) }
            if error.errno == EACCES, let repository {
                let place = repository.location.objectDirectory.string
                console.errors.error(
                    Bytes("insufficient permission for adding an object to repository database \(place)"))
            } else {
                console.errors.error(Bytes(error.description))
            }
            throw failure(path)
        }
    }

    private func failure(_ path: Bytes?) -> CommandExit {
        let shown = path ?? Bytes("(null)")
        return .fatal(
            values.writes ? Bytes("Unable to add ") + shown + Bytes(" to database") : Bytes("Unable to hash ") + shown)
    }
}
