import CDeflate
import CZlib
import StrataHash
import StrataIO
import StrataModel
import SystemPackage

/// Makes a thin pack whole: appends the bases that its deltas lack, from a store, and writes its header and checksum anew.
///
/// Deltas are taken in the order of their entries, so that as few bases as possible are added: many of the later ones are against objects that the earlier
/// ones give.
struct PackCompletion {
    let descriptor: FileDescriptor
    let path: FilePath
    let algorithm: HashAlgorithm
    /// Zlib's level for what is appended.
    let level: Int32

    /// - Parameters:
    ///   - end: where the entries end.
    ///   - checksum: of the pack as it came.
    /// - Returns: the checksum of the pack as it is now.
    func run(
        _ resolution: DeltaResolution, end: Int, checksum: ObjectID, store: any ObjectStore
    ) throws(ObjectError) -> ObjectID {
        let sink = try ObjectError.onFiles { () throws(FileError) in
            try Disk.truncate(descriptor, to: end, at: path)
            return FileSink(try at(end).duplicate(at: path), at: path)
        }
        var place = end
        for delta in resolution.references.left where !resolution.references.isTaken(delta) {
            guard let base = try store.read(delta.base, limit: resolution.limits.objectSize) else { continue }
            guard try ObjectHasher.id(of: base.kind, base.bytes.span, algorithm: algorithm) == delta.base else {
                throw ObjectError(.corrupt, object: delta.base, "local object \(delta.base) is corrupt")
            }
            let entry = try WholeEntry(base, level: level)
            let crc = unsafe entry.bytes.withUnsafeBytes { unsafe libdeflate_crc32(0, $0.baseAddress, $0.count) }
            resolution.records.append(
                PackRecord(
                    id: delta.base, type: base.kind.rawValue, kind: base.kind.rawValue,
                    headerLength: UInt8(entry.headerLength), crc: crc, offset: place))
            try ObjectError.onFiles { () throws(FileError) in try sink.write(entry.bytes) }
            place += entry.bytes.count
            try resolution.run(from: resolution.records.count - 1, base.bytes)
        }
        try ObjectError.onFiles { () throws(FileError) in try sink.finish() }
        return try conclude(count: resolution.records.count, originalEnd: end, end: place, checksum)
    }

    /// The descriptor, with its position at `offset`.
    private func at(_ offset: Int) throws(FileError) -> FileDescriptor {
        do {
            try descriptor.seek(offset: Int64(offset), from: .start)
        } catch {
            throw FileError(.write, path, error as? Errno ?? .ioError)
        }
        return descriptor
    }

    /// Writes the number of objects and the checksum. What was received must still be there as it came.
    private func conclude(
        count: Int, originalEnd: Int, end: Int, _ checksum: ObjectID
    ) throws(ObjectError) -> ObjectID {
        var before = ChecksumHasher(algorithm)
        var after = before
        guard let file = try MappedBytes(BytePath(path)), file.count == end else {
            throw ObjectError(.unavailable, file: path.string, "the pack that was written is not there any more")
        }
        var header = (0..<12).map { file[$0] }
        before.update(header.span)
        for place in 0..<4 { header[8 + place] = UInt8(truncatingIfNeeded: count >> (24 - 8 * place)) }
        after.update(header.span)
        let received = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[12..<originalEnd])
        unsafe before.update(received)
        unsafe after.update(received)
        unsafe after.update(UnsafeRawBufferPointer(rebasing: file.bytes[originalEnd..<end]))
        try file.checkWhole()
        guard before.finish() == checksum else {
            throw ObjectError(
                .corrupt, file: path.string, "Unexpected tail checksum for \(path) (disk corruption?)")
        }
        let result = after.finish()
        try ObjectError.onFiles { () throws(FileError) in
            try Disk.write(header, to: at(0), at: path)
            try Disk.write(result.bytes, to: at(end), at: path)
        }
        return result
    }
}

extension FileDescriptor {
    /// A second descriptor of the same open file, which shares its position.
    func duplicate(at path: FilePath) throws(FileError) -> FileDescriptor {
        do { return try duplicate() } catch { throw FileError(.open, path, error as? Errno ?? .tooManyOpenFiles) }
    }
}
