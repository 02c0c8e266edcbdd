import StrataHash
import StrataIO
import StrataModel
import SystemPackage

/// Writes loose objects into one object directory: a temporary file first, and then the name. Git's functions: `write_loose_object`,
/// `odb_source_loose_write_stream`, `finalize_object_file`.
struct LooseObjectWriter: Sendable {
    let objects: LooseObjects
    let writing: ObjectWriting

    /// How temporary files are called; what a crash leaves of them git's `prune` knows by that.
    private static let prefix = "tmp_obj_"

    /// Objects of more bytes are deflated piece by piece.
    private static let wholeLimit = 16 << 20

    // MARK: - Writing

    /// Writes an object whose id is known.
    ///
    /// - Throws: `collision` when other contents have the id.
    func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, as id: ObjectID, _ syncing: ObjectWriting.Syncing
    ) throws(ObjectError) {
        let header = LooseHeader.bytes(kind, size: UInt64(bytes.count))
        let shard = objects.shards.path(id.byte(at: 0)).filePath
        let file = try TemporaryFile(in: shard, prefix: Self.prefix, sharing: writing.sharing)
        if bytes.count <= Self.wholeLimit {
            try Deflater.with(level: writing.compression) { deflater throws(ObjectError) in
                try unsafe file.write(deflater.deflate(header.span, bytes))
            }
        } else {
            let deflate = try DeflateStream(level: writing.compression)
            try unsafe deflate.next(header.span, isLast: false, file.write)
            try unsafe deflate.next(bytes, isLast: true, file.write)
        }
        try file.finish(syncing)
        try put(file, as: id, syncing)
    }

    /// Writes what `stream` gives.
    ///
    /// - Parameter isKnown: asked before the object gets its name whether it is there already.
    /// - Throws: what the stream throws; `refused` when it does not give as many bytes as it says; `collision`.
    func write(
        _ stream: any ObjectStream, _ syncing: ObjectWriting.Syncing,
        unless isKnown: (ObjectID, ObjectHeader) throws(ObjectError) -> Bool
    ) throws(ObjectError) -> ObjectID {
        let (kind, size) = (stream.kind, stream.size)
        let file = try TemporaryFile(
            in: objects.directory.filePath, prefix: Self.prefix, sharing: writing.sharing)
        let deflate = try DeflateStream(level: writing.compression)
        var hasher = ObjectHasher(kind, size: size, algorithm: objects.algorithm)
        let header = LooseHeader.bytes(kind, size: size)
        try unsafe deflate.next(header.span, isLast: false, file.write)
        var chunk: [UInt8] = []
        var count: UInt64 = 0
        while try stream.next(&chunk) {
            count += UInt64(chunk.count)
            guard count <= size else { break }
            hasher.update(chunk.span)
            try unsafe deflate.next(chunk.span, isLast: false, file.write)
        }
        guard count == size else {
            throw ObjectError(.refused, "stream of \(size) bytes gave \(count < size ? "\(count)" : "more")")
        }
        chunk = []
        try unsafe deflate.next(chunk.span, isLast: true, file.write)
        let id = try hasher.finish()
        if try isKnown(id, ObjectHeader(kind: kind, size: size)) { return id }
        try file.finish(syncing)
        try put(file, as: id, syncing)
        return id
    }

    // MARK: - Naming

    /// Gives a finished file the object's name. One that is there already stays, when it is whole.
    func put(_ file: TemporaryFile, as id: ObjectID, _ syncing: ObjectWriting.Syncing) throws(ObjectError) {
        let path = objects.path(of: id)
        let target = path.filePath
        defer { objects.shards.forget(id.byte(at: 0)) }
        var tries = 0
        while try !file.move(to: target, sharing: writing.sharing) {
            // Whoever has just written it may see it removed again.
            tries += 1
            guard tries <= 5 else { throw .corrupt(path, object: id, "unable to write repeatedly vanishing file") }
            switch try compare(file, path, id) {
            case .vanished: continue
            case .damaged: try file.replace(target)
            case .same:
                file.discard()
                try sync(id, syncing)
                return
            }
            break
        }
        try syncDirectories(target, syncing)
    }

    private enum Comparison { case same, vanished, damaged }

    /// Compares a file with the one that has the object's name.
    private func compare(_ file: TemporaryFile, _ path: BytePath, _ id: ObjectID) throws(ObjectError) -> Comparison {
        guard let theirs = try MappedBytes(path) else { return .vanished }
        guard let ours = try MappedBytes(BytePath(file.path)) else {
            throw ObjectError(.unavailable, file: file.path.string, "temporary file has vanished")
        }
        let isSame = unsafe theirs.bytes.elementsEqual(ours.bytes)
        try theirs.checkWhole()
        if isSame { return .same }
        do throws(ObjectError) {
            // Another level, or another program, deflated it; a damaged one is worth nothing.
            guard try objects.verify(id) != nil else { return .vanished }
        } catch {
            guard error.code == .corrupt else { throw error }
            return .damaged
        }
        guard let ours = try objects.stream(at: BytePath(file.path)), let theirs = try objects.stream(at: path) else {
            return .vanished
        }
        guard try ours.gives(theSameAs: theirs) else {
            throw ObjectError(.collision, object: id, file: path.text, "other contents have the id \(id)")
        }
        return .same
    }

    // MARK: - Freshening

    /// Marks an object as written just now, when there is a file for it that says of itself what it should.
    func freshen(
        _ id: ObjectID, _ header: ObjectHeader?, _ syncing: ObjectWriting.Syncing
    ) throws(ObjectError) -> Bool {
        do throws(ObjectError) {
            guard let info = try objects.info(of: id, [.kind, .size]) else { return false }
            if let header, info.kind != header.kind || info.size != header.size { return false }
        } catch {
            if error.code == .corrupt { return false }
            throw error
        }
        // Who may not do it writes the object anew.
        guard let isThere = try? Disk.touch(objects.path(of: id).filePath), isThere else { return false }
        return try sync(id, syncing)
    }

    /// Syncs an object that somebody else wrote; false when it has gone.
    @discardableResult
    private func sync(_ id: ObjectID, _ syncing: ObjectWriting.Syncing) throws(ObjectError) -> Bool {
        if syncing == .none { return true }
        let path = objects.path(of: id).filePath
        do throws(FileError) {
            guard let file = try openForReading(path) else { return false }
            defer { try? file.close() }
            if syncing == .writeOut { try Disk.writeOut(file, at: path) } else { try Disk.sync(file, at: path) }
        } catch {
            throw .unavailable(error)
        }
        try syncDirectories(path, syncing)
        return true
    }

    /// Makes a file's name last, and that of its directory, which may be new.
    private func syncDirectories(_ path: FilePath, _ syncing: ObjectWriting.Syncing) throws(ObjectError) {
        guard syncing == .full else { return }
        let shard = path.removingLastComponent()
        do throws(FileError) {
            try Disk.syncDirectory(shard)
            try Disk.syncDirectory(shard.removingLastComponent())
        } catch {
            throw .unavailable(error)
        }
    }
}
