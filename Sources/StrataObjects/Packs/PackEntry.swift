import StrataModel

/// One entry of a pack that is mapped.
struct PackEntry {
    /// Where the entry starts.
    let offset: Int
    let body: EntryHeader.Body
    /// The number of bytes that the compressed data gives: the object's, or the delta's.
    let size: Int
    /// Where the compressed data starts.
    let data: Int

    /// Parses the header of the entry at `offset` of a pack whose entries end at `end`.
    @inline(__always)
    init(_ file: MappedBytes, at offset: Int, end: Int, _ algorithm: HashAlgorithm) throws(ObjectError) {
        guard offset >= 12, offset < end, end <= file.count else {
            throw .corrupt(file.path, at: offset, "offset outside the entries of the pack")
        }
        let header: EntryHeader?
        do throws(EntryFailure) {
            header = unsafe try EntryHeader(
                UnsafeRawBufferPointer(rebasing: file.bytes[offset..<end]), at: offset, algorithm)
        } catch {
            throw .corrupt(file.path, at: offset, error.cause)
        }
        guard let header else { throw .corrupt(file.path, at: offset, "bad object header") }
        self.offset = offset
        body = header.body
        size = header.size
        data = offset + header.length
    }
}
