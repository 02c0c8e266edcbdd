import StrataIO

/// What LMDB says of one of its trees:
///
///     4  not used (in the free list's the size of a page)
///     2  flags
///     2  depth
///     8  branch pages, 8 leaf pages, 8 overflow pages, 8 records
///     8  root; all bits set = it is empty
struct LMDBTree: Equatable {
    static let byteCount = 48

    let flags: UInt16
    let depth: Int
    let branchPages: UInt64
    let leafPages: UInt64
    let overflowPages: UInt64
    let records: UInt64
    private let rootPage: UInt64

    /// nil = it is empty.
    var root: UInt64? { rootPage == .max ? nil : rootPage }

    /// From ``byteCount`` bytes at `start`.
    init(_ bytes: RawSpan, at start: Int = 0) {
        flags = bytes.native(at: start + 4)
        depth = Int(bytes.native(at: start + 6, as: UInt16.self))
        branchPages = bytes.native(at: start + 8)
        leafPages = bytes.native(at: start + 16)
        overflowPages = bytes.native(at: start + 24)
        records = bytes.native(at: start + 32)
        rootPage = bytes.native(at: start + 40)
    }
}

/// One of the two pages at the beginning of an LMDB file that say where its trees are.
struct LMDBMetaPage: Equatable {
    static let byteCount = 152
    static let flag: UInt16 = 8

    /// The page that it says it is.
    let number: UInt64
    let flags: UInt16
    let pageSize: Int
    let mapSize: UInt64
    let free: LMDBTree
    /// The unnamed database.
    let main: LMDBTree
    let lastPage: UInt64
    let transaction: UInt64

    init(_ bytes: RawSpan, isFirst: Bool) throws(LMDBFailure) {
        guard bytes.byteCount >= Self.byteCount else {
            throw isFirst ? .notAnEnvironment("it is too short") : .damaged("it ends within its second page")
        }
        number = bytes.native(at: 0)
        flags = bytes.native(at: 10)
        guard flags & Self.flag != 0, bytes.native(at: 16, as: UInt32.self) == 0xbeef_c0de else {
            throw isFirst ? .notAnEnvironment("it does not begin as one") : .damaged("its second meta page is none")
        }
        let version = bytes.native(at: 20, as: UInt32.self)
        guard version == 1 else { throw .notAnEnvironment("it has version \(version) of LMDB's format") }
        mapSize = bytes.native(at: 32)
        // The page size stands where the free list's record has nothing.
        let size = bytes.native(at: 40, as: UInt32.self)
        guard size >= 256, size <= 32_768, size & (size - 1) == 0 else { throw .damaged("its page size is \(size)") }
        pageSize = Int(size)
        free = LMDBTree(bytes, at: 40)
        main = LMDBTree(bytes, at: 88)
        lastPage = bytes.native(at: 136)
        transaction = bytes.native(at: 144)
        guard lastPage < UInt64(Int64.max) / UInt64(size) else { throw .damaged("its last page is page \(lastPage)") }
    }

    /// Not of the page that a next commit writes: one that failed may have left its roots there.
    private func checkRoots() throws(LMDBFailure) {
        for root in [free.root, main.root] {
            if let root, root < 2 || root > lastPage { throw .damaged("a root is page \(root) of \(lastPage + 1)") }
        }
    }

    /// Both of a file, as they are now.
    struct Pair: Equatable {
        let first: LMDBMetaPage
        let second: LMDBMetaPage

        init(_ file: LMDBPageFile) throws(LMDBFailure) {
            var bytes = try Self.bytes(of: file)
            // A commit that writes one just now has written a part of it.
            for _ in 0..<100 {
                let again = try Self.bytes(of: file)
                if again == bytes { break }
                bytes = again
            }
            let (one, two) = (bytes[0], bytes[1])
            first = try unsafe LMDBMetaPage(one.span.bytes, isFirst: true)
            second = try unsafe LMDBMetaPage(two.span.bytes, isFirst: false)
            guard second.pageSize == first.pageSize else { throw .damaged("its meta pages are of different sizes") }
            try latest.checkRoots()
        }

        private static func bytes(of file: LMDBPageFile) throws(LMDBFailure) -> [[UInt8]] {
            do throws(FileError) {
                let first = try file.bytes(at: 0, count: LMDBMetaPage.byteCount)
                // How large a page is does not change, and whether it can be true is asked later.
                let size = first.count == LMDBMetaPage.byteCount ? first.native(at: 40, as: UInt32.self) : 0
                return [first, try file.bytes(at: UInt64(size), count: LMDBMetaPage.byteCount)]
            } catch {
                throw LMDBFailure(error)
            }
        }

        /// That of the last commit.
        var latest: LMDBMetaPage { second.transaction > first.transaction ? second : first }
        var other: LMDBMetaPage { second.transaction > first.transaction ? first : second }
    }
}
