import StrataIO
public import StrataModel
public import StrataRefs
public import SystemPackage

/// The references of one version of a `packed-refs` file.
///
/// Stays as it is whatever happens to the file's name: the bytes are mapped, or copied where there are few. Safe to share between
/// threads. Views keep the snapshot, and so the mapping.
@safe
public final class PackedRefSnapshot: RefSnapshot {
    /// What the first line says.
    public let header: PackedRefsHeader
    /// The hash function of the ids.
    public let hashAlgorithm: HashAlgorithm
    /// The size of the file; 0 when there is none.
    public let byteCount: Int
    let path: FilePath
    let records: PackedRecords
    /// What keeps the bytes in place.
    let contents: PackedRefsContents
    private let sorted: PackedRefsMemory?

    /// The references in `contents`.
    ///
    /// - Parameter distrusted: puts them in order even if the header says that they are.
    /// - Throws: ``RefError/Code/corrupt``
    init(
        _ contents: PackedRefsContents, _ algorithm: HashAlgorithm, path: FilePath, distrusted: Bool = false
    ) throws(RefError) {
        let layout: PackedRefsLayout
        do throws(RefError) {
            unsafe layout = try PackedRefsLayout(
                contents.base, contents.base + contents.count, algorithm, path: path, distrusted: distrusted)
        } catch {
            try contents.check(path: path)
            throw error
        }
        try contents.check(path: path)
        self.contents = contents
        header = layout.header
        records = layout.records
        sorted = layout.sorted
        hashAlgorithm = algorithm
        byteCount = contents.count
        self.path = path
    }

    /// The references in `bytes`, the contents of a `packed-refs` file that errors call `path`.
    ///
    /// - Throws: ``RefError/Code/corrupt`` as for a file, in git's words.
    public convenience init(
        bytes: [UInt8], hashAlgorithm: HashAlgorithm, path: FilePath = "packed-refs"
    ) throws(RefError) {
        try self.init(PackedRefsContents(copying: bytes), hashAlgorithm, path: path)
    }

    /// The references in the file at `path` as it is now.
    ///
    /// - Throws: as ``PackedRefStore/current()``.
    package convenience init(at path: FilePath, _ hashAlgorithm: HashAlgorithm) throws(RefError) {
        try self.init(PackedRefsContents(path), hashAlgorithm, path: path)
    }

    /// Whether the records lie in memory in another order than in the file.
    var isReordered: Bool { sorted != nil }

    /// Whether there are no references.
    public var isEmpty: Bool { records.byteCount == 0 }

    /// What `name` holds. As laxly as git reads a single reference: only the digits of its own line are checked, and a peeled id
    /// that is none is left out.
    ///
    /// - Throws: ``RefError/Code/corrupt`` when the id is none.
    public func read(_ name: RefName) throws(RefError) -> RefValue? {
        // Safe as such a name may be, no line can hold it.
        if name.bytes.contains(0x0a) { return nil }
        let value: RefValue?
        do throws(RefError) {
            value = try unsafe name.bytes.withUnsafeBufferPointer { bytes throws(RefError) in
                let found = unsafe records.locate(bytes)
                return unsafe found.found ? try unsafe self.value(at: found.place, nameCount: bytes.count) : nil
            }
        } catch {
            try contents.check(path: path)
            throw error
        }
        try contents.check(path: path)
        return value
    }

    @unsafe
    private func value(at record: UnsafePointer<UInt8>, nameCount: Int) throws(RefError) -> RefValue {
        let digits = records.hexCount
        guard let id = unsafe ObjectID(hexAt: record, algorithm: hashAlgorithm) else {
            throw unsafe PackedRefsError.unexpectedLine(path, record, before: records.end)
        }
        let next = unsafe record + digits + 1 + nameCount + 1
        guard unsafe records.end - next >= digits + 2, unsafe next[0] == UInt8(ascii: "^"),
            unsafe next[1 + digits] == 0x0a
        else { return .object(id, peeled: nil) }
        return unsafe .object(id, peeled: ObjectID(hexAt: next + 1, algorithm: hashAlgorithm))
    }

    /// Checks the records that a listing of everything passes over at its beginning. Every record's name begins with `refs/`, so these
    /// are damaged, or no references. (Git reads from the file's beginning there.)
    @unsafe
    private func checkSkipped(before start: UnsafePointer<UInt8>, _ scope: RefScope) throws(RefError) {
        guard unsafe start > records.start, "refs/".utf8.starts(with: scope.start) else { return }
        var cursor = PackedRefCursor(PackedRefWalk(self, .all))
        while unsafe cursor.isBefore(start), try cursor.next() != nil {}
    }

    /// The references of `scope`, as ``packedCursor(over:)`` walks them.
    public func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try packedCursor(over: scope) }

    /// The references of `scope` in the order of their names. What the scope excludes is not looked at.
    public func packedCursor(over scope: RefScope) throws(RefError) -> PackedRefCursor {
        let walk = PackedRefWalk(self, scope)
        try contents.check(path: path)
        try unsafe checkSkipped(before: walk.start, scope)
        return PackedRefCursor(walk)
    }
}
