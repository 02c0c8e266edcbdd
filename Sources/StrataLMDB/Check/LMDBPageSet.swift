/// A set of page numbers, which takes memory by the pages in it and not by the greatest.
struct LMDBPageSet {
    private static let chunkSize: UInt64 = 4096
    /// The bits of each chunk of pages; no words = all of its pages.
    private var chunks: [UInt64: [UInt64]] = [:]
    private(set) var count: UInt64 = 0

    func contains(_ page: UInt64) -> Bool {
        guard let chunk = chunks[page / Self.chunkSize] else { return false }
        return chunk.isEmpty || chunk[Int(page % Self.chunkSize / 64)] & (1 << (page % 64)) != 0
    }

    /// Adds the pages.
    ///
    /// - Returns: the first that was in it already.
    mutating func insert(_ pages: Range<UInt64>) -> UInt64? {
        var known: UInt64?
        var page = pages.lowerBound
        while page < pages.upperBound {
            let (index, offset) = (page / Self.chunkSize, page % Self.chunkSize)
            if offset == 0, pages.upperBound - page >= Self.chunkSize, chunks[index] == nil {
                chunks[index] = []
                count += Self.chunkSize
                page += Self.chunkSize
                continue
            }
            if contains(page) {
                known = known ?? page
            } else {
                chunks[index, default: Array(repeating: 0, count: Int(Self.chunkSize / 64))][Int(offset / 64)] |=
                    1 << (page % 64)
                count += 1
            }
            page += 1
        }
        return known
    }
}
